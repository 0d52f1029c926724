"""Events that channel publishes, one module per audience."""
