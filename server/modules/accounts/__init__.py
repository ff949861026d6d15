"""Accounts: who may sign in, by what, and what their roles let them do."""
