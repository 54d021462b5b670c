"""Feeds: valid settings, their texts, and histories of submissions that equal brute force."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderforge.cli.board_texts import parsed, text_of
from leaderforge.domain.board_settings import changed_board, new_board
from leaderforge.domain.errors import Refused
from leaderforge.domain.feed_rules import feeds_of
from leaderforge.domain.feeds import Feed
from leaderforge.domain.players import Player
from tests.acceptance.test_feeds import PLAYERS, START, History
from tests.feed_reference import MAX_COINS, Sent
from tests.unit.edge_fixtures import serving

COINS, RUNS = {"board": "coins", "number": "coins"}, {"board": "runs"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({}, "list of objects"),
        ([3], "must be an object"),
        ([{**COINS, "score": 1}], "unknown member 'score'"),
        ([{"number": "coins"}], "needs a board"),
        ([{"board": "coins", "number": 3}], "must be a name, not 3"),
        ([{"board": "coins", "number": "Coins"}], "is not a name"),
        ([COINS, {"board": "coins"}], "two feeds have one board"),
        ([{"board": f"b{i}"} for i in range(5)], "at most 4, not 5"),
    ],
)
def test_invalid_feeds_are_refused(values: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        new_board("laps", {"feeds": feeds_of(values)})


def test_a_feed_has_a_text_for_commands() -> None:
    feeds = feeds_of([COINS, RUNS])
    assert parsed([f"feeds={text_of(feeds)}"]) == {"feeds": feeds}
    assert parsed(["feeds=none"]) == {"feeds": ()}
    with pytest.raises(Refused, match="is not a JSON list of feeds"):
        parsed(["feeds=coins"])


def test_feeds_may_change() -> None:
    board = new_board("laps", {"feeds": feeds_of([COINS])})
    assert changed_board(board, {"feeds": feeds_of([RUNS])}, 0) == replace(board, feeds=(Feed("runs"),))


names = st.dictionaries(st.sampled_from(["coins", "deaths", "combo"]), st.integers(0, MAX_COINS + 2), max_size=3)
submissions = st.tuples(
    st.sampled_from(["laps", "laps", "coins", "deaths", "runs"]),
    st.sampled_from(PLAYERS[:2]),
    st.integers(1, 4),
    st.integers(0, MAX_COINS + 1),
    names,
)
actions = st.lists(submissions, min_size=1, max_size=5) | st.tuples(st.integers(0, 30), st.booleans())
"""A batch of submissions, or the removal (True) or restoration (False) of a stored submission."""


@settings(max_examples=15, deadline=None)
@given(history=st.lists(actions, min_size=1, max_size=8))
def test_histories_equal_brute_force(history: Sequence[Any]) -> None:
    asyncio.run(compare(history))


async def compare(history: Sequence[Any]) -> None:
    async with serving() as api:
        api.clock.now = START + 10_000_000
        await api.services.parts.users.create([Player(i, f"player {i}", None, 0) for i in PLAYERS])
        world = History(api, 0)
        await world.create()
        for action in history:
            if isinstance(action, list):
                await world.submit_all([sent(world, *members) for members in action])
            elif stored := list(world.reference.stored):
                await world.set_removed(*stored[action[0] % len(stored)], removed=action[1])
        await world.check()


def sent(world: History, board: str, user_id: int, number: int, score: int, numbers: Mapping[str, int]) -> Sent:
    """Return a submission with the next time."""
    world.sent.append(Sent(board, user_id, number, score, numbers, START + len(world.sent) * 1000))
    return world.sent[-1]
