"""Site that does not come from the API's server, but from another origin, a subfolder, or the development server."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.async_api import expect

from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until
from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import PLAIN_HTTP, SUBMIT_KEY
from tests.browser.chromium import FRONTEND
from tests.browser.conftest import Open, populate
from tests.browser.static import serving

PLAYERS = 100
START_S = 30


async def test_it_works_in_a_subfolder_of_another_origin(
    valkey, postgres, site: Path, tmp_path: Path, open_page: Open
) -> None:
    folder = tmp_path / "games" / "ranks"
    shutil.copytree(site, folder)
    with serving(tmp_path) as origin:
        dsn = await new_database(postgres.dsn)
        settings = environment(valkey.addresses, dsn, LEADERFORGE_CORS_ORIGINS=origin)
        async with served(settings) as api:
            await api.until_healthy()
            await populate(api, PLAYERS)
            configured = {"apiBaseUrl": api.url, "title": "Ranks of Games", "board": "default", "devMode": True}
            (folder / "config.json").write_text(json.dumps(configured))
            page = await open_page(f"{origin}/games/ranks/")
            await expect(page.get_by_text(f"of {PLAYERS} players")).to_be_visible()
            assert await page.title() == "Ranks of Games"
            leader = page.get_by_role("list", name="The first three").get_by_role("link").first
            name = await leader.inner_text()
            await leader.click()
            await expect(page.get_by_role("heading", level=1)).to_have_text(name)
            await page.reload()
            await expect(page.get_by_role("heading", level=1)).to_have_text(name)
            await page.get_by_role("button", name="Settings").click()
            await page.get_by_role("link", name="Submit").click()
            await page.get_by_label("Key").fill(SUBMIT_KEY)
            await page.get_by_label("s id").fill("7")
            await page.get_by_role("button", name="Submit score").click()
            reply = page.get_by_role("region", name="Reply", exact=True)
            await expect(reply).to_contain_text("X-Request-Id")
            await expect(reply).to_contain_text('"user_id": 7')
            await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_the_development_server_passes_on_to_the_api(product: Served, open_page: Open) -> None:
    with development(product) as origin:
        page = await open_page(origin)
        await expect(page.get_by_role("list", name="The first three")).to_be_visible()
        await page.goto(f"{origin}/player/7")
        await expect(page.get_by_role("button", name="This is me")).to_be_visible()
        await page.close()  # an open page would log an error when its server ends, and thus fail the test


@contextmanager
def development(product: Served) -> Iterator[str]:
    """Run the development server (`npm run dev`) in front of this product."""
    port = free_port()
    vite = FRONTEND / "node_modules" / ".bin" / "vite"
    command = [vite, "--host", "127.0.0.1", "--port", str(port), "--strictPort"]
    environ = {**os.environ, "VITE_API": product.url}
    origin = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, cwd=FRONTEND, env=environ, stdout=subprocess.DEVNULL) as process:
        try:
            wait_until(lambda: _answers(origin), START_S, "the development server")
            yield origin
        finally:
            process.terminate()


def _answers(origin: str) -> bool:
    try:
        return httpx.get(origin, timeout=START_S, verify=PLAIN_HTTP).status_code == 200
    except httpx.TransportError:
        return False
