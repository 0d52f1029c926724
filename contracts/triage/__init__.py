"""Events that triage publishes, one module per audience."""
