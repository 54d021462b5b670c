"""`leaderforge torture` accepts the answers of the product, finds a wrong answer, and leaves nothing behind."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY

OPTIONS = ("--seconds", "2", "--players", "20", "--seed", "3")


@pytest.fixture(scope="module")
async def api(valkey, postgres) -> AsyncIterator[Served]:
    # Use a separate database: the names of other tests' players would match the search for names of a run.
    async with served(environment(valkey.addresses, await new_database(postgres.dsn))) as server:
        await server.until_healthy()
        yield server


async def torture(url: str, *options: str) -> tuple[int, str]:
    """Run the command, and return its exit code and its output."""
    command = Path(sys.executable).with_name("leaderforge")
    pipe, joined = asyncio.subprocess.PIPE, asyncio.subprocess.STDOUT
    arguments = [url, "--admin-key", ADMIN_KEY, *OPTIONS, *options]
    process = await asyncio.create_subprocess_exec(command, "torture", *arguments, stdout=pipe, stderr=joined)
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def remains(api: Served) -> tuple[list[str], list[str]]:
    """Return the boards of runs, and the names of players."""
    boards = (await api.get("/api/boards")).json()["boards"]
    users = (await api.get("/api/users?prefix=player", ADMIN_KEY)).json().get("users", [])
    return [b["board"] for b in boards if b["board"].startswith("torture-")], [u["username"] for u in users]


@asynccontextmanager
async def altering(url: str, old: bytes, new: bytes) -> AsyncIterator[str]:
    """Forward connections to a server. Replace `old` in the server's answers by `new`, a text of the same length."""

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, to = await asyncio.open_connection(urlsplit(url).hostname, urlsplit(url).port)

        async def forward_requests() -> None:
            while data := await reader.read(65_536):
                to.write(data)
            to.close()

        requests = asyncio.create_task(forward_requests())
        while data := await there.read(65_536):
            writer.write(data.replace(old, new))
        writer.close()
        await requests

    server = await asyncio.start_server(forward, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_a_correct_deployment_passes_while_a_nemesis_acts(api: Served, tmp_path: Path) -> None:
    runs, report = tmp_path / "runs", tmp_path / "report.json"
    nemesis = f'echo "$LEADERFORGE_TORTURE_RUN" >> {runs}'
    code, output = await torture(
        api.url, "--nemesis", nemesis, "--every", "1", "--seconds", "5", "--report", str(report)
    )
    assert code == 0, output
    assert "0 violations" in output
    assert runs.read_text().startswith("1\n")
    content = json.loads(report.read_text())
    assert content["seed"] == 3
    assert content["violations"] == []
    assert content["times"]["script"] >= 1
    assert content["acknowledged"]["none"] > 0
    assert content["reads"]["outcome"] > 0
    assert await remains(api) == ([], [])


async def test_a_wrong_answer_is_found(api: Served) -> None:
    async with altering(api.url, b'"rank":1,', b'"rank":2,') as url:
        code, output = await torture(url)
    assert code == 1, output
    assert "VIOLATION" in output
    assert "wrong rank" in output or "ranks disagree" in output
    assert await remains(api) == ([], [])


@pytest.mark.parametrize(
    ("url", "key", "reason"),
    [
        ("127.0.0.1:8000", ADMIN_KEY, "is not an address of the API"),
        ("http://127.0.0.1:8000", "", "an admin key is needed"),
    ],
)
async def test_wrong_options_are_named(url: str, key: str, reason: str) -> None:
    code, output = await torture(url, "--admin-key", key)
    assert (code, reason in output) == (1, True), output


async def test_a_key_without_rights_is_refused(api: Served) -> None:
    code, output = await torture(api.url, "--admin-key", "wrong-key-of-the-tests")
    assert code == 1
    assert "POST /api/boards got 401 unauthenticated" in output
