"""The event `player.overtaken`, by the API over in-memory adapters, against brute force."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderforge.domain.boards import Policy, RankStyle
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.services import overtaking
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import Api, serving

BOARD = "/api/boards/race"
PLAYERS = range(1, 6)


class Pass(NamedTuple):
    """Event of an overtaken player: the player, the friend who passed, and the player's rank after that."""

    user_id: int
    overtaken_by: int
    rank: int


class Result(NamedTuple):
    """Visible result of a player in the oracle. The smaller of two results has the better rank."""

    lost: int
    achieved_at: str
    user_id: int


async def race(api: Api, **rules: Any) -> None:
    """Create the board and the players."""
    body = {"board": "race", "policy": Policy.LATEST, "events": ["player.overtaken"], **rules}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    await api.players(*PLAYERS)


async def follow(api: Api, user_id: int, *friend_ids: int) -> None:
    """Make a player follow exactly these players."""
    body = {"user_ids": list(friend_ids)}
    assert (await api.send("PUT", f"/api/users/{user_id}/friends", body, SUBMIT_KEY)).status_code == 200


async def score(api: Api, user_id: int, points: int) -> None:
    """Submit a score, a millisecond after the previous score."""
    api.clock.now += 1
    assert (await api.post(f"{BOARD}/scores", {"user_id": user_id, "score": points})).status_code == 200


async def look(api: Api) -> list[Pass]:
    """Relay all due notices, and return the new events."""
    position = (await api.services.parts.notices.bounds()).newest
    await api.services.events.dispatch.run(5)
    log = (await api.services.parts.notices.after(position, 1000)).notices
    events = [json.loads(notice.body)["data"] for notice in log]
    assert [notice.user_id for notice in log] == [event["user_id"] for event in events]
    assert {notice.type for notice in log} <= {"player.overtaken"}
    return [Pass(event["user_id"], event["overtaken_by"], event["rank"]) for event in events]


async def test_a_player_whom_a_friend_passes_gets_an_event() -> None:
    async with serving() as api:
        await race(api)
        await follow(api, 1, 2, 3)
        await score(api, 1, 50)
        await score(api, 2, 40)
        assert await look(api) == []
        await score(api, 4, 90)  # player 1 does not follow player 4
        await score(api, 2, 60)
        await score(api, 3, 70)  # a friend may also pass by a first score
        assert await look(api) == [Pass(1, 2, 4), Pass(1, 3, 4)]
        await score(api, 3, 80)
        await score(api, 1, 55)
        assert await look(api) == []


async def test_a_pass_is_noticed_though_the_index_gets_the_score_later() -> None:
    async with serving() as api:
        await race(api)
        await follow(api, 1, 2)
        await score(api, 1, 50)
        await score(api, 2, 40)
        assert await look(api) == []
        # Only the store has this score, as if the process had been killed after the commit.
        api.clock.now += 1
        board = await api.services.boards.get("race")
        event = Event(2, uuid4(), 60, api.clock.now)
        [recorded] = await api.store.record([Submission(board.ladders_at(api.clock.now), event)])
        assert isinstance(recorded, Recorded)
        assert [(found.user_id, found.overtaken_by) for found in await look(api)] == [(1, 2)]
        await api.services.maintain.reconcile()
        await score(api, 2, 70)
        assert await look(api) == []


async def test_only_the_order_at_the_looks_counts() -> None:
    async with serving() as api:
        await race(api)
        for user_id, friend_id in ((1, 2), (2, 1)):
            await follow(api, user_id, friend_id)
            await score(api, user_id, 50 + user_id)
        assert await look(api) == []
        for user_id, points in ((1, 60), (2, 70), (1, 80), (2, 90)):
            await score(api, user_id, points)
        assert await look(api) == []
        await score(api, 2, 10)  # a friend whose score becomes lower passes nobody
        assert await look(api) == []
        await score(api, 2, 100)
        assert await look(api) == [Pass(1, 2, 2)]


async def test_players_of_before_the_setting_are_noticed_first() -> None:
    async with serving() as api:
        await race(api, events=[])
        await follow(api, 1, 2)
        await score(api, 1, 50)
        await score(api, 2, 40)
        await api.change_board("race", events=("player.overtaken",))
        await score(api, 2, 60)  # no event, because there was no check of the places before this score
        assert await look(api) == []
        await score(api, 2, 45)
        await score(api, 2, 70)
        assert await look(api) == []
        await score(api, 1, 80)
        assert await look(api) == []
        await score(api, 2, 90)
        assert await look(api) == [Pass(1, 2, 2)]


async def test_hidden_and_blocked_players_pass_nobody() -> None:
    async with serving(**TOKENS) as api:
        await race(api)
        for user_id in (1, 4):
            await follow(api, user_id, 2, 3)
            await score(api, user_id, 50)
        for user_id in (2, 3):
            await score(api, user_id, 10)
        await look(api)
        await api.post(f"{BOARD}/entries/2/hide", {"reason": "a test"}, ADMIN_KEY)
        await score(api, 2, 90)
        assert await look(api) == []
        await api.post(f"{BOARD}/entries/2/unhide", {"reason": "a test"}, ADMIN_KEY)
        assert await look(api) == []  # a moderator's act causes no pass
        assert (await api.send("PUT", "/api/users/1/blocks/3", None, token(1))).status_code == 200
        await api.post(f"{BOARD}/entries/4/hide", {"reason": "a test"}, ADMIN_KEY)
        await score(api, 3, 80)
        assert await look(api) == []  # player 1 has blocked player 3, and player 4 is hidden


