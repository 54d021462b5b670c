"""Percentiles and histograms."""

from fractions import Fraction


def percentile(behind: int, total: int) -> float:
    """Return the percentage of the other players that are behind a player. It is 100 for a lone player.

    Players with the same shared rank are not behind each other.
    """
    if total <= 1:
        return 100.0
    return 100 * behind / (total - 1)


def rank_at(percent: Fraction, total: int) -> int:
    """Return the worst ordinal rank that still has at least `percent` of the other players behind it.

    `total` counts all players.
    """
    # Round up by the double negation, because at least `percent` of the other players must be behind the rank.
    return total - -((-percent * (total - 1)) // 100)


def bucket_edges(low: int, high: int, buckets: int) -> list[int]:
    """Return the edges of at most `buckets` intervals that cover the scores low to high as evenly as integers allow.

    Interval i contains the scores from edge i up to, not including, edge i + 1. The last edge is high + 1.
    """
    width = high - low + 1
    used = min(buckets, width)
    return [low + i * width // used for i in range(used + 1)]
