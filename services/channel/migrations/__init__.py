"""Migrations of channel."""
