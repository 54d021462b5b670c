"""Maintenance of the index."""

from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from typing import NamedTuple, Protocol, TypeAlias

from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Standing
from leaderforge.domain.survey import Survey, VerificationState


class CatchUps(NamedTuple):
    """Tokens of the latest catch-up that began and of the latest that finished, None if no catch-up did."""

    begun: str | None
    finished: str | None


LadderIds: TypeAlias = tuple[int, int]
"""Board id and period number of a ladder. Its board may be deleted."""


class IndexMaintenance(Protocol):
    """Completeness of the index: its state, and the steps that restore it.

    `advance`, `finish_rebuild` and `finish_catch_up` confirm earlier writes. Their argument `disruptions` is the number
    of disruptions before those writes. If the number has grown, a node may have lost some of the writes. The calls then
    do nothing and raise `IndexUnavailable`. Adapters never retry these calls.
    """

    @property
    def partitions(self) -> int: ...

    @property
    def disruptions(self) -> int:
        """Return how often a node may have lost writes, as noticed by this process.

        Signs are broken connections, timeouts, restarted nodes, and slots that another node has taken over.
        """
        ...

    async def watermarks(self) -> Sequence[int | None]:
        """Return the time (ms) up to which each partition is complete, None for an incomplete partition."""
        ...

    async def advance(self, watermark: int, *, disruptions: int | None = None) -> None:
        """Raise the watermark of every complete partition to `watermark` (ms).

        Raises `IndexUnavailable` if the number of disruptions exceeds `disruptions`, by default the number at the call.
        """
        ...

    async def begin_rebuild(self, ladders: Sequence[Ladder], partitions: Collection[int]) -> str:
        """Empty these partitions and return a token for `finish_rebuild`. The partitions still accept updates."""
        ...

    async def finish_rebuild(
        self, token: str, partitions: Collection[int], watermark: int, *, disruptions: int | None = None
    ) -> Collection[int]:
        """Mark the partitions as complete unless they were emptied again meanwhile. Return the marked partitions.

        Raises `IndexUnavailable` if the number of disruptions exceeds `disruptions`, by default the number at the call.
        """
        ...

    async def begin_catch_up(self) -> str:
        """Store that a catch-up begins, and return its token."""
        ...

    async def finish_catch_up(self, token: str, *, disruptions: int | None = None) -> bool:
        """Store that the catch-up has finished. Return False if another began meanwhile, or the index was lost.

        Raises `IndexUnavailable` if the number of disruptions exceeds `disruptions`, by default the number at the call.
        """
        ...

    async def catch_ups(self) -> CatchUps:
        """Return the tokens of the latest catch-ups."""
        ...

    async def differences(self, ladder: Ladder, standings: Sequence[Standing]) -> Sequence[int]:
        """Return the ids of the players whose value or entry in the index differs from their standing."""
        ...

    def keys(self, ladder: Ladder) -> AsyncIterator[Sequence[bytes]]:
        """Yield the sort keys of all entries in chunks, in any order. A key may appear more than once."""
        ...

    def players(self, ladder: Ladder, partition: int) -> AsyncGenerator[Collection[int], None]:
        """Yield the players with a value in the partition, also of a removed standing. A player may appear twice."""
        ...

    async def value_counts(self, ladders: Sequence[Ladder], partition: int) -> Sequence[int]:
        """Return the number of players that `players` yields for each ladder."""
        ...

    async def strays(self, ladder: Ladder) -> Collection[int]:
        """Return the players with a stray entry: in a segment that the player's standing in the index does not name.

        `differences` compares the index with stored standings. This call compares entries and standings within the
        index in one atomic step. An update changes both at once, so an update in flight is no stray.
        """
        ...

    async def remove_strays(self, ladder: Ladder) -> Collection[int]:
        """Delete all stray entries of the ladder, and return their players. Updates may go on."""
        ...

    async def remove_orphans(self, ladders: Sequence[Ladder], partition: int) -> int:
        """Delete all entries that contradict the standing of their player in the index. Return how many were deleted.

        These are stray entries, entries with another sort key, and entries of players without a standing. Updates may
        go on.
        """
        ...

    async def present_ladders(self) -> Collection[LadderIds]:
        """Return the ladders that have keys. Ladders may be missing if a slot moves meanwhile."""
        ...

    async def drop_ladders(self, ladders: Collection[LadderIds]) -> None:
        """Delete the keys of these ladders."""
        ...

    async def verification(self) -> VerificationState | None:
        """Return the verification state stored last, None if there is none."""
        ...

    async def note_verification(self, verification: VerificationState) -> None:
        """Store the verification state for all processes. It is lost with the index."""
        ...

    async def health(self) -> Sequence[bool]:
        """Return whether each partition answers reads. Never raises `IndexUnavailable`."""
        ...

    async def survey(self, ladders: Sequence[Ladder]) -> Survey:
        """Return the state of nodes and partitions, counting the entries of these ladders. Never raises."""
        ...
