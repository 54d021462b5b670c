"""Time limits that several processes rely on."""

COMMIT_LIMIT_MS = 5_000
"""Upper bound, in ms, from the start of a recording transaction to its commit.

Readers of changes wait this long: an event that is not visible by then never will be.
"""
