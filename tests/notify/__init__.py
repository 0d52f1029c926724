"""Tests of the notifying service."""
