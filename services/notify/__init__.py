"""Notify: who must be told what, how, and whether they have answered."""
