"""Migrations of monitor, numbered."""
