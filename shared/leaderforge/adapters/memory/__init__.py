"""In-memory adapters, for tests. One contract suite runs over them and the real ones."""
