"""Browser of the tests. It is Chromium from an npm package, driven by Playwright."""

import json
import os
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.waiting import PATIENCE_S

FRONTEND = Path(__file__).parents[2] / "frontend"
SITE = FRONTEND / "dist"

DESKTOP = (1280, 900)
PHONE = (390, 844)
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SCHEMES = ("light", "dark")
WIDTHS = {"narrow": (320, 844), "tablet": (768, 1024), "desktop": DESKTOP}
LANGUAGES = ("en-US", "de-DE", "es-ES", "ja-JP")

Look = tuple[tuple[int, int], str]
"""Size of the window, and colours."""
LOOKS = [(size, colours) for size in (*WIDTHS.values(), PHONE) for colours in SCHEMES]

_ARGUMENTS = [
    "--no-sandbox",  # required if tests run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--enable-precise-memory-info",
]


def look(page: int, language: int) -> Look:
    """Return the size and the colours in which a page is checked, by the numbers of the page and the language.

    Each page and each language is therefore checked in each width and in each choice of colours.
    """
    number = page + language
    return list(WIDTHS.values())[number % len(WIDTHS)], SCHEMES[number % len(SCHEMES)]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Run a browser. On first use, unpack the browser from the files that `npm ci` installed."""
    found = _unpacked()
    libraries = {"LD_LIBRARY_PATH": found["libraries"]} if found["libraries"] else {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=found["executable"], args=_ARGUMENTS, env={**os.environ, **libraries}
        )
        yield browser
        await browser.close()


async def context(
    browser: Browser, size: tuple[int, int] = DESKTOP, colours: str = "light", language: str = "en-US"
) -> BrowserContext:
    """Return the context of a new window: without stored data, in UTC, by default in American English.

    Its actions and page loads, such as clicks, wait up to `PATIENCE_S`.
    """
    window = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme=colours,
        has_touch=size == PHONE,
        is_mobile=size == PHONE,
        locale=language,
        timezone_id="UTC",
    )
    window.set_default_timeout(PATIENCE_S * 1000)
    return window


def _unpacked() -> dict[str, str]:
    unpacked = subprocess.run(["node", FRONTEND / "scripts" / "chromium.js"], check=True, stdout=subprocess.PIPE)
    found: dict[str, str] = json.loads(unpacked.stdout)
    return found
