"""How the tables of notify came to be, step by step."""
