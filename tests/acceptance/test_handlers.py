"""Functions as AWS Lambda calls them: events, responses, and connections that survive between invocations."""

import asyncio
import base64
import gzip
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit
from uuid import uuid4

import asyncpg
import pytest
import redis.asyncio

from functions import admin, boards, exports, ingest, maintain, queries, stream, submit, users
from functions.edge.aws.runtime import runtime
from leaderforge.adapters.clock import now_ms
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.errors import Refused
from leaderforge.wiring import build
from tests.acceptance.api_fixtures import environment
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY, MAINTENANCE_TASKS, SUBMIT_KEY, bearer
from tests.unit.test_ingest import record
from tests.waiting import PATIENCE_S

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Invoke = Callable[[Handler, dict[str, Any]], Awaitable[dict[str, Any]]]
MakeEvent = Callable[..., dict[str, Any]]

pytestmark = pytest.mark.usefixtures("lasting_belief")


def rest(method: str, path: str, body: Any = None, key: str | None = None, *, encode: bool = False) -> dict[str, Any]:
    """Return an event of a REST API's proxy integration (payload format 1.0)."""
    parts, text, headers = _request(path, body, key, encode)
    query = parse_qs(parts.query)
    return {
        "resource": "/{proxy+}",
        "path": parts.path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {name: values[-1] for name, values in query.items()} or None,
        "multiValueQueryStringParameters": query or None,
        "pathParameters": {"proxy": parts.path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": f"/prod{parts.path}",
            "accountId": "123456789012",
            "protocol": "HTTP/1.1",
            "stage": "prod",
            "requestId": str(uuid4()),
            "identity": {"sourceIp": "192.0.2.7", "userAgent": "game/1.0"},
        },
        "body": text,
        "isBase64Encoded": encode,
    }


def function_url(
    method: str, path: str, body: Any = None, key: str | None = None, *, encode: bool = False
) -> dict[str, Any]:
    """Return an event of a function URL (payload format 2.0)."""
    parts, text, headers = _request(path, body, key, encode)
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": parts.path,
        "rawQueryString": parts.query,
        "headers": headers,
        "queryStringParameters": {name: ",".join(values) for name, values in parse_qs(parts.query).items()},
        "requestContext": {
            "accountId": "anonymous",
            "apiId": "abcdefg",
            "domainName": "abcdefg.lambda-url.eu-west-1.on.aws",
            "http": {
                "method": method,
                "path": parts.path,
                "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7",
                "userAgent": "game/1.0",
            },
            "requestId": str(uuid4()),
            "routeKey": "$default",
            "stage": "$default",
            "time": "23/Nov/2026:12:00:00 +0000",
            "timeEpoch": 1795435200000,
        },
        "isBase64Encoded": encode,
    }
    return event if text is None else event | {"body": text}


