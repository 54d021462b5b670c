"""Identity of a line: it decides whether a line was imported before.

With a column of ids, the id identifies the line. Otherwise, the line is identified by its content and the number of
earlier lines with this content. Identities therefore stay the same if the file grows at either end or is sorted anew.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from hashlib import blake2b, sha1
from uuid import UUID

_IDS = UUID("6f1c7a0e-2a5e-5b0e-9f57-1c0d8b9f4a11").bytes
"""Namespace of the submission ids. With another namespace, lines of earlier imports would count again."""
_NO_VERSION = (1 << 128) - 1 & ~(0xF << 76) & ~(0x3 << 62)
_VERSION_5 = 5 << 76 | 0x2 << 62
"""Bits of the version and the variant of a UUID."""
_MAX_RECENT = 250_000
"""Maximum number of counts in memory, which take some 30 MB. With more counts, all of them move to a temporary file."""
_FILTER_MASK = (1 << 27) - 1
"""Mask of a content's digest. The result is the position of the content's bit in the filter, which takes 16 MB."""


class Occurrences:
    """Counter of lines with equal content, in bounded memory. Two contents with one hash (64 bits) count as equal."""

    def __init__(self, max_recent: int = _MAX_RECENT) -> None:
        self._max_recent = max_recent
        self._recent: dict[int, int] = {}
        self._file: sqlite3.Connection | None = None
        self._filter = bytearray()

    def count(self, digest: int) -> int:
        """Count a content, and return how often it was counted before."""
        previous = self._recent.get(digest)
        if previous is None:
            previous = 0 if self._file is None else self._stored(digest)
            if len(self._recent) >= self._max_recent:
                self._store()
        self._recent[digest] = previous + 1
        return previous

    def close(self) -> None:
        """Delete the temporary file."""
        if self._file is not None:
            self._file.close()

    def _stored(self, digest: int) -> int:
        assert self._file is not None  # noqa: S101 - for the type checker
        bit = digest & _FILTER_MASK
        if not self._filter[bit >> 3] >> (bit & 7) & 1:
            return 0
        with closing(self._file.execute("select times from contents where digest = ?", (digest,))) as cursor:
            row = cursor.fetchone()
        return row[0] if row else 0

    def _store(self) -> None:
        if self._file is None:
            self._file = _temporary_table()
            # Most contents are new. The filter recognises them without a query, which would take longer than parsing
            # the line.
            self._filter = bytearray(_FILTER_MASK + 1 >> 3)
        with closing(self._file.cursor()) as cursor:
            cursor.execute("begin")
            # Insert in the order of the table, because sequential pages are faster.
            cursor.executemany("insert or replace into contents values (?, ?)", sorted(self._recent.items()))
            cursor.execute("commit")
        self._add_to_filter(self._recent)
        self._recent.clear()

    def _add_to_filter(self, digests: Iterable[int]) -> None:
        for digest in digests:
            bit = digest & _FILTER_MASK
            self._filter[bit >> 3] |= 1 << (bit & 7)


def _temporary_table() -> sqlite3.Connection:
    """Return a connection to an empty table of counts in a temporary file."""
    # For an empty name, SQLite creates a temporary file, and deletes the file with the connection. Several threads may
    # use the connection, because they take turns.
    connection = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    connection.execute("pragma journal_mode = off")
    connection.execute("create table contents (digest integer primary key, times integer not null)")
    return connection


class LineDigests:
    """Digests (16 bytes) that identify the lines of one file. `source` distinguishes files with equal lines.

    A digest does not depend on other lines.
    """

    def __init__(self, board: str, source: str | None = None) -> None:
        self._of_ids = f"{board}\0" if source is None else f"{board}\0{source}\0"
        self._of_contents = blake2b(f"{board}\0{source or ''}\0".encode(errors="surrogatepass"), digest_size=16)

    def of_id(self, text: str) -> bytes:
        """Return the digest of a line with an id."""
        return sha1(_IDS + f"{self._of_ids}{text}".encode(), usedforsecurity=False).digest()[:16]

    def of_content(self, content: str) -> bytes:
        """Return the digest of a line with this content."""
        hasher = self._of_contents.copy()
        # Pass lone surrogates, which stand for bytes that are not UTF-8.
        hasher.update(content.encode(errors="surrogatepass"))
        return hasher.digest()


class Identities:
    """Submission ids of the lines of one file, in their order."""

    def __init__(self, *, by_content: bool) -> None:
        self._occurrences = Occurrences() if by_content else None

    def ids(self, digests: Sequence[bytes]) -> Sequence[UUID]:
        """Return the submission ids of the next lines."""
        identifying = digests if self._occurrences is None else [self._counted(digest) for digest in digests]
        # Keep version 5, because earlier versions of the product derived UUIDs of this version from ids.
        return [UUID(int=int.from_bytes(digest, "big") & _NO_VERSION | _VERSION_5) for digest in identifying]

    def close(self) -> None:
        """Free the memory and the temporary file."""
        if self._occurrences is not None:
            self._occurrences.close()

    def _counted(self, digest: bytes) -> bytes:
        assert self._occurrences is not None  # noqa: S101 - for the type checker
        previous = self._occurrences.count(int.from_bytes(digest[:8], "big", signed=True))
        return blake2b(b"%b%d" % (digest, previous), digest_size=16).digest() if previous else digest
