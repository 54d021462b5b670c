"""Cursors: where a page ends, as text that callers hand back without knowing what it says."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import Enum
from hashlib import blake2b
from struct import Struct

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import InvalidCursor
from leaderforge.domain.order import KEY_BYTES

_LAYOUT = Struct(f">cqq{KEY_BYTES}s")
_CHECK_BYTES = 4
TEXT_LENGTH = -(-(_LAYOUT.size + _CHECK_BYTES) * 8 // 6)
_TEXT = re.compile(f"[A-Za-z0-9_-]{{{TEXT_LENGTH}}}")


class Direction(Enum):
    """Where a cursor leads: on, back, or on within a range of scores."""

    NEXT = b"n"
    PREVIOUS = b"p"
    RANGE = b"r"


@dataclass(frozen=True, slots=True)
class Cursor:
    """A direction and the sort key of the entry to go on from."""

    direction: Direction
    key: bytes


def encoded(direction: Direction, ladder: Ladder, key: bytes | None) -> str | None:
    """Return the text of a cursor that holds on this ladder alone; None for no key."""
    if key is None:
        return None
    packed = _LAYOUT.pack(direction.value, ladder.board.id, ladder.period, key)
    return urlsafe_b64encode(packed + _check(packed)).rstrip(b"=").decode()


def decoded(text: str, ladder: Ladder, *allowed: Direction) -> Cursor:
    """Return the cursor. Raises `InvalidCursor` unless it is one of ours, of this ladder and allowed here."""
    packed, check = _unpacked(text)
    if _check(packed) == check:
        direction, board_id, period, key = _LAYOUT.unpack(packed)
        if (board_id, period) == (ladder.board.id, ladder.period) and Direction(direction) in allowed:
            return Cursor(Direction(direction), key)
    raise InvalidCursor("the cursor is not one that this board's pages gave", cursor=text[:100])


def _unpacked(text: str) -> tuple[bytes, bytes]:
    if not _TEXT.fullmatch(text):
        return b"", b""
    raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    return raw[: _LAYOUT.size], raw[_LAYOUT.size :]


def _check(packed: bytes) -> bytes:
    return blake2b(packed, digest_size=_CHECK_BYTES).digest()
