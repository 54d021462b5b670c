"""Refusals of invalid values. The message states the rule in words, without internal names."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.edge_fixtures import ADMIN_KEY, Api
from tests.unit.test_authorization import OPERATIONS, Ask, resolved

TEXTS = ["", " ", "x", "-1", "0", "1.5", "9" * 17, "\x07", "é\u202e", '"', "null", "z" * 300, "X" * 10_000]
"""Values of parameters. Each is invalid for some calls."""
VALUES: list[Any] = [None, True, -1, 0, 1.5, 1e300, 2**53, "", "x", "\x07", "z" * 300, [], [None], ["x"], {}, {"x": 1}]
"""Values of the JSON members of a body."""
INSIDE = re.compile(
    r"\\[sdwSDW]|\^|\(\?|\]\{|function|constrained|pydantic|valid(ator|ation)|Input|should|error|str_|int_", re.I
)
"""Pattern of internal words and of parts of regular expressions, which no message may contain."""
VOICE = re.compile(
    r"(an? (username|external id) )?must |is required($|, unless )"
    r"|unknown (member|query parameter); |repeated query parameter; "
)
PLACE = re.compile(r"([a-z_]+(\.[a-z_]+|\.[0-9]+)*)?")


def asks(route: str) -> Iterator[Ask]:
    """Yield calls of a route, each with one wrong value."""
    good, operation = Ask.of(route), OPERATIONS[route]
    path, _, query = good.target.partition("?")
    for parameter in operation.get("parameters", []):
        for text in TEXTS:
            if parameter["in"] == "query":
                yield Ask(
                    good.method, f"{path}?{parameter['name']}={quote(text, safe='')}", good.body, good.content_type
                )
            if parameter["in"] == "path" and text.strip():
                template = route.partition(" ")[2]
                target = template.replace(f"{{{parameter['name']}}}", quote(text, safe=""))
                yield Ask(
                    good.method,
                    re.sub(r"\{\w+\}", "1", target) + (f"?{query}" if query else ""),
                    good.body,
                    good.content_type,
                )
    if query:
        yield Ask(good.method, path, good.body, good.content_type)
    yield from (
        Ask(good.method, good.target, json.dumps(body).encode(), good.content_type) for body in bodies(operation)
    )


def bodies(operation: Mapping[str, Any]) -> Iterator[Any]:
    """Yield bodies: each of `VALUES`, and objects with an unknown, a missing or a wrong JSON member."""
    if "application/json" not in operation.get("requestBody", {}).get("content", {}):
        return  # files have rules of their own
    [content] = operation["requestBody"]["content"].values()
    schema = resolved(content["schema"])
    body = schema["examples"][0]
    yield from VALUES
    yield {**body, "colour": 1}
    for name in schema["properties"]:
        yield {member: value for member, value in body.items() if member != name}
        yield from ({**body, name: value} for value in VALUES)
    for item in body.get("submissions", []):
        for name in ("user_id", "score", "submission_id", "metadata", "subscore", "achieved_at", "board", "colour"):
            yield from ({"submissions": [{**item, name: value}]} for value in VALUES)


def errors_in(answer: Any) -> list[Mapping[str, Any]]:
    """Return the errors of a response: its own error, and the errors of the items of a batch."""
    return [part["error"] for part in (answer, *answer.get("results", [])) if "error" in part]


@pytest.mark.parametrize(
    "route", [route for route in OPERATIONS if not route.endswith(("/stream", "/events", "/metrics"))]
)
async def test_every_refusal_says_the_rule_in_words(api: Api, route: str) -> None:
    headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
    for ask in asks(route):
        answer = await api.client.request(ask.method, ask.target, content=ask.body, headers=headers)
        assert answer.status_code < 500, (ask, answer.text)
        if answer.is_success and not answer.content.startswith(b'{"results"'):
            continue
        for error in errors_in(answer.json()):
            if error["code"] not in {"invalid_request", "malformed_request"}:
                continue
            assert not INSIDE.search(error["message"].partition(": ")[2]), (ask, error)
            for problem in error["details"].get("errors", []):
                assert PLACE.fullmatch(problem["at"]) or problem["at"] == "colour", (ask, problem)
                assert VOICE.match(problem["problem"]), (ask, problem)
                assert not INSIDE.search(problem["problem"]), (ask, problem)


RULES = [
    ("/api/boards/default/page?rank=0", "rank: must be a whole number from 1 to 9007199254740991"),
    ("/api/boards/default/top?limit=1.0", "limit: must be a whole number from 1 to 1000"),
    (
        "/api/boards/Nope!/top",
        "board: must be the identifier of a board: 1 to 64 of a-z, 0-9, _ and -, with a letter or a digit first",
    ),
    (
        "/api/boards/default/top?period=x",
        "period: must be current, a period kind such as weekly, or the name of a period such as 2026-W48",
    ),
    (
        "/api/boards/default/ranks/76561190012345678",
        "user_id: must be a whole number from -9007199254740991 to 9007199254740991;"
        " write any other id as an external id after ext:",
    ),
    ("/api/boards/default/percentile/101", "p: must be a number from 0 to 100"),
    ("/api/users", "prefix: is required, unless username or search is sent"),
]


@pytest.mark.parametrize(("path", "message"), RULES)
async def test_the_message_names_the_place_and_the_rule(api: Api, path: str, message: str) -> None:
    answer = await api.get(path)
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, message)
    assert len(answer.json()["error"]["details"]["errors"]) == 1


async def test_a_format_or_a_flag_is_one_of_those_listed(api: Api) -> None:
    answer = await api.get("/api/boards/default/export?format=xml", ADMIN_KEY)
    assert answer.json()["error"]["message"] == "format: must be 'csv' or 'ndjson'"


async def test_a_wrong_member_is_one_problem(api: Api) -> None:
    answer = await api.post("/api/scores", {"user_id": "1", "score": 2**53, "colour": 1})
    assert answer.json()["error"]["details"]["errors"] == [
        {
            "at": "user_id",
            "problem": "must be a whole number from -9007199254740991 to 9007199254740991;"
            " send any other id as an external id",
        },
        {
            "at": "score",
            "problem": "must be a whole number from -9007199254740991 to 9007199254740991, or the digits of a 64-bit "
            "score as text",
        },
        {"at": "colour", "problem": "unknown member; check its spelling or remove it"},
    ]


async def test_a_key_in_another_header_is_refused_with_a_hint(api: Api) -> None:
    body = {"user_id": 1, "score": 1}
    answer = await api.post("/api/scores", body, None, **{"X-API-Key": ADMIN_KEY})
    assert answer.status_code == 401
    assert "X-API-Key is not read: send Authorization: Bearer" in answer.json()["error"]["message"]
    read = await api.client.get("/api/boards", headers={"X-API-Key": "of a gateway"})
    assert read.status_code == 200
