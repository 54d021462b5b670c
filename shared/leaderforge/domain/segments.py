"""Segments: the players of a board with equal values of an attribute."""

import json
import re
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple, TypeGuard

from leaderforge.domain.errors import Refused

MAX_SEGMENT_ATTRIBUTES = 8
"""Maximum number of attributes that the service declares for segments."""
MAX_BOARD_SEGMENTS = 4
"""Maximum number of declared attributes that divide one board into segments."""
MAX_SEGMENT_VALUE = 64
"""Maximum length of the value of a declared attribute, in code points."""

SEGMENT_DIGEST_BYTES = 8
"""Length of `segment_digest`. Two of a million values have the same digest with a probability of 1 in 37 million."""
_DIGESTS_CACHED = 4_096

_NAME = re.compile(r"[a-z][a-z0-9_]{0,31}")
_NOT_IN_VALUES = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and lone surrogates."""


class Segment(NamedTuple):
    """The players whose `attribute` has this value."""

    attribute: str
    value: str

    def __str__(self) -> str:
        """Return the text that `segment_of` reads."""
        return f"{self.attribute}:{self.value}"


def segment_of(text: str) -> Segment:
    """Return the segment in a text such as `country:FI`. Raises `Refused`."""
    attribute, separator, value = text.partition(":")
    if not separator or not value:
        raise Refused("segment: must be an attribute and a value, such as country:FI", setting="segment")
    return Segment(attribute, value)


@lru_cache(_DIGESTS_CACHED)
def segment_digest(value: str) -> bytes:
    """Return the digest of a value. Checkpoints of an attribute order past standings by digest, then by sort key."""
    return sha256(value.encode()).digest()[:SEGMENT_DIGEST_BYTES]


def declared_attributes(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names. Raises `ValueError` if they are not a valid declaration."""
    if problem := _problem(names, MAX_SEGMENT_ATTRIBUTES):
        raise ValueError(problem)
    return names


def require_board_segments(names: Sequence[str]) -> None:
    """Raise `Refused` unless a board can be divided by these attributes."""
    if problem := _problem(names, MAX_BOARD_SEGMENTS):
        raise Refused(f"segments: {problem}", setting="segments")


def _problem(names: Sequence[str], maximum: int) -> str | None:
    """Return a text about the rule that these names of attributes break, None if they are valid."""
    if len(names) > maximum or len(set(names)) < len(names):
        return f"must list up to {maximum} attributes, each once"
    for name in names:
        if not _NAME.fullmatch(name):
            return f"{name[:80]!r} is not the name of an attribute: use a-z, 0-9 and '_', up to 32 characters"
    return None


def require_declared(names: Sequence[str], declared: Sequence[str]) -> None:
    """Raise `Refused` if the service does not declare one of these attributes."""
    for name in names:
        if name not in declared:
            advice = f"use one of {', '.join(declared)}" if declared else "set LEADERFORGE_SEGMENTS"
            raise Refused(
                f"segments: the service does not declare the attribute {name!r}; {advice}", setting="segments"
            )


def require_segment_values(attributes: str | None, names: Sequence[str]) -> None:
    """Raise `Refused` if a declared attribute in this JSON object is invalid for a segment. Null is allowed."""
    members = json.loads(attributes) if attributes else {}
    for name in names:
        value = members.get(name)
        if value is not None and not _is_segment_value(value):
            raise Refused(
                f"attributes.{name}: must be a text of 1 to {MAX_SEGMENT_VALUE} characters, without control characters"
            )


def segment_values(attributes: str | None, names: Sequence[str]) -> tuple[str | None, ...]:
    """Return the values of these attributes in a JSON object, None for each attribute without a valid value.

    The function `segments_of` in the database computes the same values.
    """
    members = json.loads(attributes) if attributes and names else {}
    values = (members.get(name) for name in names)
    return tuple(value if _is_short_text(value) else None for value in values)


def _is_segment_value(value: object) -> bool:
    return _is_short_text(value) and not _NOT_IN_VALUES.search(value)


def _is_short_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 1 <= len(value) <= MAX_SEGMENT_VALUE
