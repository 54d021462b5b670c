"""Tiers of entries, compared with a search over all possible scores and ranks. Validation of tiers."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import Board, Order, RankStyle
from leaderforge.domain.errors import Refused
from leaderforge.domain.order import Place, rank_bound, sort_key
from leaderforge.domain.tier_rules import MAX_TIERS, tiers_of, valid_tiers
from leaderforge.domain.tiers import LadderTiers, RankCuts, Tier, TierLimit, rank_limits


class RankedScore(NamedTuple):
    """Score and rank of an entry on a ladder with `total` ranked players. With `descending`, high scores lead."""

    score: int
    rank: int
    total: int
    descending: bool

    def among(self, tiers: list[Tier]) -> LadderTiers:
        return LadderTiers(tiers, self.total, descending=self.descending)


LIMITS = {
    TierLimit.SCORE: st.integers(-30, 30).map(Decimal),
    TierLimit.RANK: st.integers(1, 30).map(Decimal),
    TierLimit.PERCENT: st.integers(1, 1_000_000).map(lambda n: Decimal(n) / 10_000),
}
tiers = st.lists(
    st.sampled_from(TierLimit).flatmap(lambda kind: st.builds(Tier, st.just(""), st.just(kind), LIMITS[kind])),
    max_size=4,
).map(lambda drawn: [replace(tier, name=f"tier {i}") for i, tier in enumerate(drawn)])
ranked_scores = st.integers(1, 30).flatmap(
    lambda total: st.builds(RankedScore, st.integers(-30, 30), st.integers(1, total), st.just(total), st.booleans())
)


def reaches(tier: Tier, entry: RankedScore) -> bool:
    """Return whether an entry reaches a tier, without arithmetic of the product."""
    limit = Fraction(tier.limit)
    if tier.kind is TierLimit.SCORE:
        return entry.score in (range(int(limit), 31) if entry.descending else range(-31, int(limit) + 1))
    if tier.kind is TierLimit.RANK:
        return entry.rank in range(1, int(limit) + 1)
    # An entry is in the best `limit` percent if less than `limit` percent of all players have a better rank.
    return Fraction(entry.rank - 1, entry.total) < limit / 100


@given(tiers, ranked_scores)
def test_an_entry_is_in_the_first_tier_that_it_reaches(drawn: list[Tier], entry: RankedScore) -> None:
    expected = next((tier.name for tier in drawn if reaches(tier, entry)), None)
    assert entry.among(drawn).name(entry.score, entry.rank) == expected


@given(tiers, ranked_scores)
def test_the_next_tier_is_reached_by_what_is_missing_and_by_nothing_less(drawn: list[Tier], entry: RankedScore) -> None:
    names = [tier.name for tier in drawn]
    name, following = entry.among(drawn).reached(entry.score, entry.rank)
    index = len(drawn) if name is None else names.index(name)
    if index == 0:
        assert following is None
        return
    above = drawn[index - 1]
    assert following is not None
    assert following.name == above.name
    better: Callable[[int], RankedScore]
    if above.kind is TierLimit.SCORE:
        step = 1 if entry.descending else -1
        missing, better = following.points, lambda points: entry._replace(score=entry.score + step * points)
    else:
        missing, better = following.places, lambda places: entry._replace(rank=entry.rank - places)
    assert missing is not None
    assert reaches(above, better(missing))
    assert not reaches(above, better(missing - 1))


@given(tiers)
def test_tiers_survive_their_json_form(drawn: list[Tier]) -> None:
    assert list(tiers_of([tier.members for tier in drawn])) == drawn


@pytest.mark.parametrize(
    ("objects", "message"),
    [
        ([{"name": f"tier {i}", "rank": i + 1} for i in range(MAX_TIERS + 1)], "must be at most 20, not 21"),
        ([{"name": "gold", "score": 1}, {"name": "gold"}], "two tiers are called 'gold'; rename one"),
        ([{"name": "gold", "score": 1, "rank": 2}], "'gold' has score and rank; keep one of them"),
        ([{"name": "gold", "points": 1}], "unknown member 'points': use name, score, rank, percent"),
        ([{"score": 1}], "every tier needs a name"),
        ([{"name": " "}], "the name ' ' must show at least one letter, digit or symbol"),
        (
            [{"name": "gold", "score": float("inf")}],
            "score of 'gold' must be -9007199254740991 to 9007199254740991 with at most 0 decimals, not Infinity",
        ),
        ([{"name": "gold", "rank": 0}], "rank of 'gold' must be 1 to 9007199254740991 with at most 0 decimals, not 0"),
        (
            [{"name": "gold", "percent": 0.00001}],
            "percent of 'gold' must be 0.0001 to 100 with at most 4 decimals, not 0.00001",
        ),
        ([{"name": "all"}, {"name": "gold"}], "'all' contains every entry; give it a limit, or list it last"),
        (
            [{"name": "silver", "score": 10}, {"name": "gold", "score": 20}],
            "no entry could be in 'gold', because 'silver' is above it with score 10; list the best tier first",
        ),
        (
            [{"name": "silver", "rank": 10}, {"name": "gold", "percent": 5}, {"name": "ten", "rank": 10}],
            "no entry could be in 'ten', because 'silver' is above it with rank 10; list the best tier first",
        ),
    ],
)
def test_tiers_that_cannot_be_meant_are_refused(objects: list[dict[str, object]], message: str) -> None:
    with pytest.raises(Refused) as refused:
        valid_tiers(tiers_of(objects), Order.DESC)
    assert refused.value.message == f"tiers: {message}"


def test_low_scores_lead_in_the_tiers_of_their_boards() -> None:
    laps = tiers_of([{"name": "gold", "score": 60_000}, {"name": "silver", "score": 61_000}])
    assert valid_tiers(laps, Order.ASC) == laps
    with pytest.raises(Refused, match="no entry could be in 'silver'"):
        valid_tiers(laps, Order.DESC)


@given(tiers, st.lists(st.integers(-20, 20), min_size=1, max_size=30), st.sampled_from(RankStyle))
def test_cuts_reach_the_limits_that_the_ranks_reach(drawn: list[Tier], scores: list[int], style: RankStyle) -> None:
    board = Board(1, "b", "b", rank_style=style, tiers=tuple(drawn))
    places = sorted((-score, user_id) for user_id, score in enumerate(scores))
    keys = [sort_key(board, Place(-score, 5, user_id)) for score, user_id in places]
    ranks = rank_limits(drawn, len(keys))
    cuts = RankCuts(len(keys), ranks, [keys[rank - 1] for rank in ranks if rank <= len(keys)])
    ladder_tiers = board.tiers_among(len(keys))
    for position, ((score, _), key) in enumerate(zip(places, keys, strict=True), 1):
        shared = 1 + sum(other < score for other, _ in places)
        rank = shared if style is RankStyle.SHARED else position
        reached = ladder_tiers.name(-score, cuts.rank(rank_bound(board, key)))
        assert reached == ladder_tiers.name(-score, rank)
