"""The police console."""
