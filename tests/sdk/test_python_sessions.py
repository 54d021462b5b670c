"""Sessions of the Python SDK, when several calls change them at the same time."""

import asyncio
from pathlib import Path

from leaderforge_client import AsyncClient
from tests.sdk.hostile import HostileProxy, Script
from tests.waiting import until


async def test_a_sign_out_also_ends_the_session_that_a_refresh_in_flight_begins(
    proxy: HostileProxy, tmp_path: Path
) -> None:
    async with AsyncClient(f"http://127.0.0.1:{proxy.port}", queue=tmp_path / "queue") as client:
        await client.sign_in_device()
        refused = {"on": "GET /api/boards/default/top", "fault": "reply", "status": 401, "code": "unauthenticated"}
        proxy.restart(Script([refused, {"on": "POST /api/auth/refresh", "fault": "delay", "delay_s": 0.5}]))
        reading = asyncio.create_task(client.top("default"))
        await until(lambda: proxy.count("POST /api/auth/refresh") == 1, "a refresh")
        await client.sign_out()
        await asyncio.gather(reading, return_exceptions=True)
        assert client.user_id is None
        assert client.queue.session().keys() == {"secret"}
        assert proxy.count("POST /api/auth/device") == 0
