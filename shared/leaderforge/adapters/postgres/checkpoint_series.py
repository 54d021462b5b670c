"""Stored checkpoints of a ladder, and the places that changed between them."""

from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import NamedTuple

from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.reads import ladder_ids
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.boards import Ladder
from leaderforge.domain.checkpoints import MAX_KEYS, Checkpoint, Moves, checkpoint_of
from leaderforge.domain.order import key_bytes, ranked_keys
from leaderforge.domain.segments import SEGMENT_DIGEST_BYTES, segment_digest

_CHUNK = 2_000
"""Maximum keys of a checkpoint that are read at a time."""
_ALL = 2**53
"""Maximum number of keys that no ladder exceeds: the checkpoint then has the keys of all entries."""


class CheckpointScan(NamedTuple):
    """Checkpoint from a scan of a ladder, and the number of states that the scan read."""

    checkpoint: Checkpoint
    states: int


@dataclass(frozen=True, slots=True)
class CheckpointSeries:
    """Checkpoints of all entries of a ladder or, with `attribute`, of the entries with a value of an attribute.

    `attribute` is the number of the attribute on the board, from 1. With `attribute`, a key is the digest of the
    entry's segment, followed by the sort key. All entries of a segment are therefore adjacent.
    """

    ladder: Ladder
    attribute: int | None = None

    @property
    def width(self) -> int:
        """Return the length of the keys, in bytes."""
        return key_bytes(self.ladder.board) + (0 if self.attribute is None else SEGMENT_DIGEST_BYTES)

    @property
    def ids(self) -> Sequence[int]:
        """Return the values of the primary key, except the revision."""
        return ladder_ids(self.ladder) if self.attribute is None else (*ladder_ids(self.ladder), self.attribute)

    def _statement(self, name: str) -> str:
        return statement(name if self.attribute is None else f"{name}_of_attribute")

    async def before(self, connection: Connection, revision: int) -> Checkpoint | None:
        """Return the last checkpoint up to a revision."""
        return self._checkpoint(await connection.fetch(self._statement("checkpoint_before"), *self.ids, revision))

    async def at(self, connection: Connection, revision: int) -> Checkpoint | None:
        """Return the checkpoint of a revision."""
        return self._checkpoint(await connection.fetch(self._statement("checkpoint_at"), *self.ids, revision))

    def _checkpoint(self, rows: Sequence[Record]) -> Checkpoint | None:
        return Checkpoint(rows[0][0], rows[0][1], self.width, *rows[0][2:]) if rows else None

    async def revisions(self, connection: Connection) -> Sequence[int]:
        """Return the revisions of all checkpoints, in order."""
        return [row["revision"] for row in await connection.fetch(self._statement("checkpoints"), *self.ids)]

    async def store(self, connection: Connection, checkpoint: Checkpoint) -> None:
        """Store a checkpoint. It replaces the stored checkpoint of its revision, if any."""
        values = checkpoint.revision, checkpoint.total, checkpoint.keys, checkpoint.above
        await connection.execute(self._statement("store_checkpoint"), *self.ids, *values)

    async def counted(self, pool: Pool, revision: int, block: int | None = None) -> CheckpointScan:
        """Return a checkpoint from a scan: a key per `block` states or, without `block`, a key per entry."""
        spacing = (1, _ALL, True) if block is None else (block, MAX_KEYS, False)
        values = *ladder_ids(self.ladder), self.ladder.board.min_submissions, revision, *spacing
        attribute = () if self.attribute is None else (self.attribute,)
        counts: list[tuple[bytes, int]] = []
        total = states = 0
        stream = pool.stream(self._statement("past_all"), *values, *attribute, chunk=_CHUNK)
        async with aclosing(stream) as chunks:
            async for rows in chunks:
                total, states = rows[0]["total"], rows[0]["states"]
                counts += zip(self.keys(rows), (row["above"] for row in rows), strict=True)
        return CheckpointScan(checkpoint_of(revision, total, self.width, counts), states)

    async def moves(self, connection: Connection, since: int, until: int, segment: str | None = None) -> Moves:
        """Return the moves of the players whose standings changed after the revision `since`, up to `until`.

        With `segment`, return only moves within, into and out of this segment.
        """
        values = since, until, self.ladder.board.min_submissions, segment, self.attribute
        rows = await connection.fetch(statement("past_moves"), *ladder_ids(self.ladder), *values)
        arrivals = sorted(self.keys(row for row in rows if row["arrived"]))
        return Moves(arrivals, sorted(self.keys(row for row in rows if not row["arrived"])))

    async def erased(self, connection: Connection, revision: int, segment: str | None = None) -> Sequence[bytes]:
        """Return the keys of the erased players that a checkpoint of the revision still counts."""
        values = *self.ids, revision, self.ladder.board.min_submissions
        in_segment = () if self.attribute is None else (segment,)
        return self.keys(await connection.fetch(self._statement("past_corrections"), *values, *in_segment))

    async def states(self, connection: Connection, since: int, until: int) -> int:
        """Return the number of states of the ladder after the revision `since`, up to `until`."""
        [row] = await connection.fetch(statement("past_changes"), *ladder_ids(self.ladder), since, until)
        return int(row["states"])

    async def corrections(self, connection: Connection) -> Sequence[Record]:
        """Return the places of erased players that checkpoints may count."""
        return await connection.fetch(self._statement("corrections"), *self.ids)

    async def take_corrections(self, connection: Connection) -> Sequence[Record]:
        """Delete and return the places of erased players that checkpoints may count."""
        return await connection.fetch(self._statement("take_corrections"), *self.ids)

    def keys(self, rows: Iterable[Record]) -> list[bytes]:
        """Return the keys of places. The first four columns of a row are the fields of `Ranked`."""
        if self.attribute is None:
            return ranked_keys(self.ladder.board, (row[:4] for row in rows))
        places = list(rows)
        keys = ranked_keys(self.ladder.board, (row[:4] for row in places))
        return [segment_digest(row["segment"]) + key for row, key in zip(places, keys, strict=True)]


def every_series(ladder: Ladder) -> Sequence[CheckpointSeries]:
    """Return all series of a ladder. The first series has all entries."""
    numbers = range(1, len(ladder.board.segments) + 1)
    return [CheckpointSeries(ladder), *(CheckpointSeries(ladder, number) for number in numbers)]


def series_of(ladder: Ladder) -> CheckpointSeries:
    """Return the series for counts of the ladder's entries: with a segment, the series of its attribute."""
    return CheckpointSeries(ladder, None if ladder.segment is None else ladder.segment_position + 1)


def all_series_at(ladder: Ladder, revision: int) -> Sequence[CheckpointSeries]:
    """Return the series of a ladder that have checkpoints of a revision. The first series has all entries."""
    board = ladder.board
    has_segments = board.moments is not None and board.moments.has_segments_at(revision // 1000)
    return every_series(ladder) if has_segments else [CheckpointSeries(ladder)]
