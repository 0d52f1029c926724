"""How the tables of statistics came to be, step by step."""
