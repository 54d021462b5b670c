"""Query parameters: each call accepts its own parameters once, and no others."""

import pytest

from tests.unit.edge_fixtures import ADMIN_KEY, Api
from tests.unit.test_authorization import OPERATIONS, Ask

TYPED = [
    ("/api/boards/default/top?perod=weekly", "perod", "did you mean period?"),
    ("/api/boards/default/top?Limit=5", "Limit", "did you mean limit?"),
    ("/api/boards/default/range?minscore=5", "minscore", "did you mean min_score?"),
    ("/api/users?prefix=a&limits=5", "limits", "did you mean limit?"),
    ("/api/boards/default/top?offset=5", "offset", "this call takes period, segment, at, since, limit"),
    ("/api/boards?page=2", "page", "this call takes none"),
    ("/api/health?verbose", "verbose", "this call takes none"),
    ("/api/boards/default/top?=5", "", "this call takes period, segment, at, since, limit"),
]


async def refusal(api: Api, ask: Ask, addition: str) -> tuple[int, str]:
    """Add a parameter to a call. Return the status of the answer, and the parameter that its error names."""
    joint = "&" if "?" in ask.target else "?"
    headers = {"Authorization": f"Bearer {ADMIN_KEY}", "Content-Type": "application/json"}
    answer = await api.client.request(ask.method, f"{ask.target}{joint}{addition}", content=ask.body, headers=headers)
    return answer.status_code, answer.json()["error"]["details"]["errors"][0]["at"]


@pytest.mark.parametrize("route", OPERATIONS)
async def test_every_call_refuses_unknown_parameters(api: Api, route: str) -> None:
    assert await refusal(api, Ask.of(route), "colour=red") == (422, "colour")


@pytest.mark.parametrize(
    ("route", "parameter"),
    [
        (route, parameter["name"])
        for route, operation in OPERATIONS.items()
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    ],
)
async def test_every_call_refuses_repeated_parameters(api: Api, route: str, parameter: str) -> None:
    assert await refusal(api, Ask.of(route), f"{parameter}=1&{parameter}=1") == (422, parameter)


@pytest.mark.parametrize(("path", "name", "advice"), TYPED)
async def test_the_error_names_the_parameter_and_the_nearest_one(api: Api, path: str, name: str, advice: str) -> None:
    answer = await api.get(path)
    problem = f"unknown query parameter; {advice}"
    assert answer.status_code == 422
    assert answer.json()["error"] == {
        "code": "invalid_request",
        "message": f"{name}: {problem}",
        "details": {"errors": [{"at": name, "problem": problem}]},
    }


async def test_a_refusal_stays_small(api: Api) -> None:
    long = await api.get(f"/api/boards/default/top?{'x' * 20_000}=1")
    many = await api.get(f"/api/boards/default/top?{'&'.join('abcdef')}{'&x' * 5000}")
    for answer in (long, many):
        assert answer.status_code == 422
        assert len(answer.content) < 500


async def test_who_may_not_call_learns_nothing_of_parameters(api: Api) -> None:
    assert (await api.get("/api/admin/keys?colour=red")).status_code == 401


@pytest.mark.parametrize("query", ["", "&", "limit=3&", "&limit=3", "period=all-time&limit=3"])
async def test_blank_parts_of_a_query_are_no_parameters(api: Api, query: str) -> None:
    assert (await api.get(f"/api/boards/default/top?{query}")).status_code == 200
