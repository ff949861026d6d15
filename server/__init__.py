"""The Genba server: one kernel, modules on it, one composition root (app.py)."""
