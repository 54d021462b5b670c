"""Reward tables of boards: conditions for rewards, and tables as JSON objects."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil
from typing import Any, NamedTuple

from leaderforge.domain.errors import Refused
from leaderforge.domain.metadata import metadata_text
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.tiers import MAX_RANK, Tier
from leaderforge.domain.tournaments import TournamentRules

MAX_REWARDS = 100
PERCENT_DECIMALS = 4
MAX_DIVISION_LENGTH = 32

_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_MOVEMENTS = ("promoted", "stayed", "relegated")


class LeagueOutcome(NamedTuple):
    """Result of a player in a league's period: the division, the rank in the group, and the movement."""

    division: str
    group_rank: int
    movement: str


class OutcomeCondition(NamedTuple):
    """Condition on the outcome of a league. Every field that is not None must match the outcome."""

    division: str | None = None
    movement: str | None = None
    last_group_rank: int | None = None

    def includes(self, outcome: LeagueOutcome) -> bool:
        """Return whether an outcome meets the condition."""
        return (
            self.division in {None, outcome.division}
            and self.movement in {None, outcome.movement}
            and (self.last_group_rank is None or outcome.group_rank <= self.last_group_rank)
        )


class Reward(NamedTuple):
    """Payload (JSON text) for each entry that meets the reward's condition.

    The condition is one of: ranks from `first_rank` to `last`, ranks in the bracket from `first_bracket_rank` to
    `last_bracket_rank`, the best `percent` of the entries, a `tier`, or the `outcome` of a league.
    """

    id: str
    payload: str
    first_rank: int | None = None
    last: int | None = None
    percent: Decimal | None = None
    tier: str | None = None
    outcome: OutcomeCondition | None = None
    first_bracket_rank: int | None = None
    last_bracket_rank: int | None = None

    @property
    def needs_bracket(self) -> bool:
        """Return whether the condition is a rank in the bracket."""
        return self.first_bracket_rank is not None or self.last_bracket_rank is not None

    def is_earned(
        self, rank: int, total: int, tier: str | None, outcome: LeagueOutcome | None, bracket_rank: int | None
    ) -> bool:
        """Return whether an entry earns the reward.

        The arguments are the entry's rank among `total` entries, its tier, its outcome, and its rank in the bracket.
        """
        if self.outcome is not None:
            return outcome is not None and self.outcome.includes(outcome)
        if self.needs_bracket:
            last = self.last_bracket_rank or MAX_RANK
            return bracket_rank is not None and (self.first_bracket_rank or 1) <= bracket_rank <= last
        if self.tier is not None:
            return tier == self.tier
        bound = self.last_rank(total)
        return (self.first_rank or 1) <= rank and (bound is None or rank <= bound)

    def last_rank(self, total: int) -> int | None:
        """Return the worst rank that can earn the reward among `total` entries, None if every rank can."""
        if self.percent is not None:
            return ceil(self.percent * total / 100)
        return self.last

    @property
    def members(self) -> Mapping[str, object]:
        """JSON members of the reward. Members without a value are absent."""
        outcome = None if self.outcome is None else {k: v for k, v in self.outcome._asdict().items() if v is not None}
        percent = None if self.percent is None else float(self.percent)
        values = {
            "reward": self.id,
            "first_rank": self.first_rank,
            "last_rank": self.last,
            "first_bracket_rank": self.first_bracket_rank,
            "last_bracket_rank": self.last_bracket_rank,
            "percent": percent,
            "tier": self.tier,
            "league": outcome,
            "payload": json.loads(self.payload),
        }
        return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class RewardTable:
    """Rewards of the periods of one kind that end after `since` (ms)."""

    period: PeriodKind
    rewards: tuple[Reward, ...]
    since: int = field(default=0, compare=False)

    @property
    def members(self) -> Mapping[str, object]:
        """JSON members of the table, without `since`."""
        return {"period": self.period.value, "rewards": [reward.members for reward in self.rewards]}


def reward_table_of(members: Mapping[str, Any], since: int = 0) -> RewardTable:
    """Return the table of an object with the JSON members that `RewardTable.members` returns.

    Raises `Refused` if a JSON member is unknown or has a wrong type.
    """
    if unknown := members.keys() - {"period", "rewards"}:
        raise _refused(f"unknown member {min(unknown)!r}: use period and rewards")
    period, rewards = members.get("period"), members.get("rewards")
    if period not in {kind.value for kind in PeriodKind} or not isinstance(rewards, list):
        raise _refused("needs a period kind as period, and a list of rewards")
    return RewardTable(PeriodKind(period), tuple(map(reward_of, rewards)), since)


