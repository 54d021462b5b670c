"""The documented move of a store to another database, such as from PostgreSQL to Citus, while a client submits."""

import asyncio
import re
import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
import httpx
import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.command import CONTENTS, new_command
from tests.acceptance.composed import ROOT
from tests.acceptance.conftest import empty_database, new_database
from tests.acceptance.scaling_load import PAUSE_S, PLAYERS, prepare
from tests.api_client import ADMIN_KEY
from tests.contract.store_fixtures import emptied_citus, empty

Submission = dict[str, Any]
SCORES = "/api/boards/sums/scores"
SECTION = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8").partition("### From PostgreSQL to Citus\n")[2]


@pytest.fixture(params=["postgres", "citus"])
async def target(request: pytest.FixtureRequest, postgres) -> str:
    """DSN of a database without tables."""
    if request.param == "postgres":
        return await empty_database(postgres.dsn)
    dsn = await emptied_citus()
    await empty(dsn)
    return dsn


def documented_commands() -> Sequence[Sequence[str]]:
    """Return the arguments of the commands of `leaderforge` in the section."""
    commands = re.findall(r"^ *leaderforge (.*)", SECTION.partition("\n## ")[0], re.MULTILINE)
    return [shlex.split(command) for command in commands]


async def submit_until_refused(api: Served, acknowledged: Counter[int]) -> Submission:
    """Submit scores of 1 until the store is read-only. Return the refused submission."""
    while True:
        for user_id in PLAYERS:
            submission = {"user_id": user_id, "score": 1, "submission_id": str(uuid4())}
            answer = await api.post(SCORES, submission)
            if answer.status_code == httpx.codes.SERVICE_UNAVAILABLE:
                assert "Retry-After" in answer.headers
                return submission
            assert answer.status_code == httpx.codes.OK, answer.text
            acknowledged[user_id] += 1
            await asyncio.sleep(PAUSE_S)


async def test_a_store_moves_by_the_documented_commands(valkey, postgres, target: str) -> None:
    assert documented_commands() == [["copy-store"], ["verify"]]
    source = new_command(await new_database(postgres.dsn), valkey.addresses)
    settings = environment(list(source.nodes), source.dsn, LEADERFORGE_NAMESPACE=source.namespace)
    acknowledged: Counter[int] = Counter()
    async with served(settings) as api:
        await api.until_healthy()
        await prepare(api)
        client = asyncio.create_task(submit_until_refused(api, acknowledged))
        await asyncio.to_thread(source.run, "copy-store", TARGET_POSTGRES_DSN=target)
        refused = await client
        assert (await api.get(f"/api/boards/sums/ranks/{PLAYERS[0]}")).status_code == httpx.codes.OK
        await api.until_healthy("degraded")

    moved = replace(source, dsn=target)
    for table in ("players", "events", "standings"):
        assert await moved.query(CONTENTS[table]) == await source.query(CONTENTS[table]), table
    async with served({**settings, "LEADERFORGE_POSTGRES_DSN": target}) as api:
        await api.until_healthy()
        verified = await asyncio.to_thread(moved.run, "verify")
        assert verified.output[-1].endswith(" 0 differ")
        await require_scores(api, acknowledged, refused)
        await require_new_rows(api)
    await require_way_back(source.dsn)


async def require_scores(api: Served, acknowledged: Counter[int], refused: Submission) -> None:
    """Send the refused submission again. Fail unless each submission then counts once."""
    assert (await api.post(SCORES, refused)).status_code == httpx.codes.OK
    for user_id, score in (acknowledged + Counter({refused["user_id"]: 1})).items():
        entry = (await api.get(f"/api/boards/sums/ranks/{user_id}")).json()
        assert (entry["user_id"], entry["score"]) == (user_id, score)


async def require_new_rows(api: Served) -> None:
    """Create a board and a player. Their ids come from the sequences of the target. Fail if a creation is refused."""
    board = await api.post("/api/boards", {"board": "third", "policy": "best", "order": "desc"}, ADMIN_KEY)
    assert board.status_code == httpx.codes.CREATED, board.text
    player = (await api.post("/api/users", {"username": "after the move"})).json()
    receipt = await api.post("/api/boards/third/scores", {"user_id": player["user_id"], "score": 5})
    assert receipt.json()["rank"] == 1


async def require_way_back(dsn: str) -> None:
    """Fail unless the documented statement makes the source writable again."""
    [statement] = re.findall(r"`(alter database NAME [^`]*)`", SECTION)
    parts = urlsplit(dsn)
    assert await query(dsn, "show default_transaction_read_only") == "on"
    await query(urlunsplit(parts._replace(path="/postgres")), statement.replace("NAME", parts.path[1:]))
    assert await query(dsn, "show default_transaction_read_only") == "off"


async def query(dsn: str, statement: str) -> object:
    """Run a statement in a new session, and return the first value."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()
