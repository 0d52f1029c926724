"""Faults: the whole system while things break or somebody looks where nothing may be found."""
