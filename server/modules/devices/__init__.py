"""Agents: who they are, how they are, and what they sent that nobody understood."""
