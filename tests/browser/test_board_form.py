"""Form of a board's settings in the console."""

import re

from playwright.async_api import Locator, Page, expect

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY
from tests.browser.chromium import DESKTOP
from tests.browser.conftest import Open
from tests.browser.test_console import sign_in

WEDNESDAY_S = 1_795_608_000  # 2026-11-25T12:00:00Z
PERMANENT = ("Slug", "Policy", "Order", "Score type", "Subscore order", "Segments", "Time zone", "Minimum submissions")
GROUPS = ("Name", "Scores", "Tiebreakers", "Feeds", "Periods", "Limits", "Events", "Access")
PRESETS = ["None", "Lap time", "Weekly high score", "Weekly league", "Weekend cup", "Season ladder"]
CRONS = {
    "0 0 1 * *": "each month",
    "0 0 1 */3 *": "each quarter",
    "0 0 1 1,7 *": "each half-year",
    "0 0 1 1 *": "each year",
    "0 6 * * 1": "each Monday at 06:00",
}
"""Examples of season starts, with their names."""
NEXT_QUARTERS = r"Next starts: Fri, Jan 1, 2027, 12:00\sAM; Thu, Apr 1, 2027, 12:00\sAM; Thu, Jul 1, 2027, 12:00\sAM\."
STYLE = """(element) => {
    const style = getComputedStyle(element);
    return [style.backgroundColor, style.borderStyle, style.color];
}"""
"""Script that returns background, border and text colour of a field."""


async def test_permanent_settings_are_marked_at_creation_and_disabled_later(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/console/boards")
    await sign_in(page, ADMIN_KEY)
    form = await new_board_form(page)
    note = "Settings marked permanent cannot be changed after the board is created."
    await expect(form.get_by_text(note)).to_be_visible()
    for label in PERMANENT:
        field = form.get_by_label(label, exact=True)
        await expect(field).to_be_enabled()
        await expect(field).to_have_accessible_description(re.compile(r"Permanent\.$"))
    await expect(form.get_by_label("Equal scores")).not_to_have_accessible_description(re.compile("Permanent"))
    await form.get_by_label("Slug").fill("fixed")
    await form.get_by_label("Name", exact=True).fill("Fixed")
    await form.get_by_role("button", name="Create", exact=True).click()
    await expect(form).not_to_be_visible()

    # The form of the existing board has these settings disabled, and says why. Disabled fields look different.
    await page.get_by_role("button", name="Edit Fixed").click()
    enabled = await form.get_by_label("Name", exact=True).evaluate(STYLE)
    for label in PERMANENT:
        field = form.get_by_label(label, exact=True)
        await expect(field).to_be_disabled()
        await expect(field).to_have_accessible_description("Fixed since the board was created.")
        disabled = await field.evaluate(STYLE)
        assert all(before != after for before, after in zip(enabled, disabled, strict=True)), (label, enabled, disabled)
    await expect(form.get_by_label("Equal scores")).to_be_enabled()
    assert (await product.send("DELETE", "/api/boards/fixed", key=ADMIN_KEY)).status_code == 200


async def test_the_form_has_groups_presets_time_zones_and_examples(product: Served, open_page: Open) -> None:
    page = await open_page("about:blank")
    await page.clock.install(time=WEDNESDAY_S)
    await page.goto(f"{product.url}/console/boards")
    await sign_in(page, ADMIN_KEY)
    form = await new_board_form(page)
    for group in GROUPS:
        await expect(form.get_by_role("group", name=group, exact=True)).to_be_visible()
    preset = form.get_by_label("Preset")
    assert await preset.locator("option").all_text_contents() == PRESETS
    await preset.select_option("Lap time")
    await expect(form.get_by_label("Policy")).to_have_value("best")
    await expect(form.get_by_label("Order", exact=True)).to_have_value("asc")
    await expect(form.get_by_label("Unit")).to_have_value("ms")

    # The browser proposes time zones by name, and usual season starts with their meaning.
    zones = await proposals(form.get_by_label("Time zone"))
    assert {"UTC", "America/New_York", "Asia/Tokyo", "Europe/Berlin"} <= zones.keys()
    assert len(zones) > 300
    season = form.get_by_label("Season starts")
    assert await proposals(season) == CRONS
    await season.fill("0 0 1 */3 *")
    await expect(season).to_have_accessible_description(re.compile(NEXT_QUARTERS))

    # The title stays in view at the end of the form.
    await form.get_by_role("button", name="Create", exact=True).scroll_into_view_if_needed()
    title = await form.get_by_role("heading", name="Create a board").bounding_box()
    assert title is not None
    assert 0 <= title["y"] < DESKTOP[1] / 2


async def new_board_form(page: Page) -> Locator:
    await page.get_by_role("button", name="Create a board").click()
    return page.get_by_role("dialog")


async def proposals(field: Locator) -> dict[str, str]:
    """Return the values that the browser proposes for a field, with their labels."""
    script = "({ list }) => [...list.options].map(({ value, label }) => [value, label])"
    return dict(await field.evaluate(script))
