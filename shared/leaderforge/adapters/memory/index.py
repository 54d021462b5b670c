"""In-memory rank index. It sorts all entries on every read, which is too slow for production."""

from collections import Counter, defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from itertools import count
from time import monotonic
from typing import NamedTuple, TypeVar

from leaderforge.adapters.memory.boards import LadderKey, place_of
from leaderforge.adapters.memory.entries import is_member, listed_key, refuses
from leaderforge.adapters.memory.index_names import MemoryNames
from leaderforge.adapters.memory.ranking import RowRanking
from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.merge import Row
from leaderforge.domain.order import rank_bound, sort_key, user_id_of
from leaderforge.domain.segments import Segment
from leaderforge.domain.sharding import partition_of
from leaderforge.domain.sources import Source
from leaderforge.domain.standings import Standing, removed_standing
from leaderforge.domain.survey import IndexNode, PartitionState, Survey, VerificationState
from leaderforge.domain.tiers import depend_on_total
from leaderforge.ports.index import Applied, IndexValue, LadderUpdate
from leaderforge.ports.index_maintenance import CatchUps, LadderIds

T = TypeVar("T")

_NODE = "memory"
"""Name of the only node."""


class IndexSnapshot(NamedTuple):
    """Standings, names and watermarks of an index at one moment."""

    standings: Mapping[LadderKey, Mapping[int, Standing]]
    names: Mapping[int, str]
    watermarks: Sequence[int | None]
    erasures: Mapping[int, int]


