"""The durable truth: boards, events and standings."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.standings import Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.boards import BoardMaintenanceStore, BoardStore
from leaderforge.ports.ranking import Ranking


class ChangeLog(Protocol):
    """What changed in the store, by the time it was recorded, for the index to be brought up to."""

    def changed_between(self, since: int, until: int) -> AsyncIterator[tuple[Ladder, Sequence[Standing]]]:
        """Yield, in chunks, the standings that an event recorded at or after `since` and before `until` changed.

        So did whatever else changed the standings of players since then (see `touched_between`). An event is recorded
        at the time its transaction begins, and committed within `COMMIT_LIMIT_MS` if at all.
        """
        ...

    async def touched_between(self, since: int, until: int) -> Collection[int]:
        """Return the players who were renamed, erased or moderated at or after `since` and before `until`."""
        ...

    async def forget_touches(self, before: int) -> None:
        """Forget who was renamed, erased or moderated before that."""
        ...


class ScoreStore(Ranking, BoardStore, BoardMaintenanceStore, ChangeLog, Protocol):
    """The durable truth: boards, events and standings."""

    async def ladders(self) -> Sequence[Ladder]:
        """Return every ladder that the index is to hold."""
        ...

    async def ladders_of(self, board: Board) -> Sequence[Ladder]:
        """Return the ladders of those of the board's periods in which anything was counted, the latest first."""
        ...

    async def find_ladders(self, ladders: Collection[Ladder]) -> Collection[Ladder]:
        """Return these ladders of past periods, each `indexed` or not, without those in which nothing was counted."""
        ...

    async def record(self, submissions: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        """Commit the submissions together and return what became of each, in their order.

        One that cannot be recorded (`PlayerNotFound`, `ScoreOutOfRange`, `RuleViolated`) does not keep the others
        from it. A submission id that the player already used on the board is a duplicate and changes nothing. A
        player may occur more than once.
        """
        ...

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        """Return the standings of those of the players who have one, in no order."""
        ...

    async def standings_of(self, user_ids: Collection[int]) -> Sequence[tuple[Ladder, Sequence[Standing]]]:
        """Return the standings of these players on every ladder that the index is to hold, by ladder."""
        ...

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the JSON metadata of those of the players whose standing has any."""
        ...

    def all_standings(self, ladder: Ladder) -> AsyncIterator[Sequence[Standing]]:
        """Yield every standing of the ladder, in chunks, in no order, from one snapshot."""
        ...

    def standings_on(self, ladders: Sequence[Ladder]) -> AsyncIterator[tuple[Ladder, Sequence[Standing]]]:
        """Yield every standing of some ladders, in chunks of one ladder each, in no order, from one snapshot."""
        ...

    def all_names(self) -> AsyncIterator[Mapping[int, str]]:
        """Yield the names of all players, in chunks."""
        ...

    async def health(self) -> Mapping[str, bool]:
        """Return whether each database node answers, by its name. Never raises."""
        ...
