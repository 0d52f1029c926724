"""Tests of channel."""
