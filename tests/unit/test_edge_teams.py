"""Teams over HTTP: rights, members, team boards, and the view of moderators."""

import json
from collections.abc import AsyncIterator, Sequence
from random import Random
from typing import Any, NamedTuple

import pytest

from leaderforge.domain.boards import Ladder
from leaderforge.domain.times import time_text
from leaderforge.services import team_scores
from tests.acceptance.reads import Reads
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import Api, serving
from tests.unit.test_edge_live import listening

REDS, BLUES = -1, -2
TOURNAMENT = {"starts_at": "2026-11-23T12:00:00Z", "ends_at": "2026-11-23T13:00:00Z"}


class Clan(NamedTuple):
    """Team with one member, the player `number`, who plays at the time `at` (ms)."""

    number: int
    score: int
    at: int = 0

    @property
    def user_id(self) -> int:
        """Return the id of the team."""
        return -self.number


CLANS = [Clan(10 + i, score) for i, score in enumerate([5, 9, 0, 9, 40, 7, 5, 12, 3])]
"""Teams in the order in which their members play. Two scores occur twice."""


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving(**TOKENS) as api:
        await api.players(1, 2, 3)
        yield api


async def create(api: Api, team_id: int, name: str, **values: Any) -> dict[str, Any]:
    answer = await api.post("/api/teams", {"team_id": team_id, "name": name, **values})
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/teams/{team_id}"
    body: dict[str, Any] = answer.json()
    return body


async def board(api: Api, slug: str = "clans", **settings: Any) -> None:
    rules = {"source": "default"}
    answer = await api.send("POST", "/api/boards", {"board": slug, "team": rules, **settings}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    await api.services.teams.scores.sweep()


async def play(api: Api, user_id: int, score: int) -> None:
    api.clock.now += 1
    answer = await api.post("/api/scores", {"user_id": user_id, "score": score})
    assert answer.status_code == 200, answer.text
    await api.services.teams.scores.settle()


async def join(api: Api, team_id: int, user_id: int, key: str = SUBMIT_KEY) -> int:
    api.clock.now += 1
    return (await api.send("PUT", f"/api/teams/{team_id}/members/{user_id}", None, key)).status_code


async def leave(api: Api, team_id: int, user_id: int, key: str = SUBMIT_KEY) -> int:
    api.clock.now += 1
    return (await api.send("DELETE", f"/api/teams/{team_id}/members/{user_id}", None, key)).status_code


async def top(api: Api, slug: str = "clans", query: str = "") -> list[tuple[int, str, int]]:
    answer = await api.get(f"/api/boards/{slug}/top{query}")
    assert answer.status_code == 200, answer.text
    return [(e["rank"], e["username"], e["score"]) for e in answer.json()["entries"]]


async def contributions(api: Api, team_id: int, key: str | None = None) -> list[tuple[int, int, bool, bool]]:
    answer = await api.send("GET", f"/api/boards/clans/teams/{team_id}", None, key)
    assert answer.status_code == 200, answer.text
    return [(c["user_id"], c["score"], c["member"], c["counts"]) for c in answer.json()["contributions"]]


async def test_a_team_is_shown_with_its_members_and_captain(api: Api) -> None:
    created = await create(api, REDS, "Reds", captain_id=2, max_members=2, joining="open", external_id="clan-7")
    assert (created["captain_id"], created["max_members"], created["joining"]) == (2, 2, "open")
    assert await join(api, REDS, 1) == 200
    shown = (await api.get("/api/teams/ext:clan-7")).json()
    assert [member["username"] for member in shown["members"]] == ["player 2", "player 1"]
    assert await join(api, REDS, 3) == 409
    assert await leave(api, REDS, 2) == 200
    assert (await api.get(f"/api/teams/{REDS}")).json()["captain_id"] == 1
    played = (await api.get("/api/users/2/teams")).json()["teams"]
    assert [(t["team_id"], t["name"], t["left_at"] is None) for t in played] == [(REDS, "Reds", False)]
    assert (await api.get("/api/teams/-9")).json()["error"]["code"] == "team_not_found"
    assert (await api.get("/api/teams/1")).json()["error"]["code"] == "team_not_found"


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"name": "Reds"}, "username_taken"),
        ({"name": "player 1"}, "username_taken"),
        ({"name": "new", "team_id": REDS}, "user_exists"),
        ({"name": "new", "team_id": 5}, "invalid_request"),
        ({"name": "new", "captain_id": 1}, "in_other_team"),
        ({"name": "new", "captain_id": REDS}, "is_team"),
        ({"name": "new", "captain_id": 9}, "user_not_found"),
        ({"name": "new", "max_members": 501}, "invalid_request"),
    ],
)
async def test_a_refused_team_is_not_created(api: Api, body: dict[str, Any], code: str) -> None:
    await create(api, REDS, "Reds", captain_id=1)
    answer = await api.post("/api/teams", body)
    assert answer.json()["error"]["code"] == code
    assert await api.services.parts.teams.teams([REDS]) == await api.services.parts.teams.teams([REDS, BLUES, 5])


