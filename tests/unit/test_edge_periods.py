"""Periods over HTTP: listing, counting, and reads beyond the end of a period."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest

from functions.edge.wire.cursors import Direction, encoded
from functions.edge.wire.periods import PeriodsOut
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.order import KEY_BYTES
from leaderforge.domain.periods import Calendar, PeriodKind
from tests.api_client import SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import Api, serving

MIDNIGHT = 1_795_478_400_000  # 2026-11-24T00:00:00Z, a Tuesday
GRACE_MS = 300_000  # the default grace
MONDAY, TUESDAY = "2026-11-23", "2026-11-24"
KINDS = (PeriodKind.DAILY, PeriodKind.WEEKLY, PeriodKind.MONTHLY, PeriodKind.SEASON, PeriodKind.ALL_TIME)


def text(time: int) -> str:
    return datetime.fromtimestamp(time / 1000, UTC).isoformat(timespec="milliseconds")


async def new_board(api: Api, *kinds: PeriodKind, slug: str = "laps", **settings: Any) -> Board:
    calendar = Calendar(kinds, season="0 0 1 1,4,7,10 *" if PeriodKind.SEASON in kinds else None)
    return await api.store.create_board(Board(0, slug, "Laps", Policy.SUM, calendar=calendar, **settings))


async def submit(api: Api, user_id: int, score: int, key: str = SUBMIT_KEY, **more: Any) -> Any:
    answer = await api.post("/api/boards/laps/scores", {"user_id": user_id, "score": score, **more}, key)
    return answer.json() if answer.status_code == 200 else answer.json()["error"]["code"]


async def scores(api: Api, period: str) -> Mapping[int, int] | str:
    answer = await api.get(f"/api/boards/laps/top?period={period}")
    if answer.status_code != 200:
        code: str = answer.json()["error"]["code"]
        return code
    return {entry["user_id"]: entry["score"] for entry in answer.json()["entries"]}


async def listed(api: Api, query: str = "") -> Sequence[Mapping[str, Any]]:
    answer = await api.get(f"/api/boards/laps/periods{query}")
    assert answer.status_code == 200, answer.text
    PeriodsOut.model_validate_json(answer.content)
    periods: Sequence[Mapping[str, Any]] = answer.json()["periods"]
    return periods


async def test_the_current_periods_are_listed_before_anything_counts_in_them(api: Api) -> None:
    await new_board(api, *KINDS)
    found = await listed(api)
    assert [(one["period"], one["kind"], one["starts_at"], one["ends_at"]) for one in found] == [
        ("2026-11-23", "daily", "2026-11-23T00:00:00.000Z", "2026-11-24T00:00:00.000Z"),
        ("2026-W48", "weekly", "2026-11-23T00:00:00.000Z", "2026-11-30T00:00:00.000Z"),
        ("2026-11", "monthly", "2026-11-01T00:00:00.000Z", "2026-12-01T00:00:00.000Z"),
        ("season-20261001T0000Z", "season", "2026-10-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"),
        ("all-time", "all-time", None, None),
    ]
    assert all(one["current"] and one["indexed"] and not one["final"] for one in found)


async def test_past_periods_follow_the_latest_first_and_become_final(api: Api) -> None:
    await new_board(api, PeriodKind.WEEKLY, PeriodKind.DAILY)
    await api.players(1)
    for day in range(3):
        api.clock.now = MIDNIGHT + day * 86_400_000 - 1
        await submit(api, 1, 5)
    api.clock.now = MIDNIGHT + 2 * 86_400_000 + GRACE_MS - 1
    past = [(one["period"], one["final"]) for one in await listed(api) if not one["current"]]
    assert past == [("2026-11-25", False), ("2026-11-24", True), ("2026-11-23", True)]
    api.clock.now += 1
    assert all(one["final"] for one in await listed(api) if not one["current"])


async def test_long_lists_come_in_pages(api: Api) -> None:
    await new_board(api, PeriodKind.DAILY, PeriodKind.ALL_TIME)
    await api.players(1)
    for day in range(8):
        api.clock.now = MIDNIGHT + day * 86_400_000
        await submit(api, 1, 1)
    page = (await api.get("/api/boards/laps/periods?limit=3")).json()
    names = [one["period"] for one in page["periods"]]
    while page["next"]:
        page = (await api.get(f"/api/boards/laps/periods?limit=3&before={page['next']}")).json()
        names += [one["period"] for one in page["periods"]]
    assert names == ["2026-12-01", "all-time", *(f"2026-11-{day}" for day in range(30, 23, -1))]


@pytest.mark.parametrize(
    ("query", "status"),
    [("before=2026-02-30", 404), ("before=current", 422), ("before=", 422), ("limit=0", 422), ("limit=1001", 422)],
)
async def test_pages_that_there_are_not(api: Api, query: str, status: int) -> None:
    await new_board(api, PeriodKind.DAILY)
    assert (await api.get(f"/api/boards/laps/periods?{query}")).status_code == status


async def test_periods_of_private_boards_are_private(api: Api) -> None:
    await new_board(api, PeriodKind.DAILY, private=True)
    assert (await api.get("/api/boards/laps/periods")).status_code == 401
    assert (await api.get("/api/boards/laps/periods", SUBMIT_KEY)).status_code == 200


async def test_one_submission_counts_in_every_kind(api: Api) -> None:
    await new_board(api, *KINDS)
    await api.players(1)
    await submit(api, 1, 5)
    for period in ("current", *KINDS, MONDAY, "2026-W48", "2026-11", "season-20261001T0000Z"):
        assert await scores(api, period) == {1: 5}, period


async def test_the_receive_time_decides_to_the_millisecond(api: Api) -> None:
    await new_board(api, *KINDS)
    await api.players(1, 2)
    api.clock.now = MIDNIGHT - 1
    await submit(api, 1, 5)
    api.clock.now = MIDNIGHT
    await submit(api, 2, 6)
    assert (await scores(api, MONDAY), await scores(api, TUESDAY)) == ({1: 5}, {2: 6})
    assert await scores(api, "daily") == {2: 6}
    for period in ("2026-W48", "2026-11", "season-20261001T0000Z", "all-time"):
        assert await scores(api, period) == {2: 6, 1: 5}, period


async def test_what_comes_late_counts_in_its_own_time_while_the_grace_lasts(api: Api) -> None:
    await new_board(api, *KINDS)
    await api.players(1)
    api.clock.now = MIDNIGHT + GRACE_MS - 1
    receipt = await submit(api, 1, 5, achieved_at=text(MIDNIGHT - 1))
    assert (receipt["score"], receipt["achieved_at"]) == (5, "2026-11-23T23:59:59.999Z")
    assert await scores(api, MONDAY) == {1: 5}
    assert await scores(api, TUESDAY) == {}


async def test_what_comes_late_is_found_as_soon_as_it_is_acknowledged(api: Api) -> None:
    """A late score creates a past period. A process must find the period although its cached list lacks the period."""
    await new_board(api, *KINDS)
    await api.players(1, 2)
    api.clock.now = MIDNIGHT + 1
    for period in ("2026-11-22", MONDAY):
        assert await scores(api, period) == "period_not_found"
    await submit(api, 1, 5, achieved_at=text(MIDNIGHT - 1))
    assert await scores(api, MONDAY) == {1: 5}
    assert await scores(api, "2026-11-22") == "period_not_found"


async def test_what_comes_too_late_counts_in_what_goes_on(api: Api) -> None:
    await new_board(api, *KINDS)
    await api.players(1)
    api.clock.now = MIDNIGHT + GRACE_MS
    await submit(api, 1, 5, achieved_at=text(MIDNIGHT - 1))
    assert await scores(api, MONDAY) == "period_not_found"
    assert await scores(api, TUESDAY) == {}
    assert await scores(api, "2026-W48") == await scores(api, "all-time") == {1: 5}


async def test_where_nothing_goes_on_it_is_refused(api: Api) -> None:
    await new_board(api, PeriodKind.DAILY)
    await api.players(1)
    api.clock.now = MIDNIGHT + GRACE_MS
    late = {"user_id": 1, "score": 5, "achieved_at": text(MIDNIGHT - 1)}
    assert await submit(api, **late) == "period_closed"
    answer = await api.post("/api/boards/laps/scores/batch", {"submissions": [late, {"user_id": 1, "score": 3}]})
    refused, taken = answer.json()["results"]
    assert (refused["error"]["code"], taken["score"]) == ("period_closed", 3)
    assert await scores(api, MONDAY) == "period_not_found"


async def test_a_batch_over_the_boundary_counts_each_where_it_belongs(api: Api) -> None:
    await new_board(api, *KINDS)
    await api.players(1, 2)
    api.clock.now = MIDNIGHT + 1000
    batch = [
        {"user_id": 1, "score": 5, "achieved_at": text(MIDNIGHT - 1)},
        {"user_id": 2, "score": 6, "achieved_at": text(MIDNIGHT)},
    ]
    await api.post("/api/boards/laps/scores/batch", {"submissions": batch})
    assert (await scores(api, MONDAY), await scores(api, TUESDAY)) == ({1: 5}, {2: 6})


async def test_a_time_that_is_yet_to_come_is_now(api: Api) -> None:
    await new_board(api, *KINDS)
    await api.players(1)
    api.clock.now = MIDNIGHT - 1
    receipt = await submit(api, 1, 5, achieved_at=text(MIDNIGHT + 1000))
    assert receipt["achieved_at"] == "2026-11-23T23:59:59.999Z"
    assert (await scores(api, MONDAY), await scores(api, TUESDAY)) == ({1: 5}, "period_not_found")


async def test_a_copy_is_told_the_same_after_the_boundary(api: Api) -> None:
    await new_board(api, *KINDS)
    await api.players(1)
    api.clock.now = MIDNIGHT - 1
    submission = {"score": 5, "submission_id": str(uuid4())}
    first = await submit(api, 1, **submission)
    for late in (1, GRACE_MS + 1, 90 * 86_400_000):
        api.clock.now = MIDNIGHT + late
        copy = await submit(api, 1, **submission)
        assert copy == {**first, "duplicate": True}
    assert await scores(api, MONDAY) == {1: 5}
    assert await scores(api, TUESDAY) == "period_not_found"


async def test_the_receipt_is_of_the_first_period_it_counts_in(api: Api) -> None:
    await new_board(api, PeriodKind.DAILY, PeriodKind.ALL_TIME)
    await api.players(1)
    await submit(api, 1, 5)
    api.clock.now = MIDNIGHT
    assert (await submit(api, 1, 3))["score"] == 3
    api.clock.now = MIDNIGHT + GRACE_MS
    late = await submit(api, 1, 2, achieved_at=text(MIDNIGHT - 1))
    assert (late["score"], late["submissions"]) == (10, 3)


async def test_players_may_not_tell_the_time() -> None:
    async with serving(**TOKENS) as api:
        await new_board(api, PeriodKind.DAILY, open_to_players=True)
        await api.players(1)
        own = token(1)
        assert await submit(api, 1, 5, own, achieved_at=text(api.clock.now - 1000)) == "forbidden"
        assert (await submit(api, 1, 5, own))["score"] == 5


async def test_the_current_period_is_the_first_kind_of_the_board(api: Api) -> None:
    await new_board(api, PeriodKind.WEEKLY, PeriodKind.ALL_TIME)
    assert (await api.get("/api/boards/laps/top")).json()["period"] == "2026-W48"
    assert (await api.get("/api/boards/laps/top?period=daily")).status_code == 404


@pytest.mark.parametrize("read", ["page?limit=2", "range?limit=2"])
async def test_a_cursor_goes_on_in_the_period_it_was_made_in(api: Api, read: str) -> None:
    await new_board(api, *KINDS)
    await api.players(*range(1, 8))
    for user_id in range(1, 6):
        await submit(api, user_id, user_id)
    first = (await api.get(f"/api/boards/laps/{read}")).json()
    api.clock.now = MIDNIGHT
    await submit(api, 7, 70)
    following = (await api.get(f"/api/boards/laps/{read}&cursor={first['next']}")).json()
    assert (following["period"], [e["user_id"] for e in following["entries"]]) == (MONDAY, [3, 2])
    assert (await api.get(f"/api/boards/laps/{read}")).json()["period"] == TUESDAY
    other = await api.get(f"/api/boards/laps/{read}&cursor={first['next']}&period={TUESDAY}")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "invalid_cursor")


@pytest.mark.parametrize("number", [1, 6, -1, 2**62 + 1, -(2**62) + 1])
@pytest.mark.parametrize("direction", Direction)
async def test_a_cursor_of_one_s_own_making_leads_nowhere(api: Api, number: int, direction: Direction) -> None:
    board = await new_board(api, PeriodKind.DAILY)
    forged = encoded(direction, Ladder(board, number), bytes(KEY_BYTES))
    answer = await api.get(f"/api/boards/laps/page?cursor={forged}")
    assert (answer.status_code, answer.json()["error"]["code"]) in {(422, "invalid_cursor"), (404, "period_not_found")}


async def test_the_cached_top_is_of_its_own_period(api: Api) -> None:
    await new_board(api, *KINDS)
    await api.players(1, 2)
    api.clock.now = MIDNIGHT - 1
    await submit(api, 1, 5)
    assert await scores(api, "current") == {1: 5}
    api.clock.now = MIDNIGHT
    assert await scores(api, "current") == {}
    await submit(api, 2, 6)
    assert await scores(api, "current") == {2: 6}
    assert await scores(api, MONDAY) == {1: 5}
