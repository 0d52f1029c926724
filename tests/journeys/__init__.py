"""Journeys: the whole system as one process tree, walked as people and partners walk it."""
