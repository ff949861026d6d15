"""Card readers: one file a driver, one small interface (`reader.py`)."""
