"""Feeds over HTTP: settings of boards, receipts of all boards, refusals, and removal."""

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from functions.edge.aws.queue import delivery_of
from functions.edge.submissions import submission_received, targets_of, with_fed
from functions.edge.wire.submissions import QueuedSubmissionIn, render_message
from leaderforge.domain.boards import Board, Ladder, ScoreLimits
from leaderforge.domain.feeds import Feed
from leaderforge.domain.submissions import Submission
from leaderforge.domain.times import time_text
from tests.api_client import ADMIN_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving

FEEDS = [{"board": "coins", "number": "coins"}, {"board": "runs"}]
SHOWN = [FEEDS[0], {"board": "runs", "number": None}]
ID = str(UUID(int=7))


async def create(api: Api, slug: str, **settings: Any) -> Mapping[str, Any]:
    answer = await api.send("POST", "/api/boards", {"board": slug, **settings}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    created: Mapping[str, Any] = answer.json()
    return created


async def boards(api: Api) -> None:
    """Create two players and the board `laps`, which feeds `coins` and `runs`."""
    await api.players(1, 2)
    await create(api, "coins", max_change=50)
    await create(api, "runs", policy="latest")
    created = await create(api, "laps", policy="best", order="asc", feeds=FEEDS)
    assert created["feeds"] == SHOWN


async def submit(api: Api, score: int, query: str = "", **members: Any) -> Mapping[str, Any]:
    answer = await api.post(f"/api/boards/laps/scores{query}", {"user_id": 1, "score": score, **members})
    result: Mapping[str, Any] = answer.json()
    return result


async def best(api: Api, slug: str) -> int:
    """Return the score of the first entry of a board."""
    entries = (await api.get(f"/api/boards/{slug}/top")).json()["entries"]
    return int(entries[0]["score"])


async def test_a_receipt_shows_all_boards(api: Api) -> None:
    await boards(api)
    receipt = await submit(api, 900, numbers={"coins": 12, "deaths": 1}, submission_id=ID)
    assert receipt["numbers"] == {"coins": 12, "deaths": 1}
    first = {"user_id": 1, "rank": 1, "submissions": 1, "improved": True, "duplicate": False, "submission_id": ID}
    first["achieved_at"] = receipt["achieved_at"]
    assert receipt["feeds"] == [{"board": "coins", **first, "score": 12}, {"board": "runs", **first, "score": 900}]
    again = await submit(api, 900, numbers={"coins": 12, "deaths": 1}, submission_id=ID)
    assert again["feeds"] == [{**feed, "duplicate": True} for feed in receipt["feeds"]]
    plain = await submit(api, 950, "?previous=exact&ranks=all")
    assert [(feed["board"], feed["previous"]["score"]) for feed in plain["feeds"]] == [("runs", 900)]
    assert [period["score"] for feed in plain["feeds"] for period in feed["periods"]] == [950]
    top = (await api.get("/api/boards/coins/top")).json()
    assert [(entry["user_id"], entry["score"]) for entry in top["entries"]] == [(1, 12)]


async def test_other_boards_have_receipts_without_feeds(api: Api) -> None:
    await boards(api)
    answer = await api.post("/api/boards/coins/scores", {"user_id": 1, "score": 5})
    assert "feeds" not in answer.json()


async def test_a_target_refuses_the_whole_submission(api: Api) -> None:
    await boards(api)
    refused = await submit(api, 900, numbers={"coins": 51}, submission_id=ID)
    assert refused["error"] == {
        "code": "rule_violated",
        "message": "board 'coins', which board 'laps' feeds: one submission may change the score by at most 50, not 51",
        "details": {"rule": "max_change", "limit": 50, "board": "coins"},
    }
    assert (await api.get("/api/boards/laps/top")).json()["total"] == 0
    assert (await submit(api, 900, numbers={"coins": 50}, submission_id=ID))["feeds"][0]["score"] == 50


async def test_each_submission_of_a_batch_feeds_or_is_refused(api: Api) -> None:
    await boards(api)
    items = [
        {"board": "laps", "user_id": 1, "score": 900, "numbers": {"coins": 5}},
        {"board": "laps", "user_id": 2, "score": 800, "numbers": {"coins": 99}},
        {"board": "coins", "user_id": 2, "score": 7},
    ]
    results = (await api.post("/api/scores/batch", {"submissions": items})).json()["results"]
    assert [feed["score"] for feed in results[0]["feeds"]] == [5, 900]
    assert results[1]["error"]["details"]["board"] == "coins"
    assert (results[2]["score"], results[2]["rank"]) == (7, 1)


@pytest.mark.parametrize(("delay_ms", "code"), [(900, None), (1_000, "period_closed"), (3_001, "overloaded")])
@pytest.mark.parametrize("path", ["/api/boards/days/scores", "/api/boards/days/scores/batch"])
async def test_a_submission_is_accepted_after_the_look_up_of_its_targets(
    api: Api, monkeypatch: pytest.MonkeyPatch, path: str, delay_ms: int, code: str | None
) -> None:
    """A period may close while the targets are looked up. The submission must then not count in the period."""
    await api.players(1)
    await create(api, "coins")
    await create(api, "days", periods=["daily"], feeds=[{"board": "coins"}])
    midnight = START + 43_200_000
    api.clock.now = midnight + 299_000
    look_up = api.store.boards_named

    async def boards_named(slugs: Collection[str]) -> Mapping[str, Board]:
        api.clock.now += delay_ms if "coins" in slugs else 0
        return await look_up(slugs)

    monkeypatch.setattr(api.store, "boards_named", boards_named)
    submission = {"user_id": 1, "score": 5, "achieved_at": time_text(midnight - 1)}
    answer = (await api.post(path, {"submissions": [submission]} if path.endswith("batch") else submission)).json()
    [result] = answer.get("results", [answer])
    assert result.get("error", {}).get("code") == code


async def test_a_change_feeds_nothing(api: Api) -> None:
    await boards(api)
    answer = await api.post("/api/boards/laps/scores", {"user_id": 1, "change": 5})
    assert answer.json()["error"]["message"] == (
        "board 'laps' feeds other boards, which need a run; send score instead of change"
    )


async def test_a_message_of_the_queue_feeds(api: Api) -> None:
    await boards(api)
    board = await api.edge.board_unchecked("laps")
    item = QueuedSubmissionIn(board="laps", user_id=1, score=900, numbers={"coins": 5}, submission_id=UUID(int=7))
    submission = submission_received(api.edge, board, item, 1, api.clock() * 1000)
    body = render_message(with_fed(api.edge, submission, await targets_of(api.edge, [board])))
    message = {"messageId": "1", "body": body, "eventSource": "aws:sqs", "attributes": {}}
    delivery = await delivery_of(api.edge, message)
    assert isinstance(delivery.content, Submission)
    assert [(fed.board.slug, fed.event.score) for fed in delivery.content.fed] == [("coins", 5), ("runs", 900)]


async def test_a_removal_concerns_all_boards(api: Api) -> None:
    await boards(api)
    await submit(api, 900, numbers={"coins": 5})
    await submit(api, 800, numbers={"coins": 6}, submission_id=ID)
    path = f"/api/boards/laps/entries/1/submissions/{ID}"
    removed = await api.send("DELETE", f"{path}?reason=cheat", None, ADMIN_KEY)
    assert {entry["board"] for entry in removed.json()["entries"]} == {"laps", "coins", "runs"}
    assert [await best(api, slug) for slug in ("laps", "coins", "runs")] == [900, 5, 900]
    await api.send("POST", f"{path}/restore", {"reason": "no cheat"}, ADMIN_KEY)
    assert [await best(api, slug) for slug in ("laps", "coins", "runs")] == [800, 11, 800]


@pytest.mark.parametrize(
    ("feeds", "reason"),
    [
        ([{"board": "none"}], "there is no other board 'none'"),
        ([{"board": "laps"}], "there is no other board 'laps'"),
        ([{"board": "cup"}], "is a tournament"),
        ([{"board": "clans"}], "ranks teams"),
        ([{"board": "chain"}], "feeds other boards itself"),
        ([{"board": "coins"}, {"board": "coins", "number": "coins"}], "two feeds have one board"),
    ],
)
async def test_feeds_to_unsuitable_boards_are_refused(
    api: Api, feeds: Sequence[Mapping[str, str]], reason: str
) -> None:
    await create(api, "coins")
    await create(api, "chain", feeds=[{"board": "coins"}])
    await create(api, "clans", team={"source": "coins", "function": "sum"})
    await create(api, "cup", tournament={"starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-02T00:00:00Z"})
    refused = await api.send("POST", "/api/boards", {"board": "laps", "feeds": feeds}, ADMIN_KEY)
    assert (refused.status_code, refused.json()["error"]["details"]) == (422, {"setting": "feeds"})
    assert reason in refused.json()["error"]["message"]
    await create(api, "laps")
    refused = await api.send("PATCH", "/api/boards/laps", {"feeds": feeds}, ADMIN_KEY)
    assert reason in refused.json()["error"]["message"]


async def test_targets_stay_suitable(api: Api) -> None:
    await boards(api)
    await create(api, "other")
    for slug, changes in (
        ("coins", {"feeds": [{"board": "other"}]}),
        ("runs", {"tournament": {"starts_at": "2026-12-01T00:00:00Z", "ends_at": "2026-12-02T00:00:00Z"}}),
    ):
        refused = await api.send("PATCH", f"/api/boards/{slug}", changes, ADMIN_KEY)
        assert (refused.status_code, refused.json()["error"]["code"]) == (409, "conflict")
    refused = await api.send("DELETE", "/api/boards/coins", None, ADMIN_KEY)
    assert "remove their feeds first" in refused.json()["error"]["message"]
    changed = await api.send("PATCH", "/api/boards/laps", {"feeds": [{"board": "runs"}]}, ADMIN_KEY)
    assert changed.json()["feeds"] == [SHOWN[1]]
    assert (await api.send("DELETE", "/api/boards/coins", None, ADMIN_KEY)).status_code == 200


async def test_a_missing_target_refuses_submissions(api: Api) -> None:
    """A target can vanish if its deletion and the declaration of the feed happen at the same time."""
    await boards(api)
    await api.change_board("laps", feeds=(Feed("gone", "coins"),))
    refused = await submit(api, 900, numbers={"coins": 5})
    assert (refused["error"]["code"], refused["error"]["details"]) == ("board_not_found", {"board": "gone"})
    assert (await submit(api, 900))["rank"] == 1


async def test_an_import_feeds(api: Api) -> None:
    await boards(api)
    lines = b'player,score,numbers\n1,900,"{""coins"": 5}"\n2,800,"{""coins"": 51}"\n2,700,\n'
    query = "?board=laps&file=runs.csv&user_id=player&score=score&numbers=numbers"
    answer = await api.upload(f"/api/admin/imports{query}", lines, ADMIN_KEY)
    result = json.loads(answer.text.splitlines()[-1])["result"]
    assert (result["recorded"], result["bad"]) == (2, 1), result
    assert "board 'coins', which board 'laps' feeds" in result["problems"][0]["problem"]
    found = {slug: (await api.get(f"/api/boards/{slug}/top")).json() for slug in ("laps", "coins", "runs")}
    entries = {slug: [(e["user_id"], e["score"]) for e in top["entries"]] for slug, top in found.items()}
    assert entries == {"laps": [(2, 700), (1, 900)], "coins": [(1, 5)], "runs": [(1, 900), (2, 700)]}


async def test_imported_lines_without_a_time_have_one_time_on_all_boards(api: Api) -> None:
    await boards(api)
    lines = b"player,score\n2,900\n1,900\n"
    query = "?board=laps&file=runs.csv&user_id=player&score=score"
    assert (await api.upload(f"/api/admin/imports{query}", lines, ADMIN_KEY)).status_code == 200
    tops = [(await api.get(f"/api/boards/{slug}/top")).json()["entries"] for slug in ("laps", "runs")]
    laps, runs = ([(entry["user_id"], entry["achieved_at"]) for entry in top] for top in tops)
    assert laps == runs
    assert [user_id for user_id, _ in laps] == [2, 1]


async def test_a_used_attempt_refuses_the_whole_submission(api: Api) -> None:
    await api.players(1)
    await create(api, "coins")
    times = {"starts_at": "2026-11-23T12:00:00Z", "ends_at": "2026-11-23T13:00:00Z"}
    await create(api, "laps", tournament={**times, "max_attempts": 1}, feeds=FEEDS[:1])
    first = await submit(api, 900, numbers={"coins": 5})
    assert (first["attempts_left"], first["feeds"][0]["score"]) == (0, 5)
    refused = await submit(api, 800, numbers={"coins": 6})
    assert refused["error"]["code"] == "attempts_exhausted"
    assert await best(api, "coins") == 5


async def test_a_fed_board_with_a_league_seats_the_player(api: Api) -> None:
    await api.players(1)
    league = {"divisions": ["Gold", "Silver"], "group_size": 4, "promotion": {"places": 1}}
    await create(api, "coins", periods=["weekly", "all-time"], league=league)
    await create(api, "laps", feeds=FEEDS[:1])
    await submit(api, 900, numbers={"coins": 5})
    group = (await api.get("/api/boards/coins/league/1")).json()
    assert [(entry["user_id"], entry["group_rank"]) for entry in group["entries"]] == [(1, 1)]


async def test_players_reach_a_fed_board_by_runs_only() -> None:
    async with serving(None, **TOKENS) as api:
        await boards(api)
        await api.change_board("laps", open_to_players=True)
        run = {"user_id": 1, "score": 900, "numbers": {"coins": 5}}
        counted = await api.post("/api/boards/laps/scores", run, token(1))
        assert [feed["board"] for feed in counted.json()["feeds"]] == ["coins", "runs"]
        refused = await api.post("/api/boards/coins/scores", {"user_id": 1, "score": 5}, token(1))
        assert refused.status_code == 403


async def test_long_scores_feed_boards_of_long_scores_only(api: Api) -> None:
    await api.players(1)
    await create(api, "coins")
    await create(api, "runs", policy="latest", score_type="int64")
    wide = {"board": "laps", "policy": "best", "score_type": "int64"}
    refused = await api.send("POST", "/api/boards", {**wide, "feeds": [{"board": "coins"}]}, ADMIN_KEY)
    assert "cannot count 64-bit scores" in refused.json()["error"]["message"]
    await create(api, "laps", policy="best", score_type="int64", feeds=FEEDS)
    run = {"user_id": 1, "score": str(2**62 + 1), "numbers": {"coins": 5}}
    receipt = (await api.post("/api/boards/laps/scores", run)).json()
    assert [(feed["board"], feed["score"]) for feed in receipt["feeds"]] == [("coins", 5), ("runs", str(2**62 + 1))]
    assert (await api.post("/api/boards/runs/scores", {"user_id": 1, "score": "7"})).json()["score"] == "7"


@pytest.mark.parametrize("history", [False, True])
async def test_a_preview_of_an_import_says_the_same_refusals_as_the_import(api: Api, history: bool) -> None:
    await boards(api)
    await api.change_board("runs", limits=ScoreLimits(min_score=100))
    runs = [{"coins": 5}, {"coins": 51}, {"deaths": 1}, {"coins": 7}]
    lines = [{"user_id": 1, "score": 300 - 70 * i, "n": run} for i, run in enumerate(runs)]
    data = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    query = f"?board=laps&file=runs.ndjson&user_id=user_id&score=score&numbers=n&history={history:d}"
    preview = (await api.upload(f"/api/admin/imports/preview{query}", data, ADMIN_KEY)).json()
    assert await api.store.standings(Ladder(await api.edge.board_unchecked("runs")), [1]) == []
    answer = await api.upload(f"/api/admin/imports{query}", data, ADMIN_KEY)
    result = json.loads(answer.text.splitlines()[-1])["result"]
    assert result["problems"] == preview["problems"]
    assert [problem["line"] for problem in result["problems"]] == ([] if history else [2, 4])
    assert all("which board 'laps' feeds: " in problem["problem"] for problem in result["problems"])
    assert preview["counting"] == result["recorded"]
