"""The plumbing that every service shares and none of them is about."""
