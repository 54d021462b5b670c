"""Generated clients: each makes one call of each kind on the running product, and all get equal results."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.api_fixtures import ADMIN_KEY, Served, environment, served
from tests.acceptance.conftest import new_database
from tests.acceptance.generated_clients import csharp, csharp_sources, python, typescript

PLAYER = 246441796207139
"""Player id of more than 32 bits, like the ids that the service generates."""
FACTS = {
    "health": "ok",
    "created": ["laps", "asc", ["all-time"]],
    "user": PLAYER,
    "receipt": [5_000_000_000, 1, True],
    "batch": [1, "user_not_found"],
    "boards": ["default", "laps"],
    "top": [[1, PLAYER, "ada", "red"]],
    "player": [PLAYER, 5_000_000_000, 100.0],
    "lookup": [[1], [1]],
    "changed": 6_000_000_000,
    "set": ["listed"],
    "file": True,
    "error": "user_not_found",
    "deleted": "laps",
}
"""Facts that the program of every client prints."""


@pytest.fixture
async def api(valkey, postgres) -> AsyncIterator[Served]:
    async with served(environment(valkey.addresses, await new_database(postgres.dsn))) as api:
        await api.until_healthy()
        yield api


@pytest.mark.parametrize("client", [typescript, python, pytest.param(csharp, marks=pytest.mark.long)])
async def test_a_generated_client_makes_one_call_of_each_kind(
    api: Served, tmp_path: Path, client: Callable[[Path], Sequence[str | Path]]
) -> None:
    """The Python and C# clients are generated from a document that lacks some JSON members of responses.

    The clients must ignore these members.
    """
    command = await asyncio.to_thread(client, tmp_path)
    assert await facts(api, command) == FACTS


@pytest.mark.long
async def test_the_csharp_client_has_names_and_types_that_fit(tmp_path: Path) -> None:
    files = {path.stem: path.read_text() for path in await asyncio.to_thread(csharp_sources, tmp_path)}
    receipt, change = files["ReceiptOut"], files["BoardChangesIn"]
    for member in ("UserId", "Score", "Subscore", "Submissions"):
        assert re.search(rf"public long {member}\s", receipt), member
    assert re.search(r"public long\? Rank\s", receipt)
    assert re.search(r"public long\? MinIntervalMs\s", change)
    options = "string rank = default, string previous = default, string ranks = default"
    assert f"public ReceiptOut SubmitScore(SubmissionIn submissionIn, {options})" in files["ScoresApi"]
    reads = "string period = default, string segment = default, DateTime? at = default, string since = default"
    assert f"public PlayerOut GetBoardRank(string board, long userId, {reads})" in files["BoardsApi"]
    assert {"BatchResult", "BoardOrder", "KeyScope"} <= set(files)
    assert {name for name in files if re.search("Inner|AnyOf|OneOf|AllOf", name)} == set()


async def facts(api: Served, command: Sequence[str | Path]) -> Any:
    """Run a client's program against the server. Return the facts that it printed."""
    process = await asyncio.create_subprocess_exec(
        *command,
        api.url,
        ADMIN_KEY,
        env={**os.environ, "PYTHONPATH": ""},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return json.loads(output)
