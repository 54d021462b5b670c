"""Live boards over HTTP."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import Any

from functions.edge.wire.entries import TopOut
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.services.entries import Source
from leaderforge.services.live import ViewState
from tests.api_client import SUBMIT_KEY, bearer
from tests.unit.edge_fixtures import Api, serving
from tests.unit.test_edge_health import client_at
from tests.unit.test_edge_requests import told
from tests.unit.test_edge_streaming import Connection
from tests.waiting import PATIENCE_S, until

STREAM = "/api/boards/default/stream"


class Listener(Connection):
    """Connection that parses the events of a live board."""

    @property
    def text(self) -> str:
        return b"".join(message.get("body", b"") for message in self.sent).decode()

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def events(self) -> list[tuple[str, Any]]:
        return [(i, json.loads(data)) for i, data in re.findall(r"event: top\nid: (.*)\ndata: (.*)\n\n", self.text)]

    async def until(self, count: int) -> None:
        """Return once `count` events have arrived."""
        await until(lambda: len(self.events) >= count, f"{count} events")


@asynccontextmanager
async def listening(api: Api, path: str = STREAM, *, last_id: str = "") -> AsyncIterator[Listener]:
    listener = Listener()
    headers = [(b"last-event-id", last_id.encode())] if last_id else []
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(listener.serve(api.app, path, headers))
        await until(lambda: len(listener.sent) >= 2, "the first event", every=0)
        yield listener
        listener.left.set()


async def test_an_event_says_what_top_says(api: Api) -> None:
    await api.ranked({1: 10, 2: 20, 3: 30})
    async with listening(api, f"{STREAM}?limit=2") as listener:
        await listener.until(1)
    [(tag, event)] = listener.events
    top = await api.get("/api/boards/default/top?limit=2")
    assert event == top.json() | {"source": Source(event["source"])}
    TopOut.model_validate_json(top.content)
    assert top.headers["etag"] == f'W/"{tag}"'
    assert listener.text.startswith("retry: 2000\n\n")
    assert listener.headers["content-type"] == "text/event-stream"
    assert listener.headers["cache-control"] == "no-store"
    assert listener.headers["x-accel-buffering"] == "no"
    assert "content-length" not in listener.headers


async def test_each_change_is_an_event(api: Api) -> None:
    await api.ranked({1: 10})
    async with listening(api) as listener:
        for number in range(1, 4):
            await listener.until(number)
            await api.post("/api/scores", {"user_id": 1, "score": 1})
        await listener.until(4)
    assert [event["entries"][0]["score"] for _, event in listener.events] == [10, 11, 12, 13]
    assert len({tag for tag, _ in listener.events}) == 4


async def test_what_the_client_has_is_not_sent_again(api: Api) -> None:
    await api.ranked({1: 10})
    async with listening(api) as listener:
        await listener.until(1)
    [(tag, _)] = listener.events
    async with listening(api, last_id=tag) as again:
        assert again.text == "retry: 2000\n\n:\n\n"
        await api.post("/api/scores", {"user_id": 1, "score": 1})
        await again.until(1)
    async with listening(api, last_id=tag) as stale:
        await stale.until(1)


async def test_what_is_wrong_is_answered_in_the_one_shape(api: Api) -> None:
    assert told(await api.get("/api/boards/nowhere/stream")) == (404, "board_not_found")
    assert told(await api.get(f"{STREAM}?limit=101")) == (422, "invalid_request")
    assert told(await api.get(f"{STREAM}?limit=0")) == (422, "invalid_request")


async def test_too_many_listeners_are_told_to_come_back() -> None:
    async with serving(LEADERFORGE_MAX_LISTENERS="1") as api, listening(api):
        answer = await api.get(STREAM)
        assert told(answer) == (503, "too_many_listeners")
        assert answer.headers["retry-after"] == "1"


async def test_head_shows_the_headers(api: Api) -> None:
    async with asyncio.timeout(PATIENCE_S):
        answer = await api.client.head(STREAM)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "text/event-stream"
    assert "leaderforge_stream_listeners 0.0" in api.services.parts.exposition()[0].decode()


async def test_pages_of_other_sites_may_listen() -> None:
    async with serving(LEADERFORGE_CORS_ORIGINS="https://game.example") as api:
        answer = await api.client.head(STREAM, headers={"Origin": "https://game.example"})
        assert answer.headers["access-control-allow-origin"] == "https://game.example"
        asked = {"Origin": "https://game.example", "Access-Control-Request-Method": "GET"}
        asked["Access-Control-Request-Headers"] = "Last-Event-ID"
        assert (await api.client.options(STREAM, headers=asked)).status_code == 200


async def test_a_private_board_is_for_those_with_a_key(api: Api) -> None:
    await api.change_board(private=True)
    assert told(await api.get(STREAM)) == (401, "unauthenticated")
    assert (await api.client.head(STREAM, headers=bearer(SUBMIT_KEY))).status_code == 200


async def test_who_may_not_listen_any_more_is_let_go(api: Api) -> None:
    await api.ranked({1: 10})
    async with listening(api) as listener:
        await listener.until(1)
        await api.change_board(private=True)
        await api.post("/api/scores", {"user_id": 1, "score": 1})
        await until(lambda: not listener.sent[-1].get("more_body", False), "the stream to end")
    assert len(listener.events) == 1


async def test_listeners_go_on_into_the_next_period(api: Api) -> None:
    await api.change_board(calendar=Calendar((PeriodKind.DAILY,)))
    await api.ranked({1: 10})
    async with listening(api) as listener:
        await listener.until(1)
        api.clock.now += 24 * 3600 * 1000
        await listener.until(2)
        await api.post("/api/scores", {"user_id": 1, "score": 3})
        await listener.until(3)
    shown = [(event["period"], [entry["score"] for entry in event["entries"]]) for _, event in listener.events]
    assert shown == [("2026-11-23", [10]), ("2026-11-24", []), ("2026-11-24", [3])]


class _Constant:
    async def load(self) -> ViewState:
        return ViewState("1", b"")

    async def until_changed(self) -> None:
        await asyncio.Event().wait()


async def test_an_address_without_a_key_has_a_limit_of_listeners() -> None:
    async with serving(LEADERFORGE_ADDRESS_LISTENERS="1") as api:
        async with aclosing(api.services.live.listen("board", _Constant(), address="192.0.2.7")) as states:
            await anext(states)
            async with client_at(api, "192.0.2.7") as client:
                assert told(await client.get(STREAM)) == (503, "too_many_listeners")
            for address, key in (("192.0.2.8", None), ("127.0.0.1", None), ("192.0.2.7", SUBMIT_KEY)):
                async with client_at(api, address, **bearer(key)) as client:
                    assert (await client.head(STREAM)).status_code == 200
        async with client_at(api, "192.0.2.7") as client:
            assert (await client.head(STREAM)).status_code == 200
