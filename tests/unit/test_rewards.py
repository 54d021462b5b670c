"""Rewards: which entries earn which awards, compared with a reference that shares no code."""

import json
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.board_settings import changed_board, new_board
from leaderforge.domain.boards import Board, Order, Policy, RankStyle
from leaderforge.domain.errors import Refused
from leaderforge.domain.merge import Row
from leaderforge.domain.order import Place, sort_key
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.reward_tables import LeagueOutcome, OutcomeCondition, Reward, RewardTable, reward_table_of
from leaderforge.domain.rewards import AwardCursor, AwardRules, earned, ranked_players
from leaderforge.domain.tiers import Tier, TierLimit
from leaderforge.domain.tournaments import TournamentRules

TIERS = (Tier("gold", TierLimit.SCORE, Decimal(50)), Tier("silver", TierLimit.RANK, Decimal(5)), Tier("bronze"))
OUTCOMES = {
    1: LeagueOutcome("upper", 1, "stayed"),
    2: LeagueOutcome("lower", 1, "promoted"),
    3: LeagueOutcome("lower", 4, "relegated"),
}
CONDITIONS: list[dict[str, Any]] = [
    {},
    {"last_rank": 1},
    {"first_rank": 2, "last_rank": 4},
    {"first_rank": 6},
    {"percent": 12.5},
    {"percent": 100},
    {"tier": "gold"},
    {"tier": "silver"},
    {"league": {"division": "lower"}},
    {"league": {"movement": "promoted"}},
    {"league": {"division": "lower", "last_group_rank": 2}},
    {"first_bracket_rank": 2},
    {"last_bracket_rank": 1},
    {"first_bracket_rank": 1, "last_bracket_rank": 2},
]
BRACKET_RANKS = {1: 1, 2: 2, 3: 3, 4: 1, 7: 2}


def is_expected(condition: Mapping[str, Any], user_id: int, rank: int, score: int, total: int) -> bool:
    """Return whether an entry earns a reward that has this condition."""
    if "percent" in condition:
        return Fraction(condition["percent"]) * total > 100 * (rank - 1)
    if "tier" in condition:
        tier = "gold" if score >= 50 else "silver" if rank <= 5 else "bronze"
        return bool(tier == condition["tier"])
    if "league" in condition:
        outcome = OUTCOMES.get(user_id)
        wanted = {"division": None, "movement": None, "last_group_rank": 99} | condition["league"]
        return (
            outcome is not None
            and wanted["division"] in (None, outcome.division)
            and wanted["movement"] in (None, outcome.movement)
            and outcome.group_rank <= wanted["last_group_rank"]
        )
    if "first_bracket_rank" in condition or "last_bracket_rank" in condition:
        bracket_rank = BRACKET_RANKS.get(user_id, 0)
        return bool(condition.get("first_bracket_rank", 1) <= bracket_rank <= condition.get("last_bracket_rank", 10**9))
    return bool(condition.get("first_rank", 1) <= rank <= condition.get("last_rank", 10**9))


