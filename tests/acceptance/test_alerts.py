"""Alerts of a real Prometheus that scrapes a real API: an alert fires when a test provokes its cause, and only then."""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Collection
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

import httpx
import pytest

from leaderforge.embedded import ValkeyCluster
from leaderforge.embedded.ports import free_port
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.acceptance.test_watching import ALERTS, PROMETHEUS, WATCHING, prometheus, scrape
from tests.api_client import ADMIN_KEY, SUBMIT_KEY

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(PROMETHEUS is None, reason="needs Debian's package prometheus"),
]

FASTER = 20
"""Divisor of the times of the alerts. The test would otherwise wait for minutes."""
THRESHOLDS = {
    "index_lag_seconds) > 120": "index_lag_seconds) > 20",  # above the lag of a healthy index, 7 s
    "oldest_seconds) > 600": "oldest_seconds) > 30",
}
PATIENCE_S = 300.0
CALM_S = 45.0
"""Time in s for which the test watches a healthy service. Any alert without a cause would fire within this time."""
PLAYERS = range(1, 21)
QUIET_PLAYER = 21
"""Player who submits nothing more. A submission would restore the player's lost standing in the index."""
MAINTENANCE = {
    "LeaderForgeNoMaintenance",
    "LeaderForgeStandingsDiffer",
    "LeaderForgeEventsDelayed",
    "LeaderForgeDown",
}
FROZEN_INDEX = {"LeaderForgeReadsDegraded", "LeaderForgeChangeFeedLost", "LeaderForgeRateLimitsSkipped"}
FROZEN_DATABASE = {"LeaderForgeErrors", "LeaderForgeSlow", "LeaderForgeMaintenanceFails", "LeaderForgeIndexLag"}


def shortened_alerts() -> str:
    """Return the text of alerts.yml, with shortened times and lower thresholds."""
    text = (WATCHING / "alerts.yml").read_text()
    for threshold, replacement in THRESHOLDS.items():
        assert threshold in text
        text = text.replace(threshold, replacement)
    return re.sub(r"\b(\d+)m\b", lambda match: f"{int(match[1]) * 60 // FASTER}s", text)


class AlertWatch:
    """The alerts of a Prometheus."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def firing(self) -> set[str]:
        answer = (await self._client.get("/api/v1/alerts")).json()
        return {alert["labels"]["alertname"] for alert in answer["data"]["alerts"] if alert["state"] == "firing"}

    async def until(self, expected: Collection[str], *, allowed: Collection[str] = ()) -> None:
        """Return once all expected alerts fire. Allowed alerts may fire too. Fails if any other alert fires."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while not (names := await self.firing()) >= set(expected):
            assert names <= {*expected, *allowed}, f"{names} fire"
            assert asyncio.get_running_loop().time() < deadline, f"{set(expected) - names} do not fire"
            await asyncio.sleep(1)
        assert names <= {*expected, *allowed}, f"{names} fire"

    async def until_only(self, remaining: Collection[str]) -> None:
        """Return once no alerts fire except the alerts in `remaining`."""
        deadline = asyncio.get_running_loop().time() + PATIENCE_S
        while (names := await self.firing()) - set(remaining):
            assert asyncio.get_running_loop().time() < deadline, f"{names} still fire"
            await asyncio.sleep(1)


