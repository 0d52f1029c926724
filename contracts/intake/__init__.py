"""Events that intake publishes, one module per audience."""
