"""The benchmarks measure what they say: their frame, their clients, and each of them once at a tiny scale."""
