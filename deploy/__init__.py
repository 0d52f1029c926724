"""How the system is run: the broker, and the files that describe its full running."""
