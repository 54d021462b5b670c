"""Benchmarks of the product, and plots of their results: see docs/performance."""
