"""Comparison of every standing in the store with the index."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeAlias

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.order import sort_key, user_id_of
from leaderforge.domain.standings import Standing, is_listed
from leaderforge.ports.index import RankIndex
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.comparing import Suspects, lasting, still_different
from leaderforge.services.overlapping import for_each

Progress = Callable[[int], None]
"""Callback that receives the number of standings processed since its last call."""


LADDERS_A_SCAN = 100
"""Ladders per scan. Most ladders are short, and a scan for each of them would cost more than its rows."""


class DifferenceKind(StrEnum):
    """Kind of a difference: standings differ, an entry is in the index only, or an entry is in a wrong segment."""

    OTHER = "other"
    EXTRA = "extra"
    STRAY = "stray"


@dataclass(frozen=True, slots=True)
class Difference:
    """Player whose standing or entries differ between index and store."""

    board: str
    period: int
    user_id: int
    kind: DifferenceKind


@dataclass(frozen=True, slots=True)
class Verification:
    """Result of comparing every standing with the index. `incomplete` lists the incomplete partitions by number.

    `orphans` has the numbers of standings of boards that do not exist, by board id. If very many standings of a ladder
    differ, `differences` has only some of them, and `unlisted` is the number of others.
    """

    checked: int
    differences: Sequence[Difference]
    incomplete: Sequence[int] = ()
    orphans: Mapping[int, int] = field(default_factory=dict)
    unlisted: int = 0

    @property
    def differing(self) -> int:
        """Return the number of all differences."""
        return len(self.differences) + self.unlisted

    @property
    def complete(self) -> bool:
        """Return whether all partitions are complete."""
        return not self.incomplete

    @property
    def clean(self) -> bool:
        """Return whether the index is complete and equal to the store, and every standing has a board."""
        return self.complete and not self.differences and not self.orphans


@dataclass(slots=True)
class _Comparison:
    """Comparison of one ladder: players whose standings may differ, and the numbers of standings and of entries."""

    suspects: Suspects[int] = field(default_factory=Suspects)
    standings: int = 0
    entries: int = 0

    def add(self, board: Board, standings: Sequence[Standing], suspects: Sequence[int]) -> None:
        """Add compared standings. The standings of the players `suspects` may differ."""
        self.suspects.add(suspects)
        self.entries += sum(is_listed(board, standing) for standing in standings)
        self.standings += len(standings)


_Listing: TypeAlias = tuple[Sequence[Difference], int]
"""Differences of a ladder that are listed, and the number of others."""


def ignore_progress(_: object) -> None:
    pass


class IndexComparison:
    """Comparison of the index with the store. Updates in flight are not differences."""

    def __init__(self, store: ScoreStore, index: RankIndex) -> None:
        self._store = store
        self._index = index

    async def verify(self, progress: Progress = ignore_progress) -> Verification:
        """Compare every standing with the index. Do not report updates in flight."""
        checked = unlisted = 0
        differences: list[Difference] = []
        incomplete = [p for p, watermark in enumerate(await self._index.watermarks()) if watermark is None]
        for ladders in chunks(await self._store.ladders(), LADDERS_A_SCAN):
            for ladder, comparison in (await self._compare(ladders, progress)).items():
                listed, others = await self._differences(ladder, comparison, complete=not incomplete)
                differences += listed
                unlisted += others
                checked += comparison.standings
        return Verification(checked, differences, incomplete, await self._store.orphaned_standings(), unlisted)

    async def _compare(self, ladders: Sequence[Ladder], progress: Progress) -> Mapping[Ladder, _Comparison]:
        """Compare all standings on these ladders with the index."""
        comparisons = {ladder: _Comparison() for ladder in ladders}

        async def compare(chunk: tuple[Ladder, Sequence[Standing]]) -> None:
            ladder, standings = chunk
            comparisons[ladder].add(ladder.board, standings, await self._index.differences(ladder, standings))
            progress(len(standings))

        await for_each(self._store.standings_on(ladders), compare)
        return comparisons

    async def _differences(self, ladder: Ladder, comparison: _Comparison, *, complete: bool) -> _Listing:
        """Return the differences of a ladder."""
        suspects = comparison.suspects
        missing = await still_different(self._store, self._index, ladder, suspects.listed)
        if not complete:
            return _listed(ladder, {DifferenceKind.OTHER: missing}), suspects.unlisted
        matching = comparison.entries - len(missing) - suspects.unlisted
        extra, unlisted = await self._extra(ladder, matching)
        strays = await self._strays(ladder)
        kinds = {DifferenceKind.OTHER: missing, DifferenceKind.EXTRA: extra, DifferenceKind.STRAY: strays}
        return _listed(ladder, kinds), suspects.unlisted + unlisted

    async def _strays(self, ladder: Ladder) -> Sequence[int]:
        """Return the players with an entry in a segment that they are not in."""
        if not ladder.board.segments:
            return []

        async def recheck(suspects: Sequence[int]) -> Sequence[int]:
            # Check again, because the deletion of a ladder, in steps, leaves stray entries for a short time.
            strays = await self._index.strays(ladder)
            return [user_id for user_id in suspects if user_id in strays]

        return await lasting(list(await self._index.strays(ladder)), recheck)

    async def _extra(self, ladder: Ladder, matching: int) -> tuple[Sequence[int], int]:
        """Return the players who have an entry in the index only, as far as they are listed, and the number of others.

        `matching` is the number of entries that index and store have in common.
        """
        # If the index has exactly `matching` entries, none of them is extra. This check mostly saves reading all keys.
        if (await self._index.counts(ladder, [])).total == matching:
            return (), 0
        suspects = Suspects[bytes]()
        async for keys in self._index.keys(ladder):
            suspects.add(await self._missing_in_store(ladder, keys))

        async def recheck(keys: Sequence[bytes]) -> Sequence[bytes]:
            return await self._missing_in_store(ladder, [key for key in keys if await self._is_ranked(ladder, key)])

        return [user_id_of(key) for key in await lasting(suspects.listed, recheck)], suspects.unlisted

    async def _missing_in_store(self, ladder: Ladder, keys: Sequence[bytes]) -> list[bytes]:
        """Return the sort keys of entries that the store does not have."""
        standings = await self._store.standings(ladder, list({user_id_of(key) for key in keys}))
        stored = {sort_key(ladder.board, s) for s in standings if is_listed(ladder.board, s)}
        return [key for key in keys if key not in stored]

    async def _is_ranked(self, ladder: Ladder, key: bytes) -> bool:
        window = await self._index.window(ladder, key, before=0, after=1)
        return any(row.key == key for row in window.after)


def _listed(ladder: Ladder, players: Mapping[DifferenceKind, Sequence[int]]) -> Sequence[Difference]:
    """Return one difference for each player. A kind explains the later kinds of the same player."""
    kinds: dict[int, DifferenceKind] = {}
    for kind, user_ids in players.items():
        for user_id in user_ids:
            kinds.setdefault(user_id, kind)
    return [Difference(ladder.board.slug, ladder.period, user_id, kind) for user_id, kind in kinds.items()]
