"""OpenAPI document: complete and correct."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from functions.edge.http import errors as edge_errors
from leaderforge.domain import (
    challenge_errors,
    errors,
    event_errors,
    friend_errors,
    league_errors,
    moment_errors,
    team_errors,
    tournament_errors,
)
from leaderforge.domain.errors import LeaderForgeError
from tests.documented import FOLDER, examples, openapi_document, pages

API_DOCS = (FOLDER / "api.md").read_text()
WITHOUT_ETAG = {
    "/metrics",
    "/api/health",
    "/api/boards/{board}/export",
    "/api/boards/{board}/stream",
    "/api/events",
    "/api/users/{user_id}/export",
}
METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def document() -> Mapping[str, Any]:
    return openapi_document()


WITHOUT_BODY = {"createSigningKey", "testEndpoint", "redriveEndpoint"}
"""Ids of POST operations that need no request body."""


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield method.upper(), path, item[method]


async def test_every_operation_is_described(document: Mapping[str, Any]) -> None:
    seen = []
    for method, path, operation in operations(document):
        seen.append(operation["operationId"])
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
        if method == "POST" and operation["operationId"] not in WITHOUT_BODY:
            assert operation["requestBody"]["required"], path
    assert len(seen) == len(set(seen))


async def test_every_response_is_described(document: Mapping[str, Any]) -> None:
    for _, path, operation in operations(document):
        responses = operation["responses"]
        assert {"422", "500"} <= set(responses), path
        if path.startswith("/api") and path != "/api/health" and operation["operationId"] != "submitBatch":
            assert "503" in responses, path
        for status, response in responses.items():
            assert response["description"], (path, status)
            assert response["headers"]["X-Request-Id"]["required"], (path, status)
            if status != "304":
                content, *others = response["content"].values()
                assert all(one["schema"] for one in (content, *others)), (path, status)
            if status[0] in "45" and path != "/api/health":
                assert content["examples"], (path, status)


async def test_reads_promise_what_they_keep(document: Mapping[str, Any]) -> None:
    for method, path, operation in operations(document):
        if method == "GET" and path not in WITHOUT_ETAG:
            assert {"ETag", "X-LeaderForge-Source"} <= set(operation["responses"]["200"]["headers"]), path
            assert {"ETag", "X-LeaderForge-Source"} <= set(operation["responses"]["304"]["headers"]), path


def codes() -> dict[str, int]:
    """Return every error code that callers can receive, and its status."""
    modules = (
        challenge_errors,
        errors,
        event_errors,
        friend_errors,
        league_errors,
        moment_errors,
        team_errors,
        tournament_errors,
        edge_errors,
    )
    classes = {one for module in modules for one in vars(module).values() if isinstance(one, type)}
    return {
        one.code: edge_errors.status_of(one)
        for one in classes
        if issubclass(one, LeaderForgeError) and one is not edge_errors.InternalError
    }


def test_every_error_code_has_its_row_in_the_documentation() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", API_DOCS, re.MULTILINE)
    assert {code: int(status) for code, status in rows} == codes()
    assert len(rows) == len(codes())


async def test_every_call_is_shown_by_an_example(document: Mapping[str, Any]) -> None:
    shown = {(example.method, example.path.partition("?")[0]) for page in pages() for example in examples(page)}
    for method, path, _ in operations(document):
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        assert any(method == m and pattern.fullmatch(p) for m, p in shown), (method, path)
