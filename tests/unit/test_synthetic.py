from collections import Counter
from itertools import chain
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.cli.synthetic import CHUNK_PLAYERS, SPAN_MS, Chunk, Plan, chunks, name_of
from leaderforge.domain.boards import Board
from leaderforge.domain.names import claims_of
from leaderforge.domain.players import username
from leaderforge.domain.standings import Event, fold

BOARD = Board(1, "default", "Default")
UNTIL = 1_700_000_000_000


def crowd(players: int, sessions: int, seed: int = 1) -> list[Chunk]:
    return [plan.make() for plan in chunks(players, sessions, seed, UNTIL)]


@given(st.integers(1, 35 * CHUNK_PLAYERS), st.integers(0, 10**7))
def test_plans_hold_every_player_once_and_just_so_many_sessions(players: int, sessions: int):
    plans = list(chunks(players, sessions, 1, UNTIL))
    assert list(chain.from_iterable((plan.first, plan.last) for plan in plans)) == [
        bound
        for first in range(1, players + 1, CHUNK_PLAYERS)
        for bound in (first, min(first + CHUNK_PLAYERS - 1, players))
    ]
    assert sum(plan.sessions for plan in plans) == sessions
    assert all(plan.sessions >= 0 for plan in plans)


@pytest.mark.parametrize(("players", "sessions"), [(1, 0), (1, 5), (300, 0), (300, 100), (300, 300), (25_000, 60_001)])
def test_a_crowd_has_the_size_it_was_asked_for(players: int, sessions: int):
    made = crowd(players, sessions)
    assert [i for chunk in made for i in chunk.names] == list(range(1, players + 1))
    assert sum(len(chunk.sessions) for chunk in made) == sessions
    assert sum(s.submissions for chunk in made for s in chunk.standings) == sessions


def test_everyone_plays_once_before_anyone_plays_twice():
    [few], [enough] = crowd(300, 100), crowd(300, 400)
    assert sorted(user_id for user_id, *_ in few.sessions) == list(range(1, 101))
    assert {user_id for user_id, *_ in enough.sessions} == set(range(1, 301))


def test_the_same_seed_makes_the_same_crowd_and_another_one_another():
    assert crowd(12_000, 20_000) == crowd(12_000, 20_000)
    assert crowd(300, 900)[0].sessions != crowd(300, 900, seed=2)[0].sessions


def test_a_chunk_does_not_depend_on_those_before_it():
    whole = list(chunks(25_000, 75_000, 1, UNTIL))
    assert whole[1].make() == Plan(10_001, 20_000, 30_000, 1, UNTIL).make()


def test_no_two_sessions_share_an_id():
    sessions = list(chain.from_iterable(chunk.sessions for chunk in crowd(25_000, 60_000)))
    assert len({number for _, number, _, _ in sessions}) == 60_000


def test_scores_are_positive_and_times_lie_in_the_half_year_before():
    [chunk] = crowd(3000, 12_000)
    assert all(score > 0 for _, _, score, _ in chunk.sessions)
    assert all(UNTIL - SPAN_MS <= at <= UNTIL for *_, at in chunk.sessions)


def test_few_play_most():
    sessions = chain.from_iterable(chunk.sessions for chunk in crowd(10_000, 100_000))
    counts = sorted(Counter(user_id for user_id, *_ in sessions).values(), reverse=True)
    busiest = sum(counts[:100])
    assert busiest > 100_000 * 0.1  # the busiest 1 % of the players have over 10 % of the sessions
    assert counts[len(counts) // 2] < 100_000 / 10_000  # half of all players have fewer sessions than the mean


def test_names_are_names_and_nobody_shares_one():
    names = [name_of(i) for i in chain(range(1, 60_000), range(10**6, 10**6 + 60_000), [10**8])]
    assert all(username(name) == name for name in names[::50])
    keys = [key for name in names for key in claims_of(name)]
    assert len(set(keys)) == len(keys)


def test_neighbours_have_unlike_names():
    assert len({name_of(i)[:4] for i in range(1, 11)}) > 5


@pytest.mark.parametrize("until", [UNTIL, 0])
def test_standings_are_the_fold_of_the_sessions(until: int):
    [plan] = chunks(500, 3000, 1, until)
    chunk = plan.make()
    events: dict[int, list[Event]] = {}
    for user_id, number, score, at in chunk.sessions:
        events.setdefault(user_id, []).append(Event(user_id, UUID(int=number), score, at))
    assert len(chunk.standings) == len(events)
    for standing in chunk.standings:
        folded = fold(BOARD, events[standing.user_id])
        assert standing.revision == until * 1000
        for name in ("user_id", "score", "achieved_at", "run_id", "metadata", "scored", "submissions"):
            assert getattr(standing, name) == getattr(folded, name)