def reward_of(members: Mapping[str, Any]) -> Reward:
    """Return the reward of an object with the JSON members that `Reward.members` returns. Raises `Refused`."""
    bracket_ranks = ("first_bracket_rank", "last_bracket_rank")
    allowed = {"reward", "first_rank", "last_rank", "percent", "tier", "league", "payload", *bracket_ranks}
    if not isinstance(members, Mapping) or members.keys() - allowed:
        raise _refused(f"a reward has only the members {', '.join(sorted(allowed))}")
    values = {name: value for name, value in members.items() if value is not None}
    payload = values.get("payload")
    if not isinstance(payload, Mapping):
        raise _refused("the payload of a reward must be an object")
    try:
        percent = None if "percent" not in values else Decimal(str(values["percent"]))
        outcome = None if "league" not in values else OutcomeCondition(**values["league"])
        text = metadata_text(payload)
    except (TypeError, ValueError, ArithmeticError) as error:
        raise _refused(f"reward {str(values.get('reward'))[:64]!r} is invalid: {error}") from None
    return Reward(
        str(values.get("reward", "")),
        text,
        values.get("first_rank"),
        values.get("last_rank"),
        percent,
        values.get("tier"),
        outcome,
        *map(values.get, bracket_ranks),
    )


def valid_reward_table(
    table: RewardTable | None, periods: Sequence[PeriodKind], tiers: Sequence[Tier], tournament: TournamentRules | None
) -> RewardTable | None:
    """Return the table of a board with these period kinds, tiers and rules of a tournament.

    Raises `Refused` if a reward is invalid.
    """
    if table is None:
        return None
    if table.period not in periods:
        raise _refused(f"period {table.period} is not among the periods of the board")
    if table.period is PeriodKind.ALL_TIME and tournament is None:
        raise _refused("the all-time period ends only as a tournament; choose another period")
    _require_valid_rewards(table.rewards, {tier.name for tier in tiers})
    if any(reward.needs_bracket for reward in table.rewards) and not _has_brackets(table, tournament):
        raise _refused("ranks in brackets need a tournament with bracket_size, and the period of its occurrences")
    return table


def _require_valid_rewards(rewards: Sequence[Reward], tiers: set[str]) -> None:
    if not 1 <= len(rewards) <= MAX_REWARDS:
        raise _refused(f"must be 1 to {MAX_REWARDS} rewards, not {len(rewards)}")
    for reward in rewards:
        _require_valid(reward, tiers)
    if len({reward.id for reward in rewards}) < len(rewards):
        raise _refused("two rewards have the same id; rename one")


def _has_brackets(table: RewardTable, tournament: TournamentRules | None) -> bool:
    if tournament is None or tournament.bracket_size is None:
        return False
    return table.period is tournament.period_kind


def _require_one_condition(reward: Reward) -> None:
    ranks = reward.first_rank is not None or reward.last is not None
    single = [reward.percent, reward.tier, reward.outcome]
    if sum([ranks, reward.needs_bracket, *(condition is not None for condition in single)]) > 1:
        raise _refused(f"{reward.id!r} has several conditions; keep ranks, ranks in brackets, percent, tier or league")


def _require_valid(reward: Reward, tiers: set[str]) -> None:
    if not _ID.fullmatch(reward.id):
        raise _refused(f"{reward.id[:64]!r} is no id of a reward: use 1 to 64 of a-z, 0-9, '_' and '-'")
    _require_one_condition(reward)
    _require_ranks(reward.id, reward.first_rank, reward.last)
    _require_ranks(reward.id, reward.first_bracket_rank, reward.last_bracket_rank)
    percent = reward.percent
    if percent is not None and not (0 < percent <= 100 and percent == round(percent, PERCENT_DECIMALS)):
        raise _refused(f"percent of {reward.id!r} must be above 0, up to 100, with at most {PERCENT_DECIMALS} decimals")
    if reward.tier is not None and reward.tier not in tiers:
        raise _refused(f"{reward.id!r} is for tier {reward.tier!r}, which the board does not have")
    if reward.outcome is not None:
        _require_outcome(reward.id, reward.outcome)


def _require_ranks(reward_id: str, first_rank: int | None, last_rank: int | None) -> None:
    first = 1 if first_rank is None else first_rank
    last = MAX_RANK if last_rank is None else last_rank
    if not _are_ranks(first, last) or not 1 <= first <= last <= MAX_RANK:
        raise _refused(f"the ranks of {reward_id!r} must be integers from 1, the first one not after the last one")


def _require_outcome(reward_id: str, outcome: OutcomeCondition) -> None:
    division, movement, group_rank = outcome
    if division is not None and not (isinstance(division, str) and 0 < len(division) <= MAX_DIVISION_LENGTH):
        raise _refused(f"the division of {reward_id!r} must be a name")
    if movement is not None and movement not in _MOVEMENTS:
        raise _refused(f"the movement of {reward_id!r} must be one of {', '.join(_MOVEMENTS)}")
    if not _are_ranks(group_rank) or (group_rank is not None and group_rank < 1):
        raise _refused(f"last_group_rank of {reward_id!r} must be an integer from 1")


def _are_ranks(*values: object) -> bool:
    return all(value is None or (isinstance(value, int) and not isinstance(value, bool)) for value in values)


def _refused(message: str) -> Refused:
    return Refused(f"rewards: {message}", setting="rewards")
