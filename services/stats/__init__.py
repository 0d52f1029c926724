"""Statistics: facts that link to nobody, and frozen releases of closed months."""
