from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import Board, Order, Policy
from leaderforge.domain.standings import Event, combine, fold, is_improvement, removed_standing, standing_of
from tests.oracle import Oracle
from tests.strategies import boards, on_board, tied_events

one_players_events = st.lists(
    tied_events.map(lambda e: e._replace(user_id=7)),
    min_size=1,
    max_size=12,
    unique_by=lambda e: e.submission_id,
)


@given(boards, one_players_events, st.randoms(use_true_random=False))
def test_a_standing_depends_on_the_set_of_events_alone(board: Board, events: list[Event], random: Random):
    shuffled = random.sample(events, len(events))
    assert fold(board, shuffled) == fold(board, events)


@given(boards, one_players_events, st.data())
def test_events_may_be_folded_in_any_grouping(board: Board, events: list[Event], data: st.DataObject):
    cuts = sorted(data.draw(st.sets(st.integers(1, len(events)))) | {0, len(events)})
    parts = [fold(board, events[a:b]) for a, b in pairwise(cuts)]
    whole = parts[0]
    for part in parts[1:]:
        whole = combine(board, whole, part)
    assert whole == fold(board, events)


@given(boards, one_players_events)
def test_a_removed_standing_is_as_if_it_had_never_been(board: Board, events: list[Event]):
    again = fold(board, [on_board(board, event) for event in events])
    assert combine(board, removed_standing(board, 7, 3), again) == again._replace(revision=3)
    assert combine(board, again, removed_standing(board, 7, 3)) == again._replace(revision=3)


@given(boards, one_players_events)
def test_a_standing_is_what_the_oracle_says(board: Board, events: list[Event]):
    taken = [on_board(board, event) for event in events]
    standing = fold(board, taken)
    [line] = Oracle(board, taken).lines
    assert (standing.score, standing.achieved_at, standing.submissions, standing.metadata) == (
        line.score,
        line.achieved_at,
        line.submissions,
        line.metadata,
    )
    assert line.subscore in {None, standing.subscore}


@given(boards, one_players_events)
def test_an_event_improves_a_board_of_runs_only_as_its_run(board: Board, events: list[Event]):
    standing = fold(board, events)
    serving = [e for e in events if is_improvement(board, e, standing)]
    if board.policy is Policy.SUM:
        assert serving == [e for e in events if (e.score > 0 if board.order is Order.DESC else e.score < 0)]
    else:
        assert [e.submission_id for e in serving] == [standing.run_id]


@given(tied_events)
def test_the_first_event_is_the_standing(event: Event):
    standing = standing_of(event)
    assert (standing.user_id, standing.score, standing.submissions) == (event.user_id, event.score, 1)
