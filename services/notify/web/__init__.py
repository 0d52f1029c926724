"""The pages of notify."""
