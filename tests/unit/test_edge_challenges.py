"""Private challenges over HTTP: player tokens, links, limits, and results before and after the end."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import uuid4

import pytest

from leaderforge.domain.times import time_text
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.services.cadence import Cadence
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving

HOUR_MS = 3_600_000
END = START + HOUR_MS
GRACE_MS = 300_000
ALLOWED = {"LEADERFORGE_CHALLENGES": "2", "LEADERFORGE_CHALLENGE_PLAYERS": "3", "LEADERFORGE_CHALLENGE_DAYS": "1"}


@pytest.fixture
async def arena() -> AsyncIterator[Api]:
    """Service that allows challenges, with a board and 5 players."""
    async with serving(**TOKENS, **ALLOWED) as api:
        assert (await api.post("/api/boards", {"board": "duel", "policy": "best"}, ADMIN_KEY)).status_code == 201
        await api.players(1, 2, 3, 4, 5)
        yield api


async def request(api: Api, key: str | None = None, **members: Any) -> Any:
    body = {"board": "duel", "user_id": 1, "length_s": 3600, "max_players": 3, "challenge_id": str(uuid4())}
    body |= members
    return await api.post("/api/challenges", body, token(body["user_id"]) if key is None else key)


async def create(api: Api, **members: Any) -> str:
    answer = await request(api, **members)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["invitation"])


async def join(api: Api, invitation: str, user_id: int, key: str | None = None) -> Any:
    path = f"/api/challenges/{invitation}/players/{user_id}"
    return await api.send("PUT", path, key=token(user_id) if key is None else key)


async def submit(api: Api, user_id: int, score: int, **members: Any) -> None:
    answer = await api.post("/api/boards/duel/scores", {"user_id": user_id, "score": score, **members})
    assert answer.status_code == 200, answer.text


def code(answer: Any) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("error", {}).get("code")


async def view(api: Api, invitation: str, key: str | None = None) -> Any:
    answer = await api.get(f"/api/challenges/{invitation}", key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ranks(challenge: Any) -> list[tuple[int, int, int]]:
    return [(entry["rank"], entry["user_id"], entry["score"]) for entry in challenge["entries"]]


async def test_players_compete_by_link(arena: Api) -> None:
    await submit(arena, 1, 900)
    arena.clock.now += 1
    invitation = await create(arena)
    await submit(arena, 2, 20)
    assert code(await join(arena, invitation, 2)) == (200, None)
    await submit(arena, 1, 10)
    challenge = await view(arena, invitation)
    assert (challenge["board"], challenge["players"], challenge["max_players"]) == ("duel", 2, 3)
    # All scores since the start of the challenge count, even scores from before the player joined. Scores from before
    # the start do not count.
    assert ranks(challenge) == [(1, 2, 20), (2, 1, 10)]
    assert challenge["unscored"] == []
    joined = (await join(arena, invitation, 3, SUBMIT_KEY)).json()
    assert joined["unscored"] == [{"user_id": 3, "username": "player 3"}]
    assert code(await join(arena, invitation, 2)) == (200, None)
    assert code(await join(arena, invitation, 4)) == (409, "challenge_full")


async def test_the_state_follows_from_the_time_and_the_result_is_final(arena: Api) -> None:
    invitation = await create(arena)
    await submit(arena, 1, 10)
    states = []
    settled_at = END + GRACE_MS + SETTLE_MS
    for now in (START, END - 1, END, settled_at - 1, settled_at):
        arena.clock.now = now
        challenge = await view(arena, invitation)
        states.append(challenge["state"])
        assert challenge["now"] == time_text(now)
    assert states == ["open", "open", "closed", "closed", "settled"]
    assert (challenge["starts_at"], challenge["ends_at"]) == (time_text(START), time_text(END))
    assert (challenge["late_until"], challenge["settled_at"]) == (time_text(END + GRACE_MS), time_text(settled_at))
    assert code(await join(arena, invitation, 2)) == (422, "challenge_over")
    await submit(arena, 1, 99, achieved_at=time_text(END - 1))
    await submit(arena, 1, 98)
    assert ranks(await view(arena, invitation)) == [(1, 1, 10)]


async def test_a_poll_with_the_etag_is_answered_304_until_the_challenge_changes(arena: Api) -> None:
    invitation = await create(arena)
    path = f"/api/challenges/{invitation}"
    first = await arena.get(path)
    arena.clock.now += 1000
    etag = first.headers["etag"]
    unchanged = await arena.get(path, if_none_match=etag)
    assert (unchanged.status_code, unchanged.content, unchanged.headers["etag"]) == (304, b"", etag)
    later = await arena.get(path)
    assert later.json() == first.json() | {"now": time_text(START + 1000)}
    await join(arena, invitation, 2)
    changed = await arena.get(path, if_none_match=etag)
    assert (changed.status_code, changed.json()["players"]) == (200, 2)
    # The end changes the state.
    arena.clock.now = END
    assert (await arena.get(path, if_none_match=changed.headers["etag"])).json()["state"] == "closed"


async def test_readers_share_a_result_for_a_second(arena: Api) -> None:
    invitation = await create(arena)
    await submit(arena, 1, 10)
    settled_at = END + GRACE_MS + SETTLE_MS
    assert ranks(await view(arena, invitation)) == [(1, 1, 10)]
    await submit(arena, 1, 20)
    arena.clock.now += 999
    challenge = await view(arena, invitation, token(1))
    assert (ranks(challenge), challenge["now"]) == ([(1, 1, 10)], time_text(START + 999))
    arena.clock.now += 1
    assert ranks(await view(arena, invitation)) == [(1, 1, 20)]
    # The joining player sees current scores at once, and is visible to others at once.
    await submit(arena, 1, 30)
    assert ranks((await join(arena, invitation, 2)).json()) == [(1, 1, 30)]
    assert (await view(arena, invitation))["unscored"] == [{"user_id": 2, "username": "player 2"}]
    # A result that was cached before the settlement must not be shown as the final result.
    arena.clock.now = settled_at - 1
    await view(arena, invitation)
    await arena.post("/api/users/1/hide", {"reason": "test"}, ADMIN_KEY)
    assert ranks(await view(arena, invitation)) == [(1, 1, 30)]
    arena.clock.now = settled_at
    assert ranks(await view(arena, invitation)) == []


async def test_a_service_without_the_setting_has_no_challenges(api: Api) -> None:
    await api.players(1, 2)
    created = await request(api, SUBMIT_KEY, board="default")
    assert code(created) == (403, "challenges_disabled")
    assert code(await join(api, "x" * 22, 2, SUBMIT_KEY)) == (404, "challenge_not_found")
    assert code(await api.get(f"/api/challenges/{'x' * 22}")) == (404, "challenge_not_found")
    assert (await api.get("/api/users/1/challenges", SUBMIT_KEY)).json() == {"user_id": 1, "challenges": []}


async def test_rights_and_limits(arena: Api) -> None:
    assert code(await request(arena, token(2))) == (403, "forbidden")
    assert code(await request(arena, length_s=59)) == (422, "invalid_request")
    assert code(await request(arena, length_s=86_401)) == (422, "invalid_request")
    assert code(await request(arena, max_players=4)) == (422, "invalid_request")
    assert code(await request(arena, board="none")) == (404, "board_not_found")
    assert code(await request(arena, SUBMIT_KEY, user_id=99)) == (404, "user_not_found")
    first = await create(arena, challenge_id="9b0c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f")
    arena.clock.now += 1000
    assert await create(arena, challenge_id="9b0c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f") == first
    conflict = await request(arena, challenge_id="9b0c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f", max_players=2)
    assert code(conflict) == (409, "challenge_conflict")
    second = await create(arena)
    assert code(await request(arena)) == (422, "too_many_challenges")
    assert code(await join(arena, first, 2, token(3))) == (403, "forbidden")
    assert code(await arena.get("/api/users/1/challenges", token(2))) == (403, "forbidden")
    listed = (await arena.get("/api/users/1/challenges", token(1))).json()["challenges"]
    assert [(item["invitation"], item["number"], item["state"]) for item in listed] == [
        (second, 1, "open"),
        (first, 1, "open"),
    ]


async def test_private_boards_need_the_right_to_read(arena: Api) -> None:
    invitation = await create(arena)
    await arena.change_board("duel", private=True)
    assert code(await arena.get(f"/api/challenges/{invitation}")) == (401, "unauthenticated")
    assert code(await join(arena, invitation, 2)) == (403, "forbidden")
    assert code(await request(arena, user_id=3)) == (403, "forbidden")
    assert code(await join(arena, invitation, 2, token(2, scope="read"))) == (200, None)
    assert code(await join(arena, invitation, 3, SUBMIT_KEY)) == (200, None)


async def test_hidden_players_see_themselves_only(arena: Api) -> None:
    invitation = await create(arena)
    for user_id, score in ((1, 10), (2, 20)):
        await join(arena, invitation, user_id)
        await submit(arena, user_id, score)
    await join(arena, invitation, 3)
    for user_id in (2, 3):
        await arena.post(f"/api/users/{user_id}/hide", {"reason": "test"}, ADMIN_KEY)
    others = await view(arena, invitation, token(1))
    assert (ranks(others), others["unscored"]) == ([(1, 1, 10)], [])
    assert ranks(await view(arena, invitation)) == ranks(others)
    assert ranks(await view(arena, invitation, token(2))) == [(1, 2, 20), (2, 1, 10)]
    for_admin = await view(arena, invitation, ADMIN_KEY)
    assert [entry.get("hidden") for entry in for_admin["entries"]] == [True, None]
    assert [player["user_id"] for player in for_admin["unscored"]] == [3]
    assert "hidden" not in (await view(arena, invitation, token(2)))["entries"][0]


async def test_an_erased_player_leaves_and_an_export_has_the_challenge(arena: Api) -> None:
    invitation = await create(arena)
    await join(arena, invitation, 2)
    await submit(arena, 2, 20)
    export = (await arena.get("/api/users/2/export", ADMIN_KEY)).json()
    times = {"starts_at": time_text(START), "ends_at": time_text(END), "joined_at": time_text(START)}
    assert export["challenges"] == [{"board": "duel", "invitation": invitation, **times, "number": 2}]
    assert (await arena.send("DELETE", "/api/users/1", key=ADMIN_KEY)).status_code == 200
    challenge = await view(arena, invitation)
    assert (ranks(challenge), challenge["unscored"], challenge["players"]) == ([(1, 2, 20)], [], 2)


async def test_moderators_remove_challenges(arena: Api) -> None:
    invitation = await create(arena)
    [listed] = (await arena.get("/api/users/1/challenges", ADMIN_KEY)).json()["challenges"]
    path = f"/api/challenges/{listed['invitation']}?reason=abuse"
    assert code(await arena.send("DELETE", path, key=SUBMIT_KEY)) == (403, "forbidden")
    assert (await arena.send("DELETE", path, key=ADMIN_KEY)).json() == {"removed": True}
    assert code(await arena.get(f"/api/challenges/{invitation}")) == (404, "challenge_not_found")
    [act] = (await arena.get("/api/admin/audit?action=challenge.remove", ADMIN_KEY)).json()["entries"]
    assert (act["board"], act["reason"], act["details"]) == ("duel", "abuse", {"players": 1})


async def test_the_challenges_of_a_deleted_board_are_gone(arena: Api) -> None:
    invitation, _ = await create(arena), await create(arena)
    assert (await arena.send("DELETE", "/api/boards/duel", key=ADMIN_KEY)).status_code == 200
    assert code(await arena.get(f"/api/challenges/{invitation}")) == (404, "board_not_found")
    assert (await arena.get("/api/users/1/challenges", token(1))).json()["challenges"] == []
    # The challenges on the deleted board no longer count towards the limit of 2 open challenges.
    assert await create(arena, board="default")


async def test_maintenance_deletes_expired_challenges(arena: Api) -> None:
    invitation = await create(arena)
    arena.clock.now = END + 30 * 86_400_000
    assert await arena.services.seasons.challenges.purge_if_due() == 0
    assert await view(arena, invitation)
    later = arena.services.seasons.challenges
    later._purge_cadence = Cadence(0)
    arena.clock.now += 1
    assert await later.purge_if_due() == 1
    assert code(await arena.get(f"/api/challenges/{invitation}")) == (404, "challenge_not_found")
