"""The front door: stores what arrives, announces it at once, reads it, and watches that every team has it."""
