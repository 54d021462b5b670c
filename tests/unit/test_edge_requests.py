"""Rules for all requests: ids, the format of errors, size limits, access by browsers, logs."""

import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from leaderforge.adapters.telemetry.logs import configure
from leaderforge.domain.errors import LeaderForgeError
from tests.api_client import SUBMIT_KEY, bearer
from tests.unit.edge_fixtures import Api, serving

JSON = bearer(SUBMIT_KEY) | {"Content-Type": "application/json"}
SCORE = b'{"user_id": 1, "score": 5}'


@dataclass(frozen=True)
class Log:
    """Log of a test. Call `start` after pytest has begun to capture the output."""

    captured: pytest.CaptureFixture[str]

    def start(self) -> None:
        configure("info")

    def lines(self) -> list[Any]:
        """Return the lines logged since the last call."""
        return [json.loads(line) for line in self.captured.readouterr().out.splitlines()]


@pytest.fixture
def log(logging_as_before: None, capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


def told(answer: httpx.Response) -> tuple[int, str]:
    """Check the format of an error. Return its status and its code."""
    body = answer.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message", "details"}
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    return answer.status_code, body["error"]["code"]


async def test_every_response_has_an_id(api: Api) -> None:
    ids = [
        (await api.get(path)).headers["x-request-id"] for path in ("/api/leaderboard/top", "/nowhere", "/api/health")
    ]
    assert len(set(ids)) == 3
    assert all(len(one) == 32 for one in ids)


async def test_a_sane_id_is_kept(api: Api) -> None:
    answer = await api.get("/api/leaderboard/top", X_Request_Id="game-7:run.42")
    assert answer.headers["x-request-id"] == "game-7:run.42"


@pytest.mark.parametrize("bad", ["a b", "x" * 129, "", 'a"b', "é"])
async def test_any_other_id_is_replaced(api: Api, bad: str) -> None:
    answer = await api.client.get("/api/leaderboard/top", headers={"X-Request-Id": bad.encode("latin-1")})  # type: ignore[dict-item]
    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    "path", ["/", "/api", "/api/", "/api/leaderboard/top/", "/api/leaderboard/rank", "//api/scores"]
)
async def test_unknown_paths(api: Api, path: str) -> None:
    assert told(await api.client.get(httpx.URL("http://localhost", path=path))) == (404, "route_not_found")


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/scores"), ("POST", "/api/users/1"), ("PUT", "/api/health")])
async def test_unknown_methods(api: Api, method: str, path: str) -> None:
    answer = await api.client.request(method, path)
    assert told(answer) == (405, "method_not_allowed")
    allowed = answer.headers["allow"].split(", ")
    assert allowed
    assert method not in allowed


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{}}", b"\xff", b'{"user_id": 1,}', b"nonsense", b"\xef\xbb\xbf{}", b"[" * 10_000]
)
async def test_malformed_json(api: Api, body: bytes) -> None:
    answer = await api.client.post("/api/scores", content=body, headers=JSON)
    assert told(answer) == (400, "malformed_request")


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b'"x"', b"{}"])
async def test_json_of_another_kind(api: Api, body: bytes) -> None:
    assert told(await api.client.post("/api/scores", content=body, headers=JSON)) == (422, "invalid_request")


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""]
)
async def test_other_media_types(api: Api, content_type: str | None) -> None:
    headers = {"Authorization": JSON["Authorization"]} | (
        {} if content_type is None else {"Content-Type": content_type}
    )
    answer = await api.client.post("/api/scores", content=SCORE, headers=headers)
    assert told(answer) == (415, "unsupported_media_type")


@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "Application/JSON"])
async def test_json_may_be_announced_in_other_ways(api: Api, content_type: str) -> None:
    await api.players(1)
    answer = await api.client.post("/api/scores", content=SCORE, headers=JSON | {"Content-Type": content_type})
    assert answer.status_code == 200


