"""Events of a board that stores notices in bundles, while each process is killed in turn and the receiver fails."""

import asyncio
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from tests.acceptance.failure_kit import NewRig, Rig, new_rig, servers
from tests.acceptance.failure_load import BOARD
from tests.api_client import ADMIN_KEY, bearer
from tests.waiting import until
from tests.webhook_receiver import WebhookReceiver, receiving

__all__ = ["new_rig", "servers"]

SETTINGS = {
    "LEADERFORGE_ADMIN_KEYS": ADMIN_KEY,
    "LEADERFORGE_SIGNING_SECRET": "s" * 40,
    "LEADERFORGE_EVENT_NETWORKS": "127.0.0.0/8",
    "LEADERFORGE_EVENT_PAUSE_MS": "50",
    "LEADERFORGE_EVENT_ATTEMPTS": "30",
}


@pytest.mark.long
async def test_each_improvement_arrives_once_and_in_order_after_kills(new_rig: NewRig) -> None:
    rig = await new_rig(**SETTINGS)
    async with receiving(failures=0.3, slowness_s=0.02) as receiver:
        await asked_for_events(rig, receiver)
        async with rig.load() as load:
            await until(lambda: len(receiver.bodies()) > 5, "events to arrive", every=0.1)
            rig.kill_api()  # the process is killed while it sends events, commits submissions and relays notices
            await rig.start_api()
            await load.goes_on(10)
            await asyncio.to_thread(rig.postgres.kill)
            await asyncio.to_thread(rig.postgres.restart)
            await load.goes_on(10)
            rig.valkey.kill(1)
            await load.goes_on(10)
            rig.kill_api()
            await receiver.stop()
            await rig.start_api()
            await load.goes_on(10)
            await asyncio.to_thread(rig.valkey.restart, 1)
            await receiver.start()
            await load.goes_on(10)
        await rig.heals()
        improved = {sent.submission_id for sent in rig.acknowledged if sent.score > 0}
        await until(lambda: len(receiver.bodies()) >= len(improved), "all events to arrive", every=0.1)
        assert await in_bundles(rig)
        arrived = [data for events in receiver.by_player().values() for data in events]
        assert sorted(UUID(data["submission_id"]) for data in arrived) == sorted(improved)
        players = {sent.submission_id: sent.user_id for sent in rig.acknowledged}
        assert all(players[UUID(data["submission_id"])] == data["user_id"] for data in arrived)
        for events in receiver.by_player().values():
            # Two submissions of one batch may have the same standing, and therefore equal revisions.
            assert (revisions := [data["revision"] for data in events]) == sorted(revisions)


async def asked_for_events(rig: Rig, receiver: WebhookReceiver) -> None:
    """Switch on the board's events of improved scores, and create an endpoint that sends the events to the receiver."""
    async with httpx.AsyncClient(base_url=rig.api.url, headers=bearer(ADMIN_KEY), timeout=20) as client:
        changed = await client.patch(BOARD, json={"events": ["score.improved"]})
        assert changed.status_code == 200, changed.text
        body: dict[str, Any] = {"url": receiver.url, "boards": ["default"]}
        receiver.secrets.append((await client.post("/api/admin/endpoints", json=body)).json()["secret"])


async def in_bundles(rig: Rig) -> bool:
    """Return whether the log of notices has bundles."""
    connection = await asyncpg.connect(rig.settings["LEADERFORGE_POSTGRES_DSN"])
    try:
        return bool(await connection.fetch("select from notice_log where type = 'bundle' limit 1"))
    finally:
        await connection.close()
