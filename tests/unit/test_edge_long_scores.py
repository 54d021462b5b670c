"""64-bit scores at the HTTP edge: accepted and refused texts, limits, queue, imports, events and feeds."""

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from functions.edge.submissions import submission_received
from functions.edge.wire.scores import LONG_PATTERN, ScoreValueIn, ScoreValueOut
from functions.edge.wire.submissions import QueuedSubmissionIn, render_message
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.score_types import LongScore, ScoreType
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import Api, serving

MOST = 2**63 - 1
IDLE = {"board": "idle", "policy": "best", "score_type": "int64"}
SCORES = f"/api/boards/{IDLE['board']}/scores"
DAY_MS = 86_400_000

sent = TypeAdapter(ScoreValueIn)
shown = TypeAdapter(ScoreValueOut)


@pytest.fixture
async def idle() -> AsyncIterator[Api]:
    """Edge with a board of 64-bit scores and four players."""
    async with serving(LEADERFORGE_SEGMENTS="country") as api:
        await created(api, IDLE)
        await api.players(1, 2, 3, 4)
        yield api


async def created(api: Api, board: dict[str, Any]) -> None:
    answer = await api.post("/api/boards", board, ADMIN_KEY)
    assert answer.status_code == 201, answer.text


async def submitted(api: Api, user_id: int, score: object, path: str = SCORES) -> dict[str, Any]:
    answer = await api.post(path, {"user_id": user_id, "score": score})
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


@given(st.integers(-MOST, MOST))
@example(MOST)
@example(-MOST)
@example(2**53)
@example(-(2**53) - 1)
@example(0)
def test_every_long_score_is_read_and_shown_exactly(score: int) -> None:
    read = sent.validate_json(f'"{score}"')
    assert (read, type(read)) == (score, LongScore)
    assert (f"{read}", str(read), json.loads(f"{read}")) == (f'"{score}"', str(score), str(score))
    assert shown.dump_json(shown.validate_python(read)) == f'"{score}"'.encode()
    assert ScoreType.INT64.json_value(score) == str(score)


@given(st.integers(-MAX_INTEGER, MAX_INTEGER))
def test_numbers_stay_numbers(score: int) -> None:
    read = sent.validate_json(str(score))
    assert (read, type(read), f"{read}") == (score, int, str(score))
    assert shown.dump_json(shown.validate_python(read)) == str(score).encode()


@given(st.text("0123456789-+.eE _", max_size=22) | st.text(max_size=4))
@example(str(2**63))
@example(str(-(2**63)))
@example("-0")
@example("007")
@example("5\n")
def test_a_text_has_one_spelling(text: str) -> None:
    try:
        read = sent.validate_json(json.dumps(text))
    except ValidationError:
        digits = text.removeprefix("-")
        spelled = digits.isascii() and digits.isdecimal() and str(int(text)) == text
        assert not spelled or abs(int(text)) > MOST
    else:
        assert str(read) == text


@pytest.mark.parametrize(
    "score", [MAX_INTEGER + 1, -MAX_INTEGER - 1, MOST, 1e16, 5.5, True, None, [5], "5.0", " 5", "+5", "٣", "1e3", ""]
)
async def test_an_ambiguous_score_is_refused(idle: Api, score: object) -> None:
    answer = await idle.post(SCORES, {"user_id": 1, "score": score})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request"), answer.text
    assert answer.json()["error"]["message"].startswith("score")


async def test_a_board_of_numbers_refuses_text(idle: Api) -> None:
    for body in ({"score": "5"}, {"change": "5"}):
        answer = await idle.post("/api/boards/default/scores", {"user_id": 1, **body})
        assert answer.status_code == 422
        expected = "scores of board 'default' are numbers; send the score 5 as a number, not as text"
        assert answer.json()["error"]["message"] == expected
    answer = await idle.send("PUT", "/api/boards/default/entries/1", {"score": "5", "reason": "tests"}, ADMIN_KEY)
    assert (answer.status_code, "are numbers" in answer.text) == (422, True)


