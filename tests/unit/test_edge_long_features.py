"""64-bit scores with every feature that a board may have: exact to the digit in each answer, or refused."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from functions.maintain import settle
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import LAST_COUNT_MS
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving
from tests.unit.test_edge_live import listening

MOST = 2**63 - 1
LIMIT = 2**53 + 2
"""Score of the best tier. A float cannot tell it from the scores next to it."""
SCORES = {1: LIMIT - 1, 2: MOST, 3: -MOST, 4: LIMIT, 5: MOST - 1}
ORDER = [2, 5, 4, 1, 3]
"""Players in the order of their scores, best first."""
WEEK_END = 1_795_996_800_000
"""2026-11-30T00:00:00Z, the end of the first week, in ms."""
HOUR_MS = 3_600_000
NUMBERS = {"score", "submitted", "previous_score", "points", "gap", "low", "high", "min", "max", "p50", "p90", "p99"}
"""Members that hold scores and differences of scores."""
FEATURES = {
    "board": "idle",
    "policy": "latest",
    "score_type": "int64",
    "periods": ["weekly", "all-time"],
    "tiers": [{"name": "gold", "score": str(LIMIT)}, {"name": "silver"}],
    "league": {"divisions": ["Top", "Base"], "group_size": 4, "promotion": {"places": 1}},
    "rewards": {"period": "weekly", "rewards": [{"reward": "expert", "tier": "gold", "payload": {}}]},
    "events": ["score.improved", "rank.entered_top", "tier.changed", "player.overtaken", "moderation.set"],
    "segments": ["country"],
    "moment_days": 30,
}


@pytest.fixture
async def idle(tmp_path: Path) -> AsyncIterator[Api]:
    """Edge with a board of long scores that has all features, and five players with the scores `SCORES`."""
    (tmp_path / "index.html").write_text("<!doctype html><head><title>Ranks</title></head>")
    (tmp_path / "config.json").write_text("{}")
    environment = {"LEADERFORGE_SEGMENTS": "country", "LEADERFORGE_CHALLENGES": "2", "LEADERFORGE_CHALLENGE_DAYS": "1"}
    environment |= {"LEADERFORGE_WEB_DIRECTORY": str(tmp_path), "LEADERFORGE_PUBLIC_URL": "https://go.example/"}
    async with serving(**TOKENS, **environment) as api:
        await create(api, FEATURES)
        await api.players(*SCORES)
        for user_id in (1, 2, 3):
            await api.send("PATCH", f"/api/users/{user_id}", {"attributes": {"country": "FI"}}, ADMIN_KEY)
        await play(api)
        yield api


async def create(api: Api, board: dict[str, Any]) -> None:
    answer = await api.post("/api/boards", board, ADMIN_KEY)
    assert answer.status_code == 201, answer.text


async def play(api: Api, slug: str = "idle", scores: dict[int, int] = SCORES) -> None:
    """Submit scores, a millisecond apart."""
    for user_id, score in scores.items():
        api.clock.now += 1
        answer = await api.post(f"/api/boards/{slug}/scores?ranks=all", {"user_id": user_id, "score": str(score)})
        assert (answer.status_code, answer.json()["score"]) == (200, str(score)), answer.text
        require_texts(answer.json())


async def get(api: Api, path: str, key: str | None = ADMIN_KEY) -> Any:
    answer = await api.get(path, key)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    require_texts(body)
    return body


def require_texts(body: Any) -> None:
    """Fail if the body has a score that is not the text of an integer."""
    for name, value in members_of(body):
        if name in NUMBERS and value is not None and not isinstance(value, list):
            assert isinstance(value, str), (name, value)
            assert str(int(value)) == value


def members_of(body: Any) -> Iterator[tuple[str, Any]]:
    """Yield the members of all objects in a JSON value."""
    if isinstance(body, dict):
        yield from body.items()
    for value in body.values() if isinstance(body, dict) else body if isinstance(body, list) else ():
        yield from members_of(value)


def scored(entries: list[dict[str, Any]]) -> list[tuple[int, str]]:
    return [(entry["user_id"], entry["score"]) for entry in entries]


def expected(*user_ids: int) -> list[tuple[int, str]]:
    return [(user_id, str(SCORES[user_id])) for user_id in user_ids]


async def test_groups_of_a_league_are_ordered_by_every_digit(idle: Api) -> None:
    group = await get(idle, "/api/boards/idle/league/2")
    assert {entry["user_id"] for entry in group["entries"]} >= {2}
    groups = [(await get(idle, f"/api/boards/idle/league/{i}"))["entries"] for i in SCORES]
    for entries in groups:
        assert scored(entries) == expected(*(i for i in ORDER if i in {entry["user_id"] for entry in entries}))
    idle.clock.now = WEEK_END + 300_000 + LAST_COUNT_MS
    await settle(idle.services)
    final = await get(idle, "/api/boards/idle/league/2?period=2026-W48")
    assert final["state"] == "settled"
    assert (final["entries"][0]["movement"], final["entries"][0]["score"]) == ("promoted", str(MOST))


async def test_a_tier_and_its_reward_begin_at_an_exact_score(idle: Api) -> None:
    entries = (await get(idle, "/api/boards/idle/top"))["entries"]
    assert scored(entries) == expected(*ORDER)
    assert [entry["tier"] for entry in entries] == ["gold"] * 3 + ["silver"] * 2
    assert (await get(idle, "/api/boards/idle/ranks/1"))["next_tier"] == {"name": "gold", "points": "1"}
    assert (await get(idle, "/api/boards/idle/ranks/3"))["next_tier"]["points"] == str(LIMIT + MOST)
    idle.clock.now = WEEK_END + 300_000 + LAST_COUNT_MS
    await settle(idle.services)
    awards = {i: (await get(idle, f"/api/users/{i}/awards", SUBMIT_KEY))["awards"] for i in SCORES}
    assert {i: [award["rank"] for award in of_player] for i, of_player in awards.items()} == {
        **{1: [], 3: []},
        **{2: [1], 5: [2], 4: [3]},
    }
    period = await get(idle, "/api/boards/idle/history/4")
    assert (period["points"][0]["score"], period["periods"][0]["tier"]) == (str(LIMIT), "gold")


async def test_a_tournament_ranks_attempts_exactly(idle: Api) -> None:
    times = {"starts_at": time_text(idle.clock.now), "ends_at": time_text(idle.clock.now + HOUR_MS)}
    rules = {"policy": "best", "score_type": "int64", "tournament": {**times, "max_attempts": 2, "bracket_size": 8}}
    await create(idle, {"board": "cup", **rules})
    await play(idle, "cup", {i: max(score - 1, -MOST) for i, score in SCORES.items()})
    await play(idle, "cup", {i: score for i, score in SCORES.items() if i != 3})
    assert scored((await get(idle, "/api/boards/cup/top"))["entries"]) == expected(*ORDER)
    assert scored((await get(idle, "/api/boards/cup/tournament/brackets/1"))["entries"]) == expected(*ORDER)
    refused = await idle.post("/api/boards/cup/scores", {"user_id": 2, "score": str(MOST)})
    assert refused.json()["error"]["code"] == "attempts_exhausted"
    require_texts(await get(idle, "/api/boards/cup/tournament"))


async def test_a_challenge_compares_exactly(idle: Api) -> None:
    await create(idle, {"board": "duel", "policy": "best", "score_type": "int64"})
    body = {"board": "duel", "user_id": 1, "length_s": 3600, "max_players": 5, "challenge_id": str(UUID(int=5))}
    invitation = (await idle.post("/api/challenges", body, token(1))).json()["invitation"]
    for user_id in (2, 3, 4, 5):
        path = f"/api/challenges/{invitation}/players/{user_id}"
        assert (await idle.send("PUT", path, key=token(user_id))).status_code == 200
    await play(idle, "duel")
    idle.clock.now += 2_000
    assert scored((await get(idle, f"/api/challenges/{invitation}"))["entries"]) == expected(*ORDER)


async def test_a_live_board_has_scores_as_text(idle: Api) -> None:
    async with listening(idle, "/api/boards/idle/stream") as listener:
        await listener.until(1)
    [(_, event)] = listener.events
    require_texts(event)
    assert scored(event["entries"]) == expected(*ORDER)


async def test_events_are_derived_from_every_digit(idle: Api) -> None:
    assert (await idle.send("PUT", "/api/users/5/friends", {"user_ids": [2]}, ADMIN_KEY)).status_code == 200
    await idle.services.events.dispatch.run(5)
    position = (await idle.services.parts.notices.bounds()).newest
    for user_id, score in ((2, MOST - 2), (5, MOST - 1), (2, MOST), (1, LIMIT), (4, LIMIT - 1)):
        await play(idle, scores={user_id: score})
        await idle.services.events.dispatch.run(5)
    notices = (await idle.services.parts.notices.after(position, 1000)).notices
    log = [json.loads(notice.body) for notice in notices]
    require_texts(log)
    passes = [event["data"] for event in log if event["type"] == "player.overtaken"]
    assert [(data["user_id"], data["overtaken_by"], data["score"]) for data in passes] == [(5, 2, str(MOST - 1))]
    tiers = [event["data"] for event in log if event["type"] == "tier.changed"]
    ever = [(data["user_id"], data["previous"], data["tier"]) for data in tiers if data["period"] == "all-time"]
    assert ever == [(1, "silver", "gold"), (4, "gold", "silver")]
    improved = [event["data"]["score"] for event in log if event["type"] == "score.improved"]
    assert improved == [str(score) for score in (MOST - 2, MOST - 1, MOST, LIMIT, LIMIT - 1)]


async def test_past_moments_and_movement_are_exact(idle: Api) -> None:
    moment = time_text(idle.clock.now)
    idle.clock.now += HOUR_MS
    await play(idle, scores={1: LIMIT + 1, 3: MOST})
    for path in ("top", "page", "range", "around/2", "friends/2"):
        past = await get(idle, f"/api/boards/idle/{path}?at={moment}")
        assert scored(past["entries"]) == expected(*(ORDER if path != "friends/2" else [2]))
        if path == "range":
            continue
        moved = await get(idle, f"/api/boards/idle/{path}?since={moment}")
        before = {entry["user_id"]: entry["previous_score"] for entry in moved["entries"]}
        assert before == {i: str(SCORES[i]) for i in before}
    rank = await get(idle, f"/api/boards/idle/ranks/3?since={moment}")
    assert (rank["score"], rank["previous_score"]) == (str(MOST), str(-MOST))
    past = await get(idle, f"/api/boards/idle/top?at={moment}&segment=country:FI")
    assert scored(past["entries"]) == expected(2, 1, 3)
    idle.clock.now += 26 * HOUR_MS
    days = (await get(idle, "/api/boards/idle/rank-history/3"))["ranks"]
    assert str(MOST) in {day["score"] for day in days}
    frozen = await idle.send("PATCH", "/api/boards/idle", {"frozen_at": moment}, ADMIN_KEY)
    assert frozen.status_code == 200, frozen.text
    assert scored((await get(idle, "/api/boards/idle/top", None))["entries"]) == expected(*ORDER)


async def test_exports_of_past_periods_have_every_digit(idle: Api) -> None:
    idle.clock.now = WEEK_END + HOUR_MS
    lines = (await idle.get("/api/boards/idle/export?period=2026-W48&format=ndjson", ADMIN_KEY)).text.splitlines()
    assert scored([json.loads(line) for line in lines]) == expected(*ORDER)
    text = (await idle.get("/api/boards/idle/export?period=2026-W48&format=csv", ADMIN_KEY)).text
    assert [line.split(",")[3] for line in text.splitlines()[1:]] == [str(SCORES[i]) for i in ORDER]
    exported = (await idle.get("/api/boards/idle/export?period=all-time&format=csv", ADMIN_KEY)).content
    await create(idle, {"board": "copy", "policy": "best", "score_type": "int64"})
    path = "/api/admin/imports?board=copy&file=scores.csv&user_id=user_id&score=score"
    assert (await idle.upload(path, exported, ADMIN_KEY)).status_code == 200
    assert scored((await get(idle, "/api/boards/copy/top"))["entries"]) == expected(*ORDER)


async def test_moderation_and_activity_show_every_digit(idle: Api) -> None:
    body = {"scores": [{"user_id": 1, "score": str(MOST)}, {"user_id": 3, "score": str(1 - MOST)}], "reason": "tests"}
    answer = await idle.post("/api/boards/idle/entries/set", body, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    require_texts(answer.json())
    assert (await get(idle, "/api/boards/idle/ranks/3"))["score"] == str(1 - MOST)
    await idle.post("/api/boards/idle/entries/1/hide", {"reason": "tests"}, ADMIN_KEY)
    assert [entry["score"] for entry in (await get(idle, "/api/boards/idle/hidden"))["entries"]] == [str(MOST)]
    idle.clock.now += 120_000
    await idle.services.activity.fold()
    activity = await get(idle, "/api/admin/activity?board=idle")
    assert {str(SCORES[i]) for i in (2, 4, 5)} <= {score["score"] for score in activity["newest"]}
    assert (await get(idle, "/api/users/3/standings?board=idle"))["standings"]


async def test_link_previews_show_every_digit(idle: Api) -> None:
    page = await idle.client.get("/player/2?board=idle", headers={"Accept": "text/html"})
    assert "#1 / 5 · 9,223,372,036,854,775,807" in page.text
    assert (await idle.get("/preview.png?board=idle&player=3")).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/boards/idle/scores", {"user_id": 1, "score": "{}"}),
        ("POST", "/api/boards/idle/scores", {"user_id": 1, "change": "{}"}),
        ("POST", "/api/boards/idle/scores/batch", {"submissions": [{"user_id": 1, "score": "{}"}]}),
        ("POST", "/api/scores/batch", {"submissions": [{"board": "idle", "user_id": 1, "score": "{}"}]}),
        ("PUT", "/api/boards/idle/entries/1", {"score": "{}", "reason": "tests"}),
        ("PATCH", "/api/boards/idle", {"min_score": "{}"}),
        ("PATCH", "/api/boards/idle", {"tiers": [{"name": "all", "score": "{}"}]}),
        ("POST", "/api/boards", {"board": "new", "score_type": "int64", "max_score": "{}"}),
    ],
)
@pytest.mark.parametrize("score", [-(2**63), 2**63])
async def test_integers_beyond_the_range_are_refused(
    idle: Api, method: str, path: str, body: dict[str, Any], score: int
) -> None:
    before = await get(idle, "/api/boards/idle/page"), await get(idle, "/api/boards/idle")
    answer = await idle.send(method, path, json.loads(json.dumps(body).replace("{}", str(score))), ADMIN_KEY)
    errors = [result["error"] for result in answer.json().get("results", [answer.json()])]
    assert [error["code"] for error in errors] == ["invalid_request"]
    assert "must be" in errors[0]["message"]
    assert (await get(idle, "/api/boards/idle/page"), await get(idle, "/api/boards/idle")) == before


async def test_a_file_with_an_integer_beyond_the_range_is_refused_by_its_line(idle: Api) -> None:
    path = "?board=idle&file=scores.csv&user_id=user_id&score=score"
    data = f"user_id,score\n1,{-(2**63)}\n2,{2**63}\n3,{MOST}\n".encode()
    preview = (await idle.upload(f"/api/admin/imports/preview{path}", data, ADMIN_KEY)).json()
    assert [problem["line"] for problem in preview["problems"]] == [2, 3]
    assert [line["score"] for line in preview["lines"]] == [str(MOST)]


async def test_sums_are_exact_up_to_the_greatest_score(idle: Api) -> None:
    await create(idle, {"board": "gold", "policy": "sum", "score_type": "int64"})
    for added, total in ((2**53 + 1, 2**53 + 1), (2**62, 2**62 + 2**53 + 1), (1, 2**62 + 2**53 + 2)):
        answer = await idle.post("/api/boards/gold/scores", {"user_id": 1, "score": str(added)})
        assert answer.json()["score"] == str(total)
    before = await get(idle, "/api/boards/gold/page")
    refused = await idle.post("/api/boards/gold/scores", {"user_id": 1, "score": str(2**62)})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "score_out_of_range")
    assert "+-(2^63 - 1)" in refused.json()["error"]["message"]
    batch = [{"user_id": 1, "score": str(MOST)}, {"user_id": 2, "score": str(MOST)}, {"user_id": 2, "score": 1}]
    results = (await idle.post("/api/boards/gold/scores/batch", {"submissions": batch})).json()["results"]
    assert [result.get("score") for result in results] == [None, str(MOST), None]
    assert {result["error"]["code"] for result in results if "error" in result} == {"score_out_of_range"}
    page = await get(idle, "/api/boards/gold/page")
    assert [entry for entry in page["entries"] if entry["user_id"] == 1] == [{**before["entries"][0], "rank": 2}]


async def test_a_feed_refuses_a_sum_beyond_the_range_on_all_boards(idle: Api) -> None:
    await create(idle, {"board": "gold", "policy": "sum", "score_type": "int64"})
    await create(idle, {"board": "runs", "policy": "best", "score_type": "int64", "feeds": [{"board": "gold"}]})
    await play(idle, "runs", {1: MOST})
    refused = await idle.post("/api/boards/runs/scores", {"user_id": 1, "score": 1})
    assert (refused.status_code, refused.json()["error"]["details"]["board"]) == (422, "gold")
    for slug in ("runs", "gold"):
        entry = await get(idle, f"/api/boards/{slug}/ranks/1")
        assert (entry["score"], entry["submissions"]) == (str(MOST), 1)


def test_the_scores_of_this_suite_are_in_order() -> None:
    assert sorted(SCORES, key=lambda user_id: -SCORES[user_id]) == ORDER
    assert START < WEEK_END