async def _chunks(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def test_bodies_are_limited_before_they_are_read() -> None:
    async with serving(LEADERFORGE_MAX_BODY_BYTES="4096") as api:
        answer = await api.client.post("/api/scores", content=SCORE + b" " * 4096, headers=JSON)
        assert told(answer) == (413, "body_too_large")


async def test_bodies_without_a_length_are_limited_while_they_are_read() -> None:
    async with serving(LEADERFORGE_MAX_BODY_BYTES="4096") as api:
        await api.players(1)
        padded = _chunks(SCORE, *[b" " * 1024] * 3)
        assert (await api.client.post("/api/scores", content=padded, headers=JSON)).status_code == 200
        endless = _chunks(SCORE, *[b" " * 1024] * 4)
        assert told(await api.client.post("/api/scores", content=endless, headers=JSON)) == (413, "body_too_large")


async def test_a_body_that_does_not_arrive_is_not_waited_for(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("functions.edge.http.routing._BODY_S", 0.01)

    async def dribble() -> AsyncIterator[bytes]:
        yield b"{"
        import asyncio

        await asyncio.Event().wait()

    assert told(await api.client.post("/api/scores", content=dribble(), headers=JSON)) == (408, "request_timeout")


def test_the_logs_of_libraries_are_json_too(log: Log) -> None:
    log.start()
    logging.getLogger("uvicorn.error").warning("%s happened", "something")
    [line] = log.lines()
    assert (line["event"], line["level"], line["logger"]) == ("something happened", "warning", "uvicorn.error")


async def _break(api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    async def broken(*_: Any) -> None:
        raise error

    monkeypatch.setattr(type(api.services.players.users), "get", broken)


@pytest.mark.parametrize("error", [RuntimeError("secret detail"), LeaderForgeError("secret detail", sqlstate="XX000")])
async def test_the_unforeseen_is_logged_and_not_told(
    api: Api, monkeypatch: pytest.MonkeyPatch, log: Log, error: Exception
) -> None:
    log.start()
    await _break(api, monkeypatch, error)
    answer = await api.get("/api/users/1", X_Request_Id="the-one")
    assert told(answer) == (500, "internal_error")
    assert "secret" not in answer.text
    [line] = log.lines()
    assert (line["event"], line["request_id"], line["status"]) == ("request_failed", "the-one", 500)
    assert (line["method"], line["route"]) == ("GET", "/api/users/{user_id}")
    assert "secret detail" in line["exception"]
    assert "Traceback" in line["exception"]


async def test_unavailability_is_logged(api: Api, log: Log) -> None:
    log.start()
    api.store.available = False
    assert told(await api.get("/api/boards")) == (503, "store_unavailable")
    [line] = log.lines()
    assert (line["event"], line["status"], line["level"]) == ("request_unserved", 503, "warning")


async def test_other_requests_are_not_logged_unless_asked(log: Log) -> None:
    log.start()
    for access_log, expected in (("0", []), ("1", ["request", "request"])):
        async with serving(LEADERFORGE_ACCESS_LOG=access_log) as api:
            await api.get("/api/leaderboard/top?limit=5")
            await api.get("/nowhere")
        assert [line["event"] for line in log.lines()] == expected


async def test_requests_are_counted_by_route(api: Api) -> None:
    await api.ranked({1: 5})
    await api.get("/api/leaderboard/rank/1")
    await api.get("/api/leaderboard/rank/2")
    await api.get("/nowhere/1")
    await api.client.request("BREW", "/nowhere/2")
    metrics = api.services.parts.exposition()[0].decode()
    route = 'method="GET",route="/api/leaderboard/rank/{user_id}"'
    assert f'leaderforge_http_requests_total{{{route},status="200"}} 1.0' in metrics
    assert f'leaderforge_http_requests_total{{{route},status="404"}} 1.0' in metrics
    assert 'leaderforge_http_requests_total{method="GET",route="unmatched",status="404"} 1.0' in metrics
    assert 'leaderforge_http_requests_total{method="other",route="unmatched",status="404"} 1.0' in metrics
    assert 'leaderforge_transaction_seconds_count{name="rank"} 2.0' in metrics
    assert "rank/1" not in metrics


ORIGIN = "https://game.example.org"


async def test_no_other_site_may_call_from_a_browser_unless_allowed(api: Api) -> None:
    answer = await api.get("/api/leaderboard/top", Origin=ORIGIN)
    assert "access-control-allow-origin" not in answer.headers


async def test_allowed_sites_may_call_from_a_browser() -> None:
    async with serving(LEADERFORGE_CORS_ORIGINS=ORIGIN) as api:
        answer = await api.get("/api/leaderboard/top", Origin=ORIGIN)
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        exposed = answer.headers["access-control-expose-headers"]
        assert all(name in exposed for name in ("ETag", "X-Request-Id", "X-LeaderForge-Source"))
        refused = await api.get("/api/leaderboard/rank/5", Origin=ORIGIN)
        assert (refused.status_code, refused.headers["access-control-allow-origin"]) == (404, ORIGIN)
        other = await api.get("/api/leaderboard/top", Origin="https://evil.example.org")
        assert "access-control-allow-origin" not in other.headers


async def test_browsers_may_ask_before_they_submit() -> None:
    async with serving(LEADERFORGE_CORS_ORIGINS=ORIGIN) as api:
        asked = {
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type",
        }
        answer = await api.client.options("/api/scores", headers={"Origin": ORIGIN, **asked})
        assert answer.status_code == 200
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "x-request-id" in answer.headers


def test_nothing_happens_at_import() -> None:
    """Importing the functions reads no environment variable and opens nothing."""
    from functions import admin, boards, maintain, queries, submit, users
    from functions.edge.aws.runtime import runtime

    assert all(callable(module.handler) for module in (admin, boards, maintain, queries, submit, users))
    assert runtime.idle
