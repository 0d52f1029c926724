"""The schema of intake, step by step."""
