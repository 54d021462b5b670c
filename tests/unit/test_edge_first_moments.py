"""First moments of boards in the answers of the HTTP edge."""

from collections.abc import AsyncIterator
from contextlib import nullcontext

import pytest

from leaderforge.domain.board_settings import changed_board
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import Refused
from leaderforge.domain.moments import Moments
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import PROPAGATION_MS
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import START, Api, serving

DAY = 86_400_000


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with serving(LEADERFORGE_SEGMENTS="country") as served:
        yield served


async def members(api: Api, slug: str) -> dict[str, str | None]:
    """Return the members of the board's settings that name first moments."""
    board = (await api.get(f"/api/boards/{slug}")).json()
    listed = (await api.get("/api/boards")).json()["boards"]
    assert board in listed
    return {name: value for name, value in board.items() if name.endswith("_since")}


async def test_a_board_without_moments_names_none(api: Api) -> None:
    assert await members(api, "default") == {}


@pytest.mark.parametrize("segments", [[], ["country"]])
async def test_moments_of_a_new_board_begin_with_the_board(api: Api, segments: list[str]) -> None:
    settings = {"board": "race", "policy": "best", "moment_days": 9, "segments": segments}
    created = (await api.post("/api/boards", settings, ADMIN_KEY)).json()
    expected = {"moments_since": time_text(START)} | ({"moment_segments_since": time_text(START)} if segments else {})
    assert expected.items() <= created.items()
    assert await members(api, "race") == expected


async def test_moments_of_an_existing_board_begin_after_the_copy(api: Api) -> None:
    await api.send("PATCH", "/api/boards/default", {"moment_days": 5}, ADMIN_KEY)
    assert await members(api, "default") == {"moments_since": None}
    api.clock.now += PROPAGATION_MS
    await api.services.moment_maintenance.run()
    api.edge.board_changed("default")
    assert await members(api, "default") == {"moments_since": time_text(api.clock.now)}


@pytest.mark.parametrize(
    ("days", "frozen_at", "expected"),
    [(2, None, START), (3, None, START), (9, None, START + 7 * DAY), (9, START + DAY, START + DAY)],
)
def test_more_days_do_not_bring_back_deleted_states(days: int, frozen_at: int | None, expected: int) -> None:
    board = Board(1, "race", "Race", moments=Moments(3, START, START, START), frozen_at=frozen_at)
    changed = changed_board(board, {"moment_days": days}, START + 10 * DAY)
    assert changed.moments == Moments(days, START, expected, START)


@pytest.mark.parametrize(
    ("frozen_before", "at", "is_refused"),
    [(None, 6 * DAY, True), (None, 7 * DAY, False), (DAY, 0, True), (DAY, 2 * DAY, False)],
)
def test_a_board_is_frozen_only_at_a_moment_that_it_still_keeps(
    frozen_before: int | None, at: int, is_refused: bool
) -> None:
    frozen = None if frozen_before is None else START + frozen_before
    board = Board(1, "race", "Race", moments=Moments(3, START, START, START), frozen_at=frozen)
    with pytest.raises(Refused, match="is before the first moment") if is_refused else nullcontext():
        changed_board(board, {"frozen_at": START + at}, START + 10 * DAY)
