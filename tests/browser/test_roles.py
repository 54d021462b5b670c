"""Roles in the console. The tests find elements by role and visible text."""

from collections.abc import Mapping

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import violations
from tests.browser.conftest import Open
from tests.browser.test_console import sign_in

PLAYER = 31
ENABLED: Mapping[str, Mapping[str, bool]] = {
    "viewer": {"Create a board": False, "Edit Default": False, "Rename": False, "Erase": False, "Create a key": False},
    "moderator": {
        "Create a board": False,
        "Edit Default": False,
        "Rename": True,
        "Erase": False,
        "Create a key": False,
    },
    "owner": {"Create a board": True, "Edit Default": True, "Rename": True, "Erase": True, "Create a key": True},
}
"""Whether a button is enabled, by role."""
PAGE_OF = {"Create a board": "Boards", "Edit Default": "Boards", "Create a key": "Keys"}
RIGHTS = {
    "viewer": "Viewers see everything and change nothing.",
    "moderator": "Moderators change entries and players, but neither boards nor keys.",
    "owner": "Owners may do everything.",
}


@pytest.mark.parametrize("role", RIGHTS)
async def test_each_role_may_press_its_buttons(product: Served, open_page: Open, role: str) -> None:
    page = await open_page(f"{product.url}/#/console")
    await sign_in(page, await key_of(product, role))
    await expect(page.get_by_text(f"Signed in as Robin the {role}, {role}.")).to_be_visible()
    for name, is_enabled in ENABLED[role].items():
        await open_tab(page, PAGE_OF.get(name, "Players"))
        button = page.get_by_role("button", name=name).first
        await expect(button).to_be_enabled() if is_enabled else await expect(button).to_be_disabled()
        if not is_enabled:
            await expect(button).to_have_accessible_description(RIGHTS[role])
            await expect(page.get_by_text(RIGHTS[role])).to_be_visible()
    assert await violations(page) == []


async def test_a_moderator_hides_an_entry_by_name_and_a_viewer_reads_it(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/console/moderation?player={PLAYER}")
    await sign_in(page, await key_of(product, "viewer"))
    await expect(page.get_by_text("You are a viewer. Only moderators and owners may do this.")).to_be_visible()
    await expect(page.get_by_role("button", name="Apply")).to_be_disabled()
    await expect(page.get_by_role("button", name="Remove this run").first).to_be_disabled()
    assert await violations(page) == []
    await page.get_by_role("button", name="Sign out").click()
    await sign_in(page, await key_of(product, "moderator"))
    await page.get_by_label("Reason").fill("a test of roles")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("Done: 1 entry changed.")).to_be_visible()
    await open_tab(page, "Audit log")
    entry = page.get_by_role("listitem").filter(has_text="a test of roles")
    await expect(entry).to_contain_text("Robin the moderator")
    shown = await product.post(f"/api/boards/default/entries/{PLAYER}/unhide", {"reason": "shown again"}, ADMIN_KEY)
    assert shown.status_code == 200


async def open_tab(page: Page, name: str) -> None:
    await page.get_by_role("navigation", name="Console").get_by_role("link", name=name).click()
    if name == "Players":
        await page.get_by_role("textbox", name="Name or id").fill(str(PLAYER))


async def key_of(api: Served, role: str) -> str:
    """Return a new key of a person with this role."""
    keys = (await api.get("/api/admin/keys", ADMIN_KEY)).json()["keys"]
    body = {"name": f"robin-{role}-{len(keys)}", "role": role, "person": f"Robin the {role}"}
    made = await api.post("/api/admin/keys", body, ADMIN_KEY)
    assert made.status_code == 201
    key: str = made.json()["key"]
    return key
