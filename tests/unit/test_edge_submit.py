"""Submissions over HTTP: receipts, keys, validation, batches."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from functions.edge.wire.receipts import BatchOut, ReceiptOut
from leaderforge.domain.boards import MAX_INTEGER, Board, Order, Policy
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, bearer
from tests.unit.edge_fixtures import Api

SCORE = {"user_id": 1, "score": 500}
WRITES = [
    ("/api/scores", SCORE),
    ("/api/boards/default/scores", SCORE),
    ("/api/boards/default/scores/batch", {"submissions": [SCORE]}),
    ("/api/users", {"username": "ada"}),
]


async def test_the_receipt_tells_the_standing_and_its_rank(api: Api) -> None:
    await api.ranked({1: 300, 2: 400})
    answer = await api.post("/api/scores", {"user_id": 1, "score": 200})
    assert answer.status_code == 200
    assert answer.headers["x-leaderforge-source"] == "index"
    receipt = ReceiptOut.model_validate_json(answer.content)
    assert (receipt.user_id, receipt.score, receipt.rank, receipt.submissions) == (1, 500, 1, 2)
    assert (receipt.improved, receipt.duplicate) == (True, False)
    assert answer.json()["achieved_at"] == "2026-11-23T12:00:00.002Z"


async def test_the_same_submission_id_counts_once(api: Api) -> None:
    await api.players(1)
    submission = {**SCORE, "submission_id": str(uuid4()), "metadata": {"level": 3}}
    first = (await api.post("/api/scores", submission)).json()
    again = (await api.post("/api/scores", submission)).json()
    assert first["submission_id"] == submission["submission_id"]
    assert again == {**first, "duplicate": True}


async def test_the_same_submission_id_with_other_content_is_a_conflict(api: Api) -> None:
    await api.players(1, 2)
    at = "2026-11-23T11:00:00Z"
    first = {**SCORE, "submission_id": str(uuid4()), "metadata": {"level": 3, "car": "kart"}, "achieved_at": at}
    await api.post("/api/scores", first)
    answer = await api.post("/api/scores", {**first, "score": 900, "metadata": None})
    assert answer.status_code == 409
    error = answer.json()["error"]
    assert error["code"] == "submission_conflict"
    assert error["details"] == {
        "submission_id": first["submission_id"],
        "differences": {
            "score": {"stored": 500, "sent": 900},
            "metadata": {"stored": {"level": 3, "car": "kart"}, "sent": None},
        },
    }
    assert "score 500, not 900" in error["message"]
    for repetition in ({**first, "metadata": {"car": "kart", "level": 3}}, {**first, "achieved_at": None}):
        assert (await api.post("/api/scores", repetition)).json()["duplicate"]
    batch = [{**first, "user_id": 2}, {**first, "user_id": 2, "achieved_at": "2026-11-23T11:00:01Z"}]
    counted, refused = (await api.post("/api/scores/batch", {"submissions": batch})).json()["results"]
    assert not counted["duplicate"]
    assert list(refused["error"]["details"]["differences"]) == ["achieved_at"]


async def test_an_acknowledged_submission_is_stored(api: Api) -> None:
    await api.change_board(policy=Policy.BEST)
    await api.ranked({1: 10})
    await api.post("/api/scores", {"user_id": 1, "score": 20})
    [(_, [standing])] = await api.store.standings_of([1])
    assert (standing.score, standing.submissions) == (20, 2)


async def test_a_submission_without_an_id_gets_one(api: Api) -> None:
    await api.players(1)
    ids = {(await api.post("/api/scores", SCORE)).json()["submission_id"] for _ in range(2)}
    assert len({UUID(one) for one in ids}) == 2


async def test_the_rank_can_be_spared(api: Api) -> None:
    await api.players(1)
    answer = await api.post("/api/scores?rank=none", SCORE)
    assert answer.json()["rank"] is None
    assert answer.headers["x-leaderforge-source"] == "postgres"


async def test_a_board_of_its_own(api: Api) -> None:
    await api.store.create_board(Board(0, "laps", "Laps", Policy.BEST, Order.ASC))
    await api.players(1, 2)
    await api.post("/api/boards/laps/scores", {"user_id": 1, "score": 70})
    better = (await api.post("/api/boards/laps/scores", {"user_id": 2, "score": 60})).json()
    worse = (await api.post("/api/boards/laps/scores", {"user_id": 2, "score": 80})).json()
    assert (better["rank"], better["improved"]) == (1, True)
    assert (worse["rank"], worse["score"], worse["improved"]) == (1, 60, False)


async def test_metadata_is_shown_as_it_was_sent(api: Api) -> None:
    await api.players(1)
    metadata = {"ship": "Šípka", "runs": [1, 2.5, None, True], "nested": {"a": '"\\\n'}, "big": 10**30}
    await api.post("/api/scores", {**SCORE, "metadata": metadata})
    [entry] = (await api.get("/api/leaderboard/top")).json()["entries"]
    assert entry["metadata"] == metadata


@pytest.mark.parametrize(("path", "body"), WRITES)
@pytest.mark.parametrize(
    ("header", "code"),
    [
        (None, "unauthenticated"),
        ("Bearer wrong", "unauthenticated"),
        ("Bearer ", "unauthenticated"),
        ("Bearer", "unauthenticated"),
        (f"Basic {SUBMIT_KEY}", "unauthenticated"),
        (SUBMIT_KEY, "unauthenticated"),
        ("Bearer \xfc", "unauthenticated"),
    ],
)
async def test_writing_needs_a_key(api: Api, path: str, body: Any, header: str | None, code: str) -> None:
    await api.players(1)
    headers = {} if header is None else {"Authorization": header.encode("latin-1")}
    answer = await api.client.post(path, json=body, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, code)
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert (await api.get("/api/leaderboard/top")).json()["total"] == 0


@pytest.mark.parametrize(("path", "body"), WRITES)
@pytest.mark.parametrize("key", [SUBMIT_KEY, ADMIN_KEY])
async def test_both_kinds_of_keys_may_submit(api: Api, path: str, body: Any, key: str) -> None:
    await api.players(1)
    assert (await api.post(path, body, key)).is_success


async def test_the_scheme_is_read_without_regard_to_case(api: Api) -> None:
    await api.players(1)
    answer = await api.client.post("/api/scores", json=SCORE, headers={"Authorization": f"bearer {SUBMIT_KEY}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("change", "at"),
    [
        ({"score": 1.5}, "score"),
        ({"score": "5.0"}, "score"),
        ({"score": True}, "score"),
        ({"score": None}, "score"),
        ({"score": MAX_INTEGER + 1}, "score"),
        ({"score": -MAX_INTEGER - 1}, "score"),
        ({"score": 10**400}, "score"),
        ({"user_id": "1"}, "user_id"),
        ({"user_id": 2**53}, "user_id"),
        ({"submission_id": "x"}, "submission_id"),
        ({"submission_id": 7}, "submission_id"),
        ({"metadata": []}, "metadata"),
        ({"metadata": "text"}, "metadata"),
        ({"metadata": {"a": "\0"}}, "metadata"),
        ({"metadata": {"\0": 1}}, "metadata"),
        ({"metadata": {"a": [{"b": 1e21}]}}, "metadata"),
        ({"metadata": {"a": -1e-22}}, "metadata"),
        ({"metadata": {"a": "x" * 2048}}, "metadata"),
        ({"metadata": {"a": "š" * 1022}}, "metadata"),
        ({"period": "all-time"}, "period"),
        ({"Score": 1}, "Score"),
    ],
)
async def test_what_is_wrong_is_named(api: Api, change: dict[str, Any], at: str) -> None:
    await api.players(1)
    answer = await api.post("/api/scores", {**SCORE, **change})
    error = answer.json()["error"]
    assert (answer.status_code, error["code"]) == (422, "invalid_request")
    assert [one["at"] for one in error["details"]["errors"]] == [at]
    assert error["message"].startswith(at)
    assert (await api.get("/api/leaderboard/top")).json()["total"] == 0


@pytest.mark.parametrize(
    "metadata",
    ['{"a":NaN}', '{"a":Infinity}', '{"a":1e999}', '{"a":"\\ud800"}', '{"a":"\\u0000"}', '{"a":' + "[" * 999],
)
async def test_metadata_that_json_does_not_know_is_refused(api: Api, metadata: str) -> None:
    await api.players(1)
    body = f'{{"user_id":1,"score":1,"metadata":{metadata}}}'
    headers = bearer(SUBMIT_KEY) | {"Content-Type": "application/json"}
    answer = await api.client.post("/api/scores", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert (await api.get("/api/leaderboard/top")).json()["total"] == 0


@pytest.mark.parametrize("metadata", [{"a": "\\u0000"}, {"a": "x" * 2040}, {}, {"a": [1e20, 0.0, -1e-20]}])
async def test_metadata_just_within_the_limits_is_taken(api: Api, metadata: dict[str, Any]) -> None:
    await api.players(1)
    assert (await api.post("/api/scores", {**SCORE, "metadata": metadata})).status_code == 200


@pytest.mark.parametrize("extreme", [MAX_INTEGER, -MAX_INTEGER])
async def test_extreme_scores_and_ids_pass(api: Api, extreme: int) -> None:
    await api.players(extreme)
    answer = await api.post("/api/scores", {"user_id": extreme, "score": extreme})
    assert (answer.json()["user_id"], answer.json()["score"]) == (extreme, extreme)
    assert (await api.get(f"/api/leaderboard/rank/{extreme}")).json()["score"] == extreme


async def test_a_sum_that_leaves_the_range_is_refused(api: Api) -> None:
    await api.ranked({1: MAX_INTEGER})
    answer = await api.post("/api/scores", {"user_id": 1, "score": 1})
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "score_out_of_range")


@pytest.mark.parametrize("rank", ["all", "", "exact&rank=x"])
async def test_the_rank_option_is_checked(api: Api, rank: str) -> None:
    answer = await api.post(f"/api/scores?rank={rank}", SCORE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_an_unknown_player_is_told(api: Api) -> None:
    answer = await api.post("/api/scores", SCORE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "user_not_found")


async def test_an_unknown_board_is_told(api: Api) -> None:
    answer = await api.post("/api/boards/nowhere/scores", SCORE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "board_not_found")


@pytest.mark.parametrize("board", ["Default", "a b", "-x", "x" * 65, "%00", "d%C3%A9faut"])
async def test_names_that_no_board_can_have_are_refused(api: Api, board: str) -> None:
    answer = await api.post(f"/api/boards/{board}/scores", SCORE)
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_a_batch_tells_each_of_its_own(api: Api) -> None:
    await api.players(1, 2)
    batch = [
        {"user_id": 1, "score": 5},
        {"user_id": 9, "score": 5},
        {"user_id": 2, "score": 7.5},
        "nonsense",
        {"user_id": 2, "score": 6, "extra": 1},
        {"user_id": 2, "score": 6},
    ]
    answer = await api.post("/api/boards/default/scores/batch", {"submissions": batch})
    assert answer.status_code == 200
    BatchOut.model_validate_json(answer.content)
    results = answer.json()["results"]
    told = [one["error"]["code"] if "error" in one else (one["user_id"], one["rank"]) for one in results]
    assert told == [(1, 2), "user_not_found", "invalid_request", "invalid_request", "invalid_request", (2, 1)]
    assert answer.headers["x-leaderforge-source"] == "index"


@pytest.mark.parametrize(("delay_ms", "status"), [(10_000, 200), (10_001, 503)])
async def test_a_batch_is_refused_if_its_boards_were_read_too_slowly(
    api: Api, monkeypatch: pytest.MonkeyPatch, delay_ms: int, status: int
) -> None:
    await api.players(1)
    look_up = api.store.boards_named

    async def boards_named(names: Collection[str]) -> Mapping[str, Board]:
        api.clock.now += delay_ms
        return await look_up(names)

    monkeypatch.setattr(api.store, "boards_named", boards_named)
    answer = await api.post("/api/scores/batch", {"submissions": [SCORE]})
    assert answer.status_code == status
    if status == 503:
        assert answer.json()["error"]["code"] == "overloaded"


async def test_a_batch_of_errors_alone_is_answered(api: Api) -> None:
    answer = await api.post("/api/boards/default/scores/batch", {"submissions": [None]})
    assert [one["error"]["code"] for one in answer.json()["results"]] == ["invalid_request"]


async def test_a_player_may_occur_twice_in_a_batch(api: Api) -> None:
    await api.players(1)
    submission = {**SCORE, "submission_id": str(uuid4())}
    batch = {"submissions": [submission, submission, SCORE]}
    results = (await api.post("/api/boards/default/scores/batch", batch)).json()["results"]
    assert [one["duplicate"] for one in results] == [False, True, False]
    assert (await api.get("/api/leaderboard/rank/1")).json()["score"] == 1000


@pytest.mark.parametrize("count", [0, 1001])
async def test_batches_are_bounded(api: Api, count: int) -> None:
    answer = await api.post("/api/boards/default/scores/batch", {"submissions": [SCORE] * count})
    assert answer.status_code == 422
    assert answer.json()["error"]["details"]["errors"][0]["at"] == "submissions"


async def test_without_the_store_nothing_is_taken(api: Api) -> None:
    await api.ranked({1: 5})
    api.store.available = False
    for path, body in WRITES[:3]:
        answer = await api.post(path, body)
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "store_unavailable")
        assert answer.headers["retry-after"] == "1"
    assert (await api.get("/api/leaderboard/rank/1")).json()["score"] == 5


async def test_without_the_index_the_rank_is_not_told(api: Api) -> None:
    await api.players(1)
    api.index.wipe()
    answer = await api.post("/api/scores", SCORE)
    assert (answer.status_code, answer.json()["rank"], answer.json()["score"]) == (200, None, 500)
    assert answer.headers["x-leaderforge-source"] == "postgres"


@pytest.mark.parametrize(
    "time",
    ["2026-10-14T07:30:00Z", "2026-10-14T07:30:00z", "2026-10-14t07:30:00z", "2026-10-14T09:30:00.000+02:00"],
)
async def test_times_are_read_as_rfc_3339_allows(api: Api, time: str) -> None:
    await api.players(1)
    answer = await api.post("/api/scores", {**SCORE, "achieved_at": time})
    assert (answer.status_code, answer.json().get("achieved_at")) == (200, "2026-10-14T07:30:00.000Z")


@pytest.mark.parametrize(
    "time", ["z", "", "2026-10-14T07:30:00", "2026-10-14T07:30:00zz", "2026-10-14T07:30:00xZ", 5, None, []]
)
async def test_other_times_are_refused(api: Api, time: Any) -> None:
    await api.players(1)
    answer = await api.post("/api/scores", {**SCORE, "achieved_at": time})
    if time is None:
        assert answer.status_code == 200
    else:
        assert answer.json()["error"]["details"]["errors"] == [
            {
                "at": "achieved_at",
                "problem": "must be a time with an offset from UTC, such as 2026-11-23T12:00:00.000Z",
            }
        ]


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ("5", 5),
        ("5.0", 5),
        ("-5.000", -5),
        ("-0.0", 0),
        ("1e3", 1000),
        ("0.5e1", 5),
        ("9007199254740991", MAX_INTEGER),
        ("9007199254740991.0", MAX_INTEGER),
        ("-9007199254740991.0", -MAX_INTEGER),
    ],
)
async def test_a_number_without_a_fraction_is_an_integer_however_it_is_written(api: Api, text: str, score: int) -> None:
    await api.players(1)
    headers = {"Authorization": f"Bearer {SUBMIT_KEY}", "Content-Type": "application/json"}
    answer = await api.client.post("/api/scores", content=f'{{"user_id":1.0,"score":{text}}}', headers=headers)
    assert (answer.status_code, answer.json().get("score")) == (200, score), answer.text
    assert f'"score":{score},' in answer.text


@pytest.mark.parametrize(
    "text", ["5.5", "1e-3", "9007199254740992.0", "9007199254740993.0", "-9007199254740992.0", "1e16", "1e300", "1e400"]
)
async def test_a_fraction_or_a_number_beyond_the_bounds_is_refused(api: Api, text: str) -> None:
    await api.players(1)
    headers = {"Authorization": f"Bearer {SUBMIT_KEY}", "Content-Type": "application/json"}
    answer = await api.client.post("/api/scores", content=f'{{"user_id":1,"score":{text}}}', headers=headers)
    assert answer.json()["error"]["details"]["errors"] == [
        {
            "at": "score",
            "problem": "must be a whole number from -9007199254740991 to 9007199254740991, or the digits of a 64-bit "
            "score as text",
        }
    ]
