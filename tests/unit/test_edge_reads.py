"""Reads over HTTP: format of responses, paging, and conditional reads."""

from typing import Any

import pytest
from pydantic import BaseModel

from functions.edge.wire import boards, distributions, entries, players, ranks
from functions.edge.wire.cursors import Direction, encoded
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy, RankStyle
from tests.unit.edge_fixtures import Api

SCORES = {user_id: user_id * 10 for user_id in range(1, 31)}
READS: list[tuple[str, type[BaseModel]]] = [
    ("/api/leaderboard/top", entries.TopOut),
    ("/api/leaderboard/rank/7", ranks.PlayerOut),
    ("/api/boards/default/top?limit=3", entries.TopOut),
    ("/api/boards/default/ranks/7", ranks.PlayerOut),
    ("/api/boards/default/around/7?radius=2", entries.AroundOut),
    ("/api/boards/default/page?rank=5&limit=3", entries.PageOut),
    ("/api/boards/default/range?min_score=50&max_score=90", entries.RangeOut),
    ("/api/boards/default/distribution?buckets=4", distributions.DistributionOut),
    ("/api/boards/default/percentile/90", ranks.PercentileOut),
    ("/api/boards", boards.BoardsOut),
    ("/api/boards/default", boards.BoardOut),
    ("/api/users?prefix=player", players.UsersOut),
    ("/api/users/7", players.UserOut),
]
PATHS = [path for path, _ in READS]
WITH_PERIOD = [path for path in PATHS if "users" not in path and not path.endswith(("boards", "default"))]


def ids(page: Any) -> list[int]:
    return [entry["user_id"] for entry in page["entries"]]


@pytest.mark.parametrize(("path", "shape"), READS)
async def test_the_shape_is_the_documented_one(api: Api, path: str, shape: type[BaseModel]) -> None:
    await api.ranked(SCORES)
    answer = await api.get(path)
    assert answer.status_code == 200, answer.text
    shape.model_validate_json(answer.content)
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-leaderforge-source"] in {"index", "cache", "postgres"}


@pytest.mark.parametrize("path", PATHS)
async def test_what_did_not_change_is_not_sent_again(api: Api, path: str) -> None:
    await api.ranked(SCORES)
    first = await api.get(path)
    api.clock.now += 60_000
    again = await api.get(path, If_None_Match=f'"other", {first.headers["etag"]}')
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    assert "content-length" not in again.headers
    assert "x-leaderforge-source" in again.headers
    other = await api.get(path, If_None_Match='"other"')
    assert other.status_code == 200


@pytest.mark.parametrize("path", [path for path in WITH_PERIOD if "distribution" not in path])
async def test_what_changed_is_sent(api: Api, path: str) -> None:
    await api.ranked(SCORES)
    before = await api.get(path)
    batch = [{"user_id": user_id, "score": 1 if user_id < 20 else 100_000} for user_id in SCORES]
    await api.post("/api/boards/default/scores/batch", {"submissions": batch})
    await api.ranked({31: 500_000})
    after = await api.get(path, If_None_Match=before.headers["etag"])
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


async def test_any_etag_matches_a_star(api: Api) -> None:
    assert (await api.get("/api/leaderboard/top", If_None_Match="*")).status_code == 304


@pytest.mark.parametrize("path", PATHS)
async def test_head_is_get_without_the_body(api: Api, path: str) -> None:
    await api.ranked(SCORES)
    answer = await api.client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == (await api.get(path)).headers["etag"]


async def test_the_top_is_in_order_and_complete(api: Api) -> None:
    await api.ranked(SCORES)
    top = (await api.get("/api/leaderboard/top?limit=3")).json()
    assert top["total"] == 30
    assert top["as_of"] == "2026-11-23T12:00:00.030Z"
    assert top["entries"][0] == {
        "rank": 1,
        "user_id": 30,
        "username": "player 30",
        "score": 300,
        "submissions": 1,
        "achieved_at": "2026-11-23T12:00:00.030Z",
        "metadata": None,
    }
    assert ids(top) == [30, 29, 28]


async def test_the_top_of_an_empty_board(api: Api) -> None:
    top = (await api.get("/api/leaderboard/top")).json()
    assert (top["entries"], top["total"]) == ([], 0)


