"""Ranks."""


def rank_of(above: int) -> int:
    """Return the rank of an entry. `above` is the number of entries above its rank bound (see `order.rank_bound`)."""
    return above + 1
