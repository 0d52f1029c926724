"""Migrations of the chassis's own tables."""
