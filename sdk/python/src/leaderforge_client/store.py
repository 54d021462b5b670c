"""Durable queue and session of a client, in one SQLite file.

Each change is a transaction. When its call returns, SQLite has written the change to the disk with fsync
(`synchronous=FULL`). A lock on the file excludes a second process, which would send scores out of order.
"""

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from leaderforge_client.errors import ClientClosed, QueueDamaged, QueueFull, QueueLocked, QueueUnwritable
from leaderforge_client.results import QueuedScore, RejectedScore

_SCHEMA = """
create table if not exists scores (
    position integer primary key autoincrement,
    submission_id text not null unique,
    body text not null,
    code text,
    message text
);
create table if not exists session (name text primary key, value text not null);
"""


class Store:
    """Queue of scores in the order of their submission, and the values of a session. Safe for use by threads."""

    def __init__(self, path: Path | str | None, capacity: int) -> None:
        """Open the file. A missing file is created, readable by its owner only. Without a path, keep all in memory.

        Raises `QueueLocked` if another process has the file open. Also raises `QueueUnwritable` or `QueueDamaged`.
        """
        self._capacity, self._path = capacity, path
        self._lock = threading.Lock()
        self._is_closed = False
        with self._guarded():
            if path is not None:
                Path(path).touch(mode=0o600)
            self._connection = sqlite3.connect(
                path or ":memory:", timeout=0, check_same_thread=False, isolation_level=None
            )
            try:
                self._connection.executescript("pragma locking_mode=exclusive; pragma synchronous=full;" + _SCHEMA)
                self._connection.execute("begin exclusive")  # acquires the lock; the locking mode keeps it until close
                self._connection.execute("commit")
            except sqlite3.Error:
                self._connection.close()
                raise

    def add(self, submission_id: str, body: dict[str, Any]) -> QueuedScore:
        """Append a score, or return the stored score with this submission id: a `RejectedScore` if it was refused.

        Raises `QueueFull`.
        """
        query = "select position, body, code, message from scores where submission_id = ?"
        with self._guarded():
            for position, text, code, message in self._rows(query, submission_id):
                stored = position, submission_id, json.loads(text)
                return QueuedScore(*stored) if code is None else RejectedScore(*stored, code, message)
            if self._count() >= self._capacity:
                raise QueueFull(f"the queue has {self._capacity} scores; flush it, or discard rejected scores")
            cursor = self._connection.execute(
                "insert into scores (submission_id, body) values (?, ?)", (submission_id, json.dumps(body))
            )
            return QueuedScore(int(cursor.lastrowid or 0), submission_id, body)

    def pending(self, limit: int = -1) -> list[QueuedScore]:
        """Return the first `limit` scores that wait, by default all."""
        query = "select position, submission_id, body from scores where code is null order by position limit ?"
        with self._guarded():
            return [QueuedScore(row[0], row[1], json.loads(row[2])) for row in self._rows(query, limit)]

    def pending_count(self) -> int:
        """Return the number of scores that wait."""
        with self._guarded():
            return int(self._rows("select count(*) from scores where code is null")[0][0])

    def rejected(self) -> list[RejectedScore]:
        """Return the scores that the service refused."""
        query = "select position, submission_id, body, code, message from scores where code is not null order by 1"
        with self._guarded():
            return [RejectedScore(row[0], row[1], json.loads(row[2]), row[3], row[4]) for row in self._rows(query)]

    def accepted_count(self) -> int:
        """Return the number of scores that were ever added to this file."""
        with self._guarded():
            rows = self._rows("select seq from sqlite_sequence where name = 'scores'")
            return int(rows[0][0]) if rows else 0

    def settle(self, delivered: Sequence[str], rejected: Sequence[RejectedScore]) -> None:
        """Remove delivered scores and store refusals, in one transaction."""
        with self._guarded(), self._connection:
            self._connection.execute("begin immediate")
            self._connection.executemany("delete from scores where submission_id = ?", [(each,) for each in delivered])
            self._connection.executemany(
                "update scores set code = ?, message = ? where submission_id = ?",
                [(score.code, score.message, score.submission_id) for score in rejected],
            )

    def requeue(self, submission_id: str) -> bool:
        """Put a refused score back into the queue, at its old position. Return False if no such score has this id."""
        query = "update scores set code = null, message = null where submission_id = ? and code is not null"
        with self._guarded():
            return self._connection.execute(query, (submission_id,)).rowcount > 0

    def discard(self, submission_id: str) -> bool:
        """Delete a score. Return False if the queue has no score with this id."""
        with self._guarded():
            return self._connection.execute("delete from scores where submission_id = ?", (submission_id,)).rowcount > 0

    def session(self) -> dict[str, str]:
        """Return the values of the session, empty without a session."""
        with self._guarded():
            return dict(self._rows("select name, value from session"))

    def set_session(self, values: dict[str, str | None]) -> None:
        """Set values of the session, durably. None deletes a value."""
        with self._guarded(), self._connection:
            self._connection.execute("begin immediate")
            for name, value in values.items():
                self._connection.execute("delete from session where name = ?", (name,))
                if value is not None:
                    self._connection.execute("insert into session values (?, ?)", (name, value))

    def close(self) -> None:
        """Close the file and release its lock. Later calls raise `ClientClosed`."""
        with self._lock:
            self._is_closed = True
            self._connection.close()

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Hold the lock for threads within the block. Convert errors of the file to errors of this package."""
        with self._lock:
            if self._is_closed:
                raise ClientClosed("the client is closed; open another one")
            try:
                yield
            except (sqlite3.OperationalError, OSError) as error:
                if "locked" in str(error):
                    reason = f"another process uses the queue {self._path}; give each process its own file"
                    raise QueueLocked(reason) from error
                raise QueueUnwritable(f"the queue {self._path} cannot be written: {error}") from error
            except sqlite3.DatabaseError as error:
                raise QueueDamaged(f"the queue {self._path} is damaged: {error}") from error

    def _count(self) -> int:
        return int(self._rows("select count(*) from scores")[0][0])

    def _rows(self, query: str, *values: Any) -> list[Any]:
        return self._connection.execute(query, values).fetchall()
