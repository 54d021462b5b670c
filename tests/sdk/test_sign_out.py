"""A sign-out holds, also if it comes while another call replaces the token."""

from contextlib import suppress
from pathlib import Path

import pytest

from tests.acceptance.api_fixtures import Served
from tests.sdk.drivers import SAMPLED, Refused, driving, result_of
from tests.sdk.hostile import HostileProxy, Script
from tests.waiting import until

FAULTS = [
    {"on": "GET /api/boards/default/top", "fault": "reply", "status": 401, "code": "unauthenticated"},
    {"on": "POST /api/auth/refresh", "fault": "delay", "delay_s": 0.3},
]
NAMES = [pytest.param(name, marks=[pytest.mark.long] * (name in SAMPLED)) for name in ("typescript", "csharp", "godot")]


@pytest.mark.parametrize("name", NAMES)
async def test_a_sign_out_ends_the_session_that_a_refresh_starts(
    service: Served, proxy: HostileProxy, tmp_path: Path, name: str
) -> None:
    proxy.restart(Script(FAULTS))
    async with driving(name) as driver:
        await driver.do("open", url=f"http://127.0.0.1:{proxy.port}", queue=str(tmp_path / "queue"))
        await driver.do("call", name="sign_in_device")
        _, reading = await driver.start("call", name="top", args=["default"])
        await until(lambda: proxy.count("POST /api/auth/refresh") > 0, "the refresh")
        await driver.do("call", name="sign_out")
        with suppress(Refused):  # the token is refused if the sign-out comes before the call is repeated
            await result_of(reading)
        assert await driver.do("player") is None
