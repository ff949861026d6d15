"""What server and agents share: words, messages, limits, and the decisions a kiosk makes alone.

Imports nothing of ours, does no I/O.
"""
