"""In-memory twins of the real adapters, for tests; one contract suite keeps them honest."""