class MemoryIndex(MemoryNames, RowRanking):
    """`RankIndex`, `IndexMaintenance` and `LeaseStore` in dicts."""

    source = Source.INDEX

    def __init__(self, partitions: int = 1) -> None:
        self.partitions = partitions
        self.disruptions = 0
        self._tokens = map(str, count())
        self.wipe()

    def wipe(self) -> None:
        """Delete all data, as FLUSHALL does on a cluster."""
        self._standings: defaultdict[LadderKey, dict[int, Standing]] = defaultdict(dict)
        self._strays: defaultdict[LadderKey, set[tuple[int, Segment]]] = defaultdict(set)
        self._names: dict[int, str] = {}
        self._erasures: dict[int, int] = {}
        self._watermarks: list[int | None] = [None] * self.partitions
        self._rebuilds: dict[int, str] = {}
        self._catch_ups = CatchUps(None, None)
        self._leases: dict[str, tuple[str, float]] = {}
        self._inspection: VerificationState | None = None

    def standings_on(self, ladder: Ladder) -> Mapping[int, Standing]:
        """Return a copy of the ladder's standings by player id, including hidden and removed ones."""
        return dict(self._standings.get(place_of(ladder), {}))

    def lose(self, ladder: Ladder, user_id: int) -> Standing:
        """Simulate the loss of a standing: delete it, and return it. Raises `KeyError` if it is missing."""
        return self._standings[place_of(ladder)].pop(user_id)

    def overwrite(self, ladder: Ladder, standing: Standing) -> None:
        """Simulate a fault: store the standing even if its revision is older. `apply` ignores older revisions."""
        self._standings[place_of(ladder)][standing.user_id] = standing

    def plant_stray(self, ladder: Ladder, user_id: int, segment: Segment) -> None:
        """Simulate a fault: add a stray entry. Only `strays` returns it, because reads use standings."""
        self._strays[place_of(ladder)].add((user_id, segment))

    def snapshot(self) -> IndexSnapshot:
        """Return a copy for `restore`."""
        standings = {place: dict(on_ladder) for place, on_ladder in self._standings.items()}
        return IndexSnapshot(standings, dict(self._names), list(self._watermarks), dict(self._erasures))

    def restore(self, snapshot: IndexSnapshot) -> None:
        """Replace all data by the snapshot, as a node does after it loads an old dump."""
        self._standings = defaultdict(dict, {place: dict(s) for place, s in snapshot.standings.items()})
        self._names = dict(snapshot.names)
        self._watermarks = list(snapshot.watermarks)
        self._erasures = dict(snapshot.erasures)

    async def rows(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, Row]:
        self._require_complete()
        stored = self._standings[place_of(ladder)]
        return {i: self._row(ladder, stored[i]) for i in user_ids if i in stored and is_member(ladder, stored[i])}

    async def apply(self, ladder: Ladder, standings: Sequence[Standing], *, count: bool = False) -> Sequence[Applied]:
        stored = self._standings[place_of(ladder)]
        erased = {i: removed_standing(ladder.board, i, revision) for i, revision in self._erasures.items()}
        before = {**erased, **stored}
        for standing in standings:
            previous = before.get(standing.user_id)
            if previous is None or previous.revision < standing.revision:
                stored[standing.user_id] = standing
        counts = count and None not in self._watermarks
        return [self._applied(ladder, before.get(s.user_id), s, counts=counts) for s in standings]

    def _applied(self, ladder: Ladder, previous: Standing | None, standing: Standing, *, counts: bool) -> Applied:
        return Applied(
            key=sort_key(ladder.board, standing),
            previous=listed_key(ladder, previous),
            above=self._above(ladder, standing) if counts else None,
            refused=refuses(previous, standing),
            above_within=self._above_within(ladder, standing) if counts else (),
        )

    async def apply_all(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied]]:
        return [await self._apply(update) for update in updates]

    async def _apply(self, update: LadderUpdate) -> Sequence[Applied]:
        applied = await self.apply(update.ladder, update.standings, count=update.count)
        total = len(self._keys(update.ladder)) if depend_on_total(update.ladder.board.tiers) else None
        return [
            result._replace(above_earlier=self._above_earlier(update, standing.user_id), total=total)
            if result.above is not None
            else result
            for standing, result in zip(update.standings, applied, strict=True)
        ]

    def _above_earlier(self, update: LadderUpdate, user_id: int) -> Sequence[int]:
        """Return the number of other players' entries above each of the player's sort keys in `update.earlier`."""
        own_key = listed_key(update.ladder, self._standings[place_of(update.ladder)].get(user_id))
        keys = [key for key in self._keys(update.ladder) if key != own_key]
        bounds = [rank_bound(update.ladder.board, key) for key in update.earlier.get(user_id, ())]
        return [sum(key < bound for key in keys) for bound in bounds]

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> Collection[int]:
        applied = await self.apply(ladder, standings)
        return [s.user_id for s, result in zip(standings, applied, strict=True) if result.refused]

    async def differences(self, ladder: Ladder, standings: Sequence[Standing]) -> Sequence[int]:
        stored = self._standings[place_of(ladder)]
        return [s.user_id for s in standings if stored.get(s.user_id) != s]

    async def keys(self, ladder: Ladder) -> AsyncIterator[Sequence[bytes]]:
        yield self._keys(ladder)

    async def players(self, ladder: Ladder, partition: int) -> AsyncGenerator[Collection[int], None]:
        yield [i for i in self._standings[place_of(ladder)] if partition_of(i, self.partitions) == partition]

    async def value_counts(self, ladders: Sequence[Ladder], partition: int) -> Sequence[int]:
        return [len([i async for ids in self.players(ladder, partition) for i in ids]) for ladder in ladders]

    async def strays(self, ladder: Ladder) -> Collection[int]:
        standings = self._standings[place_of(ladder)]
        strays = self._strays[place_of(ladder)]
        return {i for i, segment in strays if listed_key(ladder._replace(segment=segment), standings.get(i)) is None}

    async def remove_strays(self, ladder: Ladder) -> Collection[int]:
        strays = await self.strays(ladder)
        self._strays.pop(place_of(ladder), None)
        return strays

    async def remove_orphans(self, ladders: Sequence[Ladder], partition: int) -> int:
        return sum([len(await self.remove_strays(ladder)) for ladder in ladders])

    async def observe(
        self, ladders: Sequence[Ladder], user_ids: Collection[int]
    ) -> Mapping[Ladder, Mapping[int, IndexValue]]:
        observed: defaultdict[Ladder, dict[int, IndexValue]] = defaultdict(dict)
        for ladder in ladders:
            for user_id in user_ids:
                standing = self._standings[place_of(ladder)].get(user_id)
                if standing is not None:
                    observed[ladder][user_id] = IndexValue(standing.revision, standing.removed, standing)
        return observed

    async def mend(
        self,
        ladder: Ladder,
        user_ids: Collection[int],
        standings: Sequence[Standing],
        observed: Mapping[int, IndexValue],
    ) -> Collection[int]:
        stored = self._standings[place_of(ladder)]
        replacements = {standing.user_id: standing for standing in standings}
        changed = []
        for user_id in user_ids:
            expected = observed.get(user_id)
            # Do not replace a value that changed since `observe`. The next pass of the verification compares it again.
            if stored.get(user_id, self._erasures.get(user_id)) != (expected and expected.value):
                changed.append(user_id)
            elif user_id in replacements:
                stored[user_id] = replacements[user_id]
            else:
                stored.pop(user_id, None)
        return changed

    async def erasures(self, user_ids: Collection[int]) -> Mapping[int, IndexValue]:
        revisions = {i: self._erasures[i] for i in user_ids if i in self._erasures}
        return {i: IndexValue(revision, removed=True, value=revision) for i, revision in revisions.items()}

    async def add_erasures(self, revisions: Mapping[int, int]) -> None:
        for user_id, revision in revisions.items():
            self._erasures[user_id] = max(revision, self._erasures.get(user_id, 0))

    async def forget_erasures(self, revisions: Mapping[int, int]) -> None:
        self._erasures = {i: r for i, r in self._erasures.items() if r > revisions.get(i, 0)}

    async def drop(self, ladder: Ladder) -> None:
        self._standings.pop(place_of(ladder), None)

    async def present_ladders(self) -> Collection[LadderIds]:
        return [ids for ids, standings in self._standings.items() if standings]

    async def drop_ladders(self, ladders: Collection[LadderIds]) -> None:
        for ids in ladders:
            self._standings.pop(ids, None)

    async def watermarks(self) -> Sequence[int | None]:
        return list(self._watermarks)

    async def advance(self, watermark: int, *, disruptions: int | None = None) -> None:
        self._require_undisturbed(disruptions)
        self._watermarks = [None if old is None else max(old, watermark) for old in self._watermarks]

    async def begin_rebuild(self, ladders: Sequence[Ladder], partitions: Collection[int]) -> str:
        token = next(self._tokens)
        for partition in partitions:
            self._watermarks[partition] = None
            self._rebuilds[partition] = token
        for place in map(place_of, ladders):
            self._standings[place] = self._outside(partitions, self._standings[place])
        self._names = self._outside(partitions, self._names)
        self._erasures = self._outside(partitions, self._erasures)
        return token

    def _outside(self, partitions: Collection[int], by_player: Mapping[int, T]) -> dict[int, T]:
        """Return the values of the players who are in none of these partitions."""
        return {i: value for i, value in by_player.items() if partition_of(i, self.partitions) not in partitions}

    async def finish_rebuild(
        self, token: str, partitions: Collection[int], watermark: int, *, disruptions: int | None = None
    ) -> Collection[int]:
        self._require_undisturbed(disruptions)
        finished = [p for p in partitions if self._rebuilds.get(p) == token]
        for partition in finished:
            del self._rebuilds[partition]
            self._watermarks[partition] = watermark
        return finished

    async def begin_catch_up(self) -> str:
        token = f"catch-up {next(self._tokens)}"
        self._catch_ups = self._catch_ups._replace(begun=token)
        return token

    async def finish_catch_up(self, token: str, *, disruptions: int | None = None) -> bool:
        self._require_undisturbed(disruptions)
        if self._catch_ups.begun != token:
            return False
        self._catch_ups = self._catch_ups._replace(finished=token)
        return True

    async def catch_ups(self) -> CatchUps:
        return self._catch_ups

    async def lease(self, name: str, holder: str, seconds: float) -> bool:
        now = monotonic()
        owner, until = self._leases.get(name, (holder, now))
        if owner != holder and until > now:
            return False
        self._leases[name] = (holder, now + seconds)
        return True

    async def verification(self) -> VerificationState | None:
        return self._inspection

    async def note_verification(self, inspection: VerificationState) -> None:
        self._inspection = inspection

    async def health(self) -> Sequence[bool]:
        return [watermark is not None for watermark in self._watermarks]

    async def survey(self, ladders: Sequence[Ladder]) -> Survey:
        entries = Counter(self._partition(key) for ladder in ladders for key in self._keys(ladder))
        players = Counter(partition_of(user_id, self.partitions) for user_id in self._names)
        return Survey(
            [IndexNode(_NODE, up=True, memory=None)],
            [PartitionState(p, _NODE, at, entries[p], players[p]) for p, at in enumerate(self._watermarks)],
            self._inspection,
        )

    def _partition(self, key: bytes) -> int:
        return partition_of(user_id_of(key), self.partitions)

    def _require_undisturbed(self, disruptions: int | None) -> None:
        if disruptions not in (None, self.disruptions):
            raise IndexUnavailable("a connection to the rank index broke before")

    def _require_complete(self) -> None:
        if None in self._watermarks:
            raise IndexUnavailable("a partition of the rank index awaits its rebuild")

    def _rows(self, ladder: Ladder) -> list[Row]:
        self._require_complete()
        standings = self._standings[place_of(ladder)].values()
        rows = (self._row(ladder, s) for s in standings if listed_key(ladder, s) is not None)
        return sorted(rows, key=lambda row: row.key)

    def _keys(self, ladder: Ladder) -> list[bytes]:
        return [key for s in self._standings[place_of(ladder)].values() if (key := listed_key(ladder, s)) is not None]

    def _above(self, ladder: Ladder, standing: Standing) -> int:
        bound = rank_bound(ladder.board, sort_key(ladder.board, standing))
        stored_key = listed_key(ladder, self._standings[place_of(ladder)].get(standing.user_id))
        # The player's stored entry may be newer and better than this standing. Do not count this entry: a rank is
        # counted among the other players only.
        return sum(key < bound for key in self._keys(ladder) if key != stored_key)

    def _above_within(self, ladder: Ladder, standing: Standing) -> Sequence[int | None]:
        return [
            None if value is None else self._above(ladder._replace(segment=Segment(attribute, value)), standing)
            for attribute, value in zip(ladder.board.segments, standing.segments or (), strict=False)
        ]

    def _row(self, ladder: Ladder, standing: Standing) -> Row:
        return Row(
            key=sort_key(ladder.board, standing),
            submissions=standing.submissions,
            label=self._names.get(standing.user_id),
            has_metadata=standing.metadata is not None,
            hidden=bool(standing.hidden),
            segments=standing.segments or (),
        )
