"""How often this process looks for garbage."""

import gc

_YOUNG = 50_000


def collect_seldom() -> None:
    """Leave what is there now alone for good, and look at what is new once in 50,000 objects rather than 700.

    Nearly all that a request makes, or a row of a table, goes by counting references; looking for the rest took up to
    a quarter of the processor time. Call it when a process has imported and opened what it works with.
    """
    gc.freeze()
    gc.set_threshold(_YOUNG, 10, 10)
