"""Queue messages that name their player by an external id."""

import asyncio
from typing import Any

import pytest

from functions.edge.aws.queue import delivery_of
from functions.edge.context import Edge
from leaderforge.adapters.memory.queue import MemoryQueue
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import LeaderForgeError, PeriodClosed, PlayerNotFound, Refused, StoreUnavailable
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import ExternalId, Player
from leaderforge.domain.submissions import Submission
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import START, Api, serving
from tests.unit.test_ingest import buried, ingested, record, submission

SHOP = "76561190012345678"
CREATING = {"LEADERFORGE_CREATE_PLAYERS": "1"}


def by_external_id(external_id: Any = SHOP, **members: Any) -> dict[str, Any]:
    """Return a submission by external id."""
    return {k: v for k, v in submission(**members).items() if k != "user_id"} | {"external_id": external_id}


async def content(api: Api, body: Any) -> Submission | LeaderForgeError:
    return (await delivery_of(Edge(api.services), record(body))).content


async def ranked(api: Api, external_id: str = SHOP) -> Any:
    answer = await api.get(f"/api/boards/default/ranks/ext:{external_id}")
    return answer.json()


async def test_a_known_player(api: Api) -> None:
    await api.services.parts.users.create([Player(7, None, None, START, ExternalId(SHOP))])
    counted = await content(api, by_external_id())
    assert isinstance(counted, Submission)
    assert (counted.event.user_id, counted.event.score) == (7, 5)
    assert await ingested(api, record(by_external_id()), record(by_external_id())) == []
    assert (await ranked(api))["score"] == 10


async def test_an_unknown_player_is_named_in_the_dead_letter() -> None:
    queue = MemoryQueue()
    async with serving(queue) as api:
        error = await content(api, by_external_id())
        assert isinstance(error, PlayerNotFound)
        assert error.details == {"external_id": SHOP}
        message = record(by_external_id())
        assert await ingested(api, message) == []
        [letter] = await buried(queue)
        assert letter.body == message["body"]
        assert letter.reason.startswith("user_not_found")
        assert SHOP in letter.reason
        # The failed lookup was not cached, and therefore the message counts after a redrive.
        await api.services.parts.users.create([Player(7, None, None, START, ExternalId(SHOP))])
        assert await ingested(api, message) == []
        assert (await ranked(api))["score"] == 5


async def test_a_player_is_created_on_first_sight() -> None:
    queue = MemoryQueue()
    async with serving(queue, **CREATING) as api:
        messages = [record(by_external_id(), f"{i}") for i in range(5)] + [record(by_external_id("other"), "other")]
        results = await asyncio.gather(*(ingested(api, message) for message in messages))
        assert results == [[]] * 6
        assert await buried(queue) == []
        entry = await ranked(api)
        assert (entry["score"], entry["submissions"], entry["username"]) == (25, 5, None)
        assert (await api.get("/api/boards/default/top")).json()["total"] == 2


async def test_an_invalid_submission_creates_no_player() -> None:
    queue = MemoryQueue()
    async with serving(queue, **CREATING) as api:
        await api.store.create_board(Board(0, "days", "Days", calendar=Calendar((PeriodKind.DAILY,))))
        cases: list[tuple[dict[str, Any], type[LeaderForgeError], str]] = [
            (by_external_id("a", subscore=3), Refused, "subscore"),
            (by_external_id("b", board="nowhere"), LeaderForgeError, "nowhere"),
            (by_external_id("c", board="days", achieved_at="2020-01-01T00:00:00Z"), PeriodClosed, "closed"),
        ]
        for body, kind, part in cases:
            error = await content(api, body)
            assert isinstance(error, kind)
            assert part in error.message
            assert (await api.get(f"/api/users/ext:{body['external_id']}")).status_code == 404


@pytest.mark.parametrize("external_id", ["", "x" * 129, "a\0", 5, ["a"]])
async def test_a_wrong_id_is_a_dead_letter(external_id: Any) -> None:
    queue = MemoryQueue()
    async with serving(queue, **CREATING) as api:
        message = record(by_external_id(external_id))
        assert await ingested(api, message) == []
        [letter] = await buried(queue)
        assert letter.reason.startswith("invalid_request")
        assert "external_id" in letter.reason


@pytest.mark.parametrize("ids", [{}, {"user_id": 1, "external_id": SHOP}, {"user_id": None}])
async def test_both_ids_or_none_are_refused(api: Api, ids: dict[str, Any]) -> None:
    await api.players(1)
    body = {k: v for k, v in submission().items() if k != "user_id"} | ids
    error = await content(api, body)
    assert isinstance(error, Refused)
    assert "external_id" in error.message


async def test_an_erased_player_is_not_created_again() -> None:
    queue = MemoryQueue()
    async with serving(queue, **CREATING) as api:
        assert await ingested(api, record(by_external_id())) == []
        erased = await api.send("DELETE", f"/api/users/ext:{SHOP}", key=ADMIN_KEY)
        assert erased.status_code == 200
        assert await ingested(api, record(by_external_id())) == []
        [letter] = await buried(queue)
        assert letter.reason.startswith("user_not_found")


async def test_while_players_cannot_be_looked_up_messages_are_delivered_again() -> None:
    queue = MemoryQueue()
    async with serving(queue, **CREATING) as api:
        users = api.services.parts.users
        look_up = users.by_external_id

        async def unavailable(_: Any) -> Any:
            raise StoreUnavailable("down")

        users.by_external_id = unavailable  # type: ignore[method-assign]
        message = record(by_external_id(), "a")
        assert await ingested(api, message) == ["a"]
        users.by_external_id = look_up  # type: ignore[method-assign]
        assert await ingested(api, message) == []
        assert await buried(queue) == []
        assert (await ranked(api))["score"] == 5
