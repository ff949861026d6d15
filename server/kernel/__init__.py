"""What every module stands on; it knows no module by name."""
