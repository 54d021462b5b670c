from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import Board, Order, Policy
from leaderforge.domain.standings import Event, combine, fold, improved, standing_of
from tests.oracle import Oracle
from tests.strategies import boards, tied_events

one_players_events = st.lists(
    tied_events.map(lambda e: Event(7, e.submission_id, e.score, e.achieved_at, e.metadata)),
    min_size=1,
    max_size=12,
    unique_by=lambda e: e.submission_id,
)


@given(boards, one_players_events, st.randoms(use_true_random=False))
def test_a_standing_depends_on_the_set_of_events_alone(board: Board, events: list[Event], random: Random):
    shuffled = random.sample(events, len(events))
    assert fold(board.policy, board.order, shuffled) == fold(board.policy, board.order, events)


@given(boards, one_players_events, st.data())
def test_events_may_be_folded_in_any_grouping(board: Board, events: list[Event], data: st.DataObject):
    cuts = sorted(data.draw(st.sets(st.integers(1, len(events)))) | {0, len(events)})
    parts = [fold(board.policy, board.order, events[a:b]) for a, b in pairwise(cuts)]
    whole = parts[0]
    for part in parts[1:]:
        whole = combine(board.policy, board.order, whole, part)
    assert whole == fold(board.policy, board.order, events)


@given(boards, one_players_events)
def test_a_standing_is_what_the_oracle_says(board: Board, events: list[Event]):
    standing = fold(board.policy, board.order, events)
    [line] = Oracle(board, events).lines
    assert (standing.score, standing.achieved_at, standing.submissions, standing.metadata) == (
        line.score,
        line.achieved_at,
        line.submissions,
        line.metadata,
    )


@given(boards, one_players_events)
def test_an_event_improves_a_board_of_runs_only_as_its_run(board: Board, events: list[Event]):
    standing = fold(board.policy, board.order, events)
    serving = [e for e in events if improved(board.policy, board.order, e, standing)]
    if board.policy is Policy.SUM:
        assert serving == [e for e in events if (e.score > 0 if board.order is Order.DESC else e.score < 0)]
    else:
        assert [e.submission_id for e in serving] == [standing.run_id]


@given(tied_events)
def test_the_first_event_is_the_standing(event: Event):
    standing = standing_of(event)
    assert (standing.user_id, standing.score, standing.submissions) == (event.user_id, event.score, 1)