async def test_the_top_comes_from_the_cache_until_it_changes(api: Api) -> None:
    await api.ranked(SCORES)
    answers = [await api.get("/api/leaderboard/top") for _ in range(2)]
    assert [one.headers["x-leaderforge-source"] for one in answers] == ["index", "cache"]
    assert answers[0].content == answers[1].content
    await api.ranked({99: 1000})
    fresh = await api.get("/api/leaderboard/top")
    assert (fresh.headers["x-leaderforge-source"], ids(fresh.json())[0]) == ("index", 99)


@pytest.mark.parametrize("limit", [1, 9, 10, 11, 30, 1000])
async def test_each_limit_is_kept(api: Api, limit: int) -> None:
    await api.ranked(SCORES)
    for _ in range(2):
        assert len(ids((await api.get(f"/api/leaderboard/top?limit={limit}")).json())) == min(limit, 30)


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "ten", "1.0", "1e1", "", " 5", "+5", "1_0", "٣", "9" * 20])
async def test_limits_are_whole_numbers_in_their_range(api: Api, limit: str) -> None:
    answer = await api.client.get("/api/leaderboard/top", params={"limit": limit})
    assert (answer.status_code, answer.json()["error"]["details"]["errors"][0]["at"]) == (422, "limit")


@pytest.mark.parametrize("path", WITH_PERIOD)
@pytest.mark.parametrize(
    ("period", "status"), [("current", 200), ("all-time", 200), ("2026-W48", 404), ("someday", 422), ("", 422)]
)
async def test_periods(api: Api, path: str, period: str, status: int) -> None:
    await api.ranked(SCORES)
    joint = "&" if "?" in path else "?"
    assert (await api.get(f"{path}{joint}period={period}")).status_code == status


async def test_a_rank_tells_how_it_compares(api: Api) -> None:
    await api.ranked(SCORES)
    player = (await api.get("/api/leaderboard/rank/1")).json()
    assert (player["rank"], player["score"], player["percentile"], player["total"]) == (30, 10, 0.0, 30)
    assert (await api.get("/api/leaderboard/rank/30")).json()["percentile"] == 100.0


@pytest.mark.parametrize("path", ["/api/leaderboard/rank/5", "/api/boards/default/around/5"])
async def test_who_has_no_score_is_not_ranked(api: Api, path: str) -> None:
    await api.players(5)
    answer = await api.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_ranked")
    assert "etag" not in answer.headers


@pytest.mark.parametrize("user_id", ["x", "1.0", "9007199254740992", "-9007199254740992", "%201", "1%00"])
async def test_ids_are_checked(api: Api, user_id: str) -> None:
    answer = await api.get(f"/api/leaderboard/rank/{user_id}")
    assert (answer.status_code, answer.json()["error"]["details"]["errors"][0]["at"]) == (422, "user_id")


async def test_looking_up_friends(api: Api) -> None:
    await api.ranked(SCORES)
    answer = await api.post("/api/boards/default/ranks/lookup", {"user_ids": [3, 99, 20, 3]}, None)
    ranks.LookupOut.model_validate_json(answer.content)
    found = answer.json()
    assert [(e["user_id"], e["rank"], e["rank_among"]) for e in found["entries"]] == [(20, 11, 1), (3, 28, 2)]
    assert (found["missing"], found["total"]) == ([99], 30)


async def test_a_lookup_of_nobody_finds_nobody(api: Api) -> None:
    await api.ranked(SCORES)
    answer = await api.post("/api/boards/default/ranks/lookup", {"user_ids": []}, None)
    ranks.LookupOut.model_validate_json(answer.content)
    found = answer.json()
    assert (found["entries"], found["missing"], found["total"]) == ([], [], 30)


@pytest.mark.parametrize("user_ids", [list(range(5001)), ["1"], [1.5], None, 5])
async def test_lookups_are_checked(api: Api, user_ids: Any) -> None:
    answer = await api.post("/api/boards/default/ranks/lookup", {"user_ids": user_ids}, None)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    ("user_id", "radius", "expected"), [(15, 2, [17, 16, 15, 14, 13]), (30, 1, [30, 29]), (5, 0, [5])]
)
async def test_neighbours(api: Api, user_id: int, radius: int, expected: list[int]) -> None:
    await api.ranked(SCORES)
    around = (await api.get(f"/api/boards/default/around/{user_id}?radius={radius}")).json()
    assert (ids(around), around["total"]) == (expected, 30)


