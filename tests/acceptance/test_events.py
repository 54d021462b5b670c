"""Events over HTTP: a receiver that fails, is slow or stops, and processes that are killed while they send."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import httpx
import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.command import new_command
from tests.api_client import ADMIN_KEY, PLAIN_HTTP, SUBMIT_KEY
from tests.waiting import PATIENCE_S, until
from tests.webhook_receiver import WebhookReceiver, receiving

_ROOT = Path(__file__).parents[2]
_PATH = "/api/admin/endpoints"


@pytest.fixture
def settings(valkey: Any, database: str) -> Mapping[str, str]:
    """Settings of processes that may send events to this machine."""
    return environment(
        valkey.addresses,
        database,
        LEADERFORGE_SIGNING_SECRET="s" * 40,
        LEADERFORGE_EVENT_NETWORKS="127.0.0.0/8",
        LEADERFORGE_EVENT_PAUSE_MS="50",
    )


@pytest.fixture
async def api(settings: Mapping[str, str]) -> AsyncIterator[Served]:
    """Server that delivers no events itself."""
    async with served({**settings, "LEADERFORGE_RECONCILE_MS": "0"}) as running:
        yield running


@contextmanager
def worker(settings: Mapping[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a maintenance worker within the block, and kill it at the end."""
    variables = {**os.environ, **settings, "PYTHONPATH": f"{_ROOT}/shared"}
    process = subprocess.Popen([sys.executable, "-m", "functions.worker"], cwd=_ROOT, env=variables)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def board_with_events(api: Served, name: str, players: range) -> None:
    """Create a board with events, and players."""
    body = {"board": name, "policy": "sum", "events": ["score.improved"]}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    for player in players:
        await api.post("/api/users", {"user_id": player, "username": f"player {player}"}, SUBMIT_KEY)


async def submit(api: Served, board: str, player: int) -> dict[str, Any]:
    """Submit a point, and return the receipt."""
    answer = await api.post(f"/api/boards/{board}/scores", {"user_id": player, "score": 1}, SUBMIT_KEY)
    assert answer.status_code == 200, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


async def until_arrived(receiver: WebhookReceiver, count: int) -> None:
    await until(lambda: len(receiver.bodies()) >= count, f"{count} events to arrive", every=0.1)


@pytest.mark.parametrize("submissions", [6, pytest.param(200, marks=pytest.mark.long)])
async def test_events_outlast_failures_and_kills(api: Served, settings: Mapping[str, str], submissions: int) -> None:
    players = range(71_001, 71_007)
    board = f"outlasting-{submissions}"
    await board_with_events(api, board, players)
    async with receiving(failures=0.3, slowness_s=0.05) as receiver:
        body = {"url": receiver.url, "boards": [board]}
        endpoint = (await api.post(_PATH, body, ADMIN_KEY)).json()
        receiver.secrets.append(endpoint["secret"])
        totals = dict.fromkeys(players, 0)
        for round_number in range(submissions):
            for player in players:
                totals[player] = (await submit(api, board, player))["score"]
            if round_number == 1:
                with worker(settings):  # the worker is killed while it sends events
                    await until_arrived(receiver, 2)
            if round_number == 3:
                await receiver.stop()
        with worker(settings):
            await until(lambda: is_failing(api), "the endpoint to fail", every=0.1)
        await receiver.start()
        with worker(settings):
            await until_arrived(receiver, len(players) * submissions)
        arrived = receiver.by_player()
        assert set(arrived) == set(players)
        for player in players:
            assert [data["score"] for data in arrived[player]] == list(range(1, submissions + 1))
            revisions = [data["revision"] for data in arrived[player]]
            assert revisions == sorted(revisions)
        assert totals == dict.fromkeys(players, submissions)
    await api.send("DELETE", f"{_PATH}/{endpoint['endpoint_id']}", key=ADMIN_KEY)


async def is_failing(api: Served) -> bool:
    """Return whether the only endpoint fails."""
    [listed] = (await api.get(_PATH, ADMIN_KEY)).json()["endpoints"]
    return bool(listed["failing"])


async def follow(url: str, count: int, after: str) -> list[dict[str, Any]]:
    """Return the first `count` events that the stream sends after the event with the id `after`. Then disconnect."""
    headers = {"authorization": f"Bearer {SUBMIT_KEY}", "last-event-id": after}
    events: list[dict[str, Any]] = []
    async with (
        httpx.AsyncClient(base_url=url, timeout=PATIENCE_S, verify=PLAIN_HTTP) as client,
        client.stream("GET", "/api/events?board=streamed", headers=headers) as response,
    ):
        assert response.status_code == 200
        event: dict[str, Any] = {}
        async for line in response.aiter_lines():
            name, _, value = line.partition(": ")
            if name in {"id", "event", "data"}:
                event[name] = value
            elif not line and "data" in event:
                events.append({**event, "data": json.loads(event["data"])})
                event = {}
                if len(events) == count:
                    break
    return events


async def test_a_stream_resumes_without_loss(api: Served) -> None:
    players = range(71_101, 71_104)
    await board_with_events(api, "streamed", players)
    start = str((await api.services.parts.notices.bounds()).newest)
    following = asyncio.create_task(follow(api.url, 4, start))
    for _ in range(4):
        for player in players:
            await submit(api, "streamed", player)
        await api.services.events.dispatch.run(1)
    first = await following
    later = await follow(api.url, 8, first[-1]["id"])
    events = [*first, *later]
    assert [int(event["id"]) for event in events] == sorted({int(event["id"]) for event in events})
    assert len({event["data"]["id"] for event in events}) == 12
    assert {event["event"] for event in events} == {"score.improved"}
    for player in players:
        scores = [e["data"]["data"]["score"] for e in events if e["data"]["data"]["user_id"] == player]
        assert scores == [1, 2, 3, 4]


