"""Page of the API's documentation. It is complete, loads only files of its origin, and can send calls."""

from urllib.parse import urlsplit

from playwright.async_api import Browser, expect

from tests.acceptance.api_fixtures import ADMIN_KEY, Served
from tests.browser.chromium import context
from tests.browser.conftest import Open


async def test_it_loads_nothing_from_another_origin(product: Served, browser: Browser) -> None:
    """Open the page, unfold every group, and unfold one call with its schemas."""
    requested: set[str] = set()
    problems: list[str] = []
    window = await context(browser)
    page = await window.new_page()
    page.on("request", lambda request: requested.add(request.url))
    page.on("requestfailed", lambda request: problems.append(request.url))
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    await page.goto(f"{product.url}/api/docs")
    call = page.locator("#operations-boards-getBoardTop")
    await call.get_by_role("button").first.click()
    await expect(call).to_contain_text("The maximum number of entries.")
    await expect(page.locator(".opblock")).to_have_count(await _operations(product))
    await page.wait_for_load_state("networkidle")
    await window.close()
    origins = {"{0.scheme}://{0.netloc}".format(urlsplit(url)) for url in requested if not url.startswith("data:")}
    assert origins == {product.url}
    assert problems == []


async def test_a_call_can_be_tried_with_a_key(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/api/docs")
    await page.get_by_role("button", name="Authorize").first.click()
    scheme = page.locator(".auth-container", has_text="adminKey")
    await scheme.get_by_role("textbox").fill(ADMIN_KEY)
    await scheme.get_by_role("button", name="Apply credentials").click()
    await page.get_by_role("button", name="Close").first.click()
    call = page.locator("#operations-operations-listKeys")
    await call.get_by_role("button").first.click()
    await call.get_by_role("button", name="Try it out").click()
    await call.get_by_role("button", name="Execute").click()
    await expect(call.locator(".live-responses-table .response-col_status").last).to_contain_text("200")
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def _operations(product: Served) -> int:
    paths = (await product.get("/api/openapi.json")).json()["paths"]
    return sum(len(item) for item in paths.values())