async def test_a_range_is_one_of_the_boards_scores(idle: Api) -> None:
    assert (await idle.get(f"/api/boards/idle/range?min_score={-MOST}&max_score={MOST}")).status_code == 200
    for board, bound in (("idle", 2**63), ("default", 2**53)):
        for query in (f"max_score={bound}", f"min_score=-{bound}"):
            answer = await idle.get(f"/api/boards/{board}/range?{query}")
            assert (answer.status_code, "must be a whole number" in answer.text) == (422, True), answer.text
    answer = await idle.get(f"/api/boards/idle/range?min_score={MOST}&max_score={MOST - 1}")
    assert "swap them" in answer.json()["error"]["message"]


async def test_a_change_stays_in_the_range(idle: Api) -> None:
    assert (await submitted(idle, 1, str(MOST - 1)))["score"] == str(MOST - 1)
    changed = await idle.post(SCORES, {"user_id": 1, "change": "1"})
    assert changed.json()["score"] == str(MOST)
    refused = await idle.post(SCORES, {"user_id": 1, "change": 1})
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "score_out_of_range")
    assert "+-(2^63 - 1)" in refused.json()["error"]["message"]


async def test_limits_are_exact(idle: Api) -> None:
    await created(idle, {**IDLE, "board": "limited", "min_score": str(2**60 + 1), "max_score": str(MOST - 1)})
    board = (await idle.get("/api/boards/limited")).json()
    assert (board["min_score"], board["max_score"]) == (str(2**60 + 1), str(MOST - 1))
    path = "/api/boards/limited/scores"
    for score, status in ((2**60, 422), (2**60 + 1, 200), (MOST - 1, 200), (MOST, 422)):
        assert (await idle.post(path, {"user_id": 1, "score": str(score)})).status_code == status
    audit = (await idle.get("/api/admin/audit?board=limited", ADMIN_KEY)).json()
    assert str(MOST - 1) in {str(value) for entry in audit["entries"] for value in entry["details"].values()}


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"score_type": "int32"}, "score_type"),
        ({"max_score": str(2**63)}, "max_score"),
        ({"tiers": [{"name": "gold", "score": str(2**63)}]}, "tiers"),
        ({"feeds": [{"board": "default"}]}, "cannot count 64-bit scores; feed it a named number"),
    ],
)
async def test_what_cannot_be_exact_is_refused_at_the_declaration(
    idle: Api, settings: dict[str, Any], reason: str
) -> None:
    answer = await idle.post("/api/boards", {**IDLE, "board": "other", **settings}, ADMIN_KEY)
    assert (answer.status_code, reason in answer.text) == (422, True), answer.text
    assert (await idle.get("/api/boards/other")).status_code == 404


async def test_team_boards_have_numbers(idle: Api) -> None:
    team = {"board": "clans", "policy": "best", "team": {"source": "idle", "function": "sum"}}
    for settings in ({}, {"score_type": "int64"}):
        answer = await idle.post("/api/boards", {**team, **settings}, ADMIN_KEY)
        assert (answer.status_code, "must be numbers" in answer.text) == (422, True), answer.text


async def test_the_score_type_is_permanent(idle: Api) -> None:
    answer = await idle.send("PATCH", "/api/boards/idle", {"score_type": "number"}, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "setting_fixed")
    assert (await idle.send("PATCH", "/api/boards/idle", {"score_type": "int64"}, ADMIN_KEY)).status_code == 200