async def test_pages_lead_on_and_back(api: Api) -> None:
    await api.ranked(SCORES)
    page = (await api.get("/api/boards/default/page?limit=7")).json()
    assert page["previous"] is None
    forth = [ids(page)]
    while page["next"]:
        page = (await api.get(f"/api/boards/default/page?limit=7&cursor={page['next']}")).json()
        forth.append(ids(page))
    back = [ids(page)]
    while page["previous"]:
        page = (await api.get(f"/api/boards/default/page?limit=7&cursor={page['previous']}")).json()
        back.append(ids(page))
    assert [i for part in forth for i in part] == list(range(30, 0, -1))
    assert sorted(i for part in back for i in part) == list(range(1, 31))


async def test_the_rank_of_a_page_is_a_position(api: Api) -> None:
    await api.store.create_board(Board(0, "tied", "Tied", Policy.BEST, rank_style=RankStyle.SHARED))
    await api.ranked({1: 30, 2: 20, 3: 20, 4: 20, 5: 10}, "tied")
    ranks_from = {}
    for position in range(1, 6):
        page = (await api.get(f"/api/boards/tied/page?rank={position}")).json()
        ranks_from[position] = [(entry["rank"], entry["user_id"]) for entry in page["entries"]]
    everyone = [(1, 1), (2, 2), (2, 3), (2, 4), (5, 5)]
    assert ranks_from == {position: everyone[position - 1 :] for position in range(1, 6)}


async def test_a_page_beyond_the_end_is_empty(api: Api) -> None:
    await api.ranked(SCORES)
    page = (await api.get("/api/boards/default/page?rank=500")).json()
    assert (page["entries"], page["total"], page["next"]) == ([], 30, None)


async def test_a_range_of_scores_is_paged(api: Api) -> None:
    await api.ranked(SCORES)
    path = "/api/boards/default/range?min_score=100&max_score=200&limit=4"
    page = (await api.get(path)).json()
    assert (page["total"], ids(page)) == (11, [20, 19, 18, 17])
    assert page["entries"][0]["rank"] == 11
    seen = ids(page)
    while page["next"]:
        page = (await api.get(f"{path}&cursor={page['next']}")).json()
        seen += ids(page)
    assert seen == list(range(20, 9, -1))


@pytest.mark.parametrize(
    "query", ["min_score=2&max_score=1", f"min_score={-MAX_INTEGER - 1}", "max_score=1.5", "min_score=true"]
)
async def test_ranges_are_checked(api: Api, query: str) -> None:
    assert (await api.get(f"/api/boards/default/range?{query}")).status_code == 422


async def test_a_range_whose_ends_are_swapped_is_refused(api: Api) -> None:
    answer = await api.get("/api/boards/default/range?min_score=2&max_score=1")
    assert answer.json()["error"]["message"] == "min_score 2 is greater than max_score 1; swap them"


async def test_cursors_hold_where_they_come_from_alone(api: Api) -> None:
    await api.ranked(SCORES)
    await api.store.create_board(Board(0, "other", "Other"))
    cursor = (await api.get("/api/boards/default/page?limit=2")).json()["next"]
    ranged = (await api.get("/api/boards/default/range?limit=2")).json()["next"]
    for path in (
        f"/api/boards/other/page?cursor={cursor}",
        f"/api/boards/default/range?cursor={cursor}",
        f"/api/boards/default/page?cursor={ranged}",
        f"/api/boards/default/page?cursor={cursor[:-1]}{'A' if cursor[-1] != 'A' else 'Q'}",
        f"/api/boards/default/page?cursor={cursor}A",
        "/api/boards/default/page?cursor=",
        "/api/boards/default/page?cursor=%00%C3%A9",
    ):
        answer = await api.get(path)
        assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_cursor"), path


async def test_a_page_begins_at_a_rank_or_a_cursor(api: Api) -> None:
    answer = await api.get("/api/boards/default/page?rank=1&cursor=x")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, "invalid_request")


async def test_a_distribution_counts_everyone(api: Api) -> None:
    await api.ranked(SCORES)
    spread = (await api.get("/api/boards/default/distribution?buckets=4")).json()
    assert sum(bucket["count"] for bucket in spread["buckets"]) == spread["count"] == 30
    assert (spread["min"], spread["max"], spread["buckets"][0]["low"], spread["buckets"][-1]["high"]) == (
        10,
        300,
        10,
        300,
    )
    assert spread["p50"] == 160


async def test_the_distribution_of_an_empty_board(api: Api) -> None:
    spread = (await api.get("/api/boards/default/distribution")).json()
    assert (spread["buckets"], spread["count"], spread["min"], spread["p99"]) == ([], 0, None, None)


