"""Awards and event endpoints in the console, and a player's own awards and segments on the page."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
from playwright.async_api import expect

from leaderforge.adapters.clock import now_ms
from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.browser.axe import require_accessible, violations
from tests.browser.chromium import PHONE
from tests.browser.conftest import Open, site_settings
from tests.browser.test_console import sign_in
from tests.tokens import SIGNING, TOKENS, token

WEDNESDAY = 1_763_553_600_000  # 2025-11-19T12:00:00Z, in 2025-W47
MONDAY_NOON = WEDNESDAY + 5 * 86_400_000
WINNER, SECOND = 31, 32
REWARDS = {
    "period": "weekly",
    "rewards": [
        {"reward": "winner", "last_rank": 1, "payload": {"cup": 1}},
        {"reward": "everybody", "payload": {"gold": 10}},
    ],
}


@dataclass
class Clock:
    now: int

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Season:
    """Server with a weekly board whose first week is settled."""

    api: Served
    clock: Clock

    async def settle_again(self) -> None:
        """Set the clock to a minute after the real time, and settle again.

        The store records acts of moderators at the real time, and only acts before the set time cause a resettlement.
        """
        self.clock.now = now_ms() + 60_000
        await self.api.services.seasons.resettlement.run()
        await self.api.services.seasons.settlement.run()


@pytest.fixture
async def season(valkey, postgres, site) -> AsyncIterator[Season]:
    more = {
        "LEADERFORGE_WEB_PAGES": "console",
        "LEADERFORGE_EVENT_NETWORKS": "127.0.0.0/8",
        "LEADERFORGE_SEGMENTS": "country",
    }
    settings = await site_settings(valkey, postgres, site, **more, **TOKENS, **SIGNING)
    clock = Clock(WEDNESDAY)
    async with served(settings, clock=clock) as api:
        await api.until_healthy()
        board = {
            "board": "weekly",
            "name": "Weekly cup",
            "policy": "best",
            "periods": ["weekly"],
            "rewards": REWARDS,
            "events": ["score.improved"],
            "segments": ["country"],
        }
        assert (await api.post("/api/boards", board, ADMIN_KEY)).status_code == 201
        for user_id, name, country in ((WINNER, "Winnie", "FI"), (SECOND, "Sepp", "AT")):
            await api.post("/api/users", {"user_id": user_id, "username": name, "attributes": {"country": country}})
            await api.post("/api/boards/weekly/scores", {"user_id": user_id, "score": 1000 - user_id})
        clock.now = MONDAY_NOON
        await api.services.seasons.resettlement.run()
        await api.services.seasons.settlement.run()
        yield Season(api, clock)


async def test_awards_show_claims_and_changes_after_moderation(season: Season, open_page: Open) -> None:
    api = season.api
    claim = {"board": "weekly", "period": "2025-W47", "reward": "winner", "claim_id": f"{0:032x}"}
    assert (await api.post(f"/api/users/{WINNER}/awards/claim", claim, SUBMIT_KEY)).status_code == 200
    page = await open_page(f"{api.url}/console/awards", size=PHONE)
    await sign_in(page, ADMIN_KEY)
    awards = page.get_by_role("table", name="Awards").get_by_role("row")
    await expect(awards.filter(has_text="winner")).to_contain_text("Winnie")
    await expect(awards.filter(has_text="winner")).to_contain_text("Claimed")
    await expect(awards.filter(has_text="everybody")).to_have_count(2)
    await expect(page.get_by_text("No changes", exact=True)).to_be_visible()
    await require_accessible(page)

    # The winner is hidden. The settlement then takes the awards back, and grants the cup to the second player.
    hidden = await api.post(f"/api/boards/weekly/entries/{WINNER}/hide", {"reason": "a patched client"}, ADMIN_KEY)
    assert hidden.status_code == 200
    await season.settle_again()
    await page.reload()
    changes = page.get_by_role("region", name="Changes after the settlement").get_by_role("listitem")
    await expect(changes).to_have_count(3)
    await expect(changes.filter(has_text="Sepp")).to_contain_text("Granted")
    await expect(awards.filter(has_text="winner").filter(has_text="Winnie")).to_contain_text("Revoked")
    assert await violations(page) == []
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_a_player_claims_an_award_and_looks_at_the_own_country(season: Season, open_page: Open) -> None:
    page = await open_page(f"{season.api.url}/player/{SECOND}?board=weekly&period=2025-W47", size=PHONE)
    await page.get_by_role("button", name="This is me").click()
    await page.get_by_label("Player token of Sepp").fill(token(SECOND))
    await page.get_by_role("button", name="Show my awards").click()
    awards = page.get_by_role("region", name="Your awards")
    await awards.get_by_role("button", name="Claim everybody").click()
    await expect(awards.get_by_text("Claimed")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_label("Players by").select_option("country")
    await page.get_by_label("Value of country").fill("AT")
    await page.get_by_role("button", name="Show", exact=True).click()
    await expect(page).to_have_url(re.compile("segment=country"))
    await expect(page.get_by_text("of 1", exact=True)).to_be_visible()
    await page.get_by_role("link", name="LeaderForge").click()
    leaders = page.get_by_role("list", name="The first three").get_by_role("listitem")
    await expect(leaders).to_have_count(1)
    await expect(leaders).to_contain_text("Sepp")
    await require_accessible(page)
    await page.close()  # an open page would log an error when its server ends, and thus fail the test


async def test_an_endpoint_is_created_tested_and_rotated(season: Season, open_page: Open) -> None:
    async with receiver() as address:
        page = await open_page(f"{season.api.url}/console/endpoints")
        await sign_in(page, ADMIN_KEY)
        await page.get_by_role("button", name="Create an endpoint").click()
        dialog = page.get_by_role("dialog")
        await dialog.get_by_label("Address").fill(address)
        await dialog.get_by_label("score.improved").check()
        assert await violations(page) == []
        await dialog.get_by_role("button", name="Create").click()
        secret = await dialog.get_by_text("whsec_").inner_text()
        await dialog.get_by_role("button", name="Done").click()
        endpoint = page.get_by_role("listitem", name=address)
        await expect(endpoint).to_contain_text("score.improved, of all boards")
        await endpoint.get_by_role("button", name="Send a test").click()
        await expect(endpoint.get_by_role("status").first).to_contain_text("Accepted: status 204")
        await endpoint.get_by_role("button", name="Log and dead letters").click()
        await expect(endpoint.get_by_role("region", name="Dead letters")).to_contain_text("No event was given up.")
        submission = {"user_id": WINNER, "score": 5_000}
        assert (await season.api.post("/api/boards/weekly/scores", submission)).status_code == 200
        log = endpoint.get_by_role("region", name="Delivery log").get_by_role("listitem")
        await expect(log.first).to_contain_text("Accepted: status 204")
        await expect(log.first).to_contain_text("score.improved")
        assert await violations(page) == []
        await endpoint.get_by_role("button", name="Rotate the secret").click()
        await dialog.get_by_role("button", name="Rotate the secret").click()
        await expect(dialog.get_by_text("whsec_")).not_to_have_text(secret)
        await dialog.get_by_role("button", name="Done").click()
        await expect(endpoint).to_contain_text("also signed with the previous secret")
        await endpoint.get_by_role("button", name="Delete").click()
        await dialog.get_by_role("button", name="Delete").click()
        await expect(page.get_by_text("No endpoints")).to_be_visible()
        await page.close()  # an open page would log an error when its server ends, and thus fail the test


@asynccontextmanager
async def receiver() -> AsyncIterator[str]:
    """Accept all events at an address of this machine, and return the address."""

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(accept, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}/hooks"
