"""Format of standings in the index: records of a fixed width, which scripts split by position.

A record consists of the player id (7 bytes), revision (7), flags (1), the ids of the player's segments (8 for each of
the board's attributes), the sort key without the player id (13; 7 more with a subscore, 2 more for long scores) and
submissions (4). The hash of standings maps the player id to the stored value, which consists of the other fields.
Records with a flag of `UNLISTED` have no entry in the sorted set.
"""

from collections.abc import Sequence
from functools import cache
from struct import Struct
from typing import NamedTuple

from leaderforge.adapters.redis.segment_ids import NO_SEGMENT, SEGMENT_BYTES, segment_id, segment_ids, split_ids
from leaderforge.domain.boards import Board, Ladder, Order
from leaderforge.domain.merge import Row
from leaderforge.domain.named_tuples import new_record
from leaderforge.domain.order import INTEGER_BIAS, KEY_BYTES, TIME_BIAS, USER_BYTES, key_bytes, sort_key
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.standings import Standing

_REVISION = slice(0, 7)
_FLAGS = 7
_SEGMENTS = 8
_SUBMISSIONS = slice(-4, None)
_MAX_SUBMISSIONS = 2**32 - 1
_DETAILS = Struct(">BI")
NAME_SEPARATOR = "\0"
"""Separator of names in the replies of scripts. Texts in PostgreSQL cannot contain this character."""

_HAS_METADATA = 1
_HIDDEN = 2
_REMOVED = 4
_UNRANKED = 8
UNLISTED = _HIDDEN | _REMOVED | _UNRANKED


class IndexRecord(NamedTuple):
    """Sort key of a standing, and its packed record."""

    key: bytes
    packed: bytes

    @property
    def value(self) -> bytes:
        """Return the value that the index stores for the player."""
        return self.packed[USER_BYTES:]


def record_of(board: Board, standing: Standing) -> IndexRecord:
    """Return the record of a standing."""
    key = sort_key(board, standing)
    return IndexRecord(key, packed(board, key, standing))


def packed(board: Board, key: bytes, standing: Standing) -> bytes:
    """Return the packed record of a standing. `key` is its sort key."""
    revision_and_flags = (standing.revision << 8 | _flags(board, standing)).to_bytes(8, "big")
    # The field has four bytes. Clamp the number, because an error would keep the standing out of the index.
    submissions = min(standing.submissions, _MAX_SUBMISSIONS).to_bytes(4, "big")
    ids = segment_ids(board.segments, standing.segments) if board.segments else b""
    return key[-USER_BYTES:] + revision_and_flags + ids + key[:-USER_BYTES] + submissions


def packed_records(board: Board, standings: Sequence[Standing]) -> list[bytes]:
    """Return the packed records of standings, as `record_of` does, but faster for many standings of a simple board."""
    is_simple = not board.segments and board.subscore_order is None and board.min_submissions <= 1
    if not is_simple or board.score_type is ScoreType.INT64:
        return [record_of(board, standing).packed for standing in standings]
    return _packed_simply(-1 if board.order is Order.DESC else 1, board, standings)


def _packed_simply(sign: int, board: Board, standings: Sequence[Standing]) -> list[bytes]:
    # Shift all fields into one integer: a rebuild packs each standing, and to convert each field takes thrice as long.
    head = [
        (s.user_id + INTEGER_BIAS << 56 | s.revision) << 8 | (_flags(board, s) if s.hidden else s.metadata is not None)
        for s in standings
    ]
    return [
        (
            ((number << 56 | sign * s.score + INTEGER_BIAS) << 48 | s.achieved_at + TIME_BIAS) << 32
            | min(s.submissions, _MAX_SUBMISSIONS)
        ).to_bytes(KEY_BYTES + 12, "big")
        for number, s in zip(head, standings, strict=True)
    ]


def records_of(board: Board, standings: Sequence[Standing]) -> list[IndexRecord]:
    """Return the records of standings, as `record_of` does."""
    place = slice(USER_BYTES + _SEGMENTS + SEGMENT_BYTES * len(board.segments), _SUBMISSIONS.start)
    return [
        new_record(IndexRecord, (record[place] + record[:USER_BYTES], record))
        for record in packed_records(board, standings)
    ]


def record_bytes(board: Board) -> int:
    """Return the length of a board's packed records, in bytes."""
    return key_bytes(board) + 12 + SEGMENT_BYTES * len(board.segments)


def _flags(board: Board, standing: Standing) -> int:
    flags = 0 if standing.metadata is None else _HAS_METADATA
    if standing.hidden:
        flags |= _REMOVED if standing.removed else _HIDDEN
    return flags | _UNRANKED if board.missing_submissions(standing.submissions) else flags


