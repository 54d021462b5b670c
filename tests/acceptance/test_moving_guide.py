"""docs/without-downtime.md, word for word: commands by a shell, programs by Python, while a game plays."""

import asyncio
import csv
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from redis import RedisCluster

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.acceptance.test_foreign_imports import new_foreign_database
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.foreign_services import PLAIN, copy_rows, run_sql
from tests.sdk.drivers import SDK
from tests.tokens import SIGNING, TOKENS

PAGE = Path(__file__).parents[2] / "docs" / "without-downtime.md"


class Guide:
    """Blocks of the page, in their order, and the variables of its programs."""

    def __init__(self, folder: Path, settings: dict[str, str], **variables: Any) -> None:
        self._blocks = iter(
            re.findall(r"^```(sh|python) guide\n(.*?)^```$", PAGE.read_text(), re.DOTALL | re.MULTILINE)
        )
        self._folder = folder
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("LEADERFORGE_")},
            **settings,
            "OLD": variables["OLD"],
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        self.names = variables

    async def follow(self, language: str) -> str:
        """Run the next block, which must be of this language, and return the output of commands."""
        following, text = next(self._blocks)
        assert following == language
        if language == "python":
            exec(compile(text, PAGE.name, "exec"), self.names)  # noqa: S102 - the documentation's program
            return ""
        return await self.run(text)

    async def run(self, commands: str) -> str:
        """Run commands by a shell, and return their output. The shell stops at the first command that fails."""
        ended = await asyncio.to_thread(
            subprocess.run,
            ["bash", "-euc", commands],
            cwd=self._folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    @property
    def is_at_end(self) -> bool:
        return next(self._blocks, None) is None


@pytest.fixture
async def service(valkey, postgres) -> AsyncIterator[tuple[Served, dict[str, str]]]:
    settings = environment(
        valkey.addresses, await new_database(postgres.dsn), LEADERFORGE_CREATE_PLAYERS="1", **TOKENS, **SIGNING
    )
    async with served(settings) as api:
        await api.until_healthy()
        yield api, settings


async def test_the_guide(
    service: tuple[Served, dict[str, str]], valkey: Any, postgres: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, settings = service
    monkeypatch.syspath_prepend(str(SDK / "python" / "src"))
    monkeypatch.chdir(tmp_path)
    host, _, port = valkey.addresses[0].rpartition(":")
    old = RedisCluster(host=host, port=int(port), decode_responses=True)
    old.zadd("scores", {f"p{i}": i % 5 for i in range(20)})
    old.hset("names", mapping={f"p{i}": f"Guide {i}" for i in range(20)})
    guide = Guide(tmp_path, settings, OLD=f"redis://{valkey.addresses[0]}", URL=api.url, KEY=SUBMIT_KEY, old=old)

    output = await guide.follow("sh")
    assert "20 scores imported" in output
    old.zadd("scores", {"p3": 50})  # the old service accepts this score between the steps 1 and 2
    await guide.follow("python")
    for member, score in (("p1", 30), ("p2", 1), ("new", 40)):
        await asyncio.to_thread(guide.names["finish"], member, score)
    # Since the first import, the game has added a player, and three players have other scores in the old service.
    output = await guide.follow("sh")
    assert output.startswith("1 scores imported, 18 duplicates, 2 replaced, 0 players created")
    output = await guide.follow("sh")
    assert "another score here" not in output
    assert "unexplained" not in output
    rows = list(csv.DictReader((tmp_path / "ranks.csv").read_text().splitlines()))
    assert {row["cause"] for row in rows} <= {"equal scores in another order"}
    top = (await api.get("/api/boards/arena/top?limit=3")).json()["entries"]
    assert [(entry["username"], entry["score"]) for entry in top] == [("Guide 3", 50), (None, 40), ("Guide 1", 30)]

    # A board that sums stored sessions: the import recognises the session that the game has submitted already.
    dsn = await new_foreign_database(postgres.dsn)
    await run_sql(dsn, PLAIN)
    await copy_rows(dsn, "users", ["id", "username"], [(7, "Guided seven")])
    await guide.follow("python")
    await api.post("/api/boards", {"board": "totals", "policy": "sum"}, ADMIN_KEY)
    played = [datetime(2026, 11, 2, hour, tzinfo=UTC) for hour in (1, 2)]
    sessions = [(number, 7, 5 + number, time) for number, time in enumerate(played)]
    await copy_rows(dsn, "game_sessions", ["id", "user_id", "score", "played_at"], sessions)
    await asyncio.to_thread(guide.names["end_session"], 1, 7, 6, "2026-11-02T02:00:00.000Z")
    output = await guide.run(f"leaderforge import --from sql {dsn} --board totals")
    assert output.startswith("1 scores imported, 1 duplicates")
    [entry] = (await api.get("/api/boards/totals/top")).json()["entries"]
    assert (entry["external_id"], entry["score"], entry["submissions"]) == ("7", 11, 2)

    # A board that sums scores. The old service stores only the totals of the scores.
    old.zadd("coins", {"p1": 100, "p2": 90})
    assert "2 scores imported" in await guide.follow("sh")
    await guide.follow("python")
    for coins in (5, 20):
        await asyncio.to_thread(guide.names["earn"], "p2", coins)
    top = (await api.get("/api/boards/coins/top")).json()["entries"]
    assert [(entry["external_id"], entry["score"]) for entry in top] == [("p2", 115), ("p1", 100)]
    assert guide.is_at_end
    guide.names["leaderforge"].close()
    old.close()
