"""The fault harness: breaks a running system by a seeded plan, and counts what was lost, doubled or late."""
