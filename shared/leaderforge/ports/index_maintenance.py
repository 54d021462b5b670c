"""Keeping the index complete."""

from collections.abc import AsyncIterator, Collection, Sequence
from typing import NamedTuple, Protocol

from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Standing
from leaderforge.domain.survey import Survey, VerificationState


class CatchUps(NamedTuple):
    """The tokens of the catch-ups of an index that began last and that finished last, None where there was none."""

    begun: str | None
    finished: str | None


class IndexMaintenance(Protocol):
    """What tells whether the index is complete, and what makes it so."""

    @property
    def partitions(self) -> int: ...

    @property
    def disruptions(self) -> int:
        """How often a node may have lost writes, as far as this process saw: broken connections, takeovers of slots."""
        ...

    async def watermarks(self) -> Sequence[int | None]:
        """Return, for each partition, the time up to which it is known to be complete, or None if it is not."""
        ...

    async def advance(self, watermark: int) -> None:
        """Raise the watermark of every complete partition."""
        ...

    async def begin_rebuild(self, ladders: Sequence[Ladder], partitions: Collection[int]) -> str:
        """Empty these partitions and return a token for `finish_rebuild`; updates go on being applied."""
        ...

    async def finish_rebuild(self, token: str, partitions: Collection[int], watermark: int) -> Collection[int]:
        """Mark as complete those of the partitions that were not emptied again since, and return them."""
        ...

    async def begin_catch_up(self) -> str:
        """Note that a catch-up begins, and return its token."""
        ...

    async def finish_catch_up(self, token: str) -> bool:
        """Note that the catch-up is complete. Return False if another one began since, or the index was lost."""
        ...

    async def catch_ups(self) -> CatchUps:
        """Return the tokens of the catch-ups that began last and finished last."""
        ...

    async def differences(self, ladder: Ladder, standings: Sequence[Standing]) -> Sequence[int]:
        """Return the user ids of the standings that the index does not hold just so."""
        ...

    def keys(self, ladder: Ladder) -> AsyncIterator[Sequence[bytes]]:
        """Yield the sort keys of all entries, in chunks, in no order, a few perhaps twice."""
        ...

    async def verification(self) -> VerificationState | None:
        """Return how far the verification of this index has come, as noted last."""
        ...

    async def note_verification(self, inspection: VerificationState) -> None:
        """Keep this for all processes, until the index is lost."""
        ...

    async def health(self) -> Sequence[bool]:
        """Return, for each partition, whether it answers reads."""
        ...

    async def survey(self, ladders: Sequence[Ladder]) -> Survey:
        """Return how the nodes and the partitions are, with the entries of these ladders. Never raises."""
        ...
