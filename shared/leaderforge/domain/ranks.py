"""Ranks."""


def rank_of(above: int) -> int:
    """Return the rank of an entry with `above` entries above its rank bound (see `domain.order.rank_bound`)."""
    return above + 1
