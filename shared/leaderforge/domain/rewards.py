"""Rewards of a board: the payloads that entries of a settled period earn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from leaderforge.domain.boards import Board, Ladder, Order, RankStyle
from leaderforge.domain.merge import Row
from leaderforge.domain.order import place, rank_bound
from leaderforge.domain.reward_tables import LeagueOutcome, Reward
from leaderforge.domain.tiers import LadderTiers, Tier
from leaderforge.domain.tournament_errors import AwardClaimed, AwardRevoked


@dataclass(frozen=True, slots=True)
class AwardRules:
    """Rules of a period's awards: rewards, tiers and rank style, as they were at the period's first settlement."""

    rewards: Sequence[Reward]
    tiers: Sequence[Tier]
    rank_style: RankStyle

    def ranked(self, ladder: Ladder) -> Ladder:
        """Return the ladder with the rank style of these rules."""
        return ladder._replace(board=replace(ladder.board, rank_style=self.rank_style))

    def last_rank(self, total: int) -> int | None:
        """Return the worst rank that can earn a reward among `total` entries, None if every rank can."""
        bounds = [reward.last_rank(total) for reward in self.rewards]
        return None if None in bounds else max((bound for bound in bounds if bound is not None), default=0)

    @property
    def need_outcomes(self) -> bool:
        """Return whether a reward depends on the outcome of a league."""
        return any(reward.outcome is not None for reward in self.rewards)

    @property
    def need_brackets(self) -> bool:
        """Return whether a reward depends on the rank in a bracket."""
        return any(reward.needs_bracket for reward in self.rewards)


@dataclass(frozen=True, slots=True)
class AwardCursor:
    """Position in a walk through a ladder's entries: the sort key of the last visited entry, empty at the start.

    `count` is the number of visited entries, `rank` the rank of the last of these entries.
    """

    after: bytes = b""
    count: int = 0
    rank: int = 0


class RankedPlayer(NamedTuple):
    """Player with the final rank and score of a period."""

    user_id: int
    rank: int
    score: int


class NewAward(NamedTuple):
    """Award that an entry has earned, with its payload (JSON text)."""

    user_id: int
    reward: str
    payload: str
    rank: int


class Claim(NamedTuple):
    """Claim of an award: the claim's id (a retry sends the same id), the time (ms), and the actor for the audit log."""

    claim_id: str
    claimed_at: int
    claimed_by: str


@dataclass(frozen=True, slots=True)
class Award:
    """Payload that a player earned in a period. Times are in ms.

    A revoked award has `revoked_at`. If it was claimed before, it keeps the claim.
    """

    ladder: Ladder
    user_id: int
    reward: str
    payload: str
    rank: int
    granted_at: int
    revoked_at: int | None = None
    claim: Claim | None = None

    def claimed(self, claim: Claim) -> "Award":
        """Return the award after a claim. Only the first claim counts. A retry with the same id changes nothing.

        Raises `AwardClaimed` or `AwardRevoked`.
        """
        if self.claim is not None and self.claim.claim_id == claim.claim_id:
            return self
        if self.claim is not None:
            raise AwardClaimed.of(self.reward, self.claim.claimed_by)
        if self.revoked_at is not None:
            raise AwardRevoked.of(self.reward)
        return replace(self, claim=claim)


def ranked_players(
    board: Board, cursor: AwardCursor, rows: Sequence[Row]
) -> tuple[Sequence[RankedPlayer], AwardCursor]:
    """Return the next entries of a ladder with their ranks, and the position after these entries.

    `rows` follow the cursor directly, in order.
    """
    players: list[RankedPlayer] = []
    after, count, rank = cursor.after, cursor.count, cursor.rank
    for row in rows:
        count += 1
        if not after or rank_bound(board, row.key) != rank_bound(board, after):
            rank = count
        after = row.key
        entry = place(board, row.key)
        players.append(RankedPlayer(entry.user_id, rank, entry.score))
    return players, AwardCursor(after, count, rank)


def earned(
    board: Board,
    rules: AwardRules,
    players: Sequence[RankedPlayer],
    total: int,
    outcomes: Mapping[int, LeagueOutcome],
    bracket_ranks: Mapping[int, int],
) -> Sequence[NewAward]:
    """Return the awards of these players of a ladder with `total` entries, ordered by player id, then as in the table.

    `outcomes` and `bracket_ranks` have the outcomes of a league and the ranks in brackets by player id.
    """
    awards: list[NewAward] = []
    tiers = LadderTiers(rules.tiers, total, descending=board.order is Order.DESC)
    for player in sorted(players):
        tier = tiers.name(player.score, player.rank)
        outcome, bracket_rank = outcomes.get(player.user_id), bracket_ranks.get(player.user_id)
        awards += [
            NewAward(player.user_id, reward.id, reward.payload, player.rank)
            for reward in rules.rewards
            if reward.is_earned(player.rank, total, tier, outcome, bracket_rank)
        ]
    return awards
