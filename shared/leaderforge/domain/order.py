"""The total order of entries, as bytes.

An entry beats another by score (in the board's direction), then earlier time, then smaller user id. A sort key is
those three numbers as biased big-endian integers, so comparing two keys as bytes compares the entries, in Python,
in a Redis sorted set and anywhere else. Smaller keys rank higher.
"""

from dataclasses import dataclass

from leaderforge.domain.boards import MAX_INTEGER, Order, RankStyle

SCORE_BYTES = 7
TIME_BYTES = 6
USER_BYTES = 7
KEY_BYTES = SCORE_BYTES + TIME_BYTES + USER_BYTES

MAX_TIME = 2**47 - 1
"""Largest magnitude of a time, in milliseconds since 1970: some 4,459 years either way."""

FIRST = b""
"""A bound before every key."""
LAST = b"\xff"
"""A bound after every key."""

_INTEGER_BIAS = MAX_INTEGER + 1
_TIME_BIAS = MAX_TIME + 1
_SCORE_SHIFT = 8 * (TIME_BYTES + USER_BYTES)
_TIME_SHIFT = 8 * USER_BYTES


@dataclass(frozen=True, slots=True)
class Place:
    """What a sort key says: a score, its time (ms since 1970) and whose it is."""

    score: int
    achieved_at: int
    user_id: int


def sort_key(order: Order, score: int, achieved_at: int, user_id: int) -> bytes:
    """Return the entry's key of `KEY_BYTES` bytes.

    Raises `OverflowError` for numbers beyond `MAX_INTEGER` or `MAX_TIME`; callers validate before.
    """
    ranked = -score if order is Order.DESC else score
    number = (
        (ranked + _INTEGER_BIAS) << _SCORE_SHIFT | (achieved_at + _TIME_BIAS) << _TIME_SHIFT | (user_id + _INTEGER_BIAS)
    )
    return number.to_bytes(KEY_BYTES, "big")


def place(order: Order, key: bytes) -> Place:
    """Return what a key of `sort_key` was made from."""
    ranked = int.from_bytes(key[:SCORE_BYTES], "big") - _INTEGER_BIAS
    return Place(
        score=-ranked if order is Order.DESC else ranked,
        achieved_at=int.from_bytes(key[SCORE_BYTES:-USER_BYTES], "big") - _TIME_BIAS,
        user_id=user_id_of(key),
    )


def score_bound(order: Order, score: int) -> bytes:
    """Return a bound that lies after every better score and before every entry with this one."""
    ranked = -score if order is Order.DESC else score
    return (ranked + _INTEGER_BIAS).to_bytes(SCORE_BYTES, "big")


def rank_bound(style: RankStyle, key: bytes) -> bytes:
    """Return the bound such that an entry's rank is one more than the number of entries above it.

    Shared ranks count better scores only, so their bound is the part of the key that holds the score.
    """
    return key if style is RankStyle.ORDINAL else key[:SCORE_BYTES]


def user_id_of(key: bytes) -> int:
    """Return the user id in a sort key."""
    return int.from_bytes(key[-USER_BYTES:], "big") - _INTEGER_BIAS


def user_bytes(user_id: int) -> bytes:
    """Return the id as the last `USER_BYTES` bytes of the user's sort keys hold it."""
    return (user_id + _INTEGER_BIAS).to_bytes(USER_BYTES, "big")
