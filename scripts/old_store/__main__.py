"""Record the store and the answers of version 0.1.0 for the tests of the upgrade.

    git worktree add --detach ../base 0116450
    PYTHONPATH=shared .venv/bin/python -m scripts.old_store ../base

Starts PostgreSQL, Valkey and the API of the other checkout, and sends the requests of `story`. Writes the content of
the tables, the answers and the SQL statements of that version to tests/data/0.1.0.
"""

import asyncio
import json
import lzma
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from leaderforge.embedded import PostgresServer, ValkeyCluster
from leaderforge.embedded.waiting import wait_until
from scripts.old_store import story
from scripts.old_store.dump import catalog, dumped, statements
from scripts.old_store.story import Call
from tests.acceptance.api_fixtures import environment
from tests.acceptance.clocked_server import SharedClock, shared_clock
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, bearer

DATA = Path(__file__).parents[2] / "tests" / "data" / "0.1.0"
_START_S = 60.0
_KEYS = {"admin": ADMIN_KEY, "submit": SUBMIT_KEY}
_BACKFILLED_MS = 60_000

_ROLLOVERS = (
    ("select count(retired_at) > 20 from periods", "the retirement of periods"),
    ("select count(expired_at) > 5 from periods", "the expiry of periods"),
)
_PURGED = f"select coalesce(min(expired_at) >= {story.time_ms(story.LAST_DAY)}, true) from periods"  # noqa: S608 - a time
_AT_THE_END = (
    "select bool_or(dropped) and bool_or(not dropped and retired_at > 0) and count(expired_at) > 0 from periods"
)
_MAINTAINED = "select not bool_or(deleted) and count(backfill_kinds) = 0 from boards"

Answer = dict[str, Any]


class Recorder:
    """API of the old version on one database, with a clock that the recording sets."""

    def __init__(self, tree: Path, directory: Path, dsn: str, addresses: list[str], clock: SharedClock) -> None:
        self._tree, self._directory, self._clock = tree, directory, clock
        self._dsn, self._addresses = dsn, addresses
        self._api = httpx.Client()

    @contextmanager
    def served(self, time: int) -> Iterator[None]:
        """Run the API within the block, on a new index. The API's clock shows `time` (ms). Rollover begins at once."""
        self._clock.set(time)
        variables = environment(
            self._addresses,
            self._dsn,
            LEADERFORGE_LOG_LEVEL="error",
            PYTHONPATH=f"{self._tree / 'shared'}:{self._tree}",
        )
        with socket.create_server(("127.0.0.1", 0)) as listening:
            descriptor = listening.fileno()
            command = [
                sys.executable,
                "-m",
                "tests.acceptance.clocked_server",
                str(self._directory / "clock"),
                str(descriptor),
            ]
            process = subprocess.Popen(  # noqa: S603 - the old version of the project
                command, pass_fds=[descriptor], cwd=self._tree, env={**os.environ, **variables}
            )
            self._api = httpx.Client(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=_START_S)
            try:
                wait_until(self._is_healthy, _START_S, "the API of the old version")
                yield
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(_START_S)

    def send(self, calls: Iterable[Call]) -> list[Answer]:
        """Send the calls and return their answers. Advance the clock by 3 s before each call. Exits if a call fails."""
        return [self._send(call) for call in calls]

    def _send(self, call: Call) -> Answer:
        self._clock.set(self._clock() + 3000)
        response = self._ask(call)
        if response.is_error:
            raise SystemExit(f"{call}: {response.status_code} {response.text}")
        return dict(response.json()) if response.content else {}

    def at(self, time: str) -> None:
        """Set the clock to a time such as 2026-11-28T11:00."""
        self._clock.set(story.time_ms(time))

    def later(self, ms: int) -> None:
        """Advance the clock."""
        self._clock.set(self._clock() + ms)

    @property
    def now(self) -> int:
        """Return the time of the clock in ms."""
        return self._clock()

    def answers(self, calls: Iterable[Call]) -> list[Answer]:
        """Return each call with its status and the body of the answer. The clock does not move."""
        return [self._answer(call) for call in calls]

    def _answer(self, call: Call) -> Answer:
        response = self._ask(call)
        if response.status_code >= 500 and response.status_code != 503:
            raise SystemExit(f"{call}: {response.text}")
        request = {"method": call.method, "path": call.path} | ({} if call.body is None else {"body": call.body})
        return {**request, "status": response.status_code, "answer": response.json()}

    def _ask(self, call: Call) -> httpx.Response:
        body = {} if call.body is None else {"json": call.body}
        return self._api.request(call.method, call.path, headers=bearer(_KEYS[call.scope]), **body)

    def periods(self) -> dict[str, list[str]]:
        """Return the names of the periods of every board."""
        slugs = [board["board"] for board in self._ask(Call("GET", "/api/boards")).json()["boards"]]
        listed = {slug: self._ask(Call("GET", f"/api/boards/{slug}/periods?limit=1000")).json() for slug in slugs}
        return {slug: [period["period"] for period in page["periods"]] for slug, page in listed.items()}

    def until_stored(self, query: str, what: str) -> None:
        """Wait until a query of the database returns true."""
        wait_until(lambda: bool(asyncio.run(_value(self._dsn, query))), _START_S, what)

    def _is_healthy(self) -> bool:
        try:
            return bool(self._ask(Call("GET", "/api/health")).json()["status"] == "ok")
        except httpx.TransportError:
            return False


