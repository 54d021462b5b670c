"""Store of boards, events and standings, the source of truth."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.standings import Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.boards import BoardMaintenanceStore, BoardStore
from leaderforge.ports.ranking import Ranking


class ChangeLog(Protocol):
    """Changes in the store by recording time, for reconciling the index."""

    def changed_between(self, since: int, until: int) -> AsyncGenerator[tuple[Ladder, Sequence[Standing]], None]:
        """Yield, in chunks, the standings that changed at or after `since` and before `until` (ms since 1970).

        Both events and other changes count (see `touched_between`). The time of an event is the start of its
        transaction, which commits within `COMMIT_LIMIT_MS` or never, unless it is in doubt (`in_doubt_since`).
        """
        ...

    async def in_doubt_since(self) -> int | None:
        """Return when the oldest transaction in doubt was prepared (ms), None if there is none.

        A transaction in doubt is prepared and may commit at any later time. Therefore `changed_between` and
        `touched_between` may lack changes that are later than `COMMIT_LIMIT_MS` before the returned time. Call this
        method before the two others. Only a store of several nodes has such transactions, after a crash.
        """
        ...

    async def touched_between(self, since: int, until: int) -> Collection[int]:
        """Return the players renamed, erased or moderated at or after `since` and before `until` (ms)."""
        ...

    def erased_between(self, since: int, until: int) -> AsyncGenerator[Mapping[int, int], None]:
        """Yield, in chunks, the players erased at or after `since` and before `until` (ms), each with a revision.

        All late updates of an erased player have lower revisions. A new player may already have the same id.
        """
        ...

    async def forget_touches(self, before: int) -> None:
        """Delete the notes of `touched_between` and `erased_between` that are older than `before` (ms)."""
        ...


class ScoreStore(Ranking, BoardStore, BoardMaintenanceStore, ChangeLog, Protocol):
    """Store of boards, events and standings: the source of truth."""

    async def ladders(self) -> Sequence[Ladder]:
        """Return all ladders that belong in the index."""
        ...

    async def ladders_of(self, board: Board) -> Sequence[Ladder]:
        """Return the ladders of the board's stored periods except all-time, the latest first."""
        ...

    async def find_ladders(self, ladders: Collection[Ladder]) -> Collection[Ladder]:
        """Return the requested ladders whose periods are stored, with `indexed` as stored, in no order."""
        ...

    async def orphaned_standings(self) -> Mapping[int, int]:
        """Return the numbers of standings of missing boards, by board id. A complete store has no such standings."""
        ...

    async def record(
        self, submissions: Sequence[Submission], *, previous: bool = False
    ) -> Sequence[Recorded | LeaderForgeError]:
        """Commit the submissions as a batch, and return one outcome each, in their order.

        With `previous`, the outcomes have the places before each submission, at a higher cost. Earlier submissions of
        the batch count in these places.

        A refused submission (`PlayerNotFound`, `ScoreOutOfRange`, `RuleViolated`) does not affect the other
        submissions. A submission with a stored id of the same player and board is a duplicate, and changes nothing. If
        its content differs, it is refused (`SubmissionConflict`). These two rules also apply to submissions within the
        batch. A player may occur more than once in a batch.
        """
        ...

    async def standings(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[Standing]:
        """Return the players' standings on the ladder, in no order. Players without a standing are left out."""
        ...

    async def standings_of(self, user_ids: Collection[int]) -> Sequence[tuple[Ladder, Sequence[Standing]]]:
        """Return the players' standings on all ladders that belong in the index, grouped by ladder."""
        ...

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the JSON metadata of the players' standings. Standings without metadata are left out."""
        ...

    def all_standings(self, ladder: Ladder) -> AsyncGenerator[Sequence[Standing], None]:
        """Yield all standings of the ladder in chunks, from one snapshot, in no order."""
        ...

    def standings_on(self, ladders: Sequence[Ladder]) -> AsyncGenerator[tuple[Ladder, Sequence[Standing]], None]:
        """Yield all standings of the ladders from one snapshot, in no order. Each chunk belongs to one ladder."""
        ...

    def all_names(self) -> AsyncGenerator[Mapping[int, str], None]:
        """Yield all labels by player id, in chunks."""
        ...

    async def is_writable(self) -> bool:
        """Return whether the store accepts writes. Return False if it does not answer. Never raises."""
        ...

    async def health(self) -> Mapping[str, bool]:
        """Return, by node name, whether the database node answers. Never raises."""
        ...
