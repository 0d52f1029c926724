"""The Channel console."""
