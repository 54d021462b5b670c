"""Ids of segments in the index: digests of a fixed width, which scripts can split by position."""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b

SEGMENT_BYTES = 8
"""Length of the id of a segment. The probability that two of a million segments have the same id is 1 in 37 million."""
NO_SEGMENT = bytes(SEGMENT_BYTES)
"""Id in the place of an attribute without a value."""
_SEGMENTS_CACHED = 4096


@lru_cache(_SEGMENTS_CACHED)
def segment_id(attribute: str, value: str) -> bytes:
    """Return the id of a segment."""
    # The text is unambiguous, because the name of an attribute contains no colon.
    return blake2b(f"{attribute}:{value}".encode(), digest_size=SEGMENT_BYTES).digest()


def segment_ids(attributes: Sequence[str], values: Sequence[str | None] | None) -> bytes:
    """Return the ids of a player's segments. Without `values`, as in a removed standing, all are `NO_SEGMENT`."""
    if not values:
        return NO_SEGMENT * len(attributes)
    pairs = zip(attributes, values, strict=True)
    return b"".join([NO_SEGMENT if value is None else segment_id(name, value) for name, value in pairs])


def split_ids(ids: bytes) -> Sequence[bytes | None]:
    """Return the ids of a player's segments, None for an attribute without a value."""
    parts = (ids[at : at + SEGMENT_BYTES] for at in range(0, len(ids), SEGMENT_BYTES))
    return [None if part == NO_SEGMENT else part for part in parts]