async def _value(dsn: str, query: str) -> Any:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def main(tree: Path) -> None:
    """Record everything."""
    with tempfile.TemporaryDirectory(prefix="leaderforge-old-") as name, shared_clock(Path(name) / "clock") as clock:
        directory = Path(name)
        directory.chmod(0o755)
        with PostgresServer(directory / "postgres") as database, ValkeyCluster(directory / "valkey") as valkey:
            _migrate(tree, database.dsn)
            _write("schema.json", asyncio.run(catalog(database.dsn)))
            recorder = Recorder(tree, directory, database.dsn, valkey.addresses, clock)
            keys = told(recorder)
            ended(recorder)
            _write("answers.json.xz", recorded(recorder, database.dsn, keys))
    _write("statements.json", statements(tree))


def told(recorder: Recorder) -> dict[str, str]:
    """Send the requests of all days except the last day. Return the secret texts of the API keys by name."""
    with recorder.served(story.time_ms(story.DAYS[0])):
        recorder.send(story.players())
        recorder.send(story.boards())
        keys = {answer["name"]: answer["key"] for answer in recorder.send(story.keys())}
        _send_days(recorder, story.DAYS)
    for time, (condition, step) in zip(story.ROLLOVERS, _ROLLOVERS, strict=True):
        with recorder.served(story.time_ms(time)):
            recorder.until_stored(condition, step)
            if time == story.ROLLOVERS[-1]:
                _send_days(recorder, story.LATER_DAYS)
                recorder.send(story.repeated(next(story.scores(story.LATER_DAYS[-1]))))
    return keys


def _send_days(recorder: Recorder, days: Iterable[str]) -> None:
    for day in days:
        recorder.at(day)
        recorder.send(story.scores(day))


def ended(recorder: Recorder) -> None:
    """Purge periods, send the requests of the last day, and wait for the background work."""
    with recorder.served(story.time_ms(story.LAST_DAY)):
        recorder.until_stored(_PURGED, "the purge of periods")
        recorder.send(story.scores(story.LAST_DAY))
        recorder.send(story.moderation())
        recorder.send(story.board_changes())
        recorder.later(_BACKFILLED_MS)
        recorder.until_stored(_MAINTAINED, "board maintenance")


def recorded(recorder: Recorder, dsn: str, keys: dict[str, str]) -> dict[str, Any]:
    """Return the answers at `story.END` and the answers after the backfill. Write the store between these answers."""
    with recorder.served(story.time_ms(story.END)):
        recorder.until_stored(_AT_THE_END, "the last rollover")
        recorder.send(story.unfinished())
        now, periods = recorder.now, recorder.periods()
        answers = recorder.answers([*story.questions(periods), *story.of_growing()])
        _write("store.sql.xz", asyncio.run(dumped(dsn)))
        recorder.later(_BACKFILLED_MS)
        wait_until(
            lambda: recorder.answers(story.of_growing())[-1]["status"] == 200, _START_S, "the end of the backfill"
        )
        return {"now": now, "keys": keys, "answers": answers, "later": recorder.answers(story.of_growing())}


def _write(name: str, content: Any) -> None:
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False, indent=1) + "\n"
    DATA.mkdir(parents=True, exist_ok=True)
    DATA.joinpath(name).write_bytes(lzma.compress(text.encode()) if name.endswith(".xz") else text.encode())


def _migrate(tree: Path, dsn: str) -> None:
    variables = {"LEADERFORGE_POSTGRES_DSN": dsn, "LEADERFORGE_REDIS_NODES": "127.0.0.1:1"}
    path = {"PYTHONPATH": f"{tree / 'shared'}:{tree}"}
    command = [sys.executable, "-m", "leaderforge", "migrate"]
    subprocess.run(command, check=True, env={**os.environ, **variables, **path})  # noqa: S603 - the old version


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
