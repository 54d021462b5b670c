"""Exports that run while their ladder leaves the index."""

from collections.abc import AsyncIterator

import pytest

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import BoardNotFound
from leaderforge.domain.sources import Source
from leaderforge.domain.timing import CACHE_LIMIT_MS, PROPAGATION_MS
from leaderforge.services import exporting, ladders
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import START, Api, serving

HOUR = 3_600_000
PLAYERS = 7
SETTINGS = {"board": "laps", "policy": "best", "periods": ["daily"]}


@pytest.fixture
async def api(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Api]:
    """Serve a daily board with one ended day, whose exports read two entries at a time."""
    monkeypatch.setattr(exporting, "PAGE", 2)
    async with serving() as served:
        monkeypatch.setattr(ladders, "monotonic", lambda: served.clock() / 1000)
        assert (await served.post("/api/boards", SETTINGS, ADMIN_KEY)).status_code == 201
        await served.ranked({i: i for i in range(1, PLAYERS + 1)}, "laps")
        yield served


async def ended_day(api: Api) -> Ladder:
    """Return the ladder of the first day, a second before its retirement."""
    api.clock.now = START + 60 * HOUR - 1000
    ladder = await api.edge.ladder_of(await api.edge.board_unchecked("laps"), "2026-11-23")
    assert ladder.indexed
    return ladder


async def test_an_export_continues_from_the_store_when_its_period_leaves_the_index(api: Api) -> None:
    pages = exporting.pages(api.services.query, await ended_day(api), api.edge.ladder_again)
    found = [await anext(pages)]
    for passed in (2_000, PROPAGATION_MS + 1_000):
        api.clock.now += passed
        await api.services.seasons.rollover.run()
        found.append(await anext(pages))
    found += [page async for page in pages]
    assert [entry.user_id for page in found for entry in page.entries] == list(range(PLAYERS, 0, -1))
    assert (found[0].source, found[-1].source) == (Source.INDEX, Source.STORE)


async def test_an_export_of_a_deleted_board_fails(api: Api) -> None:
    pages = exporting.pages(api.services.query, await ended_day(api), api.edge.ladder_again)
    await anext(pages)
    assert (await api.send("DELETE", "/api/boards/laps", key=ADMIN_KEY)).status_code < 300
    api.clock.now += CACHE_LIMIT_MS
    with pytest.raises(BoardNotFound):
        await anext(pages)