async def test_changed_tiers_of_batches_equal_brute_force(api: Served) -> None:
    players, random = range(71_301, 71_321), Random(6)
    tiers = [
        {"name": "champion", "rank": 3},
        {"name": "gold", "score": 20},
        {"name": "upper", "percent": 35},
        {"name": "bronze"},
    ]
    body = {"board": "climbing", "policy": "sum", "tiers": tiers, "events": ["tier.changed"]}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    for player in players:
        await api.post("/api/users", {"user_id": player, "username": f"player {player}"}, SUBMIT_KEY)
    start = (await api.services.parts.notices.bounds()).newest
    places: dict[int, tuple[int, str, int]] = {}
    expected: dict[int, list[str | None]] = {player: [None] for player in players}
    for _ in range(8):
        added = {player: random.choice([-5, -2, 3, 6, 9]) for player in random.sample(players, 12)}
        batch = {"submissions": [{"user_id": player, "score": score} for player, score in added.items()]}
        answer = await api.post("/api/boards/climbing/scores/batch", batch, SUBMIT_KEY)
        receipts = zip(added, answer.json()["results"], strict=True)
        places |= {player: (-receipt["score"], receipt["achieved_at"], player) for player, receipt in receipts}
        for player in added:
            tier = tier_of(places[player], list(places.values()))
            expected[player] += [tier] if tier != expected[player][-1] else []
        await api.services.events.dispatch.run(1)
    log = (await api.services.parts.notices.after(start, 1000)).notices
    events = [json.loads(notice.body)["data"] for notice in log if notice.board == "climbing"]
    assert len(events) > len(players)
    for player in players:
        changes = [(event["previous"], event["tier"]) for event in events if event["user_id"] == player]
        assert changes == list(pairwise(expected[player]))


def tier_of(place: tuple[int, str, int], places: list[tuple[int, str, int]]) -> str:
    """Return the tier of a place among all places, as the test's board defines it."""
    rank = 1 + sum(other < place for other in places)
    if rank <= 3:
        return "champion"
    if -place[0] >= 20:
        return "gold"
    return "upper" if rank <= -(-35 * len(places) // 100) else "bronze"


async def test_passes_among_friends_equal_brute_force(api: Served) -> None:
    players, random = range(71_201, 71_206), Random(5)
    body = {"board": "passing", "policy": "sum", "events": ["player.overtaken"]}
    assert (await api.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    for player in players:
        await api.post("/api/users", {"user_id": player, "username": f"player {player}"}, SUBMIT_KEY)
    for player in players:
        friends = {"user_ids": [other for other in players if other != player]}
        await api.send("PUT", f"/api/users/{player}/friends", friends, SUBMIT_KEY)
    start = (await api.services.parts.notices.bounds()).newest
    places: dict[int, tuple[int, str]] = {}
    expected: list[tuple[int, int]] = []
    for _ in range(12):
        before, movers = dict(places), random.sample(players, 2)
        for player in movers:
            score = {"user_id": player, "score": random.randint(-3, 9)}
            receipt = (await api.post("/api/boards/passing/scores", score, SUBMIT_KEY)).json()
            places[player] = -receipt["score"], receipt["achieved_at"]
        expected += [
            (passed, player)
            for player in movers
            for passed in before
            if places[player] < places[passed] and not (player in before and before[player] < before[passed])
        ]
        await api.services.events.dispatch.run(1)
    log = (await api.services.parts.notices.after(start, 1000)).notices
    events = [json.loads(notice.body)["data"] for notice in log if notice.type == "player.overtaken"]
    passes = [(event["user_id"], event["overtaken_by"]) for event in events if event["board"] == "passing"]
    assert expected
    assert sorted(passes) == sorted(expected)


async def test_endpoints_by_command(valkey: Any, database: str) -> None:
    command = new_command(database, valkey.addresses)
    secret = {"LEADERFORGE_SIGNING_SECRET": "s" * 40, "LEADERFORGE_EVENT_NETWORKS": "127.0.0.0/8"}
    run = partial(command.run, **secret)
    async with receiving() as receiver:
        [created] = run("endpoints", "create", receiver.url, "--type", "score.improved", "--board", "default").output
        endpoint_id, _, text = created.partition("\t")
        assert text.startswith("whsec_")
        [listed] = [line for line in run("endpoints", "list").output if line.startswith(endpoint_id)]
        assert listed == f"{endpoint_id}\t{receiver.url}\tenabled"
        receiver.secrets.append(run("endpoints", "rotate", endpoint_id).output[0])
        attempt = await asyncio.to_thread(run, "endpoints", "test", endpoint_id)
        assert attempt.output[0].startswith("status 204 after ")
    assert run("endpoints", "test", endpoint_id, code=1).output[0].startswith("no response: ")
    assert run("endpoints", "disable", endpoint_id).output[0].endswith(": disabled by cli")
    assert run("endpoints", "enable", endpoint_id).output == ["enabled"]
    assert run("endpoints", "redrive", endpoint_id).output == ["0 events are sent again"]
    run("endpoints", "delete", endpoint_id)
    assert "there is no endpoint" in run("endpoints", "deliveries", endpoint_id, code=1).errors[-1]
