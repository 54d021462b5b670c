"""The documentation: complete, and true."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from functions.edge import errors as edge_errors
from leaderforge.domain import errors
from leaderforge.domain.errors import LeaderForgeError
from tests.unit.edge_fixtures import SUBMIT_KEY, Api

DOCS = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
METHODS = {"get", "post", "put", "patch", "delete"}


async def openapi(api: Api) -> dict[str, Any]:
    document: dict[str, Any] = (await api.get("/api/openapi.json")).json()
    return document


def operations(document: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for path, item in document["paths"].items():
        for method in METHODS & set(item):
            yield method.upper(), path, item[method]


async def test_every_operation_is_described(api: Api) -> None:
    seen = []
    for method, path, operation in operations(await openapi(api)):
        seen.append(operation["operationId"])
        assert operation["summary"], path
        assert operation["description"], path
        assert operation["tags"], path
        for parameter in operation.get("parameters", []):
            assert parameter["description"], (path, parameter["name"])
        if method == "POST":
            assert operation["requestBody"]["required"], path
    assert len(seen) == len(set(seen)) == 20


async def test_every_response_is_described(api: Api) -> None:
    for _, path, operation in operations(await openapi(api)):
        responses = operation["responses"]
        assert {"422", "500"} <= set(responses), path
        if path.startswith("/api") and path != "/api/health" and operation["operationId"] != "submit_batch":
            assert "503" in responses, path
        for status, response in responses.items():
            assert response["description"], (path, status)
            assert response["headers"]["X-Request-Id"]["required"], (path, status)
            if status != "304":
                [content] = response["content"].values()
                assert content["schema"], (path, status)
            if status[0] in "45" and path != "/api/health":
                assert content["examples"], (path, status)


async def test_reads_promise_what_they_keep(api: Api) -> None:
    for method, path, operation in operations(await openapi(api)):
        if method == "GET" and path not in {"/metrics", "/api/health"}:
            assert {"ETag", "X-LeaderForge-Source"} <= set(operation["responses"]["200"]["headers"]), path
            assert {"ETag", "X-LeaderForge-Source"} <= set(operation["responses"]["304"]["headers"]), path


async def test_keys_are_documented_where_they_are_needed(api: Api) -> None:
    document = await openapi(api)
    assert set(document["components"]["securitySchemes"]) == {"submit key", "admin key"}
    needed = {(m, p): o.get("security") for m, p, o in operations(document)}
    submitting = [{"submit key": []}]
    optional = [{"admin key": []}, {}]
    assert {key: value for key, value in needed.items() if value} == {
        ("POST", "/api/scores"): submitting,
        ("POST", "/api/boards/{board}/scores"): submitting,
        ("POST", "/api/boards/{board}/scores/batch"): submitting,
        ("POST", "/api/users"): submitting,
        ("GET", "/api/users"): optional,
        ("GET", "/api/users/{user_id}"): optional,
        ("GET", "/metrics"): [{"admin key": []}],
    }


def codes() -> dict[str, int]:
    """Every code that callers can meet, and its status."""
    modules = (errors, edge_errors)
    classes = {one for module in modules for one in vars(module).values() if isinstance(one, type)}
    return {
        one.code: edge_errors.status_of(one)
        for one in classes
        if issubclass(one, LeaderForgeError) and one is not edge_errors.InternalError
    }


def test_every_error_code_has_its_row_in_the_documentation() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", DOCS, re.MULTILINE)
    assert {code: int(status) for code, status in rows} == codes()
    assert len(rows) == len(codes())


@dataclass
class Example:
    """A call in docs/api.md, and the answer it shows."""

    method: str
    path: str
    body: Any
    has_key: bool
    answer: Any


def examples() -> Iterator[Example]:
    for block, answer in re.findall(r"^```sh\n(curl.*?)```\n(?:```json\n(.*?)```)?", DOCS, re.DOTALL | re.MULTILINE):
        for line in block.splitlines():
            words = shlex.split(line)
            [url] = [word for word in words if word.startswith("$API")]
            body = words[words.index("-d") + 1] if "-d" in words else "null"
            method = words[words.index("-X") + 1] if "-X" in words else "GET"
            has_key = "Authorization: Bearer $KEY" in words
            shown = json.loads(answer) if answer else None
            yield Example(method, url.removeprefix("$API"), json.loads(body), has_key, shown)


async def test_every_call_is_shown_by_an_example(api: Api) -> None:
    shown = {(example.method, example.path.partition("?")[0]) for example in examples()}
    for method, path, _ in operations(await openapi(api)):
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        assert any(method == m and pattern.fullmatch(p) for m, p in shown), (method, path)


async def test_the_examples_are_true(api: Api) -> None:
    for example in examples():
        key = SUBMIT_KEY if example.has_key else None
        api.clock.now += 2000
        if example.method == "GET":
            answer = await api.get(example.path, key)
        else:
            answer = await api.post(example.path, example.body, key)
        assert answer.is_success, (example.path, answer.text)
        if example.answer is not None:
            assert plain(answer.json()) == plain(example.answer), example.path


def plain(value: Any) -> Any:
    """Leave out of an answer what differs from run to run."""
    if isinstance(value, dict):
        return {name: name if name in CHANGING else plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


CHANGING = {"achieved_at", "created_at", "as_of", "submission_id", "previous", "partitions", "healthy", "version"}
