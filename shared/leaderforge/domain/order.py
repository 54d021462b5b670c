"""Total order of entries, as bytes.

Entries are ordered by score (in the board's order), then subscore (in its own order, on boards that have one), then
earlier time, then smaller player id. A sort key contains these numbers as biased big-endian integers. Comparing two
keys as bytes compares the entries: in Python, in a Redis sorted set and in SQL. Smaller keys rank higher.
"""

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple, Protocol

from leaderforge.domain.boards import MAX_INTEGER, Board, Order, RankStyle

SCORE_BYTES = 7
TIME_BYTES = 6
USER_BYTES = 7
KEY_BYTES = SCORE_BYTES + TIME_BYTES + USER_BYTES
"""Length of a sort key on boards without a subscore, in bytes."""
WIDE_KEY_BYTES = KEY_BYTES + SCORE_BYTES
"""Length of a sort key on boards with a subscore, in bytes."""

MAX_TIME = 2**47 - 1
"""Largest magnitude of a time, in ms since 1970: about 4,459 years in both directions."""

FIRST = b""
"""Bound above every sort key."""
LAST = b"\xff"
"""Bound below every sort key."""

_INTEGER_BIAS = MAX_INTEGER + 1
_TIME_BIAS = MAX_TIME + 1
_INTEGER_MASK = 2**56 - 1
_TIME_MASK = 2**48 - 1
_SUBSCORE_BITS = 8 * SCORE_BYTES
_number_of = partial(int.from_bytes, byteorder="big")
_SCORE_SHIFT = 8 * (TIME_BYTES + USER_BYTES)
_TIME_SHIFT = 8 * USER_BYTES


class Place(NamedTuple):
    """Content of a sort key: score, time (ms), player id and, on boards that have one, subscore."""

    score: int
    achieved_at: int
    user_id: int
    subscore: int = 0


class HasPlace(Protocol):
    """Object with the numbers of a `Place`, such as a standing."""

    @property
    def score(self) -> int: ...
    @property
    def achieved_at(self) -> int: ...
    @property
    def user_id(self) -> int: ...
    @property
    def subscore(self) -> int: ...


class Ranked(NamedTuple):
    """Sort key as numbers. Smaller is better. `subscore` is 0 on boards without one."""

    score: int
    subscore: int
    achieved_at: int
    user_id: int


def sort_key(board: Board, place: HasPlace) -> bytes:
    """Return the entry's sort key, `key_bytes(board)` bytes long.

    Raises `OverflowError` if a number is beyond `MAX_INTEGER` or `MAX_TIME`. Callers must therefore validate first.
    """
    # Do not call `ranked_score`, which would cost time: every standing, rank and receipt needs a key.
    ranked = (-place.score if board.order is Order.DESC else place.score) + _INTEGER_BIAS
    number = ranked << _SCORE_SHIFT | (place.achieved_at + _TIME_BIAS) << _TIME_SHIFT | (place.user_id + _INTEGER_BIAS)
    key = number.to_bytes(KEY_BYTES, "big")
    if board.subscore_order is None:
        return key
    subscore = ranked_score(board.subscore_order, place.subscore) + _INTEGER_BIAS
    return key[:SCORE_BYTES] + subscore.to_bytes(SCORE_BYTES, "big") + key[SCORE_BYTES:]


def place(board: Board, key: bytes) -> Place:
    """Return the content of a sort key: the inverse of `sort_key`."""
    return Place(*places(board, [key])[0])


def places(board: Board, keys: Iterable[bytes]) -> list[tuple[int, int, int, int]]:
    """Return the content of sort keys as tuples of the numbers of a `Place`: objects would cost too much for a page."""
    # Convert a whole key to one integer, and shift it. This costs half as much as converting each of its numbers.
    numbers = map(_number_of, keys)
    sign = -1 if board.order is Order.DESC else 1
    if board.subscore_order is None:
        return [
            (
                sign * ((n >> _SCORE_SHIFT) - _INTEGER_BIAS),
                (n >> _TIME_SHIFT & _TIME_MASK) - _TIME_BIAS,
                (n & _INTEGER_MASK) - _INTEGER_BIAS,
                0,
            )
            for n in numbers
        ]
    subsign = -1 if board.subscore_order is Order.DESC else 1
    return [
        (
            sign * ((n >> _SCORE_SHIFT + _SUBSCORE_BITS) - _INTEGER_BIAS),
            (n >> _TIME_SHIFT & _TIME_MASK) - _TIME_BIAS,
            (n & _INTEGER_MASK) - _INTEGER_BIAS,
            subsign * ((n >> _SCORE_SHIFT & _INTEGER_MASK) - _INTEGER_BIAS),
        )
        for n in numbers
    ]


def ranked_score(order: Order, score: int) -> int:
    """Return a score as a number where smaller is better. The function is its own inverse."""
    return -score if order is Order.DESC else score


