"""The command line and the supervisor, above all services."""
