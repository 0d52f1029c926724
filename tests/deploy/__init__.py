"""Tests of what runs the system."""
