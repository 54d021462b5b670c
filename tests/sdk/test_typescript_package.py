"""The TypeScript SDK: its tarball, its types, and its queue and hooks in Chromium."""

import asyncio
import json
import subprocess
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Route, expect

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY
from tests.browser.chromium import chromium
from tests.sdk.drivers import ROOT, SDK
from tests.waiting import PATIENCE_S, until

PACKAGE = SDK / "typescript"
DIST = PACKAGE / "dist"
PAGE = """<!doctype html><title>game</title><body><script type="module">
import { Client } from '/sdk/index.js'
import { BrowserJournal } from '/sdk/browser.js'
window.open_client = (options) => new Client(location.origin, {journal: new BrowserJournal('game'), ...options})
</script></body>"""


@pytest.fixture(scope="module")
async def browser(no_process_left: None) -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def game(browser: Browser, service: Served, bundle: Path | None = None) -> Page:
    """Return a browser page on the service's origin. Its `/sdk/` has the SDK's files, and `bundle` as `page.js`."""

    async def answer(route: Route) -> None:
        name = route.request.url.split("/sdk/", 1)[1].split("#")[0]
        if name == "game.html":
            await route.fulfill(body=PAGE, content_type="text/html")
        else:
            path = bundle if bundle is not None and name == "page.js" else DIST / name
            await route.fulfill(path=path, content_type="text/javascript")

    window = await browser.new_context()
    await window.route("**/sdk/**", answer)
    return await window.new_page()


def test_the_types_are_those_of_the_page() -> None:
    schemas = [(ROOT / path).read_text() for path in ("frontend/src/api/schema.ts", "sdk/typescript/src/schema.ts")]
    assert schemas[0] == schemas[1], "run `npm run api` in frontend/"


def test_the_tarball_has_what_the_package_exports(tmp_path: Path) -> None:
    described: dict[str, Any] = json.loads((PACKAGE / "package.json").read_text())
    assert "dependencies" not in described
    subprocess.run(["npm", "pack", "--silent", "--pack-destination", tmp_path], cwd=PACKAGE, check=True)
    [tarball] = tmp_path.iterdir()
    with tarfile.open(tarball) as files:
        names = set(files.getnames())
    exported = {path for entry in described["exports"].values() for path in entry.values()}
    assert {f"package/{path.removeprefix('./')}" for path in exported} <= names


def test_the_tests_in_the_process_of_the_client_pass() -> None:
    program = Path(__file__).with_name("typescript_client.test.mjs")
    subprocess.run(["node", "--test", program], check=True, timeout=PATIENCE_S)


async def test_a_browser_keeps_scores_over_the_end_of_the_page(browser: Browser, service: Served) -> None:
    body = {"board": "browser-game", "policy": "sum", "open_to_players": True}
    assert (await service.post("/api/boards", body, ADMIN_KEY)).status_code == 201
    page = await game(browser, service)
    await page.goto(f"{service.url}/sdk/game.html")
    await page.evaluate("window.client = open_client({tries: 1})")
    await page.evaluate("client.signInDevice({username: 'Chrome'})")
    await page.route("**/api/scores/batch", lambda route: route.abort())
    waiting = await page.evaluate("client.submit('browser-game', 5)")
    assert waiting["receipt"] is None
    second = await page.context.new_page()
    await second.goto(f"{service.url}/sdk/game.html")
    opened = "(window.client = open_client({})).queue.pending().then(() => 'open', (error) => error.kind)"
    assert await second.evaluate(opened) == "QueueLocked"
    await page.close()  # without a call of the client's `close`, as when a tab is closed

    async def unlocked() -> bool:  # the browser releases the lock a moment after it has closed the page
        return bool(await second.evaluate(opened) == "open")

    await until(unlocked, "the lock of the closed page")
    flushed = await second.evaluate("client.flush()")
    assert (list(flushed["receipts"]), flushed["pending"]) == ([waiting["submissionId"]], 0)
    entry = await second.evaluate("client.rank('browser-game')")
    assert (entry["score"], entry["submissions"], entry["username"]) == (5, 1, "Chrome")
    await page.context.close()


async def test_a_browser_queue_that_could_not_be_opened_opens_later(browser: Browser, service: Served) -> None:
    page = await game(browser, service)
    await page.goto(f"{service.url}/sdk/game.html")
    opened = "open_client({}).queue.pending().then(() => 'open', (error) => error.kind)"
    # The browser refuses to open a database whose version is newer.
    await page.evaluate("""new Promise((resolve) => {
        const opening = indexedDB.open('leaderforge-game', 2)
        opening.onsuccess = () => { opening.result.close(); resolve() }
    })""")
    for _ in range(2):
        assert await page.evaluate(opened) == "QueueUnwritable"
    await page.evaluate("""new Promise((resolve) => {
        indexedDB.deleteDatabase('leaderforge-game').onsuccess = () => resolve()
    })""")
    # As in a frame without an origin of its own.
    await page.evaluate("""() => {
        navigator.locks.request = () => Promise.reject(new DOMException('no origin', 'SecurityError'))
    }""")
    assert await page.evaluate(opened) == "QueueUnwritable"
    await page.evaluate("delete navigator.locks.request")
    assert await page.evaluate(opened) == "open"
    await page.context.close()


async def test_the_hooks_follow_a_board_and_the_queue(browser: Browser, service: Served, tmp_path: Path) -> None:
    for board in ("hooks", "other-hooks"):
        assert (await service.post("/api/boards", {"board": board}, ADMIN_KEY)).status_code == 201
    user = (await service.post("/api/users", {})).json()["user_id"]
    await service.post("/api/boards/hooks/scores", {"user_id": user, "score": 7})
    bundle = tmp_path / "page.js"
    command = ["node", str(SDK.parent / "tests" / "sdk" / "bundle.mjs"), str(Path(__file__).with_name("react_page.js"))]
    process = await asyncio.create_subprocess_exec(*command, str(bundle))
    assert await process.wait() == 0
    page = await game(browser, service, bundle)
    await page.goto(f"{service.url}/sdk/game.html#hooks")
    await page.add_script_tag(url="/sdk/page.js", type="module")
    shown = page.locator("p")
    await expect(shown).to_have_text("7 leads, 0 wait")
    await service.post("/api/boards/hooks/scores", {"user_id": user, "score": 3})
    await expect(shown).to_have_text("10 leads, 0 wait")
    await page.evaluate(f"client.enqueue('hooks', 1, {{userId: {user}}})")
    await expect(shown).to_have_text("10 leads, 1 wait")
    await service.post("/api/boards/other-hooks/scores", {"user_id": user, "score": 4})
    await page.evaluate("location.hash = 'other-hooks'")
    await expect(shown).to_have_text("4 leads, 1 wait")
    texts = await page.evaluate("shown.filter(([board]) => board === 'other-hooks').map(([, text]) => text)")
    assert set(texts) == {"undefined leads, 1 wait", "4 leads, 1 wait"}
    await page.context.close()
