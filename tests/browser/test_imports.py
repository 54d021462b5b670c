"""Import of a score file in the console: choice, preview, other columns, progress, result, cancellation."""

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import violations
from tests.browser.conftest import Open
from tests.browser.test_console import sign_in

LAPS = {"board": "file-laps", "name": "Laps of files", "policy": "best", "order": "asc", "unit": "s", "decimals": 2}
TABLE = "runner;split;lap\nAda;9,50;12,50\nBen;9,90;59,905\nCid;8,00;1:02,00\nDee;7,00;13\nEve;6,00;14,25\n"


def file(name: str, text: str) -> FilePayload:
    return {"name": name, "mimeType": "text/csv", "buffer": text.encode()}


@pytest.fixture
async def page(product: Served, open_page: Open) -> AsyncIterator[Page]:
    """Page of imports, for the board `file-laps`."""
    await product.post("/api/boards", LAPS, ADMIN_KEY)
    page = await open_page(f"{product.url}/#/console/imports")
    await sign_in(page, ADMIN_KEY)
    yield page
    await product.send("DELETE", "/api/boards/file-laps", None, ADMIN_KEY)


async def test_a_file_is_previewed_with_other_columns_and_imported(page: Page, product: Served) -> None:
    await page.get_by_label("Board", exact=True).select_option("Laps of files")
    await page.get_by_text("Numbers, times and rules").click()
    await page.get_by_label("Decimal mark").select_option("comma")
    await page.get_by_label("Score file").set_input_files(file("laps.csv", TABLE))
    await expect(page.get_by_label("Player column")).to_have_value("runner")
    await expect(page.get_by_label("Score column")).to_have_value("lap")
    table = page.get_by_role("table", name="First lines as they would count")
    await expect(table.get_by_role("row").filter(has_text="Ada")).to_contain_text("0:12.50")
    await page.get_by_label("Score column").fill("split")
    await page.get_by_role("button", name="Preview").click()
    await expect(table.get_by_role("row").filter(has_text="Ada")).to_contain_text("0:09.50")
    await page.get_by_label("Score column").fill("lap")
    await page.get_by_role("button", name="Preview").click()
    await expect(page.get_by_text("4 lines count, 1 bad line. Nothing is imported yet.")).to_be_visible()
    await expect(page.get_by_role("list", name="Bad lines")).to_contain_text("Line 3: '59,905' has 3 decimals")
    assert await violations(page) == []
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(
        page.get_by_text("The import is complete: 4 scores imported, 4 players created, 1 bad line.")
    ).to_be_visible()
    assert await violations(page) == []
    async with page.expect_download() as download:
        await page.get_by_role("button", name="Save 1 bad line").click()
    saved = await (await download.value).path()
    assert saved.read_text().splitlines()[1].startswith("3,\"'59,905' has 3 decimals")
    await page.get_by_label("Score file").set_input_files(file("next.csv", "runner;split;lap\nFay;1,00;9,75\n"))
    await expect(table.get_by_role("row").filter(has_text="Fay")).to_contain_text("0:09.75")
    entries = (await product.get("/api/boards/file-laps/page?rank=1&limit=5")).json()["entries"]
    assert [(entry["username"], entry["score"]) for entry in entries] == [
        ("Ada", 1250),
        ("Dee", 1300),
        ("Eve", 1425),
        ("Cid", 6200),
    ]


async def test_an_unusable_file_says_why_and_a_long_import_can_be_cancelled(page: Page, product: Served) -> None:
    await page.get_by_label("Board", exact=True).select_option("Laps of files")
    chooser = page.get_by_label("Score file")
    await chooser.set_input_files(file("sheet.xls", "x"))
    await expect(page.get_by_role("alert").filter(has_text="unknown format")).to_be_visible()
    await expect(page.get_by_role("button", name="Import", exact=True)).to_be_disabled()
    lines = "".join(f"runner {i},{i}\n" for i in range(1, 60_001))
    await chooser.set_input_files(file("long.csv", f"player,score\n{lines}"))
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.get_by_text("The import was cancelled.")).to_be_visible()