def ranked_place(key: bytes) -> Ranked:
    """Return a complete sort key as numbers."""
    wide = len(key) > KEY_BYTES
    return Ranked(
        score=int.from_bytes(key[:SCORE_BYTES], "big") - _INTEGER_BIAS,
        subscore=int.from_bytes(key[SCORE_BYTES : 2 * SCORE_BYTES], "big") - _INTEGER_BIAS if wide else 0,
        achieved_at=int.from_bytes(key[-USER_BYTES - TIME_BYTES : -USER_BYTES], "big") - _TIME_BIAS,
        user_id=user_id_of(key),
    )


def ranked_key(board: Board, ranked: Ranked) -> bytes:
    """Return the sort key with these numbers: the inverse of `ranked_place`."""
    return sort_key(
        board,
        Place(
            ranked_score(board.order, ranked.score),
            ranked.achieved_at,
            ranked.user_id,
            ranked_score(board.subscore_order or Order.ASC, ranked.subscore),
        ),
    )


def ranked_keys(board: Board, numbers: Iterable[tuple[int, int, int, int]]) -> list[bytes]:
    """Return the sort keys with the numbers of these `Ranked`, as tuples: objects would cost too much for many keys."""
    if board.subscore_order is None:
        keys = (
            ranked + _INTEGER_BIAS << _SCORE_SHIFT | at + _TIME_BIAS << _TIME_SHIFT | user_id + _INTEGER_BIAS
            for ranked, _, at, user_id in numbers
        )
        return [key.to_bytes(KEY_BYTES, "big") for key in keys]
    wide_keys = (
        ranked + _INTEGER_BIAS << _SCORE_SHIFT + _SUBSCORE_BITS
        | subranked + _INTEGER_BIAS << _SCORE_SHIFT
        | at + _TIME_BIAS << _TIME_SHIFT
        | user_id + _INTEGER_BIAS
        for ranked, subranked, at, user_id in numbers
    )
    return [key.to_bytes(WIDE_KEY_BYTES, "big") for key in wide_keys]


def ranked_bound(board: Board, bound: bytes) -> Ranked:
    """Return the bound as numbers, for comparisons with the numbers of entries instead of their sort keys.

    SQL compares numbers, and the index compares bytes. Both must cut a list at the same entry.
    """
    width = key_bytes(board)
    ranked = ranked_place(bound[:width].ljust(width, b"\0"))
    # A bound longer than a key, such as a key followed by a zero byte, lies directly after this key.
    if len(bound) > width:
        return Ranked(ranked.score, ranked.subscore, ranked.achieved_at, ranked.user_id + 1)
    return ranked


def key_bytes(board: Board) -> int:
    """Return the length of the board's sort keys, in bytes."""
    return KEY_BYTES if board.subscore_order is None else WIDE_KEY_BYTES


def score_bound(board: Board, score: int) -> bytes:
    """Return the bound between all entries with better scores and all entries with this score."""
    return (ranked_score(board.order, score) + _INTEGER_BIAS).to_bytes(SCORE_BYTES, "big")


def rank_bound(board: Board, key: bytes) -> bytes:
    """Return the rank bound of an entry. The rank is 1 + the number of entries above this bound.

    For shared ranks, the bound is the prefix of the key with score and subscore. Entries with equal scores and
    subscores are therefore not above it.
    """
    return key if board.rank_style is RankStyle.ORDINAL else key[: -TIME_BYTES - USER_BYTES]


def rank_bounds(board: Board, keys: Iterable[bytes]) -> Iterable[bytes]:
    """Return the rank bounds (see `rank_bound`) of the entries with these sort keys, in their order."""
    # Return the keys of an ordinal board, as most are, unchanged: a call of `rank_bound` for each key would cost much.
    return keys if board.rank_style is RankStyle.ORDINAL else [rank_bound(board, key) for key in keys]


def tie_bound(board: Board, key: bytes) -> bytes:
    """Return the bound directly below all entries that share the entry's rank. Ranks of the board must be shared."""
    prefix = rank_bound(board, key)
    return (int.from_bytes(prefix, "big") + 1).to_bytes(len(prefix), "big")


def start_key(board: Board) -> bytes:
    """Return a sort key before the keys of all entries."""
    return bytes(key_bytes(board))


def end_key(board: Board) -> bytes:
    """Return a sort key after the keys of all entries."""
    return b"\xff" * key_bytes(board)


def user_id_of(key: bytes) -> int:
    """Return the player id of a sort key."""
    return int.from_bytes(key[-USER_BYTES:], "big") - _INTEGER_BIAS


def user_bytes(user_id: int) -> bytes:
    """Return the player id as the last `USER_BYTES` bytes of a sort key."""
    return (user_id + _INTEGER_BIAS).to_bytes(USER_BYTES, "big")
