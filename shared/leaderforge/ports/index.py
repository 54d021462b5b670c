"""Rank index."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Standing
from leaderforge.ports.index_maintenance import IndexMaintenance
from leaderforge.ports.leases import LeaseStore
from leaderforge.ports.ranking import Ranking


class Applied(NamedTuple):
    """Result of applying a standing to the index.

    `previous` is the sort key of the player's previous entry, None if there was none. `above` counts the entries above
    the standing's rank bound after the update, None if it was not requested or is unknown. `refused` is true if the
    index has a removed standing, or an erasure, of an equal or higher revision.

    `total` counts all entries. It is None if `above` is None, or if no tier of the board depends on the total.

    `above_earlier` counts the entries of other players above each of the player's keys in `LadderUpdate.earlier`. It is
    empty if `above` is None.

    `above_within` counts the entries above the standing in each segment of the player, in the order of
    `Board.segments`, None for an attribute without a value. It is empty if `above` is None.
    """

    key: bytes
    previous: bytes | None
    above: int | None
    refused: bool = False
    above_earlier: Sequence[int] = ()
    total: int | None = None
    above_within: Sequence[int | None] = ()


@dataclass(frozen=True, slots=True)
class LadderUpdate:
    """Standings to apply to a ladder, one per player.

    `count` has the same meaning as in `IndexWriter.apply`. `earlier` has sort keys of earlier standings by player id,
    only of players in `standings`. With `count`, the entries above the rank bounds of these keys are counted too.
    """

    ladder: Ladder
    standings: Sequence[Standing]
    count: bool = False
    earlier: Mapping[int, Sequence[bytes]] = field(default_factory=dict)


class IndexValue(NamedTuple):
    """Value of a player on a ladder in an index. `value` is opaque, and only the index that returned it can read it.

    The value of a removed standing has no entry. It only makes the index ignore late updates.
    """

    revision: int
    removed: bool
    value: Any


class NameSwap(NamedTuple):
    """Replacement of an observed name by a new name. None means no name."""

    observed: str | None
    name: str | None


class NameIndex(Protocol):
    """Usernames in the index, stored once for each player. The rows of all ladders contain these names."""

    async def names(self, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the players' names by id, without players whose name is missing."""
        ...

    async def swap_names(self, swaps: Mapping[int, NameSwap]) -> Collection[int]:
        """Replace each name that still equals the observed name. Return the players whose names differed."""
        ...

    async def add_names(self, names: Mapping[int, str]) -> Collection[int]:
        """Set the names of players without a name. Return the players who already have a different name."""
        ...

    async def differing_names(self, names: Mapping[int, str], *, missing: bool) -> Collection[int]:
        """Return the players with a different name and, if `missing` is true, the players without a name."""
        ...


class ErasureIndex(Protocol):
    """Erasures: revisions of erased players, one per player for all ladders. Only repairs store erasures.

    If a player has no value on a ladder, the index treats the erasure as the value of a removed standing.
    """

    async def erasures(self, user_ids: Collection[int]) -> Mapping[int, IndexValue]:
        """Return the erasures of these players, for `mend`. Players without an erasure are left out."""
        ...

    async def add_erasures(self, revisions: Mapping[int, int]) -> None:
        """Store erasures by player id. Do not replace higher revisions."""
        ...

    async def forget_erasures(self, revisions: Mapping[int, int]) -> None:
        """Delete the erasures of these players, except stored erasures with a higher revision than in `revisions`."""
        ...


class IndexWriter(Protocol):
    """Changes of the index. Only `mend` may replace a newer revision by an older revision."""

    async def apply(self, ladder: Ladder, standings: Sequence[Standing], *, count: bool = False) -> Sequence[Applied]:
        """Apply standings, one per player, and return their results in order. Ignore revisions that are not newer.

        With `count`, every partition then counts the entries above each standing. `above` is None if a partition is
        incomplete. After `IndexUnavailable`, some of the standings may be applied.
        """
        ...

    async def apply_all(self, updates: Sequence[LadderUpdate]) -> Sequence[Sequence[Applied]]:
        """Apply updates of many ladders as `apply` does, in few round trips."""
        ...

    async def load(self, ladder: Ladder, standings: Sequence[Standing]) -> Collection[int]:
        """Apply many standings, one per player, without blocking other callers.

        Return the players who were refused (see `Applied`).
        """
        ...

    async def observe(
        self, ladders: Sequence[Ladder], user_ids: Collection[int]
    ) -> Mapping[Ladder, Mapping[int, IndexValue]]:
        """Return the values of these players in the index, by ladder and player id, for `mend`."""
        ...

    async def mend(
        self,
        ladder: Ladder,
        user_ids: Collection[int],
        standings: Sequence[Standing],
        observed: Mapping[int, IndexValue],
    ) -> Collection[int]:
        """Replace the values of the players by these standings, each in one step, regardless of revisions.

        Remove the values of players without a standing. Keep a value that has changed since `observe`, and return its
        player. The caller must read the standings after `observe`, because an older value could otherwise replace a
        newer one. To set the standing of a player who has an erasure but no value, `observed` must contain the erasure.
        """
        ...

    async def drop(self, ladder: Ladder) -> None:
        """Delete a ladder from the index."""
        ...


class RankIndex(Ranking, NameIndex, ErasureIndex, IndexWriter, IndexMaintenance, LeaseStore, Protocol):
    """Partitioned index, which can be rebuilt from the store.

    Only a complete partition answers reads. An incomplete partition raises `IndexUnavailable`.
    """
