"""Sign-in to the console by a real OpenID Connect provider. The tests find elements by role and visible text."""

import re
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Page, expect

from tests.acceptance.api_fixtures import Served, served
from tests.api_client import ADMIN_KEY
from tests.browser.axe import violations
from tests.browser.conftest import Open, site_settings
from tests.identity import Provider, provider


@pytest.fixture(scope="module")
async def acme() -> AsyncIterator[Provider]:
    async with provider() as running:
        yield running


@pytest.fixture(scope="module")
async def studio(valkey, postgres, site, acme: Provider) -> AsyncIterator[Served]:
    """Server that trusts the provider, with the site."""
    settings = await site_settings(valkey, postgres, site, LEADERFORGE_WEB_PAGES="console", **acme.settings)
    async with served(settings) as api:
        await api.until_healthy()
        yield api


@pytest.mark.parametrize("address", ["console", "#/console/keys"])
async def test_a_person_signs_in_stays_signed_in_and_signs_out(
    studio: Served, acme: Provider, open_page: Open, address: str
) -> None:
    await acme.person("ada", "lf-moderators", name="Ada Lovelace")
    page = await open_page(f"{studio.url}/{address}")
    await sign_in(page, "ada")
    await expect(page.get_by_text("Signed in as Ada Lovelace, moderator.")).to_be_visible()
    assert "code=" not in page.url
    assert await violations(page) == []
    await page.reload()
    await expect(page.get_by_text("Signed in as Ada Lovelace, moderator.")).to_be_visible()
    token = await page.evaluate("sessionStorage.getItem('leaderforge.key')")
    assert (await studio.get("/api/admin/me", token)).json()["actor"] == "oidc:ada"
    await page.get_by_role("link", name="Audit log").click()
    await expect(page.get_by_role("listitem").filter(has_text="person.sign_in").first).to_contain_text("Ada Lovelace")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_role("button", name="Sign in with Acme")).to_be_visible()
    assert await violations(page) == []
    assert (await studio.get("/api/admin/me", token)).status_code == 401
    assert await page.evaluate("sessionStorage.length") == 0


async def test_a_person_without_a_role_reads_why_and_a_key_still_works(
    studio: Served, acme: Provider, open_page: Open
) -> None:
    await acme.person("eve", "staff")
    page = await open_page(f"{studio.url}/console")
    await sign_in(page, "eve")
    await expect(page.get_by_role("alert").filter(has_text="No value of the claim 'groups' has a role")).to_be_visible()
    assert await violations(page) == []
    await page.get_by_label("Key", exact=True).fill(ADMIN_KEY)
    await page.get_by_role("button", name="Open the console").click()
    await expect(page.get_by_text("Signed in as env:admin, owner.")).to_be_visible()


async def sign_in(page: Page, subject: str) -> None:
    """Sign in at the provider's form, whose style sheet is on another host."""
    await page.route(re.compile(r"^https?://(?!127\.0\.0\.1)"), lambda route: route.fulfill(body=""))
    await page.get_by_role("button", name="Sign in with Acme").click()
    await page.get_by_placeholder("sub").fill(subject)
    await page.get_by_role("button", name="Authorize").click()
