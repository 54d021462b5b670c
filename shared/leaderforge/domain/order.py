"""The total order of entries, as bytes.

An entry beats another by score (in the board's direction), then by subscore (in its own direction, on boards that have
one), then earlier time, then smaller user id. A sort key is those numbers as biased big-endian integers, so comparing
two keys as bytes compares the entries, in Python, in a Redis sorted set and anywhere else. Smaller keys rank higher.
"""

from typing import NamedTuple, Protocol

from leaderforge.domain.boards import MAX_INTEGER, Board, Order, RankStyle

SCORE_BYTES = 7
TIME_BYTES = 6
USER_BYTES = 7
KEY_BYTES = SCORE_BYTES + TIME_BYTES + USER_BYTES
"""The length of a sort key on boards without a subscore."""
WIDE_KEY_BYTES = KEY_BYTES + SCORE_BYTES
"""The length of a sort key on boards with a subscore."""

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


class Place(NamedTuple):
    """What a sort key says: a score, its time (ms since 1970), whose it is and, on boards that have one, a subscore."""

    score: int
    achieved_at: int
    user_id: int
    subscore: int = 0


class Placed(Protocol):
    """Whatever has the numbers of a place: a place, a standing."""

    @property
    def score(self) -> int: ...
    @property
    def achieved_at(self) -> int: ...
    @property
    def user_id(self) -> int: ...
    @property
    def subscore(self) -> int: ...


class Ranked(NamedTuple):
    """A sort key as numbers, each the smaller the better; `subscore` is 0 on boards without one."""

    score: int
    subscore: int
    achieved_at: int
    user_id: int


def sort_key(board: Board, place: Placed) -> bytes:
    """Return the entry's key, of `key_bytes` bytes.

    Raises `OverflowError` for numbers beyond `MAX_INTEGER` or `MAX_TIME`; callers validate before.
    """
    ranked = ranked_score(board.order, place.score) + _INTEGER_BIAS
    number = ranked << _SCORE_SHIFT | (place.achieved_at + _TIME_BIAS) << _TIME_SHIFT | (place.user_id + _INTEGER_BIAS)
    key = number.to_bytes(KEY_BYTES, "big")
    if board.subscore_order is None:
        return key
    subscore = ranked_score(board.subscore_order, place.subscore) + _INTEGER_BIAS
    return key[:SCORE_BYTES] + subscore.to_bytes(SCORE_BYTES, "big") + key[SCORE_BYTES:]


def place(board: Board, key: bytes) -> Place:
    """Return what a key of `sort_key` was made from."""
    ranked = ranked_place(key)
    return Place(
        score=ranked_score(board.order, ranked.score),
        achieved_at=ranked.achieved_at,
        user_id=ranked.user_id,
        subscore=ranked_score(board.subscore_order or Order.ASC, ranked.subscore),
    )


def ranked_score(order: Order, score: int) -> int:
    """Return a score as a number that is the smaller the better, and the score of such a number."""
    return -score if order is Order.DESC else score


def ranked_place(key: bytes) -> Ranked:
    """Return a whole sort key as numbers."""
    wide = len(key) > KEY_BYTES
    return Ranked(
        score=int.from_bytes(key[:SCORE_BYTES], "big") - _INTEGER_BIAS,
        subscore=int.from_bytes(key[SCORE_BYTES : 2 * SCORE_BYTES], "big") - _INTEGER_BIAS if wide else 0,
        achieved_at=int.from_bytes(key[-USER_BYTES - TIME_BYTES : -USER_BYTES], "big") - _TIME_BIAS,
        user_id=user_id_of(key),
    )


def ranked_key(board: Board, ranked: Ranked) -> bytes:
    """Return the sort key that is these numbers."""
    return sort_key(
        board,
        Place(
            ranked_score(board.order, ranked.score),
            ranked.achieved_at,
            ranked.user_id,
            ranked_score(board.subscore_order or Order.ASC, ranked.subscore),
        ),
    )


def ranked_bound(board: Board, bound: bytes) -> Ranked:
    """Return numbers that compare with ranked places just as the bound compares with their keys."""
    width = key_bytes(board)
    ranked = ranked_place(bound[:width].ljust(width, b"\0"))
    if len(bound) > width:
        return Ranked(ranked.score, ranked.subscore, ranked.achieved_at, ranked.user_id + 1)
    return ranked


def key_bytes(board: Board) -> int:
    """Return the length of the board's sort keys."""
    return KEY_BYTES if board.subscore_order is None else WIDE_KEY_BYTES


def score_bound(board: Board, score: int) -> bytes:
    """Return a bound that lies after every better score and before every entry with this one."""
    return (ranked_score(board.order, score) + _INTEGER_BIAS).to_bytes(SCORE_BYTES, "big")


def rank_bound(board: Board, key: bytes) -> bytes:
    """Return the bound such that an entry's rank is one more than the number of entries above it.

    Shared ranks count better scores and subscores only, so their bound is the part of the key that holds those.
    """
    return key if board.rank_style is RankStyle.ORDINAL else key[: -TIME_BYTES - USER_BYTES]


def user_id_of(key: bytes) -> int:
    """Return the user id in a sort key."""
    return int.from_bytes(key[-USER_BYTES:], "big") - _INTEGER_BIAS


def user_bytes(user_id: int) -> bytes:
    """Return the id as the last `USER_BYTES` bytes of the user's sort keys hold it."""
    return (user_id + _INTEGER_BIAS).to_bytes(USER_BYTES, "big")
