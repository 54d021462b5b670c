"""Queued submissions: each counts once. Retries, dead letters and their redrive."""

import json
from collections.abc import AsyncIterator, Collection, Mapping
from typing import Any
from uuid import uuid4

import pytest

from functions.edge.aws.queue import messages_of
from functions.edge.context import Edge
from functions.ingest import count_messages
from leaderforge.adapters.memory.queue import MemoryQueue
from leaderforge.domain.boards import Board, ScoreLimits
from leaderforge.domain.dead_letters import DeadLetter
from leaderforge.domain.errors import Refused, StoreUnavailable
from leaderforge.services.ingest import redrive
from tests.unit.edge_fixtures import START, Api, serving

QUEUED = {"LEADERFORGE_QUEUED_SUBMITS": "1", "LEADERFORGE_QUEUE_URL": "http://127.0.0.1:1/q", "AWS_REGION": "r"} | {
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "key",
}


@pytest.fixture
def queue() -> MemoryQueue:
    return MemoryQueue()


@pytest.fixture
async def queued(queue: MemoryQueue) -> AsyncIterator[Api]:
    """HTTP edge that queues submissions."""
    async with serving(queue, **QUEUED) as running:
        yield running


def record(body: Any, message_id: str | None = None, sent_at: int = START) -> dict[str, Any]:
    """Return a message in the format of SQS."""
    return {
        "messageId": message_id or str(uuid4()),
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(sent_at),
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": str(sent_at + 10),
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:123456789012:submissions",
        "awsRegion": "eu-west-1",
    }


def submission(user_id: int = 1, **more: Any) -> dict[str, Any]:
    return {"board": "default", "user_id": user_id, "score": 5, "submission_id": str(uuid4()), **more}


async def ingested(api: Api, *records: dict[str, Any]) -> list[str]:
    edge = Edge(api.services)
    return await count_messages(edge, records)


async def score(api: Api, user_id: int = 1) -> int:
    answer = await api.get(f"/api/leaderboard/rank/{user_id}")
    return int(answer.json()["score"]) if answer.status_code == 200 else 0


async def buried(queue: MemoryQueue) -> list[DeadLetter]:
    return list(await queue.dead_letters())


async def test_a_message_counts_once_however_often_it_is_delivered(api: Api) -> None:
    await api.players(1)
    message = record(submission(metadata={"level": 3}))
    assert await ingested(api, message, message) == []
    assert await ingested(api, message) == []
    assert await score(api) == 5


async def test_a_submission_is_achieved_when_it_was_sent(api: Api) -> None:
    await api.players(1)
    await ingested(api, record(submission(), sent_at=START - 60_000))
    assert (await api.get("/api/leaderboard/rank/1")).json()["achieved_at"] == "2026-11-23T11:59:00.000Z"


async def test_the_future_is_not_believed(api: Api) -> None:
    await api.players(1)
    await ingested(api, record(submission(), sent_at=START + 60_000))
    assert (await api.get("/api/leaderboard/rank/1")).json()["achieved_at"] == "2026-11-23T12:00:00.000Z"


