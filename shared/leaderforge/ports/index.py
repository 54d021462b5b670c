"""The rank index."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Standing
from leaderforge.ports.index_maintenance import IndexMaintenance
from leaderforge.ports.leases import LeaseStore
from leaderforge.ports.ranking import Ranking


class Applied(NamedTuple):
    """What applying a standing to the index did.

    `previous` is the player's key before, None for a new player. `above` counts the entries above the standing's
    rank bound afterwards, None unless asked for. It is `refused` for a removed standing of a higher revision.
    """

    key: bytes
    previous: bytes | None
    above: int | None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class LadderUpdate:
    """Standings of a ladder, one a player, that the index is to be brought up to; `count` as in `RankIndex.apply`."""

    ladder: Ladder
    standings: Sequence[Standing]
    count: bool = False


class IndexValue(NamedTuple):
    """A value that an index holds of a player on a ladder, also in the index's own form, which is handed back to it.

    A removed standing only keeps late updates away.
    """

    revision: int
    removed: bool
    value: Any


class NameSwap(NamedTuple):
    """The name to set in the place of the one observed; None stands for no name."""

    observed: str | None
    name: str | None


class NameIndex(Protocol):
    """The names that rows of players show, on every ladder."""

    async def names(self, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the names that the index has of those of the players."""
        ...

    async def swap_names(self, swaps: Mapping[int, NameSwap]) -> Collection[int]:
        """Replace the names that are still the ones observed; return the players who have another one by now."""
        ...

    async def add_names(self, names: Mapping[int, str]) -> None:
        """Set the names of those of the players of whom the index has none."""
        ...


class IndexWriter(Protocol):
    """Changes to the index. Older revisions never replace newer ones, but for `mend`."""

    async def apply(self, ladder: Ladder, standings: Sequence[Standing], *, count: bool = False) -> Sequence[Applied]:
        """Bring the index up to these standings, one a player; older revisions than it holds change nothing.

        With `count`, every partition counts the entries above each standing, after all of them are applied. Should
        only the counting fail, `above` is None.
        """
        ...

    async def apply_all(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied]]:
        """Do as `apply` does on many ladders, in few round trips."""
        ...

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> Collection[int]:
        """Apply many standings, one a player, without holding up others.

        Return the players whose standings were refused for a removed one of a higher revision.
        """
        ...

    async def observe(
        self, ladders: Sequence[Ladder], user_ids: Collection[int]
    ) -> Mapping[Ladder, Mapping[int, IndexValue]]:
        """Return the values that the index holds of these players, by ladder, for `mend`."""
        ...

    async def mend(
        self,
        ladder: Ladder,
        user_ids: Collection[int],
        standings: Sequence[Standing],
        observed: Mapping[int, IndexValue],
    ) -> Collection[int]:
        """Make the index hold just these standings of the players, each in one step, whatever their revisions.

        A player without a standing is removed. Where the index no longer holds the value observed, it is left as it
        is; return these players. Read the store after `observe`: then nothing newer is ever replaced.
        """
        ...

    async def drop(self, ladder: Ladder) -> None:
        """Drop a ladder that is not needed any more."""
        ...


class RankIndex(Ranking, NameIndex, IndexWriter, IndexMaintenance, LeaseStore, Protocol):
    """The sharded, rebuildable index.

    A partition answers reads only once it is marked complete; until then they raise `IndexUnavailable`.
    """
