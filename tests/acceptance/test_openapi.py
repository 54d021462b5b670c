"""OpenAPI document against a real server: every call with data of all kinds, valid and invalid."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY
from tests.tokens import SIGNING
from tests.waiting import PATIENCE_S

CONFIGURATION = Path(__file__).with_name("schemathesis.toml")
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")


@pytest.fixture
async def api(valkey, postgres) -> AsyncIterator[Served]:
    """Server with the players and scores of the documentation's examples."""
    features = {**SIGNING, "LEADERFORGE_SIGN_IN_LIMIT": "10000:10000", "LEADERFORGE_CHALLENGES": "50"}
    async with served(environment(valkey.addresses, await new_database(postgres.dsn), **features)) as api:
        await api.until_healthy()
        await api.send("POST", "/api/boards", {"board": "changing"}, ADMIN_KEY)
        for user_id in (1, 2, 3, 123, 456):
            await api.post("/api/users", {"username": f"player {user_id}", "user_id": user_id})
            await api.post("/api/scores", {"user_id": user_id, "score": user_id * 10})
        yield api


@pytest.mark.parametrize(
    ("phases", "examples"),
    [("examples,fuzzing", 1), pytest.param("examples,coverage,fuzzing", 8, marks=pytest.mark.long)],
    ids=["short", "long"],
)
async def test_every_call_does_what_the_documentation_says(
    api: Served, tmp_path: Path, phases: str, examples: int
) -> None:
    """No call returns a 5xx, or an undocumented status, header or body."""
    # The first request generates the document, which may take longer than the time limit below on a busy machine.
    assert (await api.client.get("/api/openapi.json", timeout=PATIENCE_S)).status_code == 200
    process = await asyncio.create_subprocess_exec(
        SCHEMATHESIS,
        *("--config-file", str(CONFIGURATION)),
        *("run", f"{api.url}/api/openapi.json", "--no-color"),
        *("--phases", phases),  # `coverage` takes two minutes: it sends every kind of invalid value
        *("--max-examples", str(examples)),
        *("--header", f"Authorization: Bearer {ADMIN_KEY}"),
        *("--header", "X-Forwarded-For: 192.0.2.7"),  # otherwise a loopback client reads metrics without a key
        cwd=tmp_path,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    assert (await api.get("/api/health")).json()["status"] == "ok"