def packed_place(board: Board, row: Row) -> bytes:
    """Return the part of a row that counts.lua compares with the stored value: player, flags, segments and sort key."""
    flags = (_HIDDEN if row.hidden else 0) | (_UNRANKED if board.missing_submissions(row.submissions) else 0)
    ids = b"".join(segment or NO_SEGMENT for segment in row.segments)
    return row.key[-USER_BYTES:] + flags.to_bytes(1, "big") + ids + row.key[:-USER_BYTES]


def erasure_value(revision: int) -> bytes:
    """Return the stored value of an erasure: the revision and the flags of a removed standing."""
    return (revision << 8 | _REMOVED).to_bytes(8, "big")


def is_listed(value: bytes) -> bool:
    """Return whether a stored value has an entry in the sorted set."""
    return not value[_FLAGS] & UNLISTED


def is_removed(value: bytes) -> bool:
    """Return whether a stored value belongs to a removed standing. Such a value makes the index ignore late updates."""
    return len(value) > _FLAGS and bool(value[_FLAGS] & _REMOVED)


def refuses(stored: bytes | None, value: bytes) -> bool:
    """Return whether the index refuses `value`, because `stored` is a removed standing of an equal or higher revision.

    Values of removed standings are never refused.
    """
    if stored is None or not is_removed(stored) or is_removed(value):
        return False
    return revision_of(stored) >= revision_of(value)


def revision_of(value: bytes) -> bytes:
    """Return the revision in a stored value, as bytes in numeric order."""
    return value[_REVISION]


def key_of(board: Board, user: bytes, value: bytes) -> bytes:
    """Return the sort key of a stored value."""
    return value[_SEGMENTS + SEGMENT_BYTES * len(board.segments) : _SUBMISSIONS.start] + user


def segments_of_value(board: Board, value: bytes) -> Sequence[bytes | None]:
    """Return the ids of the player's segments in a stored value, None for an attribute without a value."""
    return split_ids(value[_SEGMENTS : _SEGMENTS + SEGMENT_BYTES * len(board.segments)])


def listed_rows(keys: Sequence[bytes], packed_details: bytes, packed_names: bytes, part: slice) -> dict[bytes, Row]:
    """Return the rows at the positions `part` in a reply of window.lua, by sort key. `keys` are the reply's keys."""
    details = _DETAILS.iter_unpack(packed_details[part.start * _DETAILS.size : part.stop * _DETAILS.size])
    return {
        key: new_record(Row, (key, submissions, name or None, flags & _HAS_METADATA != 0, flags & _HIDDEN != 0, ()))
        for key, (flags, submissions), name in zip(keys[part], details, _names(packed_names)[part], strict=True)
    }


def listed_keys(board: Board, packed_entries: bytes) -> list[bytes]:
    """Return the sort keys in a reply of window.lua."""
    width = key_bytes(board)
    return [packed_entries[at : at + width] for at in range(0, len(packed_entries), width)]


def stored_rows(ladder: Ladder, users: Sequence[bytes], packed_values: bytes, packed_names: bytes) -> dict[bytes, Row]:
    """Return the rows in a reply of rows.lua by packed player id, without players outside the ladder or its segment."""
    board = ladder.board
    if board.segments:
        return _segmented_rows(ladder, users, packed_values, packed_names)
    values = _layout(f">7xB{key_bytes(board) - USER_BYTES}sI").iter_unpack(packed_values)
    return {
        user: new_record(
            Row, (place + user, submissions, name or None, flags & _HAS_METADATA != 0, flags & _HIDDEN != 0, ())
        )
        for user, (flags, place, submissions), name in zip(users, values, _names(packed_names), strict=True)
        if not flags & _REMOVED
    }


def _segmented_rows(
    ladder: Ladder, users: Sequence[bytes], packed_values: bytes, packed_names: bytes
) -> dict[bytes, Row]:
    """Return the result of `stored_rows` for a board with segments. Each row has the ids of its segments."""
    board = ladder.board
    layout = f">7xB{SEGMENT_BYTES * len(board.segments)}s{key_bytes(board) - USER_BYTES}sI"
    rows = {
        user: Row(
            place + user, submissions, name or None, bool(flags & _HAS_METADATA), bool(flags & _HIDDEN), split_ids(ids)
        )
        for user, (flags, ids, place, submissions), name in zip(
            users, _layout(layout).iter_unpack(packed_values), _names(packed_names), strict=True
        )
        if not flags & _REMOVED
    }
    if ladder.segment is None:
        return rows
    position, segment = ladder.segment_position, segment_id(*ladder.segment)
    return {user: row for user, row in rows.items() if row.segments[position] == segment}


def _names(packed_names: bytes) -> list[str]:
    return packed_names.decode().split(NAME_SEPARATOR)


@cache
def _layout(layout: str) -> Struct:
    return Struct(layout)
