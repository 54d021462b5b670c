"""Names of all keys of the index.

All keys of a partition share its hash tag, therefore a script may use several of them. Keys start with the namespace
and the number of partitions. Indexes with different numbers of partitions can therefore coexist.
"""

import re
from collections.abc import Iterable, Sequence
from zlib import crc32

from leaderforge.adapters.redis.cluster import Call
from leaderforge.adapters.redis.scripts import Script
from leaderforge.adapters.redis.segment_ids import segment_id
from leaderforge.domain.boards import Ladder
from leaderforge.domain.sharding import hash_tags, slot_of
from leaderforge.ports.index_maintenance import LadderIds

_LADDER = re.compile(rb"(\d+)\.(-?\d+):(?:entries(?:\..{8})?|standings|segments)", re.DOTALL)


class IndexKeys:
    """Key names of one index, and calls of scripts on these keys."""

    def __init__(self, namespace: str, partitions: int) -> None:
        tags = hash_tags(partitions)
        self.slots = [slot_of(tag) for tag in tags]
        self._roots = [f"{namespace}:{partitions}:{{{tag}}}:".encode() for tag in tags]
        self.meta = [root + b"meta" for root in self._roots]
        self.changes = self._roots[0] + b"changes"
        self.catch_ups = self._roots[0] + b"catch-ups"
        self.verification = self._roots[0] + b"inspection"
        self.names = [root + b"names" for root in self._roots]
        self.partitions = range(partitions)

    def call(
        self, partition: int, code: Script, *keys: bytes, args: Sequence[bytes | int | str] = (), meta: bool = True
    ) -> Call:
        """Return a call on keys of a partition. The first key is the partition's `meta`, unless `meta` is False."""
        first = (self.meta[partition],) if meta else ()
        return Call(self.slots[partition], code, (*first, *keys), args)

    def of_partition(self, partition: int) -> bytes:
        """Return the pattern that matches all keys of a partition."""
        return self._roots[partition] + b"*"

    def of_ladder(self, partition: int, ladder: LadderIds) -> tuple[bytes, bytes]:
        """Return the keys of a ladder: entries and standings."""
        root = self._roots[partition] + b"%d.%d:" % ladder
        return root + b"entries", root + b"standings"

    def of_segments(self, partition: int, ladder: LadderIds, ids: Iterable[bytes]) -> Sequence[tuple[bytes, bytes]]:
        """Return the keys of segments: entries of the segment, and standings of the ladder."""
        entries, standings = self.of_ladder(partition, ladder)
        return [(entries + b"." + segment, standings) for segment in ids]

    def segments(self, partition: int, ladder: LadderIds) -> bytes:
        """Return the key of the hash whose fields are the ids of the segments that the ladder has or had."""
        return self._roots[partition] + b"%d.%d:segments" % ladder

    def ladder_of(self, partition: int, key: bytes) -> LadderIds | None:
        """Return the ladder of a key of the partition, None if the key has another purpose."""
        match = _LADDER.fullmatch(key, len(self._roots[partition]))
        return None if match is None else (int(match[1]), int(match[2]))

    def entries(self, partition: int, ladder: Ladder) -> bytes:
        """Return the key of the sorted set of the ladder's sort keys."""
        key = self._roots[partition] + b"%d.%d:entries" % (ladder.board.id, ladder.period)
        return key if ladder.segment is None else key + b"." + segment_id(*ladder.segment)

    def standings(self, partition: int, ladder: Ladder) -> bytes:
        """Return the key of the hash of the ladder's stored values, by player id."""
        return self._roots[partition] + b"%d.%d:standings" % (ladder.board.id, ladder.period)

    def lease(self, name: str) -> bytes:
        """Return the key of a lease."""
        return self._roots[0] + b"lease:" + name.encode()

    def allowance(self, subject: str) -> tuple[int, bytes]:
        """Return the slot and the key of a subject's rate limit. Subjects spread evenly over the partitions."""
        name = subject.encode()
        partition = crc32(name) % len(self._roots)
        return self.slots[partition], self._roots[partition] + b"allowance:" + name
