"""All standings of a player in one call."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from functions.edge.wire.standings import StandingsOut
from leaderforge.domain.boards import Backfill, Board, Order, Policy, RankStyle
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import ExternalId, Player
from tests.api_client import ADMIN_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving

KINDS = (PeriodKind.DAILY, PeriodKind.WEEKLY, PeriodKind.ALL_TIME)
DAY = 86_400_000


async def new_board(api: Api, slug: str, *kinds: PeriodKind, **rules: Any) -> Board:
    calendar = Calendar(kinds or (PeriodKind.ALL_TIME,))
    return await api.store.create_board(Board(0, slug, slug, calendar=calendar, **rules))


async def submit(api: Api, slug: str, user_id: int, score: int, **members: Any) -> None:
    api.clock.now += 1
    answer = await api.post(f"/api/boards/{slug}/scores", {"user_id": user_id, "score": score, **members})
    assert answer.status_code == 200, answer.text


async def standings(api: Api, player: int | str, query: str = "", key: str | None = None) -> Any:
    answer = await api.get(f"/api/users/{player}/standings{query}", key)
    if answer.status_code != 200:
        return answer.json()["error"]["code"]
    StandingsOut.model_validate_json(answer.content)
    return answer.json()


def places(answer: Any) -> list[tuple[str, str, int, int]]:
    return [(entry["board"], entry["period"], entry["rank"], entry["score"]) for entry in answer["standings"]]


async def played(api: Api) -> None:
    """Create the players 1 to 3. Players 1 and 2 submit scores to two boards. One board has several period kinds."""
    await new_board(api, "laps", *KINDS)
    await new_board(api, "arena")
    await api.players(1, 2, 3)
    await submit(api, "laps", 1, 5)
    api.clock.now += DAY
    for slug, user_id, score in (("laps", 2, 9), ("laps", 1, 1), ("arena", 2, 4)):
        await submit(api, slug, user_id, score)


async def test_every_board_and_each_current_period(api: Api) -> None:
    await played(api)
    answer = await standings(api, 2)
    assert places(answer) == [
        ("arena", "all-time", 1, 4),
        ("laps", "2026-11-24", 1, 9),
        ("laps", "2026-W48", 1, 9),
        ("laps", "all-time", 1, 9),
    ]
    assert (answer["user_id"], answer["next"]) == (2, None)
    assert places(await standings(api, 1)) == [
        ("laps", "2026-11-24", 2, 1),
        ("laps", "2026-W48", 2, 6),
        ("laps", "all-time", 2, 6),
    ]


async def test_periods_and_boards_can_be_chosen(api: Api) -> None:
    await played(api)
    assert places(await standings(api, 2, "?period=current")) == [
        ("arena", "all-time", 1, 4),
        ("laps", "2026-11-24", 1, 9),
    ]
    assert places(await standings(api, 2, "?period=weekly,all-time&board=laps")) == [
        ("laps", "2026-W48", 1, 9),
        ("laps", "all-time", 1, 9),
    ]
    assert places(await standings(api, 2, "?period=monthly")) == []


async def test_many_boards_come_in_pages(api: Api) -> None:
    await api.players(1)
    slugs = sorted(f"board-{i}" for i in range(25))
    for slug in slugs:
        await new_board(api, slug)
        await submit(api, slug, 1, 1)
    pages = [await standings(api, 1, "?limit=20")]
    while pages[-1]["next"] is not None:
        pages.append(await standings(api, 1, f"?limit=20&after={pages[-1]['next']}"))
    assert [len(page["standings"]) for page in pages] == [20, 5]
    assert [entry["board"] for page in pages for entry in page["standings"]] == slugs


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=101", "period=", "period=2026-W48", "period=daily,", "board=%C3%A9", "board=laps&after=arena"],
)
async def test_invalid_parameters_are_refused(api: Api, query: str) -> None:
    await played(api)
    assert await standings(api, 2, f"?{query}") == "invalid_request"


async def test_a_player_without_a_standing_has_an_empty_list_and_a_missing_player_none(api: Api) -> None:
    await played(api)
    for query in ("", "?board=laps"):
        assert places(await standings(api, 3, query)) == []
        assert await standings(api, 4, query) == "user_not_found"
    assert await standings(api, 2, "?board=nowhere") == "board_not_found"


async def test_external_ids_name_players_too(api: Api) -> None:
    await api.services.parts.users.create([Player(7, None, None, START, ExternalId("a/b"))])
    await submit(api, "default", 7, 3)
    [entry] = (await standings(api, "ext:a%2Fb"))["standings"]
    assert (entry["user_id"], entry["external_id"], entry["rank"]) == (7, "a/b", 1)
    assert await standings(api, "ext:unknown") == "user_not_found"


async def test_private_boards_are_left_out_or_refused() -> None:
    async with serving(**TOKENS) as api:
        await api.players(1)
        for slug, private in (("a-private", True), ("public", False), ("z-private", True)):
            await new_board(api, slug, private=private)
            await submit(api, slug, 1, 1)
        answer = await standings(api, 1, "?limit=1")
        assert ([entry["board"] for entry in answer["standings"]], answer["next"]) == (["public"], None)
        assert await standings(api, 1, "?board=a-private") == "unauthenticated"
        assert await standings(api, 1, "?board=a-private", token(1)) == "forbidden"
        for key in (ADMIN_KEY, token(2, scope="read")):
            boards = [entry["board"] for entry in (await standings(api, 1, key=key))["standings"]]
            assert boards == ["a-private", "public", "z-private"]


async def test_hidden_entries_are_shown_to_the_player_and_to_admins() -> None:
    async with serving(**TOKENS) as api:
        await played(api)
        hiding = {"reason": "cheating"}
        answer = await api.post("/api/boards/laps/entries/2/hide", hiding, ADMIN_KEY)
        assert answer.status_code == 200, answer.text
        hidden_board = [("laps", "2026-11-24", 1, 9), ("laps", "2026-W48", 1, 9), ("laps", "all-time", 1, 9)]
        for key in (None, token(1)):
            answer = await standings(api, 2, "?limit=1", key)
            assert (places(answer), answer["next"]) == ([("arena", "all-time", 1, 4)], None)
        own = await standings(api, 2, key=token(2))
        assert places(own) == [("arena", "all-time", 1, 4), *hidden_board]
        assert not any("hidden" in entry for entry in own["standings"])
        marked = [entry.get("hidden") for entry in (await standings(api, 2, key=ADMIN_KEY))["standings"]]
        assert marked == [None, True, True, True]


async def test_periods_in_backfill_are_named_instead(api: Api) -> None:
    await played(api)
    await api.change_board("laps", backfill=Backfill((PeriodKind.DAILY,), START, api.clock.now))
    answer = await standings(api, 2, "?board=laps")
    assert answer["building"] == [{"board": "laps", "period": "2026-11-24"}]
    assert [period for _, period, _, _ in places(answer)] == ["2026-W48", "all-time"]


async def test_the_source_is_the_index_or_the_store(api: Api) -> None:
    await played(api)
    path = "/api/users/2/standings"
    assert (await api.get(path)).headers["x-leaderforge-source"] == "index"
    api.index.wipe()
    api.clock.now += 60_000
    fallback = await api.get(path)
    assert fallback.headers["x-leaderforge-source"] == "postgres"
    assert len(fallback.json()["standings"]) == 4


async def test_without_postgresql_one_board_is_still_readable(api: Api) -> None:
    await played(api)
    expected = places(await standings(api, 2, "?board=laps"))
    api.store.available = False
    assert await standings(api, 2) == "store_unavailable"
    assert places(await standings(api, 2, "?board=laps")) == expected


BOARDS = [
    ("best-asc", {"policy": Policy.BEST, "order": Order.ASC, "rank_style": RankStyle.SHARED}),
    ("latest", {"policy": Policy.LATEST, "subscore_order": Order.DESC}),
    ("sum", {"policy": Policy.SUM, "rank_style": RankStyle.SHARED}),
]
SUBMISSIONS = st.lists(
    st.tuples(st.sampled_from(BOARDS), st.integers(1, 4), st.integers(-3, 3), st.integers(0, 1), st.booleans()),
    max_size=25,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(submissions=SUBMISSIONS)
async def test_each_standing_is_the_rank_of_its_board(submissions) -> None:
    async with serving() as api:
        for slug, rules in BOARDS:
            await new_board(api, slug, *KINDS, **rules)
        await api.players(1, 2, 3, 4)
        for (slug, rules), user_id, score, subscore, is_next_day in submissions:
            api.clock.now += DAY * is_next_day
            members = {"subscore": subscore} if "subscore_order" in rules else {"metadata": {"level": score}}
            await submit(api, slug, user_id, score, **members)
        for user_id in (1, 2, 3, 4):
            answer = await standings(api, user_id)
            combined = {(entry.pop("board"), entry.pop("period")): entry for entry in answer["standings"]}
            single = {}
            for slug, _ in BOARDS:
                for kind in KINDS:
                    rank = await api.get(f"/api/boards/{slug}/ranks/{user_id}?period={kind}")
                    if rank.status_code == 200:
                        period = (await api.get(f"/api/boards/{slug}/top?period={kind}")).json()["period"]
                        single[slug, period] = {k: v for k, v in rank.json().items() if k != "as_of"}
            assert combined == single
