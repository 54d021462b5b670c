"""Correction of complete partitions in place: what differs from the store is replaced while readers go on."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.sharding import in_partitions, partitions_of
from leaderforge.domain.standings import Standing
from leaderforge.ports.index import RankIndex
from leaderforge.ports.scores import ScoreStore
from leaderforge.services import comparing
from leaderforge.services.comparison import LADDERS_A_SCAN, Progress
from leaderforge.services.mending import OnRepair, mend_players
from leaderforge.services.names import NameSync
from leaderforge.services.overlapping import for_each

_PLAYERS_A_CALL = 500
"""Maximum players whose values one call replaces. A script blocks its node, therefore a call must be short."""
_ROUNDS = 16
"""Maximum attempts to correct the same players. An update between the read and the write of an attempt foils it."""


@dataclass(slots=True)
class Rebuilt:
    """Numbers of standings that were loaded into emptied partitions, and compared and corrected in place.

    `names` counts the names that were corrected in place.
    """

    loaded: int = 0
    compared: int = 0
    corrected: int = 0
    names: int = 0


@dataclass(slots=True)
class IndexCorrection:
    """Correction of complete partitions. Each value is replaced in one step, so that no entry is ever missing.

    A value is replaced only if the index still has the value that was compared. The correction therefore needs no
    lease, and updates go on.
    """

    _store: ScoreStore
    _index: RankIndex
    _names: NameSync
    _partitions: frozenset[int]
    _on_repair: OnRepair
    _progress: Progress
    _result: Rebuilt = field(default_factory=Rebuilt, init=False)

    async def run(self) -> Rebuilt:
        """Make the partitions equal to the store. Raises `Unavailable`."""
        for ladders in chunks(await self._store.ladders(), LADDERS_A_SCAN):
            counts = await self._correct(ladders)
            await self._remove_orphans(ladders)
            await self._remove_extra(ladders, counts)
        await for_each(self._store.all_names(), self._correct_names)
        return self._result

    async def _correct(self, ladders: Sequence[Ladder]) -> Mapping[Ladder, Counter[int]]:
        """Replace or add the standings that differ. Return the number of standings by ladder and partition."""
        counts: defaultdict[Ladder, Counter[int]] = defaultdict(Counter)
        suspects: defaultdict[Ladder, list[int]] = defaultdict(list)

        async def compare(chunk: tuple[Ladder, Sequence[Standing]]) -> None:
            ladder, standings = chunk
            user_ids = (s.user_id for s in standings)
            selected = in_partitions(standings, user_ids, self._partitions, self._index.partitions)
            counts[ladder].update(partitions_of((s.user_id for s in selected), self._index.partitions))
            differing = await self._index.differences(ladder, selected)
            suspects[ladder] += differing
            # Memory must not grow with the number of suspects. There are many if much is wrong, but also if much has
            # changed since the store was read.
            if len(suspects[ladder]) > comparing.MAX_IN_FLIGHT:
                await self._mend(ladder, suspects.pop(ladder))
            self._result.compared += len(selected)
            self._progress(len(selected))

        await for_each(self._store.standings_on(ladders), compare)
        for ladder, user_ids in suspects.items():
            await self._mend(ladder, await comparing.still_different(self._store, self._index, ladder, user_ids))
        return counts

    async def _mend(self, ladder: Ladder, user_ids: Sequence[int]) -> None:
        """Compare these players with the present store, and replace the values that differ."""
        for piece in chunks(user_ids, _PLAYERS_A_CALL):
            standings = await self._store.standings(ladder, piece)
            differing = await self._index.differences(ladder, standings)
            extra = set(piece).difference(s.user_id for s in standings)
            await self._replace(ladder, [*differing, *extra])

    async def _replace(self, ladder: Ladder, user_ids: Collection[int]) -> None:
        """Replace the values of these players by their standings in the store, and remove values without a standing."""
        for attempt in range(_ROUNDS):
            if not user_ids:
                return
            await asyncio.sleep(comparing.RETRY_S if attempt else 0)
            mended = await mend_players(self._index, self._store, ladder, user_ids)
            if mended.replaced:
                self._result.corrected += mended.replaced
                self._on_repair(ladder)
            user_ids = mended.changed  # the update that came between may have left a missing entry missing
        if user_ids:
            raise IndexUnavailable(f"{len(user_ids)} standings changed at each attempt to correct them; start again")

    async def _remove_orphans(self, ladders: Sequence[Ladder]) -> None:
        """Remove the entries that contradict the values of their players."""
        for partition in self._partitions:
            removed = await self._index.remove_orphans(ladders, partition)
            self._result.corrected += removed
            for ladder in ladders if removed else ():
                self._on_repair(ladder)

    async def _remove_extra(self, ladders: Sequence[Ladder], counts: Mapping[Ladder, Counter[int]]) -> None:
        """Remove the values of players who have no standing.

        A ladder with as many values in a partition as the store had standings has no such values. New players and
        erasures of the last day cause a search too: it looks up all players of the ladder in the store.
        """
        for partition in self._partitions:
            values = await self._index.value_counts(ladders, partition)
            for ladder, count in zip(ladders, values, strict=True):
                if count != counts[ladder][partition]:
                    await self._search_extra(ladder, partition)

    async def _search_extra(self, ladder: Ladder, partition: int) -> None:
        async def remove(players: Collection[int]) -> None:
            stored = {s.user_id for s in await self._store.standings(ladder, players)}
            extra = [i for i in players if i not in stored]
            if extra:
                await self._replace(ladder, extra)

        await for_each(self._index.players(ladder, partition), remove)

    async def _correct_names(self, names: Mapping[int, str]) -> None:
        """Replace the names that differ. Add missing names only if the index stores all names."""
        own = dict(in_partitions(names.items(), names, self._partitions, self._index.partitions))
        # Names are never added from `names`, which are as old as the scan: a player may have been erased since.
        wrong = await self._index.differing_names(own, missing=self._names.stores_all)
        for piece in chunks(list(wrong), _PLAYERS_A_CALL):
            replaced = await self._names.refresh(piece)
            self._result.names += replaced
            if replaced:
                self._on_repair(None)
