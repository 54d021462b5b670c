"""Cursors: the end of a page as opaque text. Clients send it to continue."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from struct import Struct

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import InvalidCursor
from leaderforge.domain.order import KEY_BYTES, MAX_KEY_BYTES, key_bytes

_HEAD = Struct(">cqq")
_CHECK_BYTES = 4
"""Length of the checksum, in bytes. It must detect mistakes only: a forged cursor grants no rights."""
# Rounded up: base64 without padding encodes 6 bits per character.
_LENGTHS = [-(-(_HEAD.size + key + _CHECK_BYTES) * 8 // 6) for key in (KEY_BYTES, MAX_KEY_BYTES)]
CURSOR_PATTERN = f"^[A-Za-z0-9_-]{{{_LENGTHS[0]},{_LENGTHS[1]}}}$"
"""Regular expression of a cursor's text."""
_TEXT = re.compile(CURSOR_PATTERN)


class Direction(Enum):
    """Direction of a cursor: next page, previous page, or next page of a score range."""

    NEXT = b"n"
    PREVIOUS = b"p"
    RANGE = b"r"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Direction, period number, and sort key of the entry from which the requested page continues."""

    direction: Direction
    period: int
    key: bytes


def encoded(direction: Direction, ladder: Ladder, key: bytes | None) -> str | None:
    """Return the text of a cursor, which is valid on this ladder only. Return None if `key` is None."""
    if key is None:
        return None
    packed = _HEAD.pack(direction.value, ladder.board.id, ladder.period) + key
    return urlsafe_b64encode(packed + _check(packed)).rstrip(b"=").decode()


def decoded(text: str, board: Board, *allowed: Direction) -> Cursor:
    """Return the cursor. Raises `InvalidCursor` unless it is intact, of this board and of an allowed direction."""
    packed, check = _unpacked(text)
    if len(packed) == _HEAD.size + key_bytes(board) and _check(packed) == check:
        direction, board_id, period = _HEAD.unpack_from(packed)
        is_allowed = direction in {item.value for item in allowed}
        if board_id == board.id and is_allowed and board.calendar.knows(period):
            return Cursor(Direction(direction), period, packed[_HEAD.size :])
    raise InvalidCursor("the cursor is not from a page of this board; start again without a cursor", cursor=text[:100])


def _unpacked(text: str) -> tuple[bytes, bytes]:
    if not _TEXT.fullmatch(text):
        return b"", b""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        return b"", b""
    return raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]


def _check(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_CHECK_BYTES).digest()
