"""What `scripts/bench` measures: one file a subject, each figure beside its yardstick."""
