"""Compression of answers: the encodings of this process, and the choice of an encoding by `Accept-Encoding`."""

import re
import zlib
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from importlib import import_module
from typing import NamedTuple

from starlette.types import Scope

MIN_BYTES = 1024
"""Minimum length in bytes of an answer to compress. A shorter answer fits in one or two packets anyway."""
GZIP_LEVEL = 2
ZSTD_LEVEL = 1
"""Compression level of zstd. By `benchmarks/compression.py`, higher levels cost much time and save few bytes."""

_GZIP_WINDOW = 31
"""zlib's `wbits`: 15 for the largest window, plus 16 for gzip's format."""
_ZSTD_MODULES = ("compression.zstd", "backports.zstd")
"""The module for zstd in Python from 3.14 on, and its backport for earlier versions."""
_MAX_CACHED = 128
"""Maximum length in bytes of an `Accept-Encoding` to cache with its encoding. Clients send a few short values."""
_PREFERENCE = re.compile(rb"\s*([\w*.+-]+)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)\s*)?")
"""Name and weight of one encoding in the header, such as `gzip;q=0.5`."""


class Encoding(NamedTuple):
    """A content coding of HTTP."""

    name: bytes
    compress: Callable[[bytes], bytes]


def preferred(accept: bytes) -> Encoding | None:
    """Return the encoding that a client prefers by its `Accept-Encoding`, None to send the answer as it is."""
    return _cached(accept) if len(accept) <= _MAX_CACHED else _preferred(accept)


def passes_bytes(scope: Scope) -> bool:
    """Return whether the connection to the client can carry binary bodies.

    Events of version 2.0 come from function URLs and HTTP APIs, which always carry binary bodies. Events of REST APIs
    have another version. Answers to them stay uncompressed: REST APIs carry binary bodies only by a setting, but can
    compress answers themselves.
    """
    event = scope.get("aws.event")
    return event is None or event.get("version") == "2.0"


def _preferred(accept: bytes) -> Encoding | None:
    weights = dict(_weights(accept))
    default = weights.get(b"*", 0.0)
    # If weights are equal, `max` returns the first encoding, which is the best encoding of this process.
    best = max(ENCODINGS, key=lambda encoding: weights.get(encoding.name, default))
    weight = weights.get(best.name, default)
    return best if weight > 0 and weight >= weights.get(b"identity", 0.0) else None


_cached = lru_cache(256)(_preferred)


def _weights(accept: bytes) -> Iterator[tuple[bytes, float]]:
    """Yield the names and weights in the header. Malformed parts are skipped."""
    for part in accept.split(b","):
        if (match := _PREFERENCE.fullmatch(part)) is not None:
            yield match[1].lower(), float(match[2] or 1)


def _gzip(content: bytes) -> bytes:
    return zlib.compress(content, GZIP_LEVEL, _GZIP_WINDOW)


def _zstd() -> Callable[[bytes], bytes] | None:
    """Return the compression function of zstd, None if zstd is not installed.

    One compressor serves all answers, because creating a compressor takes longer than compressing a short answer.
    """
    for name in _ZSTD_MODULES:
        try:
            module = import_module(name)
        except ImportError:
            continue
        compressor = module.ZstdCompressor(ZSTD_LEVEL)
        return partial(compressor.compress, mode=module.ZstdCompressor.FLUSH_FRAME)
    return None


def _encodings() -> Sequence[Encoding]:
    gzip, zstd = Encoding(b"gzip", _gzip), _zstd()
    return (gzip,) if zstd is None else (Encoding(b"zstd", zstd), gzip)


ENCODINGS: Sequence[Encoding] = _encodings()
"""The encodings of this process, the best first."""
