"""Live boards on real servers: every listener receives each change, by any process and during failures."""

import asyncio
import re
import shlex
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.embedded import PostgresServer, ValkeyCluster
from leaderforge.embedded.api import ApiServer
from leaderforge.embedded.ports import LOOPBACK, free_port
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.acceptance.live_fixtures import Listener, listening
from tests.conftest import OwnValkey
from tests.waiting import until

DOCS = (Path(__file__).parents[2] / "docs" / "live.md").read_text()
STREAM = "/api/boards/default/stream"


@pytest.fixture
async def settings(valkey, postgres: PostgresServer) -> Mapping[str, str]:
    return environment(valkey.addresses, await new_database(postgres.dsn))


@pytest.fixture
async def api(settings: Mapping[str, str]) -> AsyncIterator[Served]:
    async with served(settings) as api:
        await api.until_healthy()
        await players(api)
        await hears(api)
        yield api


async def players(api: Served) -> None:
    for user_id in (1, 2, 123, 456):
        assert (await api.post("/api/users", {"username": f"player {user_id}", "user_id": user_id})).status_code == 201
    assert (await submit(api, 1000)).status_code == 200


async def submit(api: Served, score: int, user_id: int = 1) -> httpx.Response:
    return await api.post("/api/scores", {"user_id": user_id, "score": score})


def metric(api: Served, name: str) -> float:
    found = re.search(rf"^leaderforge_{name} (.+)$", api.services.parts.exposition()[0].decode(), re.MULTILINE)
    return float(found[1]) if found else 0.0


async def hears(api: Served, *, connected: float = 1) -> None:
    async def so() -> bool:
        return metric(api, "change_feed_connected") == connected

    await until(so, f"the feed to be {'connected' if connected else 'lost'}")


async def test_every_listener_gets_each_change(api: Served) -> None:
    async with AsyncExitStack() as stack:
        listeners = [await stack.enter_async_context(listening(api.url)) for _ in range(50)]
        await all_at(listeners, 1000)
        before = metric(api, "top_merge_seconds_count")
        for number in range(1, 6):
            await submit(api, 1)
            await all_at(listeners, 1000 + number)
        # Listeners share one read per change. Announcements of reconciliation cause some more reads.
        assert metric(api, "top_merge_seconds_count") - before < 50
        assert metric(api, "stream_listeners") == 50
    for listener in listeners:
        assert [event["entries"][0]["score"] for _, event in listener.events] == list(range(1000, 1006))
        assert len({tag for tag, _ in listener.events}) == 6


async def all_at(listeners: list[Listener], score: int) -> None:
    await asyncio.gather(*(listener.until_score(score) for listener in listeners))


async def test_listeners_hear_of_what_other_processes_change(api: Served, settings: Mapping[str, str]) -> None:
    # With a TTL of a minute, only the change feed can invalidate the cached top before the test's end.
    async with served({**settings, "LEADERFORGE_TOP_CACHE_MS": "60000"}) as other:
        await hears(other)
        async with listening(other.url) as listener:
            await listener.until_score(1000)
            await submit(api, 5)
            await listener.until_score(1005)


async def test_a_listener_that_comes_back_gets_only_what_it_has_not(api: Served, settings: Mapping[str, str]) -> None:
    async with listening(api.url) as listener:
        await listener.until_score(1000)
    [(tag, _)] = listener.events
    async with served(settings) as other, listening(other.url, Last_Event_ID=tag) as again:
        await submit(api, 1)
        await again.until_score(1001)
    assert len(again.events) == 1


