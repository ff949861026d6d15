"""The box itself: its health, its measures, its journal, the tokens to it."""
