"""Deployment: every resource, correct submissions and reads, queue and schedule."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.domain.boards import Board
from leaderforge.domain.standings import Event
from leaderforge.embedded import PostgresServer
from local_cloud.deployment import DeploymentFailed, create_stack
from local_cloud.emulator import REGION, Emulator
from local_cloud.stack import LocalCloud
from tests.api_client import ADMIN_KEY, MAINTENANCE_TASKS
from tests.cloud.calling import Caller
from tests.oracle import Oracle
from tests.waiting import PATIENCE_S, until

PLAYERS = range(1, 25)
FIRST_PLAYER = range(900, 901)
QUEUED_PLAYERS = range(1001, 1051)
LATE_PLAYERS = range(2001, 2005)
BOARD = "race"
SCORE = 7
UNSUPPORTED = (
    '{"Resources": {"Table": {"Type": "AWS::RDS::DBInstance", "Properties": {"DBInstanceClass": "db.t3.micro"}}}}'
)


async def create_players(call: Caller, user_ids: Sequence[int]) -> None:
    for user_id in user_ids:
        answer = await call.post("/api/users", {"user_id": user_id, "username": f"player {user_id}"})
        assert answer.status_code == 201, answer.text


async def create_board(server: PostgresServer, board: Board) -> Board:
    pool = Pool(server.dsn)
    try:
        return await PostgresScoreStore(pool).create_board(board)
    finally:
        await pool.close()


def test_every_resource_is_there(cloud: LocalCloud) -> None:
    resources = cloud.client("cloudformation").list_stack_resources(StackName="tests")["StackResourceSummaries"]
    assert {one["ResourceStatus"] for one in resources} == {"CREATE_COMPLETE"}
    kinds = {one["ResourceType"] for one in resources}
    assert {
        "AWS::ApiGateway::RestApi",
        "AWS::Lambda::EventSourceMapping",
        "AWS::Events::Rule",
        "AWS::S3::Bucket",
    } <= kinds
    functions = cloud.client("lambda").list_functions()["Functions"]
    assert sum(one["ResourceType"] == "AWS::Lambda::Function" for one in resources) == len(functions) > 7
    assert {one["Runtime"] for one in functions} == {"python3.13"}
    [rule] = cloud.client("events").list_rules()["Rules"]
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    alarms = cloud.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert len(alarms) == sum(one["ResourceType"] == "AWS::CloudWatch::Alarm" for one in resources) == 8
    logs = cloud.client("logs").describe_log_groups(logGroupNamePrefix="/aws/lambda/tests-")["logGroups"]
    assert {f"/aws/lambda/tests-{one}" for one in ("submit", "queries", "admin", "ingest", "maintain")} <= {
        one["logGroupName"] for one in logs
    }


def test_what_cannot_be_created_fails(emulator: Emulator) -> None:
    with pytest.raises(DeploymentFailed, match="Table"):
        create_stack(emulator, "unsupported", UNSUPPORTED, {})


async def test_the_first_submission_has_a_rank(call: Caller, cloud_postgres: PostgresServer) -> None:
    await create_board(cloud_postgres, Board(0, "first", "First"))
    await create_players(call, FIRST_PLAYER)
    receipt = (await call.post("/api/boards/first/scores", {"user_id": FIRST_PLAYER[0], "score": SCORE})).json()
    assert (receipt["rank"], receipt["duplicate"]) == (1, False)


def test_maintenance_runs_all_tasks(cloud: LocalCloud) -> None:
    answer = cloud.client("lambda").invoke(FunctionName="tests-maintain", Payload=b"{}")
    assert json.load(answer["Payload"]).keys() == MAINTENANCE_TASKS


async def test_no_function_knows_a_secret_but_by_its_name(cloud: LocalCloud, cloud_postgres: PostgresServer) -> None:
    for function in cloud.client("lambda").list_functions()["Functions"]:
        assert cloud_postgres.dsn not in json.dumps(function)
        assert ADMIN_KEY not in json.dumps(function)


async def test_submissions_and_reads_agree_with_brute_force(call: Caller, cloud_postgres: PostgresServer) -> None:
    board = await create_board(cloud_postgres, Board(0, BOARD, "Race"))
    await create_players(call, PLAYERS)
    oracle = Oracle(board, [event async for event in submitted(call)])
    listed = [shown(line) for line in oracle.lines]

    top = (await call.get(f"/api/boards/{BOARD}/top?limit=10")).json()
    assert ([seen(entry) for entry in top["entries"]], top["total"]) == (listed[:10], oracle.total)
    by_url = (await call.at_url("QueriesUrl", "GET", f"/api/boards/{BOARD}/top?limit=10")).json()
    assert [seen(entry) for entry in by_url["entries"]] == listed[:10]
    for line in oracle.lines[:4]:
        player = (await call.get(f"/api/boards/{BOARD}/ranks/{line.user_id}")).json()
        assert (player["rank"], player["score"]) == (line.rank, line.score)
        around = (await call.get(f"/api/boards/{BOARD}/around/{line.user_id}?radius=3")).json()
        assert [seen(entry) for entry in around["entries"]] == [shown(one) for one in oracle.around(line.user_id, 3)]
    page = (await call.get(f"/api/boards/{BOARD}/page?rank=11&limit=5")).json()
    assert [seen(entry) for entry in page["entries"]] == listed[10:15]
    assert (await call.get(f"/api/boards/{BOARD}/top?limit=0")).status_code == 422
    assert (await call.get("/api/nowhere")).json()["error"]["code"] == "route_not_found"


async def submitted(call: Caller) -> Any:
    """Submit a few scores per player, in turns through the REST API and the function URL, and yield the events."""
    for i, user_id in enumerate([*PLAYERS, *PLAYERS[::2], *PLAYERS[::3]]):
        body = {"user_id": user_id, "score": (user_id * 37 + i) % 50 + 1, "submission_id": str(uuid4())}
        if i % 2:
            answer = await call.at_url("SubmitUrl", "POST", f"/api/boards/{BOARD}/scores", body)
        else:
            answer = await call.post(f"/api/boards/{BOARD}/scores", body)
        assert answer.status_code == 200, answer.text
        yield Event(user_id, UUID(str(body["submission_id"])), int(str(body["score"])), milliseconds(answer), None)


def milliseconds(answer: httpx.Response) -> int:
    return round(datetime.fromisoformat(answer.json()["achieved_at"]).timestamp() * 1000)


def seen(entry: dict[str, Any]) -> tuple[int, int, int, int]:
    return entry["rank"], entry["user_id"], entry["score"], entry["submissions"]


def shown(line: Any) -> tuple[int, int, int, int]:
    return line.rank, line.user_id, line.score, line.submissions


def queued(count: int) -> Iterator[str]:
    """Yield `count` valid messages."""
    for i in range(count):
        user_id = QUEUED_PLAYERS[i % len(QUEUED_PLAYERS)]
        yield json.dumps({"board": "default", "user_id": user_id, "score": SCORE, "submission_id": str(uuid4())})


def poison() -> list[str]:
    """Return poison messages. Once their players exist, a redrive counts the first four messages, but no others."""
    late = [{"board": "default", "user_id": i, "score": SCORE, "submission_id": str(uuid4())} for i in LATE_PLAYERS]
    never: list[Any] = [
        {**late[0], "score": 0.5, "submission_id": str(uuid4())},
        {**late[0], "board": "nowhere", "submission_id": str(uuid4())},
        {"board": "default", "user_id": QUEUED_PLAYERS[0], "score": SCORE},
        [],
    ]
    return [*map(json.dumps, late), *map(json.dumps, never), "{", "☃"]


async def test_the_queue_counts_each_once_buries_poison_and_gives_it_back(cloud: LocalCloud, call: Caller) -> None:
    await create_players(call, QUEUED_PLAYERS)
    good, bad = list(queued(990)), poison()
    await asyncio.to_thread(send, cloud, [*good[:500], *bad, *good[500:], *good[:20]])

    await until(lambda: counted(call, QUEUED_PLAYERS, 990), "the queue to be counted", every=0.25)
    reasons = await buried(cloud, bad)
    assert {reasons[one].partition(":")[0] for one in bad[:4]} == {"user_not_found"}
    assert "score" in reasons[bad[4]]
    assert reasons[bad[5]].startswith("board_not_found")
    assert "submission_id" in reasons[bad[6]]
    assert reasons[bad[8]].startswith("malformed_request")

    await create_players(call, LATE_PLAYERS)
    assert "10 submissions queued again" in await asyncio.to_thread(redrive, cloud)
    await until(lambda: counted(call, LATE_PLAYERS, len(LATE_PLAYERS)), "what was redriven to be counted", every=0.25)
    await buried(cloud, bad[4:])
    assert await counted(call, QUEUED_PLAYERS, 990)


async def counted(call: Caller, user_ids: Sequence[int], submissions: int) -> bool:
    """Return whether the players have this total of submissions, and scores that match their submissions."""
    answer = await call.post("/api/boards/default/ranks/lookup", {"user_ids": list(user_ids)})
    entries = answer.json()["entries"]
    total = sum(entry["submissions"] for entry in entries)
    assert total <= submissions
    assert all(entry["score"] == SCORE * entry["submissions"] for entry in entries)
    return total == submissions


def send(cloud: LocalCloud, bodies: Sequence[str]) -> None:
    sqs, url = cloud.client("sqs"), cloud.stack.outputs["QueueUrl"]
    for i in range(0, len(bodies), 10):
        entries = [{"Id": str(n), "MessageBody": body} for n, body in enumerate(bodies[i : i + 10])]
        assert "Failed" not in sqs.send_message_batch(QueueUrl=url, Entries=entries)


async def buried(cloud: LocalCloud, bodies: Sequence[str]) -> dict[str, str]:
    """Wait for dead letters with these bodies, and return their reasons. Fails on any other dead letter."""
    found: dict[str, str] = {}
    async with asyncio.timeout(PATIENCE_S):
        while len(found) < len(bodies):
            found |= await asyncio.to_thread(dead_letters, cloud)
    assert sorted(found) == sorted(bodies)
    return found


def dead_letters(cloud: LocalCloud) -> dict[str, str]:
    """Return the reasons of some dead letters by body. The dead letters stay in their queue."""
    asked = {"MaxNumberOfMessages": 10, "WaitTimeSeconds": 1, "VisibilityTimeout": 0, "MessageAttributeNames": ["All"]}
    answer = cloud.client("sqs").receive_message(QueueUrl=cloud.stack.outputs["DeadLettersUrl"], **asked)
    told = {one["Body"]: one["MessageAttributes"]["Reason"] for one in answer.get("Messages", [])}
    return {body: reason["StringValue"] for body, reason in told.items()}


def redrive(cloud: LocalCloud) -> str:
    """Run `leaderforge redrive` and return its output."""
    outputs = cloud.stack.outputs
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
        "LEADERFORGE_QUEUE_URL": outputs["QueueUrl"],
        "LEADERFORGE_DEAD_LETTERS_URL": outputs["DeadLettersUrl"],
        "AWS_ENDPOINT_URL": cloud.endpoint,
        "AWS_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    command = [sys.executable, "-c", "from leaderforge.cli import main; main()", "redrive"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout


async def test_the_schedule_runs_maintenance(cloud: LocalCloud, call: Caller) -> None:
    await until(lambda: asyncio.to_thread(maintained, cloud), "maintenance to run", every=0.25)
    told = (await call.get("/api/admin/shards", ADMIN_KEY)).json()
    assert told["verification"]["differing"] == 0


def maintained(cloud: LocalCloud) -> bool:
    events = cloud.client("logs").filter_log_events(logGroupName="/aws/lambda/tests-maintain")["events"]
    return any("index_lag_seconds" in event["message"] for event in events)
