"""Total order of entries, as bytes.

Entries are ordered by score (in the board's order), then subscore (in its own order, on boards with a subscore), then
earlier time, then smaller player id. A sort key contains these numbers as biased big-endian integers. Comparing two
keys as bytes compares the entries: in Python, in a Redis sorted set and in SQL. Smaller keys rank higher. No key begins
with a byte of 255, because scores have fewer bits than their bytes. Therefore `LAST` is below all keys.
"""

from collections.abc import Iterable
from functools import partial
from typing import NamedTuple, Protocol

from leaderforge.domain.boards import MAX_INTEGER, Board, Order, RankStyle
from leaderforge.domain.score_types import MAX_LONG, LongScore, ScoreType

SCORE_BYTES = 7
LONG_SCORE_BYTES = 9
"""Length of a long score in a sort key, in bytes."""
TIME_BYTES = 6
USER_BYTES = 7
KEY_BYTES = SCORE_BYTES + TIME_BYTES + USER_BYTES
"""Length of a sort key on boards without a subscore, in bytes."""
WIDE_KEY_BYTES = KEY_BYTES + SCORE_BYTES
"""Length of a sort key on boards with a subscore, in bytes."""
MAX_KEY_BYTES = WIDE_KEY_BYTES - SCORE_BYTES + LONG_SCORE_BYTES
"""Length of the longest sort keys, in bytes. Boards with long scores and a subscore have such keys."""

MAX_TIME = 2**47 - 1
"""Largest magnitude of a time, in ms since 1970: about 4,459 years in both directions."""

FIRST = b""
"""Bound above every sort key."""
LAST = b"\xff"
"""Bound below every sort key."""

INTEGER_BIAS = MAX_INTEGER + 1
_LONG_BIAS = MAX_LONG + 1
TIME_BIAS = MAX_TIME + 1
_INTEGER_MASK = 2**56 - 1
_TIME_MASK = 2**48 - 1
_SUBSCORE_BITS = 8 * SCORE_BYTES
_number_of = partial(int.from_bytes, byteorder="big")
_SCORE_SHIFT = 8 * (TIME_BYTES + USER_BYTES)
_TIME_SHIFT = 8 * USER_BYTES
_INT64 = ScoreType.INT64


class Place(NamedTuple):
    """Content of a sort key: score, time (ms), player id and, on boards with a subscore, the subscore."""

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
    """Sort key as numbers. Smaller is better. `subscore` is 0 on boards without a subscore."""

    score: int
    subscore: int
    achieved_at: int
    user_id: int


def sort_key(board: Board, place: HasPlace) -> bytes:
    """Return the entry's sort key, `key_bytes(board)` bytes long.

    Raises `OverflowError` if a number is beyond its range or `MAX_TIME`. Callers must therefore validate first.
    """
    if board.score_type is _INT64:
        return _key_of_long_score(board, place)
    # Do not call `ranked_score`, which would cost time: every standing, rank and receipt needs a key.
    ranked = (-place.score if board.order is Order.DESC else place.score) + INTEGER_BIAS
    number = ranked << _SCORE_SHIFT | (place.achieved_at + TIME_BIAS) << _TIME_SHIFT | (place.user_id + INTEGER_BIAS)
    key = number.to_bytes(KEY_BYTES, "big")
    if board.subscore_order is None:
        return key
    subscore = ranked_score(board.subscore_order, place.subscore) + INTEGER_BIAS
    return key[:SCORE_BYTES] + subscore.to_bytes(SCORE_BYTES, "big") + key[SCORE_BYTES:]


def _key_of_long_score(board: Board, place: HasPlace) -> bytes:
    """Return the sort key of an entry of a board with long scores."""
    subscore = b""
    if board.subscore_order is not None:
        subscore = (ranked_score(board.subscore_order, place.subscore) + INTEGER_BIAS).to_bytes(SCORE_BYTES, "big")
    time = (place.achieved_at + TIME_BIAS).to_bytes(TIME_BYTES, "big")
    return score_bound(board, place.score) + subscore + time + user_bytes(place.user_id)


def place(board: Board, key: bytes) -> Place:
    """Return the content of a sort key: the inverse of `sort_key`."""
    return Place(*places(board, [key])[0])


def places(board: Board, keys: Iterable[bytes]) -> list[tuple[int, int, int, int]]:
    """Return the content of sort keys as tuples of the numbers of a `Place`: objects would cost too much for a page."""
    # Convert a whole key to one integer, and shift it. This costs half as much as converting each of its numbers.
    numbers = map(_number_of, keys)
    sign = -1 if board.order is Order.DESC else 1
    if board.score_type is _INT64:
        return _places_of_long_scores(board, numbers, sign)
    if board.subscore_order is None:
        return [
            (
                sign * ((n >> _SCORE_SHIFT) - INTEGER_BIAS),
                (n >> _TIME_SHIFT & _TIME_MASK) - TIME_BIAS,
                (n & _INTEGER_MASK) - INTEGER_BIAS,
                0,
            )
            for n in numbers
        ]
    subsign = -1 if board.subscore_order is Order.DESC else 1
    return [
        (
            sign * ((n >> _SCORE_SHIFT + _SUBSCORE_BITS) - INTEGER_BIAS),
            (n >> _TIME_SHIFT & _TIME_MASK) - TIME_BIAS,
            (n & _INTEGER_MASK) - INTEGER_BIAS,
            subsign * ((n >> _SCORE_SHIFT & _INTEGER_MASK) - INTEGER_BIAS),
        )
        for n in numbers
    ]


