"""Migrations of triage."""