def _request(path: str, body: Any, key: str | None, encode: bool) -> tuple[Any, str | None, dict[str, str]]:
    headers = {"Host": "api.example.org", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"} | bearer(key)
    text = None
    if body is not None:
        headers["Content-Type"] = "application/json"
        text = body if isinstance(body, str) else json.dumps(body)
        text = base64.b64encode(text.encode()).decode() if encode else text
    return urlsplit(path), text, headers


@pytest.fixture(scope="module")
async def settings(valkey, postgres) -> dict[str, str]:
    return environment(valkey.addresses, await new_database(postgres.dsn))


@pytest.fixture
async def invoke(settings: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Invoke]:
    """Function that calls a handler like Lambda: in a thread without an event loop. The first call is a cold start."""
    for name, value in (settings | {"AWS_LAMBDA_FUNCTION_NAME": "leaderforge"}).items():
        monkeypatch.setenv(name, value)
    yield lambda handler, event: asyncio.to_thread(handler, event, None)
    await asyncio.to_thread(runtime.close)


def http_api(
    method: str, path: str, body: Any = None, key: str | None = None, *, encode: bool = False
) -> dict[str, Any]:
    """Return an event of an HTTP API (payload format 2.0)."""
    event = function_url(method, path, body, key, encode=encode)
    context = event["requestContext"] | {
        "accountId": "123456789012",
        "apiId": "api-id",
        "domainName": "api-id.execute-api.eu-west-1.amazonaws.com",
        "domainPrefix": "api-id",
        "routeKey": "ANY /api/{proxy+}",
        "stage": "$default",
    }
    names = {name.lower(): value for name, value in event["headers"].items()}
    proxy = {"proxy": urlsplit(path).path.removeprefix("/api/")}
    return event | {
        "routeKey": "ANY /api/{proxy+}",
        "headers": names,
        "cookies": ["a=1", "b=2"],
        "pathParameters": proxy,
        "stageVariables": {},
        "requestContext": context,
    }


@pytest.fixture(params=[rest, http_api, function_url])
def event(request: pytest.FixtureRequest) -> MakeEvent:
    make: MakeEvent = request.param
    return make


def told(response: dict[str, Any]) -> tuple[int, Any]:
    assert response["isBase64Encoded"] is False
    assert response["headers"]["x-request-id"]
    return response["statusCode"], json.loads(response["body"]) if response["body"] else None


async def player(invoke: Invoke, event: MakeEvent) -> int:
    created = await invoke(users.handler, event("POST", "/api/users", {"username": uuid4().hex}, SUBMIT_KEY))
    status, body = told(created)
    assert status == 201
    return int(body["user_id"])


def event_loop() -> asyncio.AbstractEventLoop:
    """Return the loop of the functions, and make it the current loop of the calling thread."""
    return runtime.loop


async def connections(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        return int(
            await connection.fetchval(
                "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
                " and backend_type = 'client backend'"
            )
        )
    finally:
        await connection.close()


@pytest.mark.parametrize(("make", "is_compressed"), [(rest, False), (http_api, True), (function_url, True)])
async def test_long_answers_are_compressed_where_bytes_pass(
    invoke: Invoke, make: MakeEvent, is_compressed: bool
) -> None:
    """The handler compresses answers to function URLs and HTTP APIs. For REST APIs, API Gateway compresses them."""
    batch = {"submissions": [{"user_id": 2**50 + number, "score": 1} for number in range(50)]}
    event = make("POST", "/api/scores/batch", batch, SUBMIT_KEY)
    plain = await invoke(submit.handler, event)
    results = told(plain)[1]["results"]
    name = "accept-encoding" if make is http_api else "Accept-Encoding"
    event["headers"][name] = "gzip"
    if make is rest:
        event["multiValueHeaders"][name] = ["gzip"]
    response = await invoke(submit.handler, event)
    assert (response["isBase64Encoded"], response["headers"].get("content-encoding") == "gzip") == (is_compressed,) * 2
    assert response["headers"]["vary"] == "accept-encoding"
    body = response["body"]
    content = gzip.decompress(base64.b64decode(body)) if is_compressed else body.encode()
    assert json.loads(content)["results"] == results
    assert int(response["headers"]["content-length"]) == len(base64.b64decode(body) if is_compressed else content)


async def test_each_function_serves_its_routes(invoke: Invoke, event: MakeEvent) -> None:
    assert set(await invoke(maintain.handler, {"source": "aws.scheduler"})) == MAINTENANCE_TASKS
    user_id = await player(invoke, event)
    score = event("POST", "/api/scores", {"user_id": user_id, "score": 500, "metadata": {"name": "Žofie"}}, SUBMIT_KEY)
    status, receipt = told(await invoke(submit.handler, score))
    assert (status, receipt["score"], receipt["rank"]) == (200, 500, 1)
    status, top = told(await invoke(queries.handler, event("GET", "/api/leaderboard/top?limit=1")))
    assert (status, top["entries"][0]["metadata"]) == (200, {"name": "Žofie"})
    status, found = told(await invoke(boards.handler, event("GET", "/api/boards/default")))
    assert (status, found["board"]) == (200, "default")
    status, health = told(await invoke(admin.handler, event("GET", "/api/health")))
    assert (status, health["status"]) == (200, "ok")
    metrics = await invoke(admin.handler, event("GET", "/metrics", key=ADMIN_KEY))
    assert metrics["statusCode"] == 200
    negative = event("POST", "/api/scores", {"user_id": user_id, "score": -500}, SUBMIT_KEY)
    assert told(await invoke(submit.handler, negative))[1]["score"] == 0


@pytest.mark.parametrize("external_id", ["a/b", "player|eu/42", "100%", "a%2Fb", "50% / 50%", "é☃", "ext:/"])
async def test_external_ids_in_paths(invoke: Invoke, event: MakeEvent, external_id: str) -> None:
    """The client encodes the id twice, and the gateway decodes it once. Therefore the id is encoded once in events."""
    external_id = f"{external_id} {uuid4().hex}"
    body = {"external_id": external_id}
    status, created = told(await invoke(users.handler, event("POST", "/api/users", body, SUBMIT_KEY)))
    assert (status, created["external_id"]) == (201, external_id)
    sent = quote(quote(external_id, safe=""), safe="")
    status, shown = told(await invoke(users.handler, event("GET", f"/api/users/ext:{unquote(sent)}")))
    assert (status, shown) == (200, created)
    path = f"/api/users/ext:{unquote(sent)}/standings"
    status, standings = told(await invoke(users.handler, event("GET", path)))
    assert (status, standings["user_id"], standings["standings"]) == (200, created["user_id"], [])


async def test_invocations_share_their_connections(invoke: Invoke, settings: dict[str, str], event: MakeEvent) -> None:
    dsn = settings["LEADERFORGE_POSTGRES_DSN"]
    assert await connections(dsn) == 0
    user_id = await player(invoke, event)
    services, loop = runtime.services, await asyncio.to_thread(event_loop)
    for i in range(3):
        score = event("POST", "/api/scores", {"user_id": user_id, "score": 1}, SUBMIT_KEY)
        assert told(await invoke(submit.handler, score))[1]["score"] == i + 1
        assert told(await invoke(queries.handler, event("GET", f"/api/leaderboard/rank/{user_id}")))[0] == 200
    assert (runtime.services, await asyncio.to_thread(event_loop)) == (services, loop)
    assert await connections(dsn) == 1


async def test_connections_lost_in_a_freeze_are_replaced(
    invoke: Invoke, settings: dict[str, str], valkey, event: MakeEvent
) -> None:
    """While a function is frozen, the servers close its idle connections. Its next invocation must succeed."""
    user_id = await player(invoke, event)
    await invoke(maintain.handler, {})
    for i in range(1, 4):
        score = event("POST", "/api/scores", {"user_id": user_id, "score": 1}, SUBMIT_KEY)
        status, receipt = told(await invoke(submit.handler, score))
        assert (status, receipt["submissions"]) == (200, i)
        assert receipt["rank"] is not None, i
        await close_connections(settings["LEADERFORGE_POSTGRES_DSN"], valkey.addresses)
    assert told(await invoke(queries.handler, event("GET", f"/api/leaderboard/rank/{user_id}")))[0] == 200
    assert await connections(settings["LEADERFORGE_POSTGRES_DSN"]) == 1


async def close_connections(dsn: str, nodes: list[str]) -> None:
    """Close all connections to the database and to the cluster, from the servers' side."""
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    finally:
        await connection.close()
    for node in nodes:
        host, _, port = node.rpartition(":")
        async with redis.asyncio.Redis(host=host, port=int(port)) as client:
            await client.client_kill_filter(_type="normal", skipme=True)


async def test_what_a_function_changes_is_heard_before_it_answers(
    invoke: Invoke, settings: dict[str, str], event: MakeEvent
) -> None:
    user_id = await player(invoke, event)
    services = build(EnvironmentSettings.from_environment(settings))
    async with aclosing(services.parts.feed.hear(now_ms)) as hearing:
        await anext(hearing)
        await invoke(submit.handler, event("POST", "/api/scores", {"user_id": user_id, "score": 1}, SUBMIT_KEY))
        async with asyncio.timeout(PATIENCE_S):
            while not (heard := await anext(hearing)).changes:
                pass
    assert [(change.board_id, change.period) for change in heard.changes] == [(1, 0)]
    await services.close()


async def test_a_loop_that_others_ran_in_between_does_no_harm(invoke: Invoke, event: MakeEvent) -> None:
    top = event("GET", "/api/leaderboard/top")

    def between(given: dict[str, Any], context: Any) -> dict[str, Any]:
        asyncio.run(asyncio.sleep(0))
        return queries.handler(given, context)

    for handler in (queries.handler, between, queries.handler):
        assert told(await invoke(handler, top))[0] == 200


async def test_bodies_in_base64(invoke: Invoke, event: MakeEvent) -> None:
    user_id = await player(invoke, event)
    score = event("POST", "/api/scores?rank=none", {"user_id": user_id, "score": 3}, SUBMIT_KEY, encode=True)
    status, receipt = told(await invoke(submit.handler, score))
    assert (status, receipt["score"], receipt["rank"]) == (200, 3, None)


async def test_errors_have_the_one_shape(invoke: Invoke, event: MakeEvent) -> None:
    cases = [
        (submit.handler, event("POST", "/api/scores", {"user_id": 1, "score": 1}), 401, "unauthenticated"),
        (submit.handler, event("POST", "/api/scores", "{", SUBMIT_KEY), 400, "malformed_request"),
        (submit.handler, event("POST", "/api/scores", key=SUBMIT_KEY), 415, "unsupported_media_type"),
        (submit.handler, event("GET", "/api/leaderboard/top"), 404, "route_not_found"),
        (submit.handler, event("GET", "/api/scores"), 405, "method_not_allowed"),
        (queries.handler, event("GET", "/api/leaderboard/top?limit=0"), 422, "invalid_request"),
        (queries.handler, event("GET", "/api/leaderboard/rank/404"), 404, "not_ranked"),
        (admin.handler, event("GET", "/metrics"), 401, "unauthenticated"),
        (stream.handler, event("GET", "/api/boards/default/stream"), 501, "streaming_unavailable"),
        (exports.handler, event("GET", "/api/boards/default/export", key=SUBMIT_KEY), 501, "streaming_unavailable"),
    ]
    for handler, given, status, code in cases:
        answered, body = told(await invoke(handler, given))
        assert (answered, body["error"]["code"]) == (status, code)


async def test_what_did_not_change_is_not_sent_again(invoke: Invoke, event: MakeEvent) -> None:
    first = await invoke(queries.handler, event("GET", "/api/leaderboard/top"))
    again = event("GET", "/api/leaderboard/top")
    for headers in ("headers", "multiValueHeaders"):
        if headers in again:
            etag = first["headers"]["etag"]
            again[headers]["If-None-Match"] = etag if headers == "headers" else [etag]
    answer = await invoke(queries.handler, again)
    assert (answer["statusCode"], answer["body"]) == (304, "")


SCHEDULED = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-11-23T12:00:00Z",
    "region": "eu-west-1",
    "resources": ["arn:aws:events:eu-west-1:123456789012:rule/leaderforge-MaintainFunctionTime"],
    "detail": {},
}


async def test_the_schedule_keeps_the_index_true(invoke: Invoke, settings: dict[str, str], event: MakeEvent) -> None:
    user_id = await player(invoke, event)
    for given in (SCHEDULED, {}, None):
        assert set(await invoke(maintain.handler, given)) == set(maintain.TASKS)
    score = event("POST", "/api/scores", {"user_id": user_id, "score": 5}, SUBMIT_KEY)
    assert told(await invoke(submit.handler, score))[1]["rank"] is not None


async def test_the_queue_is_counted_but_for_what_is_poisoned(
    invoke: Invoke, event: MakeEvent, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the dead-letter queue is unreachable, valid messages count, and invalid messages are delivered again."""
    user_id = await player(invoke, event)
    for name, value in NOWHERE.items():
        monkeypatch.setenv(name, value)
    await asyncio.to_thread(runtime.close)
    good = {"board": "default", "user_id": user_id, "score": 5, "submission_id": str(uuid4())}
    records = [record(good, "a"), record("{", "b"), record(good, "c")]
    assert await invoke(ingest.handler, {"Records": records}) == {"batchItemFailures": [{"itemIdentifier": "b"}]}
    status, entry = told(await invoke(queries.handler, event("GET", f"/api/leaderboard/rank/{user_id}")))
    assert (status, entry["score"]) == (200, 5)
    assert await invoke(ingest.handler, {"Records": []}) == {"batchItemFailures": []}
    for malformed in (
        {},
        None,
        [],
        SCHEDULED,
        {"Records": {}},
        {"Records": [5]},
        {"Records": [{"eventSource": "aws:s3"}]},
    ):
        with pytest.raises(Refused, match="SQS"):
            await invoke(ingest.handler, malformed)


NOWHERE = {
    "LEADERFORGE_QUEUE_URL": "http://127.0.0.1:1/queue",
    "LEADERFORGE_DEAD_LETTERS_URL": "http://127.0.0.1:1/dead",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "key",
}
"""Settings of a queue that cannot be reached."""


MALFORMED: list[dict[str, Any]] = [
    {},
    {"source": "aws.events", "detail-type": "Scheduled Event"},
    {"Records": []},
    {**rest("POST", "/api/scores", {}), "body": "e", "isBase64Encoded": True},
    {**rest("POST", "/api/scores", {}), "body": 5},
    {**rest("POST", "/api/scores", {}), "headers": {"Host": None}, "multiValueHeaders": None},
    {**function_url("POST", "/api/scores", {}), "requestContext": {}},
    {**function_url("POST", "/api/scores", {}), "body": "e", "isBase64Encoded": True},
    {**function_url("GET", "/api/scores"), "requestContext": None},
    {**http_api("POST", "/api/scores", {}), "headers": None},
    {**http_api("POST", "/api/scores", {}), "body": ["e"]},
    {**http_api("POST", "/api/scores", {}), "rawPath": None, "version": "3.0"},
]


@pytest.mark.parametrize("malformed", MALFORMED)
async def test_events_that_cannot_be_read_are_refused(invoke: Invoke, malformed: dict[str, Any]) -> None:
    response = await invoke(submit.handler, malformed)
    assert response["statusCode"] == 400
    assert json.loads(response["body"])["error"]["code"] == "malformed_request"


async def test_a_function_without_its_settings_says_which(invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LEADERFORGE_POSTGRES_DSN")
    with pytest.raises(Exception, match="LEADERFORGE_POSTGRES_DSN is required"):
        await invoke(submit.handler, rest("GET", "/api/health"))
