"""Comparison of a board with a foreign board."""

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.services.rank_differences import (
    ForeignPlace,
    LocalPlace,
    RankCause,
    compare_ranks,
)

PLAYERS = st.dictionaries(
    st.integers(0, 30).map(str), st.tuples(st.integers(0, 4), st.integers(0, 99), st.integers(0, 99))
)
"""Score, and two keys that order ties, by player."""


def foreign_of(players: dict[str, tuple[int, int, int]]) -> list[ForeignPlace]:
    ordered = sorted(players.items(), key=lambda pair: (-pair[1][0], pair[1][1], pair[0]))
    return [
        ForeignPlace(rank, name, None, str(values[0]), values[0], 0) for rank, (name, values) in enumerate(ordered, 1)
    ]


def local_of(players: dict[str, tuple[int, int, int]]) -> list[LocalPlace]:
    ordered = sorted(players.items(), key=lambda pair: (-pair[1][0], pair[1][2], pair[0]))
    return [LocalPlace(rank, name, None, values[0], 0) for rank, (name, values) in enumerate(ordered, 1)]


@given(PLAYERS, st.sets(st.integers(0, 30).map(str)), st.dictionaries(st.integers(0, 30).map(str), st.integers(0, 4)))
def test_every_difference_of_rankings_by_one_score_is_explained(players, missing, changed):
    here = {name: values for name, values in players.items() if name not in missing}
    here |= {name: (score, 0, 0) for name, score in changed.items()}
    comparison = compare_ranks(foreign_of(players), local_of(here))
    counts = comparison.counts
    assert counts[RankCause.UNEXPLAINED] == 0
    assert counts[RankCause.UNRANKED] == len(players.keys() - here.keys())
    assert counts[RankCause.ADDED] == len(here.keys() - players.keys())
    common = players.keys() & here.keys()
    assert counts[RankCause.SCORE] == sum(players[name][0] != here[name][0] for name in common)
    assert comparison.equal + len(comparison.differences) == len(players.keys() | here.keys())


@given(PLAYERS)
def test_equal_tie_rules_give_equal_ranks(players):
    same = {name: (score, first, first) for name, (score, first, _) in players.items()}
    assert compare_ranks(foreign_of(same), local_of(same)).differences == []


def test_another_order_of_different_scores_is_not_explained():
    foreign = [ForeignPlace(1, "a", None, "1", 1, 0), ForeignPlace(2, "b", None, "2", 2, 0)]
    local = [LocalPlace(1, "b", None, 2, 0), LocalPlace(2, "a", None, 1, 0)]
    assert compare_ranks(foreign, local).counts == {RankCause.UNEXPLAINED: 2}


def test_ranks_are_moved_by_players_who_are_missing_above():
    foreign = [
        ForeignPlace(1, "a", "Ann", "9", None, 0, refusal="no name"),
        ForeignPlace(2, "b", "Bo", "8", 8, 0),
    ]
    [refused, moved] = compare_ranks(foreign, [LocalPlace(1, "b", "Bo", 8, 0)]).differences
    assert (refused.cause, refused.rank, refused.detail) == (RankCause.REFUSED, None, "no name")
    assert (moved.cause, moved.foreign_rank, moved.rank) == (RankCause.MOVED, 2, 1)


def test_a_tie_by_rounding_differs_from_a_tie_of_the_foreign_board():
    local = [LocalPlace(1, "b", None, 1, 0), LocalPlace(2, "a", None, 1, 0)]
    rounded = [ForeignPlace(1, "a", None, "1.4", 1, 0), ForeignPlace(2, "b", None, "0.9", 1, 0)]
    tied = [place._replace(exact="1") for place in rounded]
    assert compare_ranks(rounded, local).counts == {RankCause.ROUNDED: 2}
    comparison = compare_ranks(tied, local, tie_rule="by name")
    assert {(d.cause, d.detail) for d in comparison.differences} == {(RankCause.TIE, "by name")}
