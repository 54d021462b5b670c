"""In-memory adapters, for tests. One contract suite covers them and the real adapters."""
