"""The functions as AWS Lambda calls them: events in, responses out, connections kept between invocations."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import asyncpg
import pytest

from functions import admin, boards, maintain, queries, submit, users
from functions.edge.runtime import runtime
from tests.acceptance.api_fixtures import ADMIN_KEY, SUBMIT_KEY, environment
from tests.acceptance.conftest import new_database

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Invoke = Callable[[Handler, dict[str, Any]], Awaitable[dict[str, Any]]]
MakeEvent = Callable[..., dict[str, Any]]


def rest(method: str, path: str, body: Any = None, key: str | None = None, *, encode: bool = False) -> dict[str, Any]:
    """An event of a REST API's proxy integration (payload format 1.0)."""
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
    """An event of a function URL (payload format 2.0)."""
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
    headers = {"Host": "api.example.org", "X-Forwarded-For": "192.0.2.7", "X-Forwarded-Proto": "https"}
    if key is not None:
        headers["Authorization"] = f"Bearer {key}"
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
    """Calls a handler as Lambda does: in a thread that runs no event loop. The process begins cold."""
    for name, value in (settings | {"AWS_LAMBDA_FUNCTION_NAME": "leaderforge"}).items():
        monkeypatch.setenv(name, value)
    yield lambda handler, event: asyncio.to_thread(handler, event, None)
    await asyncio.to_thread(runtime.close)


@pytest.fixture(params=[rest, function_url])
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


async def connections(dsn: str) -> int:
    connection = await asyncpg.connect(dsn)
    try:
        count = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        return int(await connection.fetchval(count))
    finally:
        await connection.close()


async def test_each_function_serves_its_routes(invoke: Invoke, event: MakeEvent) -> None:
    assert set(await invoke(maintain.handler, {"source": "aws.scheduler"})) == {"reconciled"}
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


async def test_invocations_share_their_connections(invoke: Invoke, settings: dict[str, str], event: MakeEvent) -> None:
    dsn = settings["LEADERFORGE_POSTGRES_DSN"]
    assert await connections(dsn) == 0
    user_id = await player(invoke, event)
    services, loop = runtime.services, runtime._loop
    for i in range(3):
        score = event("POST", "/api/scores", {"user_id": user_id, "score": 1}, SUBMIT_KEY)
        assert told(await invoke(submit.handler, score))[1]["score"] == i + 1
        assert told(await invoke(queries.handler, event("GET", f"/api/leaderboard/rank/{user_id}")))[0] == 200
    assert (runtime.services, runtime._loop) == (services, loop)
    assert await connections(dsn) == 1


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