@asynccontextmanager
async def traffic(api: Served) -> AsyncIterator[None]:
    """Submit and read during the block. Requests may fail."""

    async def work() -> None:
        while True:
            user_id = random.choice(PLAYERS)
            with suppress(httpx.HTTPError):
                await api.post("/api/scores", {"user_id": user_id, "score": 1})
                await api.get(f"/api/leaderboard/rank/{user_id}", SUBMIT_KEY)
                await api.get("/api/leaderboard/top", SUBMIT_KEY)
            await asyncio.sleep(0.1)

    tasks = [asyncio.create_task(work()) for _ in range(3)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def make_a_standing_differ(api: Served) -> None:
    """Remove a player from the index, but not from the store, and run a verification."""
    services = api.services
    [(ladder, _)] = await services.parts.store.standings_of([QUIET_PLAYER])
    observed = (await services.parts.index.observe([ladder], [QUIET_PLAYER]))[ladder]
    await services.parts.index.mend(ladder, [QUIET_PLAYER], [], observed)
    await services.verification.run()


@asynccontextmanager
async def watched_service(
    valkey: ValkeyCluster, dsn: str, directory: Path
) -> AsyncIterator[tuple[Served, Served, AlertWatch]]:
    """Yield two services and the alerts. The first service reconciles, the second service does not.

    At first, Prometheus scrapes the second service only.
    """
    settings = environment(
        list(valkey.addresses),
        await new_database(dsn),
        LEADERFORGE_INDEX_TIMEOUT_MS="500",
        LEADERFORGE_STORE_TIMEOUT_MS="3000",
        LEADERFORGE_KEY_LIMIT="1000:1000",
        LEADERFORGE_SIGNING_SECRET="s" * 40,
        LEADERFORGE_EVENT_NETWORKS="127.0.0.0/8",
    )
    alerts = directory / "alerts.yml"
    alerts.write_text(shortened_alerts())
    async with AsyncExitStack() as stack:
        api = await stack.enter_async_context(served(settings))
        idle = await stack.enter_async_context(served({**settings, "LEADERFORGE_RECONCILE_MS": "0"}))
        await api.until_healthy()
        for user_id in (*PLAYERS, QUIET_PLAYER):
            await api.post("/api/users", {"user_id": user_id, "username": f"player {user_id}"})
        await api.post(
            "/api/scores/batch", {"submissions": [{"user_id": i, "score": i} for i in (*PLAYERS, QUIET_PLAYER)]}
        )
        watched = AlertWatch(await stack.enter_async_context(prometheus([idle.url], directory, alerts)))
        await stack.enter_async_context(traffic(api))
        yield api, idle, watched


def test_the_cause_of_each_alert_is_provoked() -> None:
    assert {alert["alert"] for alert in ALERTS} == MAINTENANCE | FROZEN_INDEX | FROZEN_DATABASE


async def test_alerts_of_maintenance_events_and_a_stopped_process(valkey, postgres, tmp_path: Path) -> None:
    async with watched_service(valkey, postgres.dsn, tmp_path) as (api, idle, watched):
        await watched.until({"LeaderForgeNoMaintenance"})
        scrape([api.url, idle.url], tmp_path)
        await watched.until_only(())
        await asyncio.sleep(CALM_S)
        assert await watched.firing() == set()

        await make_a_standing_differ(api)
        await watched.until({"LeaderForgeStandingsDiffer"})
        await api.services.verification.run()
        await watched.until_only(())

        events = {"board": "events", "policy": "sum", "events": ["score.improved"]}
        assert (await api.post("/api/boards", events, ADMIN_KEY)).status_code == 201
        endpoint = {"url": f"http://127.0.0.1:{free_port()}/hooks", "types": ["score.improved"]}
        created = await api.post("/api/admin/endpoints", endpoint, ADMIN_KEY)
        assert created.status_code == 201, created.text
        await api.post("/api/boards/events/scores", {"user_id": 1, "score": 1})
        await watched.until({"LeaderForgeEventsDelayed"})
        path = f"/api/admin/endpoints/{created.json()['endpoint_id']}"
        await api.send("DELETE", path, key=ADMIN_KEY)
        await watched.until_only(())

        scrape([api.url, f"http://127.0.0.1:{free_port()}"], tmp_path)
        await watched.until({"LeaderForgeDown"})


async def test_alerts_of_a_frozen_index(own_valkey, postgres, tmp_path: Path) -> None:
    valkey = own_valkey(nodes=3)
    async with watched_service(valkey, postgres.dsn, tmp_path) as (api, idle, watched):
        scrape([api.url, idle.url], tmp_path)
        await watched.until_only(())
        for node in range(valkey.size):
            valkey.pause(node)
        # Some requests are slow, because they wait for the frozen index until the time limit of the index.
        # Reconciliation fails.
        await watched.until(FROZEN_INDEX, allowed={"LeaderForgeSlow", "LeaderForgeMaintenanceFails"})
        for node in range(valkey.size):
            valkey.resume(node)
        await watched.until_only(())


async def test_alerts_of_a_frozen_database(valkey, own_postgres, tmp_path: Path) -> None:
    postgres = own_postgres()
    async with watched_service(valkey, postgres.dsn, tmp_path) as (api, idle, watched):
        scrape([api.url, idle.url], tmp_path)
        await watched.until_only(())
        postgres.pause()
        await watched.until(FROZEN_DATABASE, allowed={"LeaderForgeReadsDegraded", "LeaderForgeEventsDelayed"})
        postgres.resume()
        await watched.until_only(())
