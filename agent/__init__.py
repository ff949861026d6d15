"""The agent: reads cards, decides from its replica, writes facts down, and tells the server."""