def _places_of_long_scores(board: Board, numbers: Iterable[int], sign: int) -> list[tuple[int, int, int, int]]:
    """Return the content of sort keys. `numbers` are the keys as integers. Scores are `LongScore`s."""
    shift, subsign = _SCORE_SHIFT, 0
    if board.subscore_order is not None:
        shift, subsign = _SCORE_SHIFT + _SUBSCORE_BITS, ranked_score(board.subscore_order, 1)
    return [
        (
            LongScore(sign * ((n >> shift) - _LONG_BIAS)),
            (n >> _TIME_SHIFT & _TIME_MASK) - TIME_BIAS,
            (n & _INTEGER_MASK) - INTEGER_BIAS,
            subsign * ((n >> _SCORE_SHIFT & _INTEGER_MASK) - INTEGER_BIAS),
        )
        for n in numbers
    ]


def ranked_score(order: Order, score: int) -> int:
    """Return a score as a number where smaller is better. The function is its own inverse."""
    return -score if order is Order.DESC else score


def ranked_place(board: Board, key: bytes) -> Ranked:
    """Return a complete sort key as numbers."""
    width = _score_bytes(board)
    return Ranked(
        score=_number_of(key[:width]) - _score_bias(board),
        subscore=_number_of(key[width : width + SCORE_BYTES]) - INTEGER_BIAS if board.subscore_order else 0,
        achieved_at=_number_of(key[-USER_BYTES - TIME_BYTES : -USER_BYTES]) - TIME_BIAS,
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
    bias, width = _score_bias(board), key_bytes(board)
    if board.subscore_order is None:
        keys = (
            ranked + bias << _SCORE_SHIFT | at + TIME_BIAS << _TIME_SHIFT | user_id + INTEGER_BIAS
            for ranked, _, at, user_id in numbers
        )
        return [key.to_bytes(width, "big") for key in keys]
    wide_keys = (
        ranked + bias << _SCORE_SHIFT + _SUBSCORE_BITS
        | subranked + INTEGER_BIAS << _SCORE_SHIFT
        | at + TIME_BIAS << _TIME_SHIFT
        | user_id + INTEGER_BIAS
        for ranked, subranked, at, user_id in numbers
    )
    return [key.to_bytes(width, "big") for key in wide_keys]


def ranked_bound(board: Board, bound: bytes) -> Ranked:
    """Return the bound as numbers, for comparisons with the numbers of entries instead of their sort keys.

    SQL compares numbers, and the index compares bytes. Both must cut a list at the same entry.
    """
    width = key_bytes(board)
    ranked = ranked_place(board, bound[:width].ljust(width, b"\0"))
    if ranked.score > MAX_LONG:
        # The bound is below all entries, but its score is beyond the integers of SQL. Return another bound below all
        # entries.
        return Ranked(MAX_LONG, MAX_LONG, MAX_LONG, MAX_LONG)
    # A bound longer than a key, such as a key followed by a zero byte, lies directly after this key.
    if len(bound) > width:
        return Ranked(ranked.score, ranked.subscore, ranked.achieved_at, ranked.user_id + 1)
    return ranked


def key_bytes(board: Board) -> int:
    """Return the length of the board's sort keys, in bytes."""
    width = KEY_BYTES if board.subscore_order is None else WIDE_KEY_BYTES
    return width if board.score_type is not _INT64 else width - SCORE_BYTES + LONG_SCORE_BYTES


def score_bound(board: Board, score: int) -> bytes:
    """Return the bound between all entries with better scores and all entries with this score."""
    return (ranked_score(board.order, score) + _score_bias(board)).to_bytes(_score_bytes(board), "big")


def _score_bytes(board: Board) -> int:
    return LONG_SCORE_BYTES if board.score_type is _INT64 else SCORE_BYTES


def _score_bias(board: Board) -> int:
    return _LONG_BIAS if board.score_type is _INT64 else INTEGER_BIAS


def rank_bound(board: Board, key: bytes) -> bytes:
    """Return the rank bound of an entry. The rank is 1 + the number of entries above this bound.

    For shared ranks, the bound is the prefix of the key with score and subscore. Entries with equal scores and
    subscores are therefore not above the bound.
    """
    return key if board.rank_style is RankStyle.ORDINAL else key[: -TIME_BYTES - USER_BYTES]


def rank_bounds(board: Board, keys: Iterable[bytes]) -> Iterable[bytes]:
    """Return the rank bounds (see `rank_bound`) of the entries with these sort keys, in their order."""
    # Return the keys of an ordinal board unchanged. Most boards are ordinal, and a call of `rank_bound` for each key
    # would cost much.
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
    return int.from_bytes(key[-USER_BYTES:], "big") - INTEGER_BIAS


def user_bytes(user_id: int) -> bytes:
    """Return the player id as the last `USER_BYTES` bytes of a sort key."""
    return (user_id + INTEGER_BIAS).to_bytes(USER_BYTES, "big")
