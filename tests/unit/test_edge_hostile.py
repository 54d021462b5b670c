"""Requests that try to cause excessive work. The size of the answers and the work for them stay bounded."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Any

import httpx
import pytest

from functions.edge.wire.metadata import MAX_METADATA_BYTES
from functions.edge.wire.models import MAX_MEMBERS
from tests.unit.edge_fixtures import ADMIN_KEY, Api, serving
from tests.unit.test_authorization import OPERATIONS, Ask, resolved

MAX_BYTES = 4096
"""Upper bound of the response to a refused request, in bytes."""
MAX_BYTES_AN_ITEM = 512
"""Upper bound of the result of an invalid batch item, in bytes."""
BODY_LIMIT = 4 * 2**20
HEADERS = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
WITH_BODY = [
    route
    for route, operation in OPERATIONS.items()
    if "application/json" in operation.get("requestBody", {}).get("content", {})
]


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving() as api:
        yield api


def members(count: int) -> dict[str, int]:
    return {f"m{i}": 1 for i in range(count)}


def floods(route: str) -> Iterator[tuple[str, Any]]:
    """Yield invalid bodies with many problems, each after its description."""
    for count in (MAX_MEMBERS - 5, MAX_MEMBERS + 5, 2_000, 100_000):
        yield f"{count} unknown members", members(count)
    yield "long names of members", {f"{i}{'n' * 400}": 1 for i in range(30)}
    yield "one very long name", {"n" * 15_000: 1}
    [content] = OPERATIONS[route]["requestBody"]["content"].values()
    for name, schema in resolved(content["schema"])["properties"].items():
        if schema.get("type") == "array":
            yield f"{name} of wrong items", {name: [None] * 500}
            yield f"{name} of very many items", {name: [None] * 200_000}


async def sent(api: Api, ask: Ask, body: Any) -> httpx.Response:
    return await api.client.request(ask.method, ask.target, content=json.dumps(body).encode(), headers=HEADERS)


@pytest.mark.parametrize("route", WITH_BODY)
async def test_the_answer_to_a_flood_of_problems_is_short(api: Api, route: str) -> None:
    for description, body in floods(route):
        response = await sent(api, Ask.of(route), body)
        if not response.content.startswith(b'{"results"'):
            assert response.status_code in (413, 422), (description, response.text[:1000])
            assert len(response.content) <= MAX_BYTES, description


async def test_an_error_lists_the_first_problems_and_counts_all(api: Api) -> None:
    response = await sent(api, Ask.of("POST /api/boards"), members(MAX_MEMBERS - 1))
    details = response.json()["error"]["details"]
    assert len(details["errors"]) == 20
    assert details["errors"][0] == {"at": "board", "problem": "is required"}
    assert details["error_count"] == MAX_MEMBERS


def item_lists() -> Iterator[tuple[str, str]]:
    """Yield each list of objects in a request body: the route and the JSON member with the list."""
    for route in WITH_BODY:
        [content] = OPERATIONS[route]["requestBody"]["content"].values()
        for name, schema in resolved(content["schema"])["properties"].items():
            if schema.get("type") == "array" and resolved(schema["items"]).get("type") == "object":
                yield route, name


SETTINGS = {"tiers", "tiebreakers", "feeds"}
"""Lists in the settings of a board. They are refused as a whole."""
BATCHES = [(route, name) for route, name in item_lists() if name not in SETTINGS]
"""Batches: lists whose items are refused one by one."""
VALID: Mapping[str, Mapping[str, Any]] = {
    "submissions": {"user_id": 1, "score": 5},
    "scores": {"user_id": 1, "score": 5},
    "users": {"user_id": 2},
}
"""Valid item of a batch, by the JSON member of the body with the list of items."""


def test_batches_are_found() -> None:
    assert len(BATCHES) == 4


@pytest.mark.parametrize(("route", "name"), BATCHES)
@pytest.mark.parametrize("count", [MAX_MEMBERS, MAX_MEMBERS + 1, 400])
async def test_an_item_of_a_batch_has_a_short_result(api: Api, route: str, name: str, count: int) -> None:
    await api.players(1)
    items = [members(count)] * 500 + [VALID[name]]
    ask = Ask.of(route)
    body = {**json.loads(ask.body), name: items}
    response = await sent(api, ask, body)
    *wrong, right = response.json()["results"]
    assert "error" not in right
    assert all(len(item["error"]["details"]["errors"]) <= 3 for item in wrong)
    assert len(response.content) <= MAX_BYTES_AN_ITEM * len(items)


LONGEST: Mapping[str, Any] = {
    "POST /api/boards/{board}/ranks/lookup": {"external_ids": [f"{i:0128}" for i in range(5000)]},
    "POST /api/boards/{board}/entries/remove": {"external_ids": [f"{i:0128}" for i in range(1000)], "reason": "left"},
    "POST /api/users/lookup": {"external_ids": [f"{i:0128}" for i in range(500)]},
    "POST /api/users/{user_id}/friends": {"external_ids": [f"{i:0128}" for i in range(5000)]},
    "PUT /api/users/{user_id}/friends": {"external_ids": [f"{i:0128}" for i in range(5000)]},
    "POST /api/scores": {"user_id": 1, "score": 5, "metadata": {"m": "x" * (MAX_METADATA_BYTES - 8)}},
    "POST /api/users/batch": {
        "users": [{"username": f"{i:064}", "email": f"{i:060}@example.org"} for i in range(1000)]
    },
}


LENGTHS: Mapping[str, int] = {
    **dict.fromkeys(LONGEST, 300_000),
    "POST /api/boards/{board}/ranks/lookup": 1_310_720,
    "POST /api/users/{user_id}/friends": 1_310_720,
    "PUT /api/users/{user_id}/friends": 1_310_720,
}
"""Maximum length of the body, in bytes, of the calls with the longest bodies."""


@pytest.mark.parametrize("route", LONGEST)
async def test_the_longest_valid_body_passes(api: Api, route: str) -> None:
    await api.players(1, 123)
    body: dict[str, Any] = dict(LONGEST[route])
    response = await sent(api, Ask.of(route), body)
    assert response.status_code == 200, response.text[:1000]


async def test_a_submission_may_be_written_in_escapes(api: Api) -> None:
    await api.players(1)
    text = "".join(f"\\u{ord('x'):04x}" for _ in range(MAX_METADATA_BYTES - 8))
    content = f'{{"user_id": 1, "score": 5, "metadata": {{"m": "{text}"}}}}'.encode()
    response = await api.client.post("/api/scores", content=content, headers=HEADERS)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("route", WITH_BODY)
async def test_a_call_takes_only_as_much_as_it_needs(api: Api, route: str) -> None:
    length = BODY_LIMIT if route.endswith(("/batch", "/entries/set")) else LENGTHS.get(route, 17_000)
    ask = Ask.of(route)
    response = await api.client.request(ask.method, ask.target, content=b" " * (length + 1), headers=HEADERS)
    assert (response.status_code, response.json()["error"]["code"]) == (413, "body_too_large")


@pytest.mark.parametrize(
    "path", ["/api/" + "x" * 50_000, "/api/boards/" + "é" * 5_000 + "/top", "/api/boards?" + "a" * 9_000]
)
async def test_a_long_target_is_not_repeated(api: Api, path: str) -> None:
    response = await api.get(path)
    assert response.status_code in (404, 422)
    assert len(response.content) <= MAX_BYTES
