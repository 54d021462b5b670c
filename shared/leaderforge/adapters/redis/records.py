"""How the index stores a standing: fixed-width records that scripts can cut apart.

A record is the user (7 bytes), revision (7), flags (1), score and time as in the sort key (13), submissions (4); the
hash of standings holds all but the user, by user.
"""

from dataclasses import dataclass

from leaderforge.domain.boards import Order
from leaderforge.domain.merge import Row
from leaderforge.domain.order import KEY_BYTES, USER_BYTES, sort_key
from leaderforge.domain.standings import Standing

_PLACE_BYTES = KEY_BYTES - USER_BYTES
_REVISION = slice(0, 7)
_FLAGS = 7
_PLACE = slice(8, 8 + _PLACE_BYTES)
_SUBMISSIONS = slice(8 + _PLACE_BYTES, None)
_MAX_SUBMISSIONS = 2**32 - 1
_LOST = bytes(8 + _PLACE_BYTES + 4)

HAS_METADATA = 1


@dataclass(frozen=True, slots=True)
class Record:
    """A standing as the index holds it."""

    key: bytes
    value: bytes

    @property
    def packed(self) -> bytes:
        """The record as scripts take it."""
        return self.key[-USER_BYTES:] + self.value


def record_of(order: Order, standing: Standing) -> Record:
    """Return the record of a standing."""
    key = sort_key(order, standing.score, standing.achieved_at, standing.user_id)
    value = b"%b%c%b%b" % (
        standing.revision.to_bytes(7, "big"),
        HAS_METADATA if standing.metadata is not None else 0,
        key[:_PLACE_BYTES],
        min(standing.submissions, _MAX_SUBMISSIONS).to_bytes(4, "big"),
    )
    return Record(key, value)


def revision_of(value: bytes) -> bytes:
    """Return the revision in a stored value, in an order-preserving form."""
    return value[_REVISION]


def key_of(user: bytes, value: bytes) -> bytes:
    """Return the sort key of a stored value."""
    return value[_PLACE] + user


def row_of(key: bytes, value: bytes | None, name: bytes | None) -> Row:
    """Return the row of a stored value; one that is lost, which `verify` finds, reads as zeros."""
    value = value or _LOST
    return Row(
        key=key,
        submissions=int.from_bytes(value[_SUBMISSIONS], "big"),
        username=None if name is None else name.decode(),
        has_metadata=bool(value[_FLAGS] & HAS_METADATA),
    )
