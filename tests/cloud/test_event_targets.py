"""Events to a queue and to an event bus, from the deployed functions."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from leaderforge.domain.boards import Board
from leaderforge.domain.notice_types import NoticeType
from leaderforge.embedded import PostgresServer
from local_cloud.stack import EVENT_TARGETS, LocalCloud
from tests.api_client import ADMIN_KEY
from tests.cloud.calling import PATIENCE_S, Caller
from tests.cloud.test_deployment import create_board, create_players

PLAYERS = range(70_001, 70_004)
QUEUE_ARN, BUS_ARN = EVENT_TARGETS
BOARD = "sent"


@pytest.fixture
def queue(cloud: LocalCloud) -> Iterator[str]:
    """URL of the queue that receives events."""
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName=QUEUE_ARN.rpartition(":")[2], Attributes={"FifoQueue": "true"})["QueueUrl"]
    yield url
    sqs.delete_queue(QueueUrl=url)


@pytest.fixture
def bus(cloud: LocalCloud) -> Iterator[str]:
    """URL of a queue to which a rule forwards the events of the bus."""
    sqs, events = cloud.client("sqs"), cloud.client("events")
    url = sqs.create_queue(QueueName="behind-the-bus")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    name = BUS_ARN.rpartition("/")[2]
    events.create_event_bus(Name=name)
    events.put_rule(Name="sent", EventBusName=name, EventPattern=json.dumps({"source": ["leaderforge"]}))
    events.put_targets(Rule="sent", EventBusName=name, Targets=[{"Id": "queue", "Arn": arn}])
    yield url
    events.remove_targets(Rule="sent", EventBusName=name, Ids=["queue"])
    events.delete_rule(Name="sent", EventBusName=name)
    events.delete_event_bus(Name=name)
    sqs.delete_queue(QueueUrl=url)


async def test_events_reach_a_queue_and_a_bus_in_order(
    cloud: LocalCloud, call: Caller, cloud_postgres: PostgresServer, queue: str, bus: str
) -> None:
    await create_board(cloud_postgres, Board(0, BOARD, "Sent", events=(NoticeType.SCORE_IMPROVED,)))
    await create_players(call, PLAYERS)
    for arn in ("arn:aws:sqs:us-east-1:1:short", "arn:aws:s3:us-east-1:000000000000:bucket"):
        refused = await create(call, arn)
        assert refused.status_code == 422
    issued = {arn: (await create(call, arn)).json() for arn in EVENT_TARGETS}
    assert (await delivered_trial(call, issued[QUEUE_ARN]))["status"] == 200
    for score in (1, 2):
        for user_id in PLAYERS:
            await call.post(f"/api/boards/{BOARD}/scores", {"user_id": user_id, "score": score})
    await asyncio.to_thread(cloud.client("lambda").invoke, FunctionName="tests-maintain", Payload=b"{}")

    [trial, *messages] = await received(cloud, queue, 1 + 2 * len(PLAYERS))
    verify = Webhook(issued[QUEUE_ARN]["secret"]).verify
    events = [verify(message["Body"], attributes(message)) for message in messages]
    assert verify(trial["Body"], attributes(trial))["type"] == "endpoint.test"
    details = [json.loads(message["Body"]) for message in await received(cloud, bus, 2 * len(PLAYERS))]
    assert {detail["detail-type"] for detail in details} == {"score.improved"}
    for user_id in PLAYERS:
        scores = [event["data"]["score"] for event in events if event["data"]["user_id"] == user_id]
        assert scores == [1, 3]
    ids = {attributes(message)["webhook-id"] for message in messages}
    assert {detail["detail"]["id"] for detail in details} == ids
    assert len(ids) == 2 * len(PLAYERS)


async def test_an_event_that_a_missing_queue_refuses_says_so(call: Caller, cloud: LocalCloud) -> None:
    issued = (await create(call, QUEUE_ARN.replace("leaderforge-events", "missing"))).json()
    attempt = await delivered_trial(call, issued)
    assert attempt["status"] is None
    assert "QueueDoesNotExist" in attempt["failure"]


async def create(call: Caller, arn: str) -> httpx.Response:
    """Create an endpoint for the events of the board."""
    return await call.post("/api/admin/endpoints", {"url": arn, "boards": [BOARD]}, ADMIN_KEY)


async def delivered_trial(call: Caller, endpoint: Mapping[str, Any]) -> Any:
    """Return the result of a test delivery."""
    return (await call.post(f"/api/admin/endpoints/{endpoint['endpoint_id']}/test", None, ADMIN_KEY)).json()


def attributes(message: Mapping[str, Any]) -> dict[str, str]:
    """Return the attributes of a message, which have the values of a webhook's headers."""
    return {name: attribute["StringValue"] for name, attribute in message["MessageAttributes"].items()}


async def received(cloud: LocalCloud, url: str, count: int) -> list[Any]:
    """Return this number of messages of a queue, in the order of their reception."""
    messages: list[Any] = []
    sqs = cloud.client("sqs")
    async with asyncio.timeout(PATIENCE_S):
        while len(messages) < count:
            answer = await asyncio.to_thread(
                sqs.receive_message,
                QueueUrl=url,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1,
                MessageAttributeNames=["All"],
            )
            for message in answer.get("Messages", []):
                messages.append(message)
                await asyncio.to_thread(sqs.delete_message, QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert len(messages) == count
    return messages
