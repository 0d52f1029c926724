"""Events that notify publishes, one module per audience."""
