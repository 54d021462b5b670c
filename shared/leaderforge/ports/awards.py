"""Awards of settled periods."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple, Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.merge import Row
from leaderforge.domain.rewards import Award, AwardRules, Claim, NewAward
from leaderforge.domain.settlement import SettlementStep


class AwardPosition(NamedTuple):
    """Position among the awards of a player: board id, period number and reward."""

    board_id: int = -1
    period: int = -1
    reward: str = ""


class RankPosition(NamedTuple):
    """Position among the awards of a period: rank, player and reward."""

    rank: int = -1
    user_id: int = 0
    reward: str = ""


class AwardStore(Protocol):
    """Store of awards. Times are in ms."""

    async def keep_rules(self, ladder: Ladder, rules: AwardRules) -> AwardRules:
        """Store the rules of a period unless it has stored rules. Return the stored rules."""
        ...

    async def rules(self, ladder: Ladder) -> AwardRules | None:
        """Return the stored rules of a period."""
        ...

    async def entries_after(self, ladder: Ladder, bound: bytes, limit: int) -> Sequence[Row]:
        """Return up to `limit` entries of the ladder after a sort key, in order."""
        ...

    async def grant(self, step: SettlementStep, awards: Sequence[NewAward], revision: int, at: int) -> None:
        """Make a step of the settlement with the number `revision`, and grant these awards, in one transaction.

        Awards that an earlier settlement of the period has granted are only confirmed. From the second settlement on,
        new awards are written to the audit log. Raises `SettlementOvertaken`.
        """
        ...

    async def revoke_outdated(self, step: SettlementStep, revision: int, at: int, limit: int) -> int:
        """Make a step, and revoke up to `limit` awards that settlement `revision` did not confirm. Return how many.

        Without such awards, make no step. Revoked awards are written to the audit log. Raises `SettlementOvertaken`.
        """
        ...

    async def granted(self, ladder: Ladder, user_ids: Collection[int]) -> Collection[tuple[int, str]]:
        """Return the awards of these players that are not revoked, each as player id and reward."""
        ...

    async def count(self, ladder: Ladder) -> int:
        """Return the number of awards of a period that are not revoked."""
        ...

    async def of_player(
        self, boards: Mapping[int, Board], user_id: int, limit: int, after: AwardPosition
    ) -> Sequence[Award]:
        """Return up to `limit` awards of a player on these boards (by id), in order, after a position."""
        ...

    async def of_period(self, ladder: Ladder, limit: int, after: RankPosition) -> Sequence[Award]:
        """Return up to `limit` awards of a period after a position, in the order of ranks."""
        ...

    async def claim(self, ladder: Ladder, user_id: int, reward: str, claim: Claim) -> Award:
        """Claim an award, and return it. Raises `AwardNotFound`, `AwardClaimed` or `AwardRevoked`."""
        ...


class ResettlementStore(Protocol):
    """Store of the settled periods whose results a moderator may have changed. All writes are safe to retry."""

    async def reviewed_until(self) -> int | None:
        """Return the time (ms) up to which the changes by moderators were searched, None before the first search."""
        ...

    async def note_reviewed(self, until: int, before: int | None) -> None:
        """Store the time (ms) up to which the changes by moderators were searched.

        `before` is the stored time that the caller has read. Only this time may be replaced by an earlier time.
        """
        ...

    async def changed_between(self, since: int, until: int) -> Collection[tuple[int, int]]:
        """Return the ladders (board id and period number) whose standings changed without an event between two times.

        The times are in ms. Such changes come from moderators, backfills and scores of teams. Standings of erased
        players are left out.
        """
        ...

    async def request(self, periods: Collection[tuple[int, int]], at: int) -> None:
        """Request another settlement of these periods (board id and period number) at `at` (ms)."""
        ...

    async def requests(self) -> Mapping[tuple[int, int], int]:
        """Return the requests for another settlement: their times (ms) by board id and period number."""
        ...

    async def reopen(self, ladder: Ladder, part: str, requested_at: int) -> bool:
        """Restart a settled period's settlement at this part. Delete the request, unless a settlement is in progress.

        Return False if the period is not settled, or has no such part.
        """
        ...

    async def end(self, board_id: int, period: int, requested_at: int) -> None:
        """Delete the request for another settlement of this period, unless there is a later request."""
        ...
