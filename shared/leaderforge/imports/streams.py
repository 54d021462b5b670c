"""Conversion of the bytes of a file to its text: compression and encoding.

The first bytes of a file decide about the compression, never its name. A byte order mark decides about the encoding.
"""

import gzip
import sys
import zlib
from codecs import getincrementaldecoder
from collections.abc import Iterator
from contextlib import suppress
from io import BufferedReader, RawIOBase
from typing import Any, BinaryIO, cast

from leaderforge.domain.errors import Refused

_GZIP = b"\x1f\x8b"
_ZSTD = b"\x28\xb5\x2f\xfd"
_ZIP = b"PK\x03\x04"
_BYTE_ORDER_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_PEEKED_BYTES = 64
_CHUNK_BYTES = 1 << 18
ENCODINGS = ("utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252")
"""Encodings that a file may have."""


class CutOff(Refused):
    """The compressed data ends too early, or is damaged. All text before that point was read."""

    code = "cut_off"


def text_chunks(raw: BinaryIO, encoding: str | None = None) -> Iterator[str]:
    """Yield the text of a file in parts, decompressed if it is gzip or zstd data. Line ends stay as they are.

    Without `encoding`, a byte order mark decides about the encoding. Without a mark, the encoding is UTF-8. Bytes that
    are not UTF-8 become lone surrogates, because a bad line must not end the whole import. Raises `Refused` for a
    spreadsheet file, and for UTF-16 without a mark. For damaged data, yields the text before the damage, then raises
    `CutOff`.
    """
    stream = _decompressed(raw)
    chosen = _encoding_of(stream.peek(_PEEKED_BYTES)[:_PEEKED_BYTES], encoding)
    errors = "surrogateescape" if chosen.startswith("utf-8") else "replace"
    decoder = getincrementaldecoder(chosen)(errors)
    while data := stream.read1(_CHUNK_BYTES):
        yield decoder.decode(data)
    yield decoder.decode(b"", final=True)


def count_lines(raw: BinaryIO) -> int:
    """Return an upper bound of the score lines in a file, from its numbers of line ends and of opening braces.

    Afterwards, the stream is at its beginning again. A damaged file is counted up to the damage, without an error.
    """
    total = 1
    stream = _decompressed(raw)
    with suppress(CutOff):
        while chunk := stream.read1(_CHUNK_BYTES):
            total += max(chunk.count(b"\n"), chunk.count(b"\r"), chunk.count(b"{"))
    raw.seek(0)
    return total


class _CheckedStream(RawIOBase):
    """Stream that raises `CutOff` for damaged data. Closing it does not close the source."""

    def __init__(self, source: Any) -> None:
        self._source = source

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            # Use `read1`, because `read` would lose the data before the damage.
            chunk = self._source.read1(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise _cut_off(error) from None
        except Exception as error:
            # Compare the name, because the module with the class `ZstdError` is optional.
            if type(error).__name__ != "ZstdError":
                raise
            raise _cut_off(error) from None
        buffer[: len(chunk)] = chunk
        return len(chunk)


def _cut_off(error: Exception) -> CutOff:
    return CutOff(f"the compressed data is cut off or damaged: {error}")


def _decompressed(raw: BinaryIO) -> BufferedReader:
    """Return the stream, decompressed if it begins like gzip or zstd data."""
    start = raw.read(_PEEKED_BYTES)
    raw.seek(0)
    source: Any = raw
    if start.startswith(_GZIP):
        source = gzip.GzipFile(fileobj=raw)
    elif start.startswith(_ZSTD):
        source = _zstd_file(raw)
    elif start.startswith(_ZIP):
        raise Refused("the file is a spreadsheet or a zip archive: save the sheet as CSV")
    return BufferedReader(_CheckedStream(source), _CHUNK_BYTES)


def _zstd_file(raw: BinaryIO) -> object:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            from backports import zstd
    except ImportError:
        raise Refused("the file is zstd data, which this installation cannot read: decompress it first") from None
    return cast(object, zstd.ZstdFile(raw))


def _encoding_of(start: bytes, requested: str | None) -> str:
    """Return the requested encoding, else the byte order mark's, else UTF-8. `start` has the first bytes of the file.

    Raises `Refused` for UTF-16 without a byte order mark.
    """
    if requested is not None and not requested.startswith("utf"):
        return requested
    marked = next((name for start_bytes, name in _BYTE_ORDER_MARKS.items() if start.startswith(start_bytes)), None)
    # Recognise UTF-16 by its zeros: every other byte of Western text is zero.
    is_wide = requested is None and start.count(0) > len(start) // 4
    if marked is None and (is_wide or requested == "utf-16"):
        raise Refused("the file has no byte order mark: if it is UTF-16, set --encoding utf-16-le or utf-16-be")
    return marked or requested or "utf-8"
