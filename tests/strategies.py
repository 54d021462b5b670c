"""Random boards and events, with many ties and edge cases."""

from uuid import UUID

from hypothesis import strategies as st

from leaderforge.domain.boards import MAX_INTEGER, Board, Order, Policy, RankStyle
from leaderforge.domain.order import MAX_TIME
from leaderforge.domain.standings import Event

scores = st.integers(-MAX_INTEGER, MAX_INTEGER)
times = st.integers(-MAX_TIME, MAX_TIME)
user_ids = st.integers(-MAX_INTEGER, MAX_INTEGER)
orders = st.sampled_from(Order)
policies = st.sampled_from(Policy)

boards = st.builds(
    Board,
    id=st.just(1),
    slug=st.just("board"),
    name=st.just("Board"),
    policy=policies,
    order=orders,
    rank_style=st.sampled_from(RankStyle),
    subscore_order=st.none() | orders,
)

tied_events = st.builds(
    Event,
    user_id=st.integers(1, 12),
    submission_id=st.builds(UUID, int=st.integers(0, 2**128 - 1)),
    score=st.integers(-3, 3),
    achieved_at=st.integers(-5, 5),
    metadata=st.none() | st.just('{"level": 1}'),
    subscore=st.integers(-2, 2),
    received_us=st.integers(0, 3),
    change=st.none(),
    numbers=st.none() | st.just('{"laps": 3}'),
)
"""Events of few players with few scores and times, and therefore with ties in every field."""


def on_board(board: Board, event: Event) -> Event:
    """Return the event in a form that the board accepts: without a subscore on boards without subscores."""
    return event if board.subscore_order else event._replace(subscore=0)
