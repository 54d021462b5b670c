"""JSON bodies and the JSON text of single values."""

from hashlib import blake2b
from json.encoder import encode_basestring
from typing import Self

from functions.edge.wire.models import StrictOut
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.times import time_text

_DIGEST_BYTES = 12
"""Length of a digest in bytes. With its 96 bits, different contents practically never get equal ETags."""


class JsonBody:
    """JSON object of a response, in UTF-8. Immutable.

    `now` is the time of the response in ms, for responses that show it. The digest covers neither the JSON member `now`
    nor `as_of`, which are added last. Equal contents of different times therefore have equal digests.
    """

    __slots__ = ("_content", "_now")

    def __init__(self, text: str, now: int | None = None) -> None:
        self._content = text.encode()
        self._now = now

    @classmethod
    def of(cls, model: StrictOut, now: int | None = None) -> Self:
        """Return the body with the JSON members that are set in a model, except `as_of` and `now`."""
        return cls(model.model_dump_json(exclude_unset=True, exclude={"as_of", "now"}), now)

    def closed(self) -> bytes:
        """Return the complete JSON object, without `as_of`."""
        return self._content if self._now is None else with_member(self._content, b"now", time_text(self._now).encode())

    def with_as_of(self, time: int) -> bytes:
        """Return the object with the member `as_of`, a time in ms since 1970."""
        return with_member(self.closed(), b"as_of", time_text(time).encode())

    def digest(self) -> bytes:
        """Return a hash of the content as hexadecimal text."""
        return blake2b(self._content, digest_size=_DIGEST_BYTES).hexdigest().encode()


def with_member(content: bytes, name: bytes, text: bytes) -> bytes:
    """Return a JSON object with a member added. The object must not be empty, and `text` must not need escapes."""
    # Use a view, because a slice would copy the whole body once more.
    return b'%s,"%s":"%s"}' % (memoryview(content)[:-1], name, text)


def string_json(text: str | None) -> str:
    """Return a JSON string, or null."""
    return "null" if text is None else encode_basestring(text)


def number_json(value: int | None) -> str:
    """Return a JSON number, the JSON text of a `LongScore`, or null."""
    return "null" if value is None else f"{value}"


def distance_json(value: int | None) -> str:
    """Return the JSON of a difference of scores: text if it is beyond the integers that all clients have exactly."""
    return f'"{value}"' if type(value) is int and value > MAX_INTEGER else number_json(value)


def truth_json(value: bool) -> str:
    """Return true or false."""
    return "true" if value else "false"