async def test_who_may_join_and_leave(api: Api) -> None:
    await create(api, REDS, "Reds", captain_id=1, joining="captain")
    await create(api, BLUES, "Blues", joining="open")
    assert await join(api, REDS, 2, token(2)) == 403
    assert await join(api, REDS, 2, token(1)) == 200
    assert await join(api, BLUES, 3, token(2)) == 403
    assert await join(api, BLUES, 3, token(3)) == 200
    # A captain cannot add a player of another team. Only the player may move to a team.
    assert await join(api, REDS, 3, token(1)) == 409
    assert await join(api, BLUES, 2, token(2)) == 200
    assert await leave(api, BLUES, 2, token(1)) == 403
    assert await leave(api, BLUES, 2, token(3)) == 200
    assert await leave(api, BLUES, 3, token(3)) == 200
    assert await leave(api, BLUES, 3, token(3)) == 404
    assert await join(api, REDS, 3) == 200
    answer = await api.send("PATCH", f"/api/teams/{REDS}", {"joining": "server"}, token(1))
    assert answer.status_code == 200
    assert await join(api, REDS, 2, token(1)) == 403
    assert await join(api, REDS, BLUES) == 422


async def test_a_captain_renames_the_team_and_appoints_another_captain(api: Api) -> None:
    await create(api, REDS, "Reds", captain_id=1)
    await join(api, REDS, 2)
    path = f"/api/teams/{REDS}"
    changed = await api.send("PATCH", path, {"name": "Crimsons", "captain_id": 2}, token(1))
    assert (changed.json()["name"], changed.json()["captain_id"]) == ("Crimsons", 2)
    assert (await api.send("PATCH", path, {"name": "Scarlets"}, token(1))).status_code == 403
    assert (await api.send("PATCH", path, {"captain_id": 3}, token(2))).json()["error"]["code"] == "not_in_team"
    assert (await api.send("PATCH", path, {"max_members": 1}, token(2))).status_code == 409
    assert (await api.send("PATCH", path, {"name": "player 1"}, token(2))).status_code == 409
    assert (await api.get(path)).json()["name"] == "Crimsons"
    # 0 is a player id like others.
    await api.players(0)
    await join(api, REDS, 0)
    assert (await api.send("PATCH", path, {"captain_id": 0}, token(2))).json()["captain_id"] == 0
    assert (await api.send("PATCH", path, {"max_members": 5}, token(0))).json()["captain_id"] == 0