@given(
    scores=st.dictionaries(st.integers(1, 12), st.integers(0, 80).map(lambda n: n // 10 * 10), max_size=12),
    conditions=st.lists(st.sampled_from(CONDITIONS), max_size=4),
    style=st.sampled_from(RankStyle),
    order=st.sampled_from(Order),
    chunk=st.integers(1, 5),
)
def test_entries_earn_the_rewards_of_the_reference(
    scores: dict[int, int], conditions: list[dict[str, Any]], style: RankStyle, order: Order, chunk: int
) -> None:
    rewards = [{"reward": f"r{i}", "payload": {"n": i}} | condition for i, condition in enumerate(conditions)]
    table = reward_table_of({"period": "weekly", "rewards": rewards})
    tiers = TIERS if order is Order.DESC else (TIERS[1],)
    rules = AwardRules(table.rewards, tiers, style)
    board = Board(1, "b", "B", policy=Policy.BEST, order=order, rank_style=style)
    sign = -1 if order is Order.DESC else 1
    best_first = sorted(scores, key=lambda user_id: (sign * scores[user_id], user_id))
    ranks = {
        user_id: 1
        + (sum(sign * scores[o] < sign * scores[user_id] for o in scores) if style is RankStyle.SHARED else i)
        for i, user_id in enumerate(best_first)
    }
    expected = {
        (user_id, f"r{i}")
        for user_id, rank in ranks.items()
        for i, condition in enumerate(conditions)
        if is_expected(condition, user_id, rank, scores[user_id] if order is Order.DESC else -1, len(scores))
        and (order is Order.DESC or condition.get("tier") != "gold")
    }
    rows = [Row(sort_key(board, Place(scores[i], 0, i)), 1, "", False, False) for i in best_first]
    cursor, awards = AwardCursor(), []
    for start in range(0, len(rows), chunk):
        players, cursor = ranked_players(board, cursor, rows[start : start + chunk])
        assert {p.user_id: p.rank for p in players} == {p.user_id: ranks[p.user_id] for p in players}
        awards += earned(board, rules, players, len(scores), OUTCOMES, BRACKET_RANKS)
    assert {(a.user_id, a.reward) for a in awards} == expected
    assert len(awards) == len(expected)
    last_rank = rules.last_rank(len(scores))
    assert last_rank is None or all(award.rank <= last_rank for award in awards)


def table(*rewards: Reward, period: PeriodKind = PeriodKind.WEEKLY) -> RewardTable:
    return RewardTable(period, rewards)


def board_with(rewards: RewardTable, **settings: Any) -> Board:
    return new_board("b", {"periods": (PeriodKind.WEEKLY,), "tiers": TIERS, "rewards": rewards, **settings}, 7)


@pytest.mark.parametrize(
    "rewards",
    [
        table(),
        table(Reward("x", "{}"), Reward("x", "{}")),
        table(Reward("X", "{}")),
        table(Reward("x", "{}", first_rank=3, last=2)),
        table(Reward("x", "{}", last=0)),
        table(Reward("x", "{}", last=1, tier="gold")),
        table(Reward("x", "{}", tier="iron")),
        table(Reward("x", "{}", last_bracket_rank=1)),
        table(Reward("x", "{}", percent=Decimal(0))),
        table(Reward("x", "{}", percent=Decimal("0.00001"))),
        table(Reward("x", "{}", outcome=OutcomeCondition(movement="up"))),
        table(Reward("x", "{}"), period=PeriodKind.DAILY),
        table(*(Reward(f"x{i}", "{}") for i in range(101))),
    ],
)
def test_invalid_tables_are_refused(rewards: RewardTable) -> None:
    with pytest.raises(Refused) as refused:
        board_with(rewards)
    assert refused.value.details == {"setting": "rewards"}


CUP = TournamentRules(starts_at=0, ends_at=9, bracket_size=5)


@pytest.mark.parametrize(
    ("reward", "period", "tournament", "is_valid"),
    [
        (Reward("x", "{}", last_bracket_rank=3), PeriodKind.ALL_TIME, CUP, True),
        (Reward("x", "{}", first_bracket_rank=2), PeriodKind.ALL_TIME, CUP, True),
        (Reward("x", "{}", first_bracket_rank=3, last_bracket_rank=2), PeriodKind.ALL_TIME, CUP, False),
        (Reward("x", "{}", last_bracket_rank=0), PeriodKind.ALL_TIME, CUP, False),
        (Reward("x", "{}", last_bracket_rank=1, last=1), PeriodKind.ALL_TIME, CUP, False),
        (Reward("x", "{}", last_bracket_rank=1), PeriodKind.ALL_TIME, replace(CUP, bracket_size=None), False),
        (Reward("x", "{}", last_bracket_rank=1), PeriodKind.WEEKLY, CUP, False),
    ],
)
def test_ranks_in_brackets_need_brackets_in_the_period(
    reward: Reward, period: PeriodKind, tournament: TournamentRules, is_valid: bool
) -> None:
    settings = {"periods": (PeriodKind.ALL_TIME, PeriodKind.WEEKLY), "tournament": tournament}
    with nullcontext() if is_valid else pytest.raises(Refused):
        new_board("b", {**settings, "rewards": table(reward, period=period)}, 7)


def test_the_period_of_all_time_earns_rewards_as_a_tournament_only() -> None:
    rewards = table(Reward("x", "{}"), period=PeriodKind.ALL_TIME)
    with pytest.raises(Refused):
        new_board("b", {"rewards": rewards})


def test_rewards_are_for_periods_that_end_later() -> None:
    board = board_with(table(Reward("x", "{}")))
    assert board.rewards is not None
    assert board.rewards.since == 7
    for rewards, since in ((table(Reward("y", "{}")), 7), (None, None), (table(Reward("z", "{}")), 9)):
        board = changed_board(board, {"rewards": rewards}, 9)
        assert (board.rewards and board.rewards.since) == since


def test_tables_are_read_as_they_are_written() -> None:
    rewards = table(
        Reward("a", '{"gold":5,"name":"ü"}', first_rank=1, last=3),
        Reward("b", "{}", percent=Decimal("12.5")),
        Reward("c", "{}", tier="gold"),
        Reward("d", "{}", outcome=OutcomeCondition("upper", "promoted", 3)),
    )
    assert reward_table_of(json.loads(json.dumps(rewards.members))) == rewards
    wrong: list[Any] = [
        {"period": "hourly", "rewards": []},
        {"period": "weekly", "rewards": 5},
        {"period": "weekly", "rewards": [{"reward": "x"}]},
        {"period": "weekly", "rewards": [{"reward": "x", "payload": {"n": 1e300}}]},
        {"period": "weekly", "rewards": [{"reward": "x", "payload": {}, "colour": 1}]},
        {"period": "weekly", "rewards": [{"reward": "x", "payload": {}, "league": {"colour": 1}}]},
        {"period": "weekly", "rewards": [], "colour": 1},
    ]
    for members in wrong:
        with pytest.raises(Refused):
            reward_table_of(members)