async def test_boards_of_many_messages_are_few_queries(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load all boards by one query: with a query for each board, the first would be stale when the last arrives."""
    await api.players(1)
    slugs = [f"board-{i}" for i in range(50)]
    for slug in slugs:
        await api.store.create_board(Board(0, slug, slug))
    queries: list[Collection[str]] = []
    look_up = api.store.boards_named

    async def boards_named(names: Collection[str]) -> Mapping[str, Board]:
        queries.append(names)
        return await look_up(names)

    monkeypatch.setattr(api.store, "boards_named", boards_named)
    assert await ingested(api, *(record(submission(board=slug)) for slug in slugs)) == []
    assert sorted(slug for names in queries for slug in names) == sorted(slugs)
    assert len(queries) <= 2


async def test_a_batch_of_many_chunks_counts_each_message(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.ingest._MESSAGES_A_CHUNK", 3)
    await api.players(1)
    bodies = [submission() if i % 2 else submission(board="nowhere") for i in range(10)]
    api.store.available = False
    assert await ingested(api, *(record(body, f"{i}") for i, body in enumerate(bodies))) == [f"{i}" for i in range(10)]
    api.store.available = True
    assert await ingested(api, *(record(body) for body in bodies if body["board"] == "default")) == []
    assert await score(api) == 25


async def test_messages_are_delivered_again_if_their_boards_were_read_too_slowly(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.players(1)
    look_up = api.store.boards_named

    async def boards_named(names: Collection[str]) -> Mapping[str, Board]:
        api.clock.now += 10_001
        return await look_up(names)

    monkeypatch.setattr(api.store, "boards_named", boards_named)
    message = record(submission(), "1")
    assert await ingested(api, message) == ["1"]
    assert await score(api) == 0
    monkeypatch.setattr(api.store, "boards_named", look_up)
    assert await ingested(api, message) == []
    assert await score(api) == 5


POISON: list[tuple[Any, str]] = [
    ("{", "malformed_request"),
    ("[]", "invalid_request"),
    ({**submission(), "submission_id": None}, "submission_id"),
    ({**submission(), "score": 1.5}, "score"),
    (submission(board="nowhere"), "board_not_found"),
    (submission(404), "user_not_found"),
    (submission(more="?"), "more"),
]


@pytest.mark.parametrize(("body", "reason"), POISON)
async def test_what_can_never_be_counted_is_buried_with_its_reason(body: Any, reason: str) -> None:
    queue = MemoryQueue()
    async with serving(queue) as api:
        await api.players(1)
        poisoned = record(body)
        assert await ingested(api, poisoned, record(submission())) == []
        [letter] = await buried(queue)
        assert letter.body == poisoned["body"]
        assert reason in letter.reason
        assert await score(api) == 5


async def test_what_cannot_be_buried_is_delivered_again(queued: Api, queue: MemoryQueue) -> None:
    queue.down = True
    assert await ingested(queued, record("{", "a")) == ["a"]


async def test_while_the_store_is_down_all_is_delivered_again(
    queued: Api, queue: MemoryQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    await queued.players(1)
    messages = [record(submission(), "a"), record("{", "b"), record(submission(), "c")]

    async def down(_: Any, **_options: Any) -> Any:
        raise StoreUnavailable("down")

    with monkeypatch.context() as patched:
        patched.setattr(queued.store, "record", down)
        assert await ingested(queued, *messages) == ["a", "c"]
    assert await ingested(queued, messages[0], messages[2]) == []
    assert len(await buried(queue)) == 1
    assert await score(queued) == 10


@pytest.mark.parametrize(
    "event",
    [
        None,
        [],
        {},
        {"Records": None},
        {"Records": [{"eventSource": "aws:s3", "messageId": "a", "body": "{}"}]},
        {"Records": [{"eventSource": "aws:sqs", "body": "{}"}]},
        {"Records": [{"eventSource": "aws:sqs", "messageId": "a", "body": None}]},
        {"Records": [record(submission()), None]},
    ],
)
def test_events_of_another_source_are_refused(event: Any) -> None:
    with pytest.raises(Refused):
        messages_of(event)


async def test_a_queued_submission_is_answered_202_and_counted_from_the_queue(queued: Api, queue: MemoryQueue) -> None:
    await queued.players(1)
    answer = await queued.post("/api/scores", {"user_id": 1, "score": 5, "metadata": {"name": 'Žofie " \n'}})
    assert answer.status_code == 202
    told = answer.json()
    assert (told["user_id"], told["queued"]) == (1, True)
    assert await score(queued) == 0
    [body] = queue.bodies
    waits = json.loads(body)
    assert (waits["submission_id"], waits["received_us"]) == (told["submission_id"], START * 1000)
    assert "achieved_at" not in waits
    assert await ingested(queued, record(body)) == []
    entry = (await queued.get("/api/leaderboard/rank/1")).json()
    assert (entry["score"], entry["metadata"]) == (5, {"name": 'Žofie " \n'})


async def test_a_batch_is_queued_but_for_what_is_not_valid(queued: Api, queue: MemoryQueue) -> None:
    own = str(uuid4())
    batch = [{"user_id": 1, "score": 5, "submission_id": own}, {"user_id": 1, "score": "5"}, {"user_id": 2, "score": 7}]
    answer = await queued.post("/api/boards/default/scores/batch", {"submissions": batch})
    assert answer.status_code == 202
    first, refused, last = answer.json()["results"]
    assert (first["submission_id"], refused["error"]["code"], last["user_id"]) == (own, "invalid_request", 2)
    assert [json.loads(body)["user_id"] for body in queue.bodies] == [1, 2]


async def test_other_content_under_a_submission_id_becomes_a_dead_letter(queued: Api, queue: MemoryQueue) -> None:
    await queued.players(1)
    first = {"user_id": 1, "score": 5, "submission_id": str(uuid4())}
    # The second copy is received later, but is a duplicate of the first copy, because neither copy has `achieved_at`.
    for submission in (first, first, {**first, "score": 6}):
        await queued.post("/api/scores", submission)
        queued.clock.now += 1000
    assert await ingested(queued, *map(record, queue.bodies)) == []
    [letter] = await buried(queue)
    assert letter.reason.startswith("submission_conflict: ")
    assert "score 5, not 6" in letter.reason
    assert await score(queued) == 5


async def test_queueing_needs_a_key_a_board_and_a_queue(queued: Api, queue: MemoryQueue) -> None:
    body = {"user_id": 1, "score": 5}
    assert (await queued.post("/api/scores", body, key=None)).status_code == 401
    assert (await queued.post("/api/boards/nowhere/scores", body)).status_code == 404
    queue.down = True
    answer = await queued.post("/api/scores", body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "queue_unavailable")


async def test_redriving_queues_each_dead_letter_once_more(queue: MemoryQueue) -> None:
    for i in range(25):
        await queue.bury(f'{{"n": {i}}}', "user_not_found: there was none")
    told: list[DeadLetter] = []
    assert await redrive(queue, 20, told.append) == 20
    assert sorted(queue.bodies) == sorted(letter.body for letter in told)
    assert {letter.reason for letter in told} == {"user_not_found: there was none"}


async def test_a_letter_that_comes_back_while_redriving_stays() -> None:
    class Poisonous(MemoryQueue):
        """Queue that makes each message a dead letter at once."""

        async def put(self, bodies: Any) -> None:
            for body in bodies:
                await self.bury(body, "poison")

        @property
        def letters(self) -> int:
            """Number of dead letters, including dead letters in flight."""
            return len(self._dead)

    poisonous = Poisonous()
    await poisonous.put(["a", "b"])
    assert await redrive(poisonous, 100, lambda _: None) == 2
    assert poisonous.letters == 2


async def test_one_rule_holds_for_every_way_in(queue: MemoryQueue) -> None:
    """An invalid score has the same error with and without the queue, alone and in a batch."""
    message = "the score must be at most 10, not 11"
    submission = {"user_id": 1, "score": 11}
    for environment in ({}, QUEUED):
        async with serving(queue if environment else None, **environment) as api:
            await api.players(1)
            await api.change_board(limits=ScoreLimits(max_score=10))
            for path in ("/api/scores", "/api/boards/default/scores"):
                answer = await api.post(path, submission)
                assert (answer.status_code, answer.json()["error"]["message"]) == (422, message)
            for path in ("/api/scores/batch", "/api/boards/default/scores/batch"):
                answer = await api.post(path, {"submissions": [submission]})
                [result] = answer.json()["results"]
                assert (result["error"]["code"], result["error"]["message"]) == ("rule_violated", message)
    assert queue.bodies == []