async def test_scores_of_members_rank_the_team_at_once(api: Api) -> None:
    await create(api, REDS, "Reds")
    await create(api, BLUES, "Blues")
    await board(api)
    for team_id, user_id in ((REDS, 1), (REDS, 2), (BLUES, 3)):
        await join(api, team_id, user_id)
    for user_id, score in ((1, 10), (2, 5), (3, 12)):
        await play(api, user_id, score)
    assert await top(api) == [(1, "Reds", 15), (2, "Blues", 12)]
    assert await contributions(api, REDS) == [(1, 10, True, True), (2, 5, True, True)]
    # After player 1 moves to another team, the points from before the move stay with the first team.
    await join(api, BLUES, 1)
    await play(api, 1, 100)
    assert await top(api) == [(1, "Blues", 112), (2, "Reds", 15)]
    assert await contributions(api, REDS) == [(1, 10, False, True), (2, 5, True, True)]
    rank = (await api.get(f"/api/boards/clans/ranks/{REDS}")).json()
    assert (rank["rank"], rank["score"], rank["submissions"]) == (2, 15, 2)
    around = (await api.get(f"/api/boards/clans/around/{REDS}")).json()
    assert [entry["username"] for entry in around["entries"]] == ["Blues", "Reds"]


async def test_every_read_lists_teams(api: Api) -> None:
    await board(api)
    for team in CLANS:
        await api.players(team.number)
        await create(api, team.user_id, f"Team {team.number}")
        await join(api, team.user_id, team.number)
        await play(api, team.number, team.score)
    ranking = list(enumerate(sorted(CLANS, key=lambda team: (-team.score, team.number)), 1))
    reads = Reads(api, "clans", ranking, listed, expected, int)
    await reads.check(Random(1))
    async with listening(api, "/api/boards/clans/stream?limit=3") as listener:
        await listener.until(1)
        await play(api, CLANS[-1].number, 1_000)
        await listener.until(2)
    before, after = (listed(event["entries"]) for _, event in listener.events)
    assert before == reads.everything[:3]
    assert after == [
        (1, CLANS[-1].user_id, 1_000 + CLANS[-1].score, f"Team {CLANS[-1].number}"),
        *expected([(rank + 1, team) for rank, team in ranking[:2]]),
    ]


