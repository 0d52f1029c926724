"""How many lines a page of a list has."""

PAGE = 50
