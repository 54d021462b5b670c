"""Server for the fuzzer, as a process with a log of its own."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from leaderforge.embedded.api import ApiServer
from leaderforge.embedded.ports import LOOPBACK, free_port
from tests.acceptance.api_fixtures import environment
from tests.tokens import SIGNING, TOKENS


@asynccontextmanager
async def fuzzed_server(directory: Path, index: Sequence[str], dsn: str) -> AsyncIterator[ApiServer]:
    """Serve on this index and database, with all kinds of credentials. Yield the server once it is healthy."""
    folder = directory / "api"
    folder.mkdir()
    api = ApiServer(folder, folder / "api.log", host=LOOPBACK, port=free_port(), workers=1)
    options = {"LEADERFORGE_SIGN_IN_LIMIT": "10000:10000", "LEADERFORGE_CREATE_PLAYERS": "1"}
    settings = {**environment(list(index), dsn, **TOKENS, **SIGNING), **options}
    await asyncio.to_thread(api.start, {**settings, "PATH": os.environ["PATH"]})
    try:
        await api.wait_healthy()
        yield api
    finally:
        await asyncio.to_thread(api.process.kill)
