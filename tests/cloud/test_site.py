"""Web page in a real browser. It comes from its bucket, and shows the board that the functions serve."""

from uuid import uuid4

from local_cloud.stack import LocalCloud
from tests.browser import chromium as browsing
from tests.cloud.calling import Caller
from tests.waiting import PATIENCE_S


async def test_the_page_shows_the_live_board(cloud: LocalCloud, call: Caller) -> None:
    cloud.publish_site(browsing.SITE)
    name = uuid4().hex
    user_id = (await call.post("/api/users", {"username": name})).json()["user_id"]
    async with browsing.chromium() as browser:
        page = await (await browsing.context(browser)).new_page()
        # Submit the score only after the page has loaded the board. The next request of the page then sends the ETag of
        # that answer in a header, for which browsers ask the API for permission.
        async with page.expect_response(lambda response: "/top?" in response.url, timeout=PATIENCE_S * 1000):
            await page.goto(cloud.site)
        assert (await call.post("/api/scores", {"user_id": user_id, "score": 10**6})).status_code == 200
        await page.get_by_text(name).first.wait_for(timeout=PATIENCE_S * 1000)
