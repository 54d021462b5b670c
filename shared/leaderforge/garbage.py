"""Frequency of garbage collection in this process."""

import gc

_YOUNG = 50_000
"""Allocations between collections of the youngest generation. CPython 3.11 collects every 700."""


def collect_seldom() -> None:
    """Exclude all current objects from collection, and collect new objects less often.

    Reference counting frees nearly all objects. The collection of the few reference cycles took up to a quarter of the
    processor time. Call this once a process has imported its modules and opened its connections.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
