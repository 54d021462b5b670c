"""How long a process may take, and for how long it may act on what it read."""

COMMIT_LIMIT_MS = 5_000
"""How long recording may take from its beginning to its commit."""
