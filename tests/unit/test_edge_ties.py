"""Ranks, percentiles and pages agree with each other at ties, at hidden entries and at the ends of a board."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.boards import Board, Order, Policy, RankStyle
from leaderforge.domain.order import Place, end_key, rank_bound, sort_key, start_key, tie_bound
from leaderforge.domain.periods import Calendar, PeriodKind
from tests.strategies import scores
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import ADMIN_KEY, Api, serving

WHY = {"reason": "a reason"}
BOARDS = [
    Board(1, "default", "Default", order=order, rank_style=style, subscore_order=subscore)
    for order in Order
    for style in RankStyle
    for subscore in (None, *Order)
]
places = st.builds(Place, scores, st.integers(-(10**12), 10**12), st.integers(1, 2**53 - 1), scores)


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """Application that accepts player tokens."""
    async with serving(**TOKENS) as api:
        yield api


async def ranked(api: Api, style: RankStyle, scores: Sequence[int]) -> str:
    """Create a board and give the players 1, 2, ... these scores. Return the path of the board."""
    await api.store.create_board(Board(0, "ties", "Ties", Policy.BEST, Order.DESC, style))
    await api.ranked(dict(enumerate(scores, 1)), "ties")
    return "/api/boards/ties"


async def read(api: Api, path: str, key: str | None = None) -> Any:
    answer = await api.get(path, key)
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("scores", "user_id", "percentile"),
    [
        ([70, 70, 70], 1, 0.0),
        ([70, 70, 70], 3, 0.0),
        ([80, 40, 40, 40, 40], 2, 0.0),
        ([80, 40, 40, 40, 40], 1, 100.0),
        ([20, *[10] * 8, 5], 4, 100 / 9),
        ([9, *[6] * 250, 1], 100, 100 / 251),
    ],
)
async def test_a_percentile_counts_the_players_who_are_really_behind(
    api: Api, scores: list[int], user_id: int, percentile: float
) -> None:
    board = await ranked(api, RankStyle.SHARED, scores)
    assert (await read(api, f"{board}/ranks/{user_id}"))["percentile"] == percentile


@pytest.mark.parametrize(
    ("scores", "percent", "user_id"),
    [
        ([80, 40, 40, 40, 40], 50, 1),
        ([80, 40, 40, 40, 40], 0, 5),
        ([20, *[10] * 8, 5], 1, 9),
        ([20, *[10] * 8, 5], 12, 1),
        ([20, *[10] * 8, 5], 50, 1),
    ],
)
async def test_the_entry_at_a_percentile_is_ahead_of_that_many(
    api: Api, scores: list[int], percent: int, user_id: int
) -> None:
    board = await ranked(api, RankStyle.SHARED, scores)
    answer = await read(api, f"{board}/percentile/{percent}")
    assert answer["entry"]["user_id"] == user_id
    assert answer["percentile"] == (await read(api, f"{board}/ranks/{user_id}"))["percentile"] >= percent


async def test_among_equals_nobody_is_ahead_of_anybody(api: Api) -> None:
    board = await ranked(api, RankStyle.SHARED, [70, 70])
    answer = await api.get(f"{board}/percentile/50")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_ranked")
    assert answer.json()["error"]["message"] == "no player on board 'ties' is ahead of 50 % of the others"


@pytest.mark.parametrize(
    ("style", "hidden", "ranks"),
    [
        (RankStyle.ORDINAL, 1, [1, 2, 3, 4]),
        (RankStyle.ORDINAL, 3, [1, 2, 3, 4]),
        (RankStyle.SHARED, 1, [1, 1, 3, 4]),
        (RankStyle.SHARED, 3, [1, 1, 3, 4]),
    ],
)
async def test_a_hidden_player_cannot_tell(api: Api, style: RankStyle, hidden: int, ranks: list[int]) -> None:
    """Hidden players who read their own entries see all ranks and totals as if they were not hidden."""
    board = await ranked(api, style, [100, 100, 90, 80])
    before = [await read(api, f"{board}/around/{hidden}?radius=4"), await lookup(api, board)]
    await api.post(f"{board}/entries/{hidden}/hide", WHY, ADMIN_KEY)
    own = token(hidden)
    around, friends = await read(api, f"{board}/around/{hidden}?radius=4", own), await lookup(api, board, own)
    for answer in (around, friends):
        assert [entry["rank"] for entry in answer["entries"]] == ranks
        assert answer["total"] == 4
    assert [entry["rank_among"] for entry in friends["entries"]] == ranks
    assert [{**answer, "as_of": None} for answer in (around, friends)] == [{**old, "as_of": None} for old in before]
    assert (await read(api, f"{board}/ranks/{hidden}", own))["rank"] == ranks[hidden - 1]
    for window in (1, 2, 3, 4, 5):
        entries = (await read(api, f"{board}/around/{hidden}?window={window}", own))["entries"]
        assert [entry["rank"] for entry in entries] == [
            entry["rank"] for entry in around["entries"] if entry["user_id"] in {e["user_id"] for e in entries}
        ]
        assert len(entries) == min(window, 4)
    others = await read(api, f"{board}/page", own)
    assert (others["total"], [entry["user_id"] for entry in others["entries"]]) == (
        3,
        [user_id for user_id in (1, 2, 3, 4) if user_id != hidden],
    )


async def lookup(api: Api, board: str, key: str | None = None) -> Any:
    answer = await api.post(f"{board}/ranks/lookup", {"user_ids": [1, 2, 3, 4]}, key)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_admin_sees_a_hidden_entry_that_changes_no_rank(api: Api) -> None:
    board = await ranked(api, RankStyle.ORDINAL, [100, 90, 80])
    await api.post(f"{board}/entries/2/hide", WHY, ADMIN_KEY)
    entries = (await read(api, f"{board}/around/2", ADMIN_KEY))["entries"]
    assert [(entry["user_id"], entry["rank"]) for entry in entries] == [(1, 1), (2, 2), (3, 2)]


@pytest.mark.parametrize("is_index_complete", [True, False])
@pytest.mark.parametrize("path", ["page?rank=3", "page?rank=1000000"])
async def test_beyond_the_end_a_page_leads_back(api: Api, path: str, is_index_complete: bool) -> None:
    board = await ranked(api, RankStyle.ORDINAL, [30, 20])
    if not is_index_complete:
        api.index.wipe()
    page = await read(api, f"{board}/{path}&limit=2")
    assert (page["entries"], page["total"], page["next"]) == ([], 2, None)
    back = await read(api, f"{board}/page?cursor={page['previous']}&limit=2")
    assert [entry["rank"] for entry in back["entries"]] == [1, 2]
    assert (back["previous"], back["next"]) == (None, None)


async def test_a_cursor_whose_entries_have_left_leads_back(api: Api) -> None:
    board = await ranked(api, RankStyle.ORDINAL, [30, 20, 10])
    first = await read(api, f"{board}/page?limit=2")
    await api.send("DELETE", f"{board}/entries/3?reason=gone", None, ADMIN_KEY)
    page = await read(api, f"{board}/page?cursor={first['next']}&limit=2")
    assert (page["entries"], page["total"]) == ([], 2)
    back = await read(api, f"{board}/page?cursor={page['previous']}&limit=2")
    assert back["entries"] == first["entries"]


@pytest.mark.parametrize("source", ["index", "postgres"])
async def test_beyond_the_end_of_a_past_period_a_page_leads_back(api: Api, source: str) -> None:
    calendar = Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME))
    await api.store.create_board(Board(0, "ties", "Ties", Policy.BEST, Order.DESC, calendar=calendar))
    await api.ranked({1: 30, 2: 20}, "ties")
    api.clock.now += 86_400_000
    await api.post("/api/boards/ties/scores", {"user_id": 1, "score": 40})
    if source == "postgres":
        api.index.wipe()
    past = "/api/boards/ties/page?period=2026-11-23&limit=1"
    answer = await api.get(f"{past}&rank=1000000")
    page = answer.json()
    assert answer.headers["x-leaderforge-source"] == source
    assert (page["entries"], page["total"], page["next"]) == ([], 2, None)
    back = await read(api, f"{past}&cursor={page['previous']}")
    assert [(entry["rank"], entry["user_id"], entry["score"]) for entry in back["entries"]] == [(2, 2, 20)]


@pytest.mark.parametrize("source", ["index", "postgres"])
async def test_beyond_the_end_of_a_range_the_total_is_exact(api: Api, source: str) -> None:
    board = await ranked(api, RankStyle.ORDINAL, [30, 20, 10])
    first = await read(api, f"{board}/range?min_score=10&max_score=20&limit=1")
    await api.send("DELETE", f"{board}/entries/3?reason=gone", None, ADMIN_KEY)
    if source == "postgres":
        api.index.wipe()
    answer = await api.get(f"{board}/range?min_score=10&max_score=20&limit=1&cursor={first['next']}")
    page = answer.json()
    assert answer.headers["x-leaderforge-source"] == source
    assert (page["entries"], page["total"], page["next"]) == ([], 1, None)
    assert "previous" not in page


async def test_before_the_start_a_page_leads_forward(api: Api) -> None:
    board = await ranked(api, RankStyle.ORDINAL, [30, 20, 10])
    second = await read(api, f"{board}/page?rank=2&limit=2")
    await api.send("DELETE", f"{board}/entries/1?reason=gone", None, ADMIN_KEY)
    page = await read(api, f"{board}/page?cursor={second['previous']}&limit=2")
    assert (page["entries"], page["previous"]) == ([], None)
    forward = await read(api, f"{board}/page?cursor={page['next']}&limit=2")
    assert [entry["user_id"] for entry in forward["entries"]] == [2, 3]


async def test_an_empty_board_has_no_other_pages(api: Api) -> None:
    page = await read(api, "/api/boards/default/page?rank=5")
    assert (page["entries"], page["total"], page["next"], page["previous"]) == ([], 0, None, None)


@pytest.mark.parametrize(
    ("user_id", "window", "ranks"),
    [
        (1, 5, [1, 2, 3, 4, 5]),
        (10, 5, [6, 7, 8, 9, 10]),
        (5, 5, [3, 4, 5, 6, 7]),
        (2, 5, [1, 2, 3, 4, 5]),
        (5, 1, [5]),
        (5, 500, list(range(1, 11))),
    ],
)
async def test_a_window_is_full_wherever_the_player_stands(
    api: Api, user_id: int, window: int, ranks: list[int]
) -> None:
    board = await ranked(api, RankStyle.ORDINAL, list(range(100, 0, -10)))
    entries = (await read(api, f"{board}/around/{user_id}?window={window}"))["entries"]
    assert [entry["rank"] for entry in entries] == ranks


@pytest.mark.parametrize("query", ["radius=2&window=5", "window=0", "window=501", "window=x"])
async def test_windows_are_checked(api: Api, query: str) -> None:
    board = await ranked(api, RankStyle.ORDINAL, [10])
    answer = await api.get(f"{board}/around/1?{query}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


@given(st.sampled_from(BOARDS), places)
def test_every_key_lies_between_the_ends_of_its_board(board: Board, place: Place) -> None:
    assert start_key(board) < sort_key(board, place) < end_key(board)


@given(st.sampled_from([board for board in BOARDS if board.rank_style is RankStyle.SHARED]), places, places)
def test_a_tie_ends_behind_all_who_share_the_rank(board: Board, place: Place, another: Place) -> None:
    key, other = sort_key(board, place), sort_key(board, another)
    is_tied = rank_bound(board, key) == rank_bound(board, other)
    assert is_tied == (rank_bound(board, key) <= other < tie_bound(board, key))
