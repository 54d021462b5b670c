"""Frequency of garbage collection in this process."""

import gc

_YOUNG = 200_000
"""Growth of the number of objects until the youngest generation is collected. CPython 3.11 collects after 700.

Large batches that are processed together hold some 100,000 objects. After each growth by 50,000, collections took an
eighth of the processor time of these batches.
"""


def collect_seldom() -> None:
    """Exclude all current objects from collection, and collect new objects less often.

    Reference counting frees nearly all objects. The collection of the few reference cycles took up to a quarter of the
    processor time. Call this once a process has imported its modules and opened its connections.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
