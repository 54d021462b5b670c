"""Responses that are bytes already, with what lets clients spare themselves repeated reads."""

from collections.abc import Sequence
from hashlib import blake2b

from starlette.responses import Response

from leaderforge.services.entries import Source

Header = tuple[bytes, bytes]

_JSON: Header = (b"content-type", b"application/json")
_REVALIDATE: Header = (b"cache-control", b"no-cache")
KEEP_NOTHING: Header = (b"cache-control", b"no-store")
_SOURCES: dict[Source, Header] = {source: (b"x-leaderforge-source", source.value.encode()) for source in Source}
_NOT_MODIFIED = 304


class Answer(Response):
    """A response whose body and headers are given as they go out."""

    def __init__(self, body: bytes, headers: Sequence[Header], status: int = 200, etag: bytes | None = None) -> None:
        self.status_code = status
        self.body = body
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]
        self.background = None
        self.etag = etag

    @property
    def tag(self) -> bytes:
        """What the ETag says of the content: equal for equal content."""
        return (self.etag or b"").removeprefix(b"W/").strip(b'"')

    def unless_matching(self, if_none_match: bytes) -> Response:
        """Return this, or `304 Not Modified` where the client has it already."""
        if self.etag is None or not _matches(if_none_match, self.etag):
            return self
        return Unchanged(self.raw_headers)


class Unchanged(Response):
    """`304 Not Modified`, with the headers that the full response would have had but for those about its body."""

    def __init__(self, headers: Sequence[Header]) -> None:
        self.status_code = _NOT_MODIFIED
        self.body = b""
        self.raw_headers = [header for header in headers if not header[0].startswith(b"content-")]
        self.background = None


def read(content: str, as_of: str | None, source: Source) -> Answer:
    """Return the answer to a read.

    `content` is a JSON object without its closing brace; `as_of` becomes its last member and leaves the ETag alone,
    so that reading the same again later is still the same.
    """
    encoded = content.encode()
    etag = b'W/"%s"' % blake2b(encoded, digest_size=12).hexdigest().encode()
    body = encoded + (b"}" if as_of is None else b',"as_of":"%s"}' % as_of.encode())
    return Answer(body, [_JSON, _REVALIDATE, _SOURCES[source], (b"etag", etag)], etag=etag)


def written(body: str, source: Source, status: int = 200, headers: Sequence[Header] = ()) -> Answer:
    """Return the answer to a write."""
    return Answer(body.encode(), [_JSON, KEEP_NOTHING, _SOURCES[source], *headers], status)


def download(content_type: str, file_name: str, source: Source) -> Sequence[Header]:
    """Return the headers of a file to be sent piece by piece."""
    disposition = f'attachment; filename="{file_name}"'
    return (
        (b"content-type", content_type.encode()),
        (b"content-disposition", disposition.encode()),
        KEEP_NOTHING,
        _SOURCES[source],
    )


def private(body: bytes, status: int = 200, content_type: str = "application/json") -> Answer:
    """Return an answer that no cache may keep."""
    return Answer(body, [(b"content-type", content_type.encode()), KEEP_NOTHING], status)


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    if if_none_match.strip() == b"*":
        return True
    opaque = etag.removeprefix(b"W/")
    return any(one.strip().removeprefix(b"W/") == opaque for one in if_none_match.split(b","))
