"""Operators' console. It needs a key with a role, and keeps the key in the browser tab until sign-out."""

import json
import re
from collections.abc import Sequence

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.browser.axe import violations
from tests.browser.chromium import LANGUAGES, LOOKS, Look, look
from tests.browser.conftest import Open

PAGES = (
    "",
    "/activity",
    "/boards",
    "/players",
    "/teams",
    "/moderation",
    "/imports",
    "/awards",
    "/endpoints",
    "/people",
    "/keys",
    "/audit",
)


async def test_a_key_is_made_used_and_revoked(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/console/keys")
    await sign_in(page, SUBMIT_KEY)
    await expect(page.get_by_text("This key has no role in the console")).to_be_visible()
    await sign_in(page, ADMIN_KEY)
    await page.get_by_role("button", name="Create a key").click()
    await page.get_by_role("dialog").get_by_label("Name").fill("from-the-console")
    await page.get_by_role("button", name="Create", exact=True).click()
    text = await page.get_by_text(re.compile("^lf_")).inner_text()
    assert await violations(page) == []
    await page.get_by_role("button", name="Done").click()
    taken = await product.post("/api/scores", {"user_id": 9, "score": 0}, key=text)
    assert taken.status_code == 200
    await page.get_by_role("button", name="Revoke from-the-console").click()
    await page.get_by_role("button", name="Revoke", exact=True).click()
    await expect(page.get_by_text("Revoked")).to_be_visible()
    refused = await product.post("/api/scores", {"user_id": 9, "score": 0}, key=text)
    assert refused.status_code == 401
    await page.get_by_role("link", name="Audit log").click()
    await expect(page.get_by_role("listitem").filter(has_text="key.revoke").first).to_be_visible()


async def test_keys_of_the_settings_are_listed_as_set_from_outside(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/console/keys")
    await sign_in(page, ADMIN_KEY)
    keys = page.get_by_role("list", name="Keys set from outside").get_by_role("listitem")
    await expect(keys).to_have_count(2)
    for scope in ("submit", "admin"):
        key = keys.filter(has_text=f"env:{scope} set from outside")
        await expect(key).to_contain_text(
            f"{scope}; 1 key in LEADERFORGE_{scope.upper()}_KEYS. "
            "To change them, set the variable and restart the service."
        )
        await expect(key.get_by_role("button")).to_have_count(0)


async def test_the_key_stays_in_its_tab_until_sign_out(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/console")
    await sign_in(page, ADMIN_KEY)
    await expect(page.get_by_text("Everything works.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Signed in as env:admin, owner.")).to_be_visible()
    assert ADMIN_KEY not in await page.evaluate("JSON.stringify([localStorage, document.cookie, history.state])")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Key", exact=True)).to_be_visible()
    assert ADMIN_KEY not in await page.evaluate("JSON.stringify([localStorage, sessionStorage, history.state])")
    await page.reload()
    await expect(page.get_by_label("Key", exact=True)).to_be_visible()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing(product: Served, open_page: Open, language: str) -> None:
    looks = [look(number, LANGUAGES.index(language)) for number in range(len(PAGES))]
    await require_accessible(product, open_page, language, looks)


@pytest.mark.long
@pytest.mark.parametrize("each", LOOKS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_axe_finds_nothing_in_any_combination(
    product: Served, open_page: Open, language: str, each: Look
) -> None:
    await require_accessible(product, open_page, language, [each] * len(PAGES))


async def require_accessible(product: Served, open_page: Open, language: str, looks: Sequence[Look]) -> None:
    """Sign in, and fail if axe reports a violation on a page in this language, or if a page is wider than the window.

    `looks` has the look of each page. Sign-in happens in English. The sign-in form is also checked in this language.
    """
    page = await open_page(f"{product.url}/#/console")
    await sign_in(page, ADMIN_KEY)
    await page.evaluate("(tag) => localStorage.setItem('leaderforge.language', tag)", language[:2])
    for path, ((width, height), colours) in zip(PAGES, looks, strict=True):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=colours)
        await page.goto("about:blank")
        await page.goto(f"{product.url}/#/console{path}", wait_until="networkidle")
        await expect(page.locator("html")).to_have_attribute("lang", language[:2])
        assert await violations(page) == [], path
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, path
    await page.evaluate("sessionStorage.clear()")
    await page.reload(wait_until="networkidle")
    assert await violations(page) == []


async def sign_in(page: Page, key: str) -> None:
    """Sign in to the console with this key."""
    await page.get_by_label("Key", exact=True).fill(key)
    await page.get_by_role("button", name="Open the console").click()
    await page.wait_for_load_state("networkidle")


async def test_a_board_is_made_looked_at_and_changed(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/console/boards")
    await sign_in(page, ADMIN_KEY)
    await page.get_by_role("button", name="Create a board").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Slug").fill("laps")
    await form.get_by_label("Name", exact=True).fill("Fastest laps")
    await form.get_by_label("Order", exact=True).select_option("Lowest first")
    await form.get_by_label("weekly").check()
    await form.get_by_label("Unit").fill("ms")
    assert await violations(page) == []
    await form.get_by_role("button", name="Create").click()
    await expect(form).not_to_be_visible()
    lap = {"user_id": 3, "score": 83_456, "metadata": {"car": "Falcon"}}
    assert (await product.post("/api/boards/laps/scores", lap)).status_code == 200
    await page.get_by_role("link", name="View Fastest laps").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Fastest laps")
    await expect(page.get_by_role("list", name="The first three")).to_contain_text("1:23.456")
    await expect(page.get_by_role("list", name="The first three")).to_contain_text("car Falcon")
    await page.get_by_label("Period").select_option("This week")
    await expect(page.get_by_role("list", name="The first three")).to_contain_text("1:23.456")
    await page.get_by_role("button", name="Settings").click()
    await page.get_by_role("link", name="Console").click()
    await page.get_by_role("link", name="Boards").click()
    await page.get_by_role("button", name="Edit Fastest laps").click()
    await form.get_by_label("Highest score").fill("60000")
    await form.get_by_role("button", name="Save").click()
    await expect(form).not_to_be_visible()
    refused = await product.post("/api/boards/laps/scores", lap)
    assert refused.json()["error"]["details"]["rule"] == "max_score"


@pytest.mark.parametrize("preset", ["Weekly league", "Weekend cup", "Season ladder"])
async def test_a_preset_is_a_board_with_rewards(product: Served, open_page: Open, preset: str) -> None:
    slug = preset.lower().replace(" ", "-")
    page = await open_page(f"{product.url}/#/console/boards")
    await sign_in(page, ADMIN_KEY)
    await page.get_by_role("button", name="Create a board").click()
    form = page.get_by_role("dialog")
    await form.get_by_label("Preset").select_option(preset)
    await form.get_by_label("Slug").fill(slug)
    await form.get_by_role("button", name="Create").click()
    await expect(form).not_to_be_visible()
    board = (await product.get(f"/api/boards/{slug}")).json()
    assert board["rewards"]["rewards"]
    assert "award.granted" in board["events"]
    assert (await product.send("DELETE", f"/api/boards/{slug}", key=ADMIN_KEY)).status_code == 200


async def test_a_player_is_hidden_and_shown_again(product: Served, open_page: Open) -> None:
    [leader] = (await product.get("/api/leaderboard/top?limit=1")).json()["entries"]
    watched = await open_page(product.url)
    first = watched.get_by_role("list", name="The first three").get_by_role("link").first
    await expect(first).to_have_text(leader["username"])
    page = await open_page(f"{product.url}/#/console/moderation")
    await sign_in(page, ADMIN_KEY)
    await choose_player(page, leader["username"])
    await moderate(page, "Hide the entry on this board")
    await expect(page.get_by_role("region", name="Hidden entries").get_by_role("link")).to_have_text(leader["username"])
    await expect(first).not_to_have_text(leader["username"])
    assert await violations(page) == []
    await moderate(page, "Show the entry on this board again")
    await expect(page.get_by_text("No hidden entries")).to_be_visible()
    await expect(first).to_have_text(leader["username"])
    await page.get_by_role("link", name="Audit log").click()
    await expect(page.get_by_text("“odd scores”")).to_have_count(2)


async def test_the_state_of_the_parts_is_told_and_drawn(product: Served, open_page: Open) -> None:
    page = await open_page(f"{product.url}/#/console")
    await sign_in(page, ADMIN_KEY)
    told = (await product.get("/api/admin/shards", ADMIN_KEY)).json()
    nodes = page.get_by_role("table", name="Nodes").get_by_role("rowheader")
    await expect(nodes).to_contain_text([one["node"] for one in [*told["nodes"], *told["database"]]])
    await expect(page.get_by_role("table", name="Partitions").get_by_role("rowheader")).to_have_count(
        len(told["partitions"])
    )
    lag = page.get_by_role("img", name="Index lag").locator("path[fill=none]")
    await expect(lag).to_have_attribute("d", re.compile("L"))  # the chart draws a line once it has two samples
    for title in ("Cache hits", "Memory of the index", "Entries"):
        await expect(page.get_by_role("img", name=title)).to_be_visible()


async def test_a_player_is_renamed_exported_and_erased(product: Served, open_page: Open) -> None:
    await product.post("/api/users", {"user_id": 70_001, "username": "Zuse"})
    await product.post("/api/scores", {"user_id": 70_001, "score": 1})
    page = await open_page(f"{product.url}/#/console/players")
    await sign_in(page, ADMIN_KEY)
    await page.get_by_label("Name or id", exact=True).fill("zuse")
    await page.get_by_role("button", name="Rename Zuse").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("New name").fill("Konrad Zuse")
    await dialog.get_by_role("button", name="Rename").click()
    await expect(dialog).not_to_be_visible()
    await page.get_by_label("Name or id", exact=True).fill("#70001")
    async with page.expect_download() as downloading:
        await page.get_by_role("button", name="Export Konrad Zuse").click()
    kept = await downloading.value
    assert kept.suggested_filename == "player-70001.json"
    assert json.loads((await kept.path()).read_text())["player"]["username"] == "Konrad Zuse"
    await page.get_by_role("button", name="Erase Konrad Zuse").click()
    await expect(dialog.get_by_role("button", name="Erase")).to_be_disabled()
    await dialog.get_by_label("to confirm").fill("Konrad Zuse")
    assert await violations(page) == []
    await dialog.get_by_role("button", name="Erase").click()
    await expect(dialog.get_by_text(re.compile("^[0-9a-f-]{36}$"))).to_be_visible()
    await dialog.get_by_role("button", name="Done").click()
    await expect(page.get_by_text("No players found")).to_be_visible()
    assert (await product.get("/api/users/70001")).status_code == 404


async def test_a_board_is_deleted_by_its_name(product: Served, open_page: Open) -> None:
    await product.post("/api/boards", {"board": "passing", "name": "Passing"}, ADMIN_KEY)
    page = await open_page(f"{product.url}/#/console/boards")
    await sign_in(page, ADMIN_KEY)
    await expect(page.get_by_role("button", name="Delete Default")).to_have_count(0)
    await page.get_by_role("button", name="Delete Passing").click()
    await page.get_by_label("Type passing to confirm").fill("passing")
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Passing")).to_have_count(0)
    assert (await product.get("/api/boards/passing")).status_code == 404


async def choose_player(page: Page, name: str) -> None:
    """Choose the player to moderate by the name."""
    await page.get_by_label("Name or id", exact=True).fill(name)
    await page.get_by_role("button", name=f"Open {name}", exact=True).click()
    await expect(page.get_by_role("region", name="Chosen player")).to_contain_text(name)


async def moderate(page: Page, act: str) -> None:
    """Moderate the chosen player."""
    await page.get_by_label("Action").select_option(act)
    await page.get_by_label("Reason").fill("odd scores")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.get_by_text("Done: ")).to_be_visible()