def listed(entries: Sequence[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(e["rank"], e["user_id"], e["score"], e["username"]) for e in entries]


def expected(ranking: Sequence[tuple[int, Clan]]) -> list[tuple[object, ...]]:
    return [(rank, team.user_id, team.score, f"Team {team.number}") for rank, team in ranking]


async def test_moderation_corrects_the_team(api: Api) -> None:
    await create(api, REDS, "Reds")
    await board(api)
    await join(api, REDS, 1)
    await join(api, REDS, 2)
    await play(api, 1, 10)
    await play(api, 2, 5)
    await api.send("POST", "/api/users/1/hide", {"reason": "bot"}, ADMIN_KEY)
    await api.services.teams.scores.settle()
    assert await top(api) == [(1, "Reds", 5)]
    assert await contributions(api, REDS) == [(2, 5, True, True)]
    assert await contributions(api, REDS, ADMIN_KEY) == [(2, 5, True, True), (1, 10, True, False)]
    assert await contributions(api, REDS, token(1)) == [(2, 5, True, True), (1, 10, True, False)]
    await api.send("POST", "/api/users/1/unhide", {"reason": "no bot"}, ADMIN_KEY)
    await api.send("DELETE", "/api/users/2", None, ADMIN_KEY)
    await api.services.teams.scores.settle()
    assert await top(api) == [(1, "Reds", 10)]
    await api.send("DELETE", f"/api/users/{REDS}", None, ADMIN_KEY)
    assert await top(api) == []
    assert (await api.get("/api/users/1/teams")).json() == {"user_id": 1, "teams": []}


async def test_an_export_has_the_teams_of_a_player(api: Api) -> None:
    await create(api, REDS, "Reds", captain_id=1)
    await leave(api, REDS, 1)
    await join(api, REDS, 1)
    exported = (await api.send("GET", "/api/users/1/export", None, token(1))).json()["teams"]
    assert [(team["team_id"], team["left_at"] is None) for team in exported] == [(REDS, False), (REDS, True)]
    exported = (await api.send("GET", "/api/users/2/export", None, token(2))).json()
    assert "teams" not in exported


async def test_a_sweep_finds_what_a_dead_process_left(api: Api) -> None:
    await create(api, REDS, "Reds")
    await board(api)
    await join(api, REDS, 1)
    api.services.delivery.on_changed = lambda ladder, user_ids: None
    await play(api, 1, 10)
    assert await top(api) == []
    api.clock.now += 60_000
    assert await api.services.teams.scores.sweep() == 1
    assert await top(api) == [(1, "Reds", 10)]
    assert await api.services.teams.scores.sweep() == 0


async def test_players_beyond_the_limit_of_waiting_ones_are_left_to_the_sweep(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(team_scores, "_MOST_NOTED", 2)
    await create(api, REDS, "Reds")
    await create(api, BLUES, "Blues")
    await board(api)
    for team_id, user_id in ((REDS, 1), (REDS, 2), (BLUES, 3)):
        await join(api, team_id, user_id)
    api.services.delivery.on_changed = lambda ladder, user_ids: None
    for user_id in (1, 2, 3):
        await play(api, user_id, 10)
    scores = api.services.teams.scores
    source = Ladder(await api.services.boards.get("default"))
    scores.note(source, [1, 2])
    scores.note(source, [3])
    await scores.settle()
    assert await top(api) == [(1, "Reds", 20)]
    api.clock.now += 60_000
    await scores.sweep()
    assert await top(api) == [(1, "Reds", 20), (2, "Blues", 10)]


@pytest.mark.parametrize(
    ("settings", "setting"),
    [
        ({"team": {"source": "nothing"}}, "team"),
        ({"team": {"source": "default", "function": "best"}}, "team"),
        ({"team": {"source": "default", "function": "sum", "members": 2}}, "team"),
        ({"policy": "best"}, "policy"),
        ({"order": "asc"}, "order"),
        ({"periods": ["daily"]}, "periods"),
        ({"open_to_players": True}, "open_to_players"),
        ({"max_score": 5}, "max_score"),
    ],
)
async def test_settings_that_a_team_board_cannot_have(api: Api, settings: dict[str, Any], setting: str) -> None:
    body = {"board": "clans", "team": {"source": "default"}, **settings}
    answer = await api.send("POST", "/api/boards", body, ADMIN_KEY)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["setting"] == setting


async def test_a_team_takes_a_seat_in_a_league_when_its_members_score(api: Api) -> None:
    league = {"divisions": ["Gold", "Silver"], "group_size": 2, "promotion": {"places": 1}}
    weekly = {"policy": "best", "periods": ["all-time", "weekly"]}
    await api.send("POST", "/api/boards", {"board": "points", **weekly}, ADMIN_KEY)
    await board(api, team={"source": "points"}, league=league, **weekly)
    for team_id, user_id in ((REDS, 1), (BLUES, 2)):
        await create(api, team_id, f"Team {user_id}")
        await join(api, team_id, user_id)
        api.clock.now += 1
        await api.post("/api/boards/points/scores", {"user_id": user_id, "score": 10 * user_id})
        await api.services.teams.scores.settle()
    group = (await api.get(f"/api/boards/clans/league/{REDS}")).json()
    assert (group["group"], group["group_rank"]) == (1, 2)
    assert [(e["user_id"], e["movement"]) for e in group["entries"]] == [(BLUES, "promoted"), (REDS, "stayed")]
    assert await api.services.seasons.seats.search() == 0


async def test_teams_are_in_tiers_and_past_periods_and_are_exported(api: Api) -> None:
    await api.send("POST", "/api/boards", {"board": "points", "periods": ["daily"]}, ADMIN_KEY)
    tiers = [{"name": "gold", "score": 12}, {"name": "rest"}]
    await board(api, team={"source": "points"}, periods=["daily"], tiers=tiers)
    for team_id, name, user_id in ((REDS, "Reds", 1), (BLUES, "Blues", 2)):
        await create(api, team_id, name)
        await join(api, team_id, user_id)
    for user_id, score in ((1, 10), (2, 12)):
        await api.post("/api/boards/points/scores", {"user_id": user_id, "score": score})
    await api.services.teams.scores.settle()
    entries = (await api.get("/api/boards/clans/page")).json()["entries"]
    assert [(entry["username"], entry["tier"]) for entry in entries] == [("Blues", "gold"), ("Reds", "rest")]
    day = (await api.get("/api/boards/clans/top")).json()["period"]
    api.clock.now += 86_400_000
    assert await top(api) == []
    assert await top(api, query=f"?period={day}") == [(1, "Blues", 12), (2, "Reds", 10)]
    lines = (await api.get(f"/api/boards/clans/export?format=csv&period={day}", ADMIN_KEY)).text.splitlines()
    assert [line.split(",")[:2] for line in lines[1:]] == [["1", str(BLUES)], ["2", str(REDS)]]


async def test_a_team_board_is_read_at_moments_and_is_frozen_with_its_contributions(api: Api) -> None:
    await board(api, moment_days=30)
    await create(api, REDS, "Reds")
    await join(api, REDS, 1)
    await play(api, 1, 10)
    moment = time_text(api.clock.now)
    api.clock.now += 3_600_000
    await play(api, 1, 5)
    api.clock.now += 60_000
    assert await top(api, query=f"?at={moment}") == [(1, "Reds", 10)]
    [entry] = (await api.get(f"/api/boards/clans/top?since={moment}")).json()["entries"]
    assert (entry["score"], entry["previous_score"], entry["moved"]) == (15, 10, 0)
    assert (await api.send("PATCH", "/api/boards/clans", {"frozen_at": moment}, ADMIN_KEY)).status_code == 200
    assert await top(api) == [(1, "Reds", 10)]
    refused = await api.get(f"/api/boards/clans/teams/{REDS}")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "invalid_request")
    assert await contributions(api, REDS, ADMIN_KEY) == [(1, 15, True, True)]


async def test_contributions_from_a_private_source_need_the_right_to_read_it(api: Api) -> None:
    await api.send("POST", "/api/boards", {"board": "points", "private": True}, ADMIN_KEY)
    await board(api, team={"source": "points"})
    await create(api, REDS, "Reds")
    await join(api, REDS, 1)
    await api.post("/api/boards/points/scores", {"user_id": 1, "score": 10})
    await api.services.teams.scores.settle()
    assert await top(api) == [(1, "Reds", 10)]
    for key in (None, token(1)):
        refused = await api.get(f"/api/boards/clans/teams/{REDS}", key)
        assert refused.status_code == (await api.get("/api/boards/points/ranks/1", key)).status_code
        assert refused.status_code in {401, 403}
    assert await contributions(api, REDS, SUBMIT_KEY) == [(1, 10, True, True)]


async def test_a_team_board_takes_no_submissions_and_keeps_its_source(api: Api) -> None:
    await api.send("POST", "/api/boards", {"board": "points"}, ADMIN_KEY)
    await board(api, team={"source": "points"})
    answer = await api.post("/api/boards/clans/scores", {"user_id": 1, "score": 5})
    assert answer.json()["error"]["code"] == "scored_by_members"
    assert (await api.send("DELETE", "/api/boards/points", None, ADMIN_KEY)).status_code == 409
    for change in ({"tournament": TOURNAMENT}, {"periods": ["daily"]}):
        refused = await api.send("PATCH", "/api/boards/points", change, ADMIN_KEY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    assert (await api.send("PATCH", "/api/boards/clans", {"name": "Clans"}, ADMIN_KEY)).status_code == 200
    changed = await api.send("PATCH", "/api/boards/clans", {"max_score": 5}, ADMIN_KEY)
    assert changed.json()["error"]["details"]["setting"] == "max_score"
    changed = await api.send("PATCH", "/api/boards/clans", {"periods": ["all-time", "daily"]}, ADMIN_KEY)
    assert changed.json()["error"]["code"] == "setting_fixed"
    assert (await api.get("/api/boards/default/teams/-1")).status_code == 404
    await create(api, REDS, "Reds")
    answer = await api.post("/api/boards/points/scores", {"user_id": REDS, "score": 5})
    assert answer.json()["error"]["code"] == "is_team"
    assert (await api.send("DELETE", "/api/boards/clans", None, ADMIN_KEY)).status_code == 200
    assert (await api.send("DELETE", "/api/boards/points", None, ADMIN_KEY)).status_code == 200


async def test_no_score_is_set_on_a_team_board_or_for_a_team(api: Api) -> None:
    await create(api, REDS, "Reds", captain_id=1)
    await board(api)
    await play(api, 1, 10)

    async def code_of(slug: str, user_id: int) -> str:
        path, grounds = f"/api/boards/{slug}/entries", {"reason": "tests"}
        answer = await api.send("PUT", f"{path}/{user_id}", {"score": 999, **grounds}, ADMIN_KEY)
        assert answer.status_code == 422, answer.text
        scores = [{"user_id": user_id, "score": 999}]
        bulk = await api.post(f"{path}/set", {"scores": scores, **grounds}, ADMIN_KEY)
        assert bulk.json()["results"] == [answer.json()]
        code: str = answer.json()["error"]["code"]
        return code

    assert await code_of("clans", 2) == "scored_by_members"
    assert await code_of("clans", REDS) == "scored_by_members"
    assert await code_of("default", REDS) == "is_team"
    assert await top(api) == [(1, "Reds", 10)]
    assert await top(api, "default") == [(1, "player 1", 10)]


async def test_the_entry_of_a_team_is_not_removed(api: Api) -> None:
    await create(api, REDS, "Reds", captain_id=1)
    await board(api)
    await play(api, 1, 10)
    path = "/api/boards/clans/entries"
    for query in ("?reason=tests", "?reason=tests&period=all-time"):
        refused = await api.send("DELETE", f"{path}/{REDS}{query}", None, ADMIN_KEY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "scored_by_members")
        missing = await api.send("DELETE", f"{path}/1{query}", None, ADMIN_KEY)
        assert missing.json()["error"]["code"] == "not_ranked"
    answer = await api.post(f"{path}/remove", {"user_ids": [REDS, 1], "reason": "tests"}, ADMIN_KEY)
    assert answer.json()["results"] == [refused.json(), missing.json()]
    assert await top(api) == [(1, "Reds", 10)]
    assert (await api.send("DELETE", "/api/boards/default/entries/1?reason=tests", None, ADMIN_KEY)).status_code == 200
    await api.services.teams.scores.settle()
    assert await top(api) == []


async def test_an_import_refuses_the_lines_of_teams(api: Api) -> None:
    await create(api, REDS, "Reds", external_id="clan-7")
    for column, key, others in (("user_id", REDS, 1), ("player", "Reds", "player 2"), ("player_id", "clan-7", "p-3")):
        query = f"?board=default&file=r.csv&{column}=who&score=score"
        file = f"who,score\n{key},900\n{others},5\n".encode()
        answer = await api.upload(f"/api/admin/imports{query}", file, ADMIN_KEY)
        result = json.loads(answer.text.splitlines()[-1])["result"]
        assert (result["recorded"], result["bad"]) == (1, 1)
        assert result["problems"] == [{"line": 2, "problem": f"{REDS} is a team; use the id of a player"}]
    assert [(rank, score) for rank, _, score in await top(api, "default")] == [(1, 5), (2, 5), (3, 5)]


async def test_a_board_that_begins_later_has_the_earlier_scores(api: Api) -> None:
    await create(api, REDS, "Reds")
    await join(api, REDS, 1)
    await play(api, 1, 10)
    await board(api)
    assert await top(api) == [(1, "Reds", 10)]