@pytest.mark.parametrize("percent", ["0", "100", "50", "99.9", "33.333333", "1e-05", "100.0"])
async def test_percentiles(api: Api, percent: str) -> None:
    await api.ranked(SCORES)
    found = (await api.get(f"/api/boards/default/percentile/{percent}")).json()
    assert found["percentile"] >= float(percent)
    assert found["score"] == found["entry"]["score"]


@pytest.mark.parametrize("percent", ["-1", "100.1", "nan", "inf", "1e5", "1e-999999999", "½", "1/2", " 5", "5" * 30])
async def test_percentiles_are_checked(api: Api, percent: str) -> None:
    await api.ranked({1: 1})
    answer = await api.client.get(f"/api/boards/default/percentile/{percent.replace('/', '%2F')}")
    assert answer.status_code in {404, 422}


async def test_the_percentile_of_an_empty_board(api: Api) -> None:
    answer = await api.get("/api/boards/default/percentile/50")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_ranked")


async def test_boards_are_listed_by_name(api: Api) -> None:
    await api.store.create_board(Board(0, "laps", 'Fast "laps"', Policy.BEST, Order.ASC, RankStyle.SHARED))
    boards = (await api.get("/api/boards")).json()["boards"]
    assert [board["board"] for board in boards] == ["default", "laps"]
    laps = (await api.get("/api/boards/laps")).json()
    assert laps == boards[1]
    told = {name: laps[name] for name in ("board", "name", "policy", "order", "rank_style")}
    assert told == {"board": "laps", "name": 'Fast "laps"', "policy": "best", "order": "asc", "rank_style": "shared"}


@pytest.mark.parametrize("path", [path.replace("default", "nowhere") for path in PATHS if "default" in path])
async def test_unknown_boards_are_told(api: Api, path: str) -> None:
    answer = await api.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "board_not_found")


@pytest.mark.parametrize("path", [path for path in PATHS if "users" not in path])
async def test_without_the_index_the_store_answers(api: Api, path: str) -> None:
    await api.ranked(SCORES)
    expected = (await api.get(path)).headers["etag"]
    api.index.wipe()
    api.clock.now += 60_000
    answer = await api.get(path)
    assert (answer.status_code, answer.headers["x-leaderforge-source"]) == (200, "postgres")
    assert answer.headers["etag"] == expected


@pytest.mark.parametrize("path", WITH_PERIOD)
async def test_without_the_store_the_index_answers(api: Api, path: str) -> None:
    await api.ranked(SCORES)
    api.store.available = False
    answer = await api.get(path)
    assert (answer.status_code, answer.headers["x-leaderforge-source"]) == (200, "index")


@pytest.mark.parametrize("path", WITH_PERIOD)
async def test_without_both_reading_has_to_wait(api: Api, path: str) -> None:
    await api.ranked(SCORES)
    api.store.available = False
    api.index.wipe()
    answer = await api.get(path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (503, "index_unavailable")
    assert answer.headers["retry-after"] == "1"


async def test_the_first_page_comes_from_the_cache_until_an_entry_changes(api: Api) -> None:
    await api.ranked({user_id: 10 * user_id for user_id in range(1, 151)})
    path = "/api/boards/default/page?limit=50"
    first, second = await api.get(path), await api.get(path)
    assert (first.headers["x-leaderforge-source"], second.headers["x-leaderforge-source"]) == ("index", "cache")
    assert first.json() == second.json()
    await api.post("/api/scores", {"user_id": 1, "score": 5000})
    changed = await api.get(path)
    assert changed.headers["x-leaderforge-source"] == "index"
    assert changed.json()["entries"][0]["user_id"] == 1


@pytest.mark.parametrize("limit", [1, 49, 50, 51, 100, 101])
@pytest.mark.parametrize("players", [0, 1, 50, 100, 101])
async def test_the_first_page_from_the_cache_equals_a_page_that_is_read(api: Api, players: int, limit: int) -> None:
    await api.ranked({user_id: user_id % 7 for user_id in range(1, players + 1)})
    board = await api.edge.board_unchecked("default")
    page = await api.services.query.page(Ladder(board), 1, limit)
    body = (await api.get(f"/api/boards/default/page?limit={limit}")).json()
    assert [entry["user_id"] for entry in body["entries"]] == [entry.user_id for entry in page.entries]
    assert body["total"] == page.total
    assert body["next"] == encoded(Direction.NEXT, Ladder(board), page.next)
    assert body["previous"] is None
