"""Fixtures: the built site in a real browser, in front of real servers with many players."""

import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, expect

from leaderforge.cli.populate import fill
from leaderforge.cli.synthetic import chunks
from leaderforge.cli.target import board_named
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import Ladder
from leaderforge.embedded.postgres import PostgresServer
from leaderforge.embedded.valkey import ValkeyCluster
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.browser.chromium import DESKTOP, SITE, chromium, context
from tests.waiting import PATIENCE_S

PLAYERS = int(os.environ.get("LEADERFORGE_TEST_PLAYERS", "25000"))
"""Number of players. A million takes about a minute."""

expect.set_options(timeout=PATIENCE_S * 1000)

_EXPECTED = re.compile("status of 4(?:0[134]|22)|ERR_INTERNET_DISCONNECTED|ERR_CONNECTION_RESET|ChunkFailed")

Open = Callable[..., Awaitable[Page]]
"""Function that opens a page in a new window: `open(address, size=DESKTOP, colours="light", language="en-US")`."""


@pytest.fixture(scope="session")
def site() -> Path:
    """Folder of the built site."""
    assert (SITE / "index.html").is_file(), "the site is not built: run `make site`"
    return SITE


@pytest.fixture(scope="session")
async def browser(no_process_left: None) -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def site_settings(valkey: ValkeyCluster, postgres: PostgresServer, site: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a server that has the site, a new database and an empty index."""
    database = await new_database(postgres.dsn)
    return environment(valkey.addresses, database, LEADERFORGE_WEB_DIRECTORY=str(site), **settings)


@pytest.fixture(scope="session")
async def product(valkey, postgres, site: Path) -> AsyncIterator[Served]:
    """Product with the site, on a real index and database. Its default board has `PLAYERS` players."""
    settings = await site_settings(valkey, postgres, site, LEADERFORGE_WEB_PAGES="submit,console")
    async with served(settings) as api:
        await api.until_healthy()
        await populate(api, PLAYERS)
        yield api


async def populate(api: Served, players: int) -> None:
    """Fill the default board: each player submits once."""
    plans = list(chunks(players, players, seed=1, until=time.time_ns() // 1_000_000))
    await fill(api.services, Ladder(await board_named(api.services, DEFAULT_BOARD)), plans, lambda _: None)


@pytest.fixture
async def open_page(browser: Browser) -> AsyncIterator[Open]:
    """Factory of pages. The test fails if a page writes an error to its console."""
    errors: list[str] = []
    async with AsyncExitStack() as windows:

        async def opened(
            address: str, size: tuple[int, int] = DESKTOP, colours: str = "light", language: str = "en-US"
        ) -> Page:
            window = await context(browser, size, colours, language)
            windows.push_async_callback(window.close)
            page = await window.new_page()
            page.on("console", lambda message: errors.append(message.text) if _is_error(message) else None)
            page.on("pageerror", lambda error: errors.append(str(error)))
            await page.goto(address)
            return page

        yield opened
    assert errors == []


def _is_error(message: ConsoleMessage) -> bool:
    # The browser logs each response with an error status and each failed connection. Ignore messages that a test
    # expects.
    return message.type == "error" and not _EXPECTED.search(message.text)
