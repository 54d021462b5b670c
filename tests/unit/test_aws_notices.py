"""Notices to queues and event buses of AWS: requests, failures, and the ARNs that endpoints may have."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from ipaddress import ip_network
from typing import Any, NamedTuple

import pytest

from leaderforge.adapters.aws.client import AwsAccess
from leaderforge.adapters.aws.notice_sender import AwsNoticeSender
from leaderforge.adapters.aws.signature import AwsCredentials
from leaderforge.adapters.webhooks.deferred import DeferredNoticeSender
from leaderforge.adapters.webhooks.routed import RoutedNoticeSender
from leaderforge.adapters.webhooks.sender import HttpNoticeSender
from leaderforge.domain.endpoints import require_address
from leaderforge.domain.errors import Refused
from leaderforge.domain.event_targets import AwsTarget, aws_target
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import serving
from tests.unit.test_aws import Service, service

__all__ = ["service"]

QUEUE = "arn:aws:sqs:eu-west-1:123456789012:events"
BUS = "arn:aws:events:eu-west-1:123456789012:event-bus/game/events"
HEADERS = {"webhook-id": "n1", "webhook-timestamp": "5", "webhook-signature": "v1,abc"}
EVENT = {"type": "score.improved", "timestamp": "2026-11-23T12:00:00.000Z", "data": {"user_id": 7, "name": "é"}}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


@pytest.fixture
def sender(service: Service) -> Iterator[AwsNoticeSender]:
    """Sender that sends the requests for all AWS services to `service`."""
    made = AwsNoticeSender(service.access, timeout_s=5)
    yield made
    asyncio.run(made.close())


def asked(service: Service) -> tuple[str, Any]:
    """Return the operation and the body of the only request."""
    [(target, body)] = service.asked
    return target, body


async def test_a_queue_gets_the_signed_body_with_the_headers_as_attributes(
    service: Service, sender: AwsNoticeSender
) -> None:
    service.answers = [(200, {"MessageId": "m"})]
    attempt = await sender.send(QUEUE, HEADERS, BODY, "7")
    assert (attempt.status, attempt.error) == (200, None)
    target, body = asked(service)
    assert (target, body["MessageBody"]) == ("AmazonSQS.SendMessage", BODY.decode())
    assert body["QueueUrl"] == f"{service.access.endpoint}/123456789012/events"
    assert {name: value["StringValue"] for name, value in body["MessageAttributes"].items()} == HEADERS
    assert "MessageGroupId" not in body


@pytest.mark.parametrize("group", ["7", ""])
async def test_a_fifo_queue_keeps_the_order_of_a_player(service: Service, sender: AwsNoticeSender, group: str) -> None:
    service.answers = [(200, {})]
    await sender.send(f"{QUEUE}.fifo", HEADERS, BODY, group)
    _, body = asked(service)
    assert (body["MessageGroupId"], body["MessageDeduplicationId"]) == (group or "leaderforge", "n1")


@pytest.mark.parametrize("redriven", [False, True])
async def test_a_bus_gets_the_event_with_its_id(service: Service, sender: AwsNoticeSender, redriven: bool) -> None:
    service.answers = [(200, {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]})]
    mark = {"leaderforge-redriven": "true"} if redriven else {}
    assert (await sender.send(BUS, HEADERS | mark, BODY, "7")).has_succeeded
    target, body = asked(service)
    [entry] = body["Entries"]
    assert (target, entry["EventBusName"], entry["Source"], entry["DetailType"]) == (
        "AWSEvents.PutEvents",
        BUS,
        "leaderforge",
        "score.improved",
    )
    assert json.loads(entry["Detail"]) == {"id": "n1", **({"redriven": True} if redriven else {}), **EVENT}


async def test_refusals_are_reported_without_the_credentials(service: Service, sender: AwsNoticeSender) -> None:
    secret = "The Canonical String is\nx-amz-security-token:token"
    service.answers = [
        (400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}),
        (403, {"__type": "InvalidSignatureException", "message": f"no match\n{secret}"}),
        (200, {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "Throttled", "ErrorMessage": "later"}]}),
    ]
    attempts = [await sender.send(url, HEADERS, BODY, "7") for url in (QUEUE, QUEUE, BUS)]
    assert [attempt.status for attempt in attempts] == [None] * 3
    assert [attempt.error for attempt in attempts] == [
        "sqs refused SendMessage: QueueDoesNotExist no such queue",
        "sqs refused SendMessage: InvalidSignatureException no match",
        "the bus refused the event: Throttled later",
    ]


async def test_concurrent_notices_have_connections_of_their_own(service: Service, sender: AwsNoticeSender) -> None:
    service.answers = [(200, {})] * 4
    await asyncio.gather(*(sender.send(QUEUE, HEADERS, BODY, "7") for _ in range(3)))
    await sender.send(QUEUE, HEADERS, BODY, "7")
    assert len(set(service.clients)) == 3


class Unresponsive(NamedTuple):
    """Service that accepts requests and never completes a response."""

    access: AwsAccess
    has_accepted: asyncio.Event
    has_lost: asyncio.Event


@asynccontextmanager
async def unresponsive(text: bytes = b"") -> AsyncIterator[Unresponsive]:
    """Serve on a free port. Send the text on each connection, every 20 ms, until the client closes the connection."""
    has_accepted, has_lost = asyncio.Event(), asyncio.Event()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        has_accepted.set()
        closing = asyncio.create_task(reader.read())
        while not closing.done():
            writer.write(text)
            await asyncio.wait([closing], timeout=0.02)
        writer.close()
        has_lost.set()

    async with await asyncio.start_server(handle, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield Unresponsive(AwsAccess("r", AwsCredentials("id", "key"), url), has_accepted, has_lost)


async def test_a_silent_queue_delays_no_other_endpoint(service: Service) -> None:
    service.answers = [(200, {})]
    # Names are resolved in the default executor, which has one thread here. A call of AWS in this executor would stop
    # all look-ups.
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    http = HttpNoticeSender([ip_network("127.0.0.0/8"), ip_network("::1")], timeout_s=5)
    async with unresponsive() as silent:
        sender = AwsNoticeSender(silent.access, timeout_s=60)
        call = asyncio.create_task(sender.send(QUEUE, HEADERS, BODY, "7"))
        await silent.has_accepted.wait()
        headers = HEADERS | {"x-amz-target": "any"}
        attempt = await http.send(f"http://localhost:{service.server_port}/", headers, BODY)
        assert (attempt.status, call.done()) == (200, False)
        call.cancel()
        await silent.has_lost.wait()  # the cancelled call closes its connection
        await sender.close()
    await http.close()


async def test_the_time_limit_holds_for_a_whole_call() -> None:
    async with unresponsive(b"H") as dripping:
        sender = AwsNoticeSender(dripping.access, timeout_s=0.5)
        attempt = await sender.send(QUEUE, HEADERS, BODY, "7")
        assert (attempt.status, attempt.error) == (None, "no response within 0.5 s")
        await dripping.has_lost.wait()
        await sender.close()


async def test_endpoints_are_sent_to_by_their_kind(service: Service, sender: AwsNoticeSender) -> None:
    service.answers = [(200, {})]
    http = HttpNoticeSender([], timeout_s=5)
    both = RoutedNoticeSender(http, DeferredNoticeSender(lambda: sender))
    assert (await both.send(QUEUE, HEADERS, BODY)).has_succeeded
    assert "not public" in str((await both.send("http://127.0.0.1/", HEADERS, BODY)).error)
    assert "no credentials" in str((await RoutedNoticeSender(http, None).send(QUEUE, HEADERS, BODY)).error)
    assert (await sender.send("arn:aws:s3:::bucket", HEADERS, BODY)).error == "no queue and no event bus"
    await both.close()


def test_arns_name_queues_and_buses() -> None:
    assert aws_target(QUEUE) == AwsTarget("sqs", "eu-west-1", "123456789012", "events")
    assert aws_target(BUS) == AwsTarget("events", "eu-west-1", "123456789012", "game/events")
    assert require_address(QUEUE, (), has_aws=True) == QUEUE
    assert require_address("https://game.example/", (), has_aws=False) == "https://game.example/"


@pytest.mark.parametrize(
    "arn",
    [
        "arn:",
        "arn:aws:sqs:eu-west-1:123:events",
        "arn:aws:sqs:evil.example:123456789012:events",
        "arn:aws:sqs:eu-west-1.evil.example/:123456789012:events",
        "arn:aws:sqs:eu-west-1:123456789012:a/b",
        "arn:aws:sqs:eu-west-1:123456789012:events\n",
        "arn:aws:events:eu-west-1:123456789012:rule/x",
        "arn:aws:s3:eu-west-1:123456789012:bucket",
    ],
)
def test_other_arns_are_refused(arn: str) -> None:
    with pytest.raises(Refused, match="ARN"):
        require_address(arn, (), has_aws=True)


def test_an_arn_needs_credentials() -> None:
    with pytest.raises(Refused, match="credentials"):
        require_address(QUEUE, (), has_aws=False)


async def test_failed_notices_are_retried_in_order_given_up_and_redriven(service: Service) -> None:
    settings = {
        "AWS_REGION": "eu-west-1",
        "AWS_ACCESS_KEY_ID": "id",
        "AWS_SECRET_ACCESS_KEY": "key",
        "AWS_ENDPOINT_URL": str(service.access.endpoint),
        "LEADERFORGE_SIGNING_SECRET": "s" * 40,
        "LEADERFORGE_EVENT_ATTEMPTS": "2",
    }
    async with serving(**settings) as api:
        await api.post("/api/boards", {"board": "sent", "policy": "sum", "events": ["score.improved"]}, ADMIN_KEY)
        await api.players(1)
        body = {"url": f"{QUEUE}.fifo"}
        path = f"/api/admin/endpoints/{(await api.post('/api/admin/endpoints', body, ADMIN_KEY)).json()['endpoint_id']}"
        for _ in range(2):
            await api.post("/api/boards/sent/scores", {"user_id": 1, "score": 1})
        service.answers = [(500, {})] * 2 + [(200, {})] * 2
        for _ in range(4):
            await api.services.events.dispatch.run(5)
            api.clock.now += 3_600_000
        [letter] = (await api.get(f"{path}/dead-letters", ADMIN_KEY)).json()["dead_letters"]
        assert (await api.post(f"{path}/redrive", None, ADMIN_KEY)).json() == {"redriven": 1}
        await api.services.events.dispatch.run(5)
    bodies = [body for _, body in service.asked]
    totals = [json.loads(body["MessageBody"])["data"]["score"] for body in bodies]
    assert totals == [1, 1, 2, 1]  # the player's second notice waited until the first notice was given up
    ids = [body["MessageAttributes"]["webhook-id"]["StringValue"] for body in bodies]
    assert ids[0] == ids[1] == ids[3] == letter["event_id"]
    assert ["leaderforge-redriven" in body["MessageAttributes"] for body in bodies] == [False, False, False, True]
    assert {body["MessageGroupId"] for body in bodies} == {"1"}
