"""The commands, one module each; cli.main puts them together."""
