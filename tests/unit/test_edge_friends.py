"""Friends at the HTTP edge: lists, blocks, and ranks among friends."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import MAX_INTEGER, Order, Policy, RankStyle
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.oracle import Oracle
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import Api, serving

SCORES = {1: 50, 2: 70, 3: 60, 4: 90, 5: 40}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """Application with five ranked players. Player 1 follows 2, 3 and 5."""
    async with serving(**TOKENS) as running:
        await running.ranked(SCORES)
        await running.players(6)
        assert await put(running, 1, 2, 3, 5) == 3
        yield running


async def put(api: Api, user_id: int, *friend_ids: int) -> int:
    """Replace the friends of a player. Return the length of the new list."""
    answer = await api.send("PUT", f"/api/users/{user_id}/friends", {"user_ids": friend_ids}, SUBMIT_KEY)
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


async def friend_ranks(api: Api, query: str = "", key: str = SUBMIT_KEY, user_id: int = 1) -> Any:
    answer = await api.get(f"/api/boards/default/friends/{user_id}{query}", key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def places(entries: list[Any]) -> list[tuple[int, int, int]]:
    return [(entry["rank_among"], entry["user_id"], entry["rank"]) for entry in entries]


async def test_ranks_among_friends_have_the_ranks_on_the_board(api: Api) -> None:
    ranks = await friend_ranks(api)
    assert places(ranks["entries"]) == [(1, 2, 2), (2, 3, 3), (3, 1, 4), (4, 5, 5)]
    assert ranks["around"] == ranks["entries"]
    assert (ranks["ahead"]["user_id"], ranks["gap"]) == (3, 10)
    assert (ranks["friends"], ranks["ranked"], ranks["total"]) == (3, 4, 5)
    assert ranks["entries"][0]["username"] == "player 2"
    part = await friend_ranks(api, "?rank=2&limit=1&radius=0")
    assert places(part["entries"]) == [(2, 3, 3)]
    assert places(part["around"]) == [(3, 1, 4)]
    assert places([part["ahead"]]) == [(2, 3, 3)]
    assert (await friend_ranks(api, "?rank=5"))["entries"] == []


@pytest.mark.parametrize(("lowest", "gap"), [(-1, MAX_INTEGER), (-2, str(MAX_INTEGER + 1))])
async def test_a_gap_that_javascript_would_round_is_text(api: Api, lowest: int, gap: int | str) -> None:
    board = {"board": "wide", "tiers": [{"name": "top", "score": MAX_INTEGER - 1}, {"name": "all"}]}
    assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
    for user_id, score in ((1, lowest), (2, MAX_INTEGER - 1)):
        assert (await api.post("/api/boards/wide/scores", {"user_id": user_id, "score": score})).status_code == 200
    ranks = (await api.get("/api/boards/wide/friends/1", SUBMIT_KEY)).json()
    assert ranks["gap"] == gap
    assert (await api.get("/api/boards/wide/ranks/1")).json()["next_tier"]["points"] == gap


async def test_an_unchanged_answer_is_not_sent_again(api: Api) -> None:
    first = await api.get("/api/boards/default/friends/1", SUBMIT_KEY)
    again = await api.get("/api/boards/default/friends/1", SUBMIT_KEY, if_none_match=first.headers["etag"])
    assert again.status_code == 304
    await put(api, 1, 2)
    changed = await api.get("/api/boards/default/friends/1", SUBMIT_KEY, if_none_match=first.headers["etag"])
    assert changed.status_code == 200


async def test_a_player_without_a_score_sees_the_friends(api: Api) -> None:
    await put(api, 6, 1)
    ranks = await friend_ranks(api, user_id=6)
    assert (places(ranks["entries"]), ranks["around"], ranks["ahead"], ranks["gap"]) == ([(1, 1, 4)], [], None, None)


async def test_the_first_among_friends_has_nobody_ahead(api: Api) -> None:
    await put(api, 4, 1, 2)
    ranks = await friend_ranks(api, user_id=4)
    assert (ranks["ahead"], ranks["gap"], places(ranks["around"])[0]) == (None, None, (1, 4, 1))


async def test_hidden_friends_are_left_out_and_hidden_players_see_themselves(api: Api) -> None:
    await api.post("/api/boards/default/entries/3/hide", {"reason": "a test"}, ADMIN_KEY)
    await api.post("/api/users/1/hide", {"reason": "a test"}, ADMIN_KEY)
    assert places((await friend_ranks(api))["entries"]) == [(1, 2, 2), (2, 5, 3)]
    own = await friend_ranks(api, key=token(1))
    assert places(own["entries"]) == [(1, 2, 2), (2, 1, 3), (3, 5, 4)]
    assert (own["total"], "hidden" in own["entries"][1]) == (4, False)
    as_admin = await friend_ranks(api, key=ADMIN_KEY)
    assert [entry.get("hidden") for entry in as_admin["entries"]] == [None, True, None]
    await put(api, 2, 1, 4)
    assert places((await friend_ranks(api, user_id=2))["entries"]) == [(1, 4, 1), (2, 2, 2)]


async def test_a_list_is_read_and_changed_by_its_player(api: Api) -> None:
    added = await api.post("/api/users/1/friends", {"user_ids": [4, 4, 99, 1]}, token(1))
    assert added.json() == {"user_id": 1, "total": 4, "added": 1, "removed": 0, "missing": [99], "blocked": []}
    removed = await api.send("DELETE", "/api/users/1/friends/2", None, token(1))
    assert removed.json() == {"user_id": 1, "total": 3, "added": 0, "removed": 1, "missing": [], "blocked": []}
    await put(api, 4, 1)
    page = (await api.get("/api/users/1/friends?limit=2", token(1))).json()
    assert [(f["user_id"], f["username"], f["mutual"]) for f in page["friends"]] == [
        (3, "player 3", False),
        (4, "player 4", True),
    ]
    assert (page["total"], page["next"]) == (3, 4)
    rest = (await api.get("/api/users/1/friends?after=4", token(1))).json()
    assert ([f["user_id"] for f in rest["friends"]], rest["total"], rest["next"]) == ([5], 3, None)
    for other in ("/api/users/99/friends", "/api/users/99/blocks"):
        assert (await api.get(other, SUBMIT_KEY)).status_code == 404


async def test_external_ids_stand_for_players(api: Api) -> None:
    await api.post("/api/users", {"user_id": 7, "external_id": "steam/7"})
    body = {"user_ids": [2], "external_ids": ["steam/7", "steam/8"]}
    answer = await api.send("PUT", "/api/users/1/friends", body, SUBMIT_KEY)
    assert (answer.json()["total"], answer.json()["missing_external_ids"]) == (2, ["steam/8"])
    listed = (await api.get("/api/users/1/friends", SUBMIT_KEY)).json()["friends"]
    assert [friend.get("external_id") for friend in listed] == [None, "steam/7"]
    assert (await api.send("DELETE", "/api/users/1/friends/ext:steam%2F7", None, SUBMIT_KEY)).json()["total"] == 1
    own = await api.send("PUT", "/api/users/ext:steam%2F7/friends", {"user_ids": [1]}, SUBMIT_KEY)
    assert own.json()["user_id"] == 7


async def test_a_blocked_player_does_not_follow(api: Api) -> None:
    blocked = await api.send("PUT", "/api/users/2/blocks/1", None, token(2))
    assert blocked.json() == {"user_id": 2, "blocked_id": 1, "blocked": True}
    assert places((await friend_ranks(api))["entries"]) == [(1, 3, 3), (2, 1, 4), (3, 5, 5)]
    again = await api.post("/api/users/1/friends", {"user_ids": [2]})
    assert (again.json()["added"], again.json()["blocked"]) == (0, [2])
    [listed] = (await api.get("/api/users/2/blocks", token(2))).json()["blocked"]
    assert (listed["user_id"], listed["username"]) == (1, "player 1")
    ended = await api.send("DELETE", "/api/users/2/blocks/1", None, token(2))
    assert ended.json()["blocked"] is False
    assert (await api.post("/api/users/1/friends", {"user_ids": [2]})).json()["added"] == 1
    assert (await api.send("PUT", "/api/users/2/blocks/2", None, token(2))).status_code == 422


async def test_mutual_friends_follow_back() -> None:
    async with serving(LEADERFORGE_FRIENDS="mutual") as api:
        await api.ranked(SCORES)
        await put(api, 1, 2, 3)
        await put(api, 3, 1)
        ranks = await friend_ranks(api)
        assert (places(ranks["entries"]), ranks["friends"]) == ([(1, 3, 3), (2, 1, 4)], 1)


async def test_the_export_of_a_player_has_the_list_and_an_erasure_ends_both_directions(api: Api) -> None:
    await put(api, 2, 1)
    await api.send("PUT", "/api/users/1/blocks/4", None, SUBMIT_KEY)
    export = (await api.get("/api/users/1/export", ADMIN_KEY)).json()
    assert [friend["user_id"] for friend in export["friends"]] == [2, 3, 5]
    assert [player["user_id"] for player in export["blocked"]] == [4]
    await api.send("DELETE", "/api/users/1", None, ADMIN_KEY)
    assert (await api.get("/api/users/2/friends", SUBMIT_KEY)).json()["friends"] == []


async def test_lists_and_lookups_have_at_most_5000_players(api: Api) -> None:
    most = {"user_ids": list(range(1, 5001))}
    found = await api.post("/api/boards/default/ranks/lookup", most)
    assert len(found.json()["entries"]) == 5
    assert len(found.json()["missing"]) == 4995
    for path in ("/api/boards/default/ranks/lookup", "/api/users/1/friends"):
        assert (await api.post(path, {"user_ids": list(range(5001))})).status_code == 422
        assert (await api.post(path, {"external_ids": ["x" * 128] * 10_500})).status_code == 413
    assert (await api.post("/api/users/lookup", {"user_ids": list(range(501))})).status_code == 422


@given(
    scores=st.dictionaries(st.integers(1, 12), st.lists(st.integers(-3, 3), min_size=1, max_size=3), min_size=1),
    friends=st.sets(st.integers(1, 12)),
    order=st.sampled_from(Order),
    style=st.sampled_from(RankStyle),
    own=st.integers(1, 12),
    rank=st.integers(1, 4),
    radius=st.integers(0, 3),
)
async def test_ranks_among_friends_equal_brute_force(
    scores: dict[int, list[int]],
    friends: set[int],
    order: Order,
    style: RankStyle,
    own: int,
    rank: int,
    radius: int,
) -> None:
    async with serving() as api:
        board = {"board": "b", "policy": Policy.SUM, "order": order, "rank_style": style}
        await api.post("/api/boards", board, ADMIN_KEY)
        await api.players(*range(1, 13))
        for user_id, submitted in scores.items():
            for score in submitted:
                api.clock.now += 1
                await api.post("/api/boards/b/scores", {"user_id": user_id, "score": score})
        await put(api, own, *friends)
        stored = await api.store.board("b")
        assert stored is not None
        events = [kept.event for user_id in scores for kept in api.store.stored_events(user_id)]
        lines = [line for line in Oracle(stored, events).lines if line.user_id in friends | {own}]
        among = {line.user_id: 1 + [other.rank for other in lines].index(line.rank) for line in lines}
        expected = [(among[line.user_id], line.user_id, line.rank) for line in lines]
        answer = await api.get(f"/api/boards/b/friends/{own}?rank={rank}&limit=3&radius={radius}", SUBMIT_KEY)
        ranks = answer.json()
        assert places(ranks["entries"]) == expected[rank - 1 : rank + 2]
        position = next((i for i, line in enumerate(lines) if line.user_id == own), None)
        around = [] if position is None else expected[max(0, position - radius) : position + radius + 1]
        assert places(ranks["around"]) == around
        ahead = [line for line in lines if position is not None and line.rank < lines[position].rank]
        assert (ranks["ahead"] or {}).get("user_id") == (ahead[-1].user_id if ahead else None)
        if ahead and position is not None:
            assert ranks["gap"] == abs(ahead[-1].score - lines[position].score)