async def test_a_queued_message_has_the_score_as_text(idle: Api) -> None:
    board, now = await idle.edge.board_unchecked("idle"), idle.clock()
    event = Event(1, UUID(int=7), LongScore(MOST), now, None, 0, now * 1000)
    text = render_message(Submission(board.ladders_at(now), event))
    assert f'"score":"{MOST}"' in text
    message = QueuedSubmissionIn.model_validate_json(text)
    assert submission_received(idle.edge, board, message, 1, message.received_us or 0).event == event


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("scores.csv", "player,score\nada,{0}\nben,{1}\ncid,9223372036854775808\ndee,-5\n"),
        (
            "scores.ndjson",
            '{{"player":"ada","score":{0}}}\n{{"player":"ben","score":"{1}"}}\n'
            '{{"player":"cid","score":9223372036854775808}}\n{{"player":"dee","score":-5}}\n',
        ),
    ],
)
async def test_an_import_equals_submissions(idle: Api, name: str, content: str) -> None:
    data = content.format(MOST, 2**53 + 1).encode()
    query = f"?board=idle&file={name}&player=player&score=score"
    preview = (await idle.upload(f"/api/admin/imports/preview{query}", data, ADMIN_KEY)).json()
    assert [line["score"] for line in preview["lines"]] == [str(MOST), str(2**53 + 1), "-5"]
    assert "is beyond +-(2^63 - 1)" in preview["problems"][0]["problem"]
    answer = await idle.upload(f"/api/admin/imports{query}", data, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    entries = (await idle.get("/api/boards/idle/top")).json()["entries"]
    assert [(e["username"], e["score"]) for e in entries] == [
        ("ada", str(MOST)),
        ("ben", str(2**53 + 1)),
        ("dee", "-5"),
    ]


async def test_past_periods_and_segments_are_exact(idle: Api) -> None:
    settings = {"periods": ["all-time", "daily"], "segments": ["country"]}
    await created(idle, {**IDLE, "board": "daily", **settings})
    for user_id in (1, 2):
        await idle.send("PATCH", f"/api/users/{user_id}", {"attributes": {"country": "FI"}}, ADMIN_KEY)
    for user_id, score in ((1, MOST - 1), (2, MOST), (3, 2**53 + 1)):
        await submitted(idle, user_id, str(score), "/api/boards/daily/scores")
    yesterday = (await idle.get("/api/boards/daily/top?period=daily")).json()["period"]
    idle.clock.now += 2 * DAY_MS
    for query, ids in ((f"period={yesterday}", [2, 1, 3]), ("segment=country:FI", [2, 1])):
        entries = (await idle.get(f"/api/boards/daily/top?{query}")).json()["entries"]
        expected = {1: str(MOST - 1), 2: str(MOST), 3: str(2**53 + 1)}
        assert [(entry["user_id"], entry["score"]) for entry in entries] == [(i, expected[i]) for i in ids]
    [past] = (await idle.get("/api/boards/daily/history/1")).json()["periods"]
    assert (past["score"], past["rank"]) == (str(MOST - 1), 2)
    standings = (await idle.get("/api/users/1/standings?board=daily")).json()["standings"]
    assert {standing["score"] for standing in standings} == {str(MOST - 1)}


async def test_events_have_the_score_as_text(idle: Api) -> None:
    types = ["score.improved", "rank.entered_top"]
    await created(idle, {**IDLE, "board": "loud", "events": types})
    await idle.services.events.dispatch.run(5)
    for user_id, score in ((1, MOST - 1), (2, MOST)):
        await submitted(idle, user_id, str(score), "/api/boards/loud/scores")
    idle.clock.now += 60_000
    await idle.services.events.dispatch.run(5)
    bodies = [json.loads(notice.body) for notice in (await idle.services.parts.notices.after(0, 100)).notices]
    assert {(body["type"], body["data"]["score"]) for body in bodies} == {
        (kind, str(score)) for kind in types for score in (MOST - 1, MOST)
    }


async def test_feeds_count_long_scores(idle: Api) -> None:
    await created(idle, {**IDLE, "board": "week", "policy": "latest"})
    await created(idle, {**IDLE, "board": "fed", "feeds": [{"board": "week"}, {"board": "default", "number": "coins"}]})
    body = {"user_id": 1, "score": str(MOST), "numbers": {"coins": 7}}
    assert (await idle.post("/api/boards/fed/scores", body)).json()["score"] == str(MOST)
    assert (await idle.get("/api/boards/week/ranks/1")).json()["score"] == str(MOST)
    assert (await idle.get("/api/boards/default/ranks/1")).json()["score"] == 7


def test_the_pattern_documents_the_spelling() -> None:
    assert TypeAdapter(ScoreValueIn).json_schema()["anyOf"][1]["pattern"] == LONG_PATTERN
