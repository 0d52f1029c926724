"""Triage: the police's deconfliction, Gateway assessment and decisions."""
