"""An open page receives changes of the board by server-sent events, or else by polling."""

import re
from itertools import count

from playwright.async_api import expect

from tests.acceptance.api_fixtures import Served
from tests.browser.conftest import Open
from tests.waiting import until

_players = count(101)


async def test_a_submission_is_seen_without_a_reload(product: Served, open_page: Open) -> None:
    page = await open_page(product.url)
    leader = page.get_by_role("list", name="The first three").get_by_role("link").first
    await expect(leader).to_be_visible()
    for _ in range(3):
        name = await overtake_all(product)
        await expect(leader).to_have_text(name)
    await expect(page.get_by_text("new", exact=True).or_(page.get_by_text("▲")).first).to_be_visible()
    fourth = (await product.get("/api/leaderboard/top?limit=4")).json()["entries"][3]["username"]
    ranks = page.get_by_role("region", name="Players from rank 4 to the last")
    await expect(ranks.get_by_role("link").first).to_have_text(fourth)


async def test_without_events_the_page_asks_again(product: Served, open_page: Open) -> None:
    page = await open_page("about:blank")
    await page.route("**/config.json", lambda route: route.fulfill(json={"events": False}))
    await page.goto(product.url)
    leader = page.get_by_role("list", name="The first three").get_by_role("link").first
    await expect(leader).to_be_visible()
    name = await overtake_all(product)
    await expect(leader).to_have_text(name)


async def test_a_page_that_nobody_sees_listens_to_nothing(product: Served, open_page: Open) -> None:
    page = await open_page(product.url)
    await expect(page.get_by_role("list", name="The first three")).to_be_visible()
    assert await listeners(product) == 1
    await page.goto(f"{product.url}/#/friends")

    async def nobody_listens() -> bool:
        return await listeners(product) == 0

    await until(nobody_listens, "the page to stop listening")


async def listeners(product: Served) -> float:
    """Return the number of listeners to live boards."""
    [line] = re.findall(r"^leaderforge_stream_listeners.* (\S+)$", (await product.get("/metrics")).text, re.MULTILINE)
    return float(line)


async def overtake_all(product: Served) -> str:
    """Make a player take the lead, and return the player's name."""
    user_id = next(_players)
    [first] = (await product.get("/api/leaderboard/top?limit=1")).json()["entries"]
    submitted = await product.post("/api/scores", {"user_id": user_id, "score": first["score"] + 1})
    assert submitted.json()["rank"] == 1
    name: str = (await product.get(f"/api/users/{user_id}")).json()["username"]
    return name
