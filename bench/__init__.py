"""Benchmarks: what this machine does, measured against a running system and written to bench/results.json."""