async def test_polling_what_does_not_change_leaves_the_index_alone(
    api: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    index, asked = api.services.parts.index, []
    window = index.window

    async def counted(*args: Any, **options: Any) -> Any:
        asked.append(args)
        return await window(*args, **options)

    monkeypatch.setattr(index, "window", counted)
    path = "/api/boards/default/top"
    tag = await unasked(api, path, asked)
    answer = await api.get(path, If_None_Match=tag)
    assert (answer.status_code, answer.headers["x-leaderforge-source"]) == (304, "cache")
    assert asked == []
    await submit(api, 1)
    assert (await api.get(path, If_None_Match=tag)).status_code == 200
    assert asked


async def unasked(api: Served, path: str, asked: list[Any]) -> str:
    """Poll until polls have caused no read of the index for 9 s. Return the ETag.

    Without the change feed, polls would cause a read each second, because the TTL would be 1 s.

    `asked` records the reads of the index. Reconciliation causes reads until it has processed the last submission.
    """
    quiet_since = asyncio.get_running_loop().time()

    async def so() -> bool:
        nonlocal quiet_since
        if asked:
            asked.clear()
            quiet_since = asyncio.get_running_loop().time()
        await api.get(path)
        return asyncio.get_running_loop().time() > quiet_since + 9

    await until(so, "polls to be answered without the index")
    return (await api.get(path)).headers["etag"]


async def test_many_changes_reach_listeners_as_the_newest(api: Served) -> None:
    async with listening(api.url) as listener:
        await listener.until_score(1000)
        await asyncio.gather(*(submit(api, 1) for _ in range(200)))
        await listener.until_score(1200)
    assert len(listener.events) < 100


class TestFailures:
    """Failures of an index cluster that only this class uses."""

    @pytest.fixture
    async def valkey(self, own_valkey: OwnValkey) -> ValkeyCluster:
        return await asyncio.to_thread(own_valkey, nodes=3)

    @pytest.fixture
    async def settings(self, valkey: ValkeyCluster, postgres: PostgresServer) -> Mapping[str, str]:
        limit = {"LEADERFORGE_INDEX_TIMEOUT_MS": "500"}
        return environment(valkey.addresses, await new_database(postgres.dsn), **limit)

    async def test_the_subscriptions_node_is_lost_and_comes_back(
        self, api: Served, settings: Mapping[str, str], valkey: ValkeyCluster
    ) -> None:
        number = await asyncio.to_thread(_owner, valkey, IndexKeys("any", 3).slots[0])
        async with served(settings) as other, listening(other.url) as listener:
            await hears(other)
            await listener.until_score(1000)
            valkey.kill(number)
            await hears(other, connected=0)
            await submit(api, 1)
            await listener.until_score(1001)
            assert listener.newest["source"] == "postgres"
            await asyncio.to_thread(valkey.restart, number)
            await hears(other)
            await other.until_healthy()
            await submit(api, 1)
            await listener.until_score(1002)

    async def test_all_nodes_are_down(self, api: Served, valkey: ValkeyCluster) -> None:
        async with listening(api.url) as listener:
            await listener.until_score(1000)
            for number in range(3):
                valkey.kill(number)
            for number in range(1, 4):
                await submit(api, 1)
                await listener.until_score(1000 + number)
                assert listener.newest["source"] == "postgres"
            async with listening(api.url) as late:
                await late.until_score(1003)

    async def test_a_frozen_node_does_not_keep_an_old_top_alive(
        self, api: Served, settings: Mapping[str, str], valkey: ValkeyCluster
    ) -> None:
        number = await asyncio.to_thread(_owner, valkey, IndexKeys("any", 3).slots[0])
        async with served(settings) as other, listening(other.url) as listener:
            await hears(other)
            await listener.until_score(1000)
            valkey.pause(number)
            try:
                await submit(api, 1)
                await listener.until_score(1001)
            finally:
                valkey.resume(number)


def _owner(valkey: ValkeyCluster, slot: int) -> int:
    """Return the number of the slot's node."""
    from redis import Redis

    host, port = valkey.addresses[0].split(":")
    with Redis(host=host, port=int(port)) as client:
        for low, high, primary, *_ in client.execute_command("CLUSTER SLOTS"):
            if low <= slot <= high:
                return valkey.addresses.index(f"{host}:{primary[1]}")
    raise AssertionError(slot)


async def test_a_server_that_is_told_to_stop_ends_its_streams(settings: Mapping[str, str], tmp_path: Path) -> None:
    server = ApiServer(tmp_path, tmp_path / "log", host=LOOPBACK, port=free_port(), workers=1)
    server.start({**settings, "LEADERFORGE_PORT": str(server.port)})
    try:
        await server.wait_healthy()
        async with listening(server.url) as listener:
            await listener.until(lambda one: bool(one.events))
            await asyncio.to_thread(server.stop)
            await listener.until(lambda one: one.ended)  # the server has ended the response completely
    finally:
        await asyncio.to_thread(server.stop)
    log = (tmp_path / "log").read_text()
    assert "timeout graceful shutdown exceeded" not in log
    assert "Traceback" not in log


async def test_polling_works_as_documented(api: Served) -> None:
    first, second = (shlex.split(words) for words in re.findall(r"^curl -i (.*)$", DOCS, re.MULTILINE))
    path = first[0].removeprefix("$API")
    tag = (await api.get(path)).headers["etag"]
    header, _, shown = second[2].partition(": ")
    assert (second[:2], header) == ([first[0], "-H"], "If-None-Match")
    assert re.fullmatch('W/"[0-9a-f]{24}"', shown)
    assert re.fullmatch('W/"[0-9a-f]{24}"', tag)
    assert (await api.get(path, If_None_Match=tag)).status_code == 304