async def test_friends_must_follow_back_if_the_service_says_so() -> None:
    async with serving(LEADERFORGE_FRIENDS="mutual") as api:
        await race(api)
        await follow(api, 1, 2, 3)
        await follow(api, 3, 1)
        for user_id in (1, 2, 3):
            await score(api, user_id, 10 - user_id)
        await look(api)
        await score(api, 2, 50)
        await score(api, 3, 60)
        assert await look(api) == [Pass(1, 3, 3)]


async def test_strangers_displace_no_mutual_friend(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overtaking, "MAX_FOLLOWERS", 2)
    async with serving(LEADERFORGE_FRIENDS="mutual") as api:
        await race(api)
        for user_id, friend_id in ((1, 5), (2, 5), (3, 5), (4, 5), (5, 4)):
            await follow(api, user_id, friend_id)
        await score(api, 4, 50)
        await score(api, 5, 40)
        await look(api)
        await score(api, 5, 60)
        assert await look(api) == [Pass(4, 5, 2)]


async def test_only_the_first_ladder_counts_and_old_ones_are_forgotten() -> None:
    async with serving() as api:
        await race(api, periods=["daily", "all-time"])
        await follow(api, 1, 2)
        await score(api, 1, 50)
        await look(api)
        await score(api, 2, 60)
        assert await look(api) == [Pass(1, 2, 2)]
        day = 86_400_000
        api.clock.now += day
        await score(api, 2, 40)
        await score(api, 1, 30)
        assert await look(api) == []
        [board] = [board for board in await api.store.boards() if board.slug == "race"]
        places, current = api.services.parts.derived_notices, board.ladders_at(api.clock.now)[0].period
        assert await places.forget_places({(board.id, current)}) == 2
        assert (await places.places(board.id, current, [*PLAYERS])).keys() == {1, 2}


class Oracle:
    """Expected events, computed by brute force from the visible results of all players."""

    def __init__(self, style: RankStyle) -> None:
        self._is_shared = style is RankStyle.SHARED
        self._results: dict[int, Result] = {}
        self._hidden: set[int] = set()
        self._moderated: set[int] = set()
        self._submitters: set[int] = set()
        self._before: Mapping[int, Result] = {}

    def submit(self, user_id: int, points: int, achieved_at: str) -> None:
        self._results[user_id] = Result(-points, achieved_at, user_id)
        self._submitters.add(user_id)

    def hide(self, user_id: int, is_hidden: bool) -> None:
        if (user_id in self._hidden) != is_hidden:
            self._hidden ^= {user_id}
            self._moderated.add(user_id)

    def remove(self, user_id: int) -> None:
        self._results.pop(user_id, None)
        self._moderated.add(user_id)

    def look(self, followed: Mapping[int, set[int]]) -> list[Pass]:
        """Return the expected events since the previous look, in any order."""
        now = {i: result for i, result in self._results.items() if i not in self._hidden}
        passes = [
            Pass(i, friend, 1 + sum(self._is_above(other, now[i]) for other in now.values()))
            for i in now.keys() & self._before.keys()
            for friend in (self._submitters - self._moderated) & followed[i] & now.keys()
            if self._is_above(now[friend], now[i])
            and not (friend in self._before and self._is_above(self._before[friend], self._before[i]))
        ]
        self._before = now
        self._moderated, self._submitters = set(), set()
        return passes

    def _is_above(self, one: Result, other: Result) -> bool:
        return one.lost < other.lost if self._is_shared else one < other


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("score"), st.sampled_from(PLAYERS), st.integers(0, 5)),
        st.tuples(st.just("score"), st.sampled_from(PLAYERS), st.integers(0, 5)),
        st.tuples(st.just("look"), st.just(0), st.just(0)),
        st.tuples(st.sampled_from(["hide", "unhide", "remove"]), st.sampled_from(PLAYERS), st.just(0)),
        st.tuples(st.just("follow"), st.sampled_from(PLAYERS), st.sampled_from(PLAYERS)),
    ),
    max_size=40,
)


@pytest.mark.parametrize("style", RankStyle)
@settings(max_examples=20)
@given(steps=STEPS, friends=st.lists(st.sets(st.sampled_from(PLAYERS)), min_size=len(PLAYERS), max_size=len(PLAYERS)))
async def test_events_equal_brute_force(
    style: RankStyle, steps: Sequence[tuple[str, int, int]], friends: Sequence[set[int]]
) -> None:
    async with serving() as api:
        await race(api, rank_style=style)
        oracle, followed = Oracle(style), {i: ids - {i} for i, ids in zip(PLAYERS, friends, strict=True)}
        for user_id, ids in followed.items():
            await follow(api, user_id, *ids)
        for kind, user_id, number in [*steps, ("look", 0, 0)]:
            if kind == "look":
                assert sorted(await look(api)) == sorted(oracle.look(followed))
            else:
                await act(api, oracle, followed, kind, user_id, number)


async def act(api: Api, oracle: Oracle, followed: dict[int, set[int]], kind: str, user_id: int, number: int) -> None:
    """Do one step on the board and in the oracle."""
    entry, why = f"{BOARD}/entries/{user_id}", {"reason": "a test"}
    if kind == "score":
        api.clock.now += 1
        receipt = (await api.post(f"{BOARD}/scores", {"user_id": user_id, "score": number})).json()
        oracle.submit(user_id, number, receipt["achieved_at"])
    elif kind == "follow":
        if number != user_id:
            followed[user_id] = {number}
            await follow(api, user_id, number)
    elif kind == "remove":
        if (await api.send("DELETE", f"{entry}?reason=test", None, ADMIN_KEY)).status_code == 200:
            oracle.remove(user_id)
    elif (await api.post(f"{entry}/{kind}", why, ADMIN_KEY)).status_code == 200:
        oracle.hide(user_id, kind == "hide")
