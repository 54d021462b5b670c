"""Responses whose bytes are ready to send, with the headers for conditional reads."""

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from functions.edge.http.compression import MIN_BYTES, Encoding
from functions.edge.wire.bodies import JsonBody
from leaderforge.domain.sources import Source

Header = tuple[bytes, bytes]

_JSON: Header = (b"content-type", b"application/json")
# With `no-cache`, clients may store a response, but must revalidate it by its ETag before each use.
_REVALIDATE: Header = (b"cache-control", b"no-cache")
NO_STORE: Header = (b"cache-control", b"no-store")
_VARY: Header = (b"vary", b"accept-encoding")
_SOURCES: dict[Source, Header] = {source: (b"x-leaderforge-source", source.value.encode()) for source in Source}
_NOT_MODIFIED = 304


class ReadResult(Protocol):
    """Result of a read, with its time (ms since 1970) and its source."""

    @property
    def as_of(self) -> int: ...

    @property
    def source(self) -> Source: ...


class Provenance(NamedTuple):
    """Time (ms since 1970) and source of a read, for results that do not contain them."""

    as_of: int
    source: Source


class Answer(Response):
    """Response whose body and headers are ready to send. A cached answer is compressed once for each encoding."""

    _encoded: dict[bytes, Response]
    """Compressed forms so far, by the names of their encodings. Answers too short to compress lack the attribute."""

    def __init__(self, body: bytes, headers: Sequence[Header], status: int = 200, etag: bytes | None = None) -> None:
        # Do not call `super().__init__`, which would render the body and build the headers again.
        self.status_code = status
        self.body = body
        self.raw_headers = [*headers, (b"content-length", b"%d" % len(body))]
        self.background = None
        self.etag = etag
        self.is_long = len(body) >= MIN_BYTES
        if self.is_long:
            self.raw_headers.append(_VARY)
            self._encoded = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})

    @property
    def tag(self) -> bytes:
        """Opaque part of the ETag. Equal content has an equal tag."""
        return (self.etag or b"").removeprefix(b"W/").strip(b'"')

    def encoded(self, encoding: Encoding) -> Response:
        """Return this response in an encoding, with its weak ETag. The body must have `MIN_BYTES` or more."""
        response = self._encoded.get(encoding.name)
        if response is None:
            response = self._encoded[encoding.name] = Encoded(self, encoding)
        return response

    def matches(self, if_none_match: bytes) -> bool:
        """Return whether the client already has this content."""
        return self.etag is not None and _matches(if_none_match, self.etag)


class Encoded(Response):
    """Compressed form of an answer."""

    def __init__(self, answer: Answer, encoding: Encoding) -> None:
        self.status_code = answer.status_code
        self.body = encoding.compress(bytes(answer.body))
        headers = [header for header in answer.raw_headers if header[0] != b"content-length"]
        length = b"%d" % len(self.body)
        self.raw_headers = [*headers, (b"content-encoding", encoding.name), (b"content-length", length)]
        self.background = None


class Unchanged(Response):
    """Response `304 Not Modified`. It has all headers of the full response except the headers of a body."""

    def __init__(self, headers: Sequence[Header]) -> None:
        self.status_code = _NOT_MODIFIED
        self.body = b""
        self.raw_headers = [header for header in headers if not header[0].startswith(b"content-")]
        self.background = None


def answer_read(body: JsonBody, result: ReadResult) -> Answer:
    """Return the response to a read, with `as_of` as the last JSON member. The ETag does not depend on `as_of`."""
    return _answer_read(body, body.with_as_of(result.as_of), result.source)


def answer_stored(body: JsonBody) -> Answer:
    """Return the response to a read that only the store can answer."""
    return _answer_read(body, body.closed(), Source.STORE)


def answer_written(
    body: JsonBody, source: Source = Source.STORE, status: int = 200, headers: Sequence[Header] = ()
) -> Answer:
    """Return the answer to a write."""
    return Answer(body.closed(), [_JSON, NO_STORE, _SOURCES[source], *headers], status)


def answer_private(content: bytes, status: int = 200, content_type: str = "application/json") -> Answer:
    """Return an answer that caches must not store."""
    return Answer(content, [(b"content-type", content_type.encode()), NO_STORE], status)


def download_headers(content_type: str, file_name: str, source: Source) -> Sequence[Header]:
    """Return the headers of a file that is streamed."""
    disposition = f'attachment; filename="{file_name}"'
    return (
        (b"content-type", content_type.encode()),
        (b"content-disposition", disposition.encode()),
        NO_STORE,
        _SOURCES[source],
    )


def _answer_read(body: JsonBody, content: bytes, source: Source) -> Answer:
    # The ETag is weak, because responses with the same ETag may differ in `as_of`.
    etag = b'W/"%s"' % body.digest()
    return Answer(content, [_JSON, _REVALIDATE, _SOURCES[source], (b"etag", etag)], etag=etag)


def _matches(if_none_match: bytes, etag: bytes) -> bool:
    if if_none_match.strip() == b"*":
        return True
    # Compare weakly, as RFC 9110 requires here: ignore the prefix `W/`.
    opaque = etag.removeprefix(b"W/")
    return any(candidate.strip().removeprefix(b"W/") == opaque for candidate in if_none_match.split(b","))
