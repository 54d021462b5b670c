"""Past moments at the HTTP edge: `at`, `since`, and frozen boards."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from leaderforge.domain.times import moment_of, time_text
from leaderforge.domain.timing import PROPAGATION_MS, SETTLE_MS
from tests.api_client import ADMIN_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving

BOARD = {
    "board": "race",
    "policy": "best",
    "periods": ["all-time", "daily"],
    "moment_days": 30,
    "segments": ["country"],
}
HOUR = 3_600_000
SHARED = {"rank_style": "shared", "tiers": [{"name": "gold", "rank": 1}, {"name": "rest"}]}
"""Settings that change the ranks of players with equal scores, and add tiers."""
PATHS = ["top", "page", "page?rank=1&limit=200", "range", "around/1", "friends/1"]


@pytest.fixture
async def race() -> AsyncIterator[Api]:
    """Board at 15:00. At 12:00, players 1 and 2 got the scores 10 and 20. At 14:00, players 1 and 3 got 30 and 25."""
    async with serving(LEADERFORGE_SEGMENTS="country", **TOKENS) as api:
        assert (await api.post("/api/boards", BOARD, ADMIN_KEY)).status_code == 201
        await api.players(1, 2, 3)
        await api.send("PUT", "/api/users/1/friends", {"user_ids": [2, 3]}, token(1))
        for hour, user_id, score in ((0, 1, 10), (0, 2, 20), (2, 1, 30), (2, 3, 25)):
            api.clock.now = START + hour * HOUR
            answer = await api.post("/api/boards/race/scores", {"user_id": user_id, "score": score})
            assert answer.status_code == 200, answer.text
        api.clock.now = START + 3 * HOUR
        yield api


def with_parameter(path: str, parameter: str) -> str:
    return f"{path}{'&' if '?' in path else '?'}{parameter}"


async def get(api: Api, path: str, key: str | None = None) -> Any:
    answer = await api.get(f"/api/boards/race/{path}", key)
    assert answer.status_code == 200, answer.text
    return answer.json()


def scores(answer: Any) -> list[tuple[int, int, int]]:
    return [(entry["rank"], entry["user_id"], entry["score"]) for entry in answer["entries"]]


def ranked(answer: Any) -> list[tuple[int, int, str | None]]:
    """Return the rank, the player and the tier of each entry, None without tiers."""
    return [(entry["rank"], entry["user_id"], entry.get("tier")) for entry in answer["entries"]]


async def error_of(api: Api, path: str, key: str | None = None) -> Any:
    return (await api.get(f"/api/boards/race/{path}", key)).json()["error"]


@pytest.mark.parametrize("path", PATHS)
async def test_every_read_answers_as_of_a_moment(race: Api, path: str) -> None:
    at = time_text(START + HOUR)
    answer = await get(race, with_parameter(path, f"at={at}"), ADMIN_KEY)
    assert scores(answer) == [(1, 2, 20), (2, 1, 10)]
    assert (answer["as_of"], answer["total"]) == (at, 2)
    assert scores(await get(race, path, ADMIN_KEY))[0] == (1, 1, 30)


async def test_other_reads_answer_as_of_a_moment(race: Api) -> None:
    at = time_text(START + HOUR)
    assert (await get(race, f"ranks/1?at={at}"))["rank"] == 2
    assert (await error_of(race, f"ranks/3?at={at}"))["code"] == "not_ranked"
    assert (await get(race, f"distribution?at={at}"))["count"] == 2
    assert (await get(race, f"percentile/50?at={at}"))["entry"]["user_id"] == 2
    found = (await race.post(f"/api/boards/race/ranks/lookup?at={at}", {"user_ids": [1, 3]})).json()
    assert ([e["rank"] for e in found["entries"]], found["missing"]) == ([2], [3])
    page = await get(race, f"page?at={at}&limit=1")
    assert scores(await get(race, f"page?at={at}&limit=1&cursor={page['next']}")) == [(2, 1, 10)]
    assert scores(await get(race, f"top?period=daily&at={at}")) == [(1, 2, 20), (2, 1, 10)]
    assert scores(await get(race, f"top?at={time_text(START)}&period=daily")) == [(1, 2, 20), (2, 1, 10)]


async def test_moments_that_cannot_be_read_are_refused(race: Api) -> None:
    before = await error_of(race, f"top?at={time_text(START - 1)}")
    assert (before["code"], before["details"]["first"]) == ("moment_not_found", time_text(START))
    late = await error_of(race, f"top?at={time_text(race.clock.now - SETTLE_MS + 1)}")
    assert "is not final; use a time before 2026-11-23T14:59:53.000Z" in late["message"]
    none = (await race.get(f"/api/boards/default/top?at={time_text(START)}")).json()["error"]
    assert "keeps no past standings; set moment_days" in none["message"]
    assert "at: must be" in (await error_of(race, "top?at=yesterday"))["message"]


async def test_a_segment_has_the_players_of_the_moment(race: Api) -> None:
    for hour, user_id, country in ((3, 1, "FI"), (3, 2, "FI"), (4, 1, "SE")):
        race.clock.now = START + hour * HOUR
        attributes = {"attributes": {"country": country}}
        assert (await race.send("PATCH", f"/api/users/{user_id}", attributes, ADMIN_KEY)).status_code == 200
    race.clock.now = START + 5 * HOUR
    at = time_text(START + 3 * HOUR)
    for path in ("top", "page", "page?rank=1&limit=200", "range", "around/1"):
        answer = await get(race, with_parameter(path, f"segment=country:FI&at={at}"), ADMIN_KEY)
        assert scores(answer) == [(1, 1, 30), (2, 2, 20)]
    rank = await get(race, f"ranks/2?at={at}")
    assert (rank["rank"], rank["rank_in"], rank["total"]) == (3, {"country": 2}, 3)
    assert (await get(race, f"around/2?at={at}"))["rank_in"] == {"country": 2}
    assert (await get(race, "ranks/2"))["rank_in"] == {"country": 1}
    assert (await get(race, f"distribution?segment=country:FI&at={at}"))["count"] == 2
    found = await race.post(f"/api/boards/race/ranks/lookup?segment=country:FI&at={at}", {"user_ids": [1, 2, 3]})
    assert (len(found.json()["entries"]), found.json()["missing"]) == (2, [3])
    assert (await error_of(race, f"ranks/1?segment=country:SE&at={at}"))["code"] == "not_ranked"


async def test_a_segment_has_its_movement(race: Api) -> None:
    for hour, user_id, country in ((3, 2, "FI"), (4, 1, "FI")):
        race.clock.now = START + hour * HOUR
        attributes = {"attributes": {"country": country}}
        assert (await race.send("PATCH", f"/api/users/{user_id}", attributes, ADMIN_KEY)).status_code == 200
    race.clock.now = START + 5 * HOUR
    answer = await get(race, "top?segment=country:FI&since=PT90M", ADMIN_KEY)
    moves = [(e["user_id"], e["previous_rank"], e["moved"], e["new"]) for e in answer["entries"]]
    assert moves == [(1, None, None, True), (2, 1, -1, False)]


async def test_segments_at_moments_from_before_they_were_stored_are_refused(race: Api) -> None:
    board = await race.services.parts.store.board("race")
    assert board is not None
    assert board.moments is not None
    await race.change_board("race", moments=replace(board.moments, segments_since=None))
    path = f"top?segment=country:FI&at={time_text(START + HOUR)}"
    assert "segments can be read at moments soon" in (await error_of(race, path))["message"]
    assert "rank_in" not in await get(race, f"ranks/1?at={time_text(START + HOUR)}")
    await race.services.moment_maintenance.run()
    race.edge.board_changed("race")
    refusal = await error_of(race, path)
    assert refusal["code"] == "moment_not_found"
    assert START + 3 * HOUR <= moment_of(refusal["details"]["first"]).timestamp() * 1000 <= race.clock.now


async def test_the_retention_ends_the_moments(race: Api) -> None:
    race.clock.now += 30 * 24 * HOUR
    at = time_text(START + 2 * HOUR)
    assert (await error_of(race, f"top?at={at}"))["details"]["first"] == time_text(START + 3 * HOUR)


@pytest.mark.parametrize("since", ["PT2H", "2026-11-23T13:00:00Z", "PT0H120M"])
@pytest.mark.parametrize("path", PATHS)
async def test_entries_have_their_movement(race: Api, path: str, since: str) -> None:
    if path == "range":
        return
    answer = await get(race, with_parameter(path, f"since={since}"), ADMIN_KEY)
    members = ("user_id", "previous_rank", "previous_score", "moved", "new")
    moves = [tuple(entry[name] for name in members) for entry in answer["entries"]]
    assert moves == [(1, 2, 10, 1, False), (3, None, None, None, True), (2, 1, 20, -2, False)]
    assert answer["since"] == time_text(START + HOUR)


async def test_ranks_and_lookups_have_their_movement(race: Api) -> None:
    rank = await get(race, "ranks/1?since=PT2H")
    assert (rank["previous_rank"], rank["moved"], rank["since"]) == (2, 1, time_text(START + HOUR))
    found = (await race.post("/api/boards/race/ranks/lookup?since=PT2H", {"user_ids": [3]})).json()
    assert (found["entries"][0]["new"], found["since"]) == (True, time_text(START + HOUR))
    at = time_text(START + HOUR)
    assert (await get(race, f"ranks/1?at={at}&since=PT0H1S"))["moved"] == 0


async def test_a_period_stands_for_its_start(race: Api) -> None:
    race.clock.now += 24 * HOUR
    for period in ("daily", "2026-11-24"):
        answer = await get(race, f"top?period=all-time&since={period}")
        assert answer["since"] == "2026-11-24T00:00:00.000Z"
    assert "has no start" in (await error_of(race, "top?since=all-time"))["message"]
    assert (await error_of(race, "top?since=weekly"))["code"] == "period_not_found"
    assert (await error_of(race, "top?since=soon"))["code"] == "period_not_found"
    assert "has no time zone" in (await error_of(race, "top?since=2026-11-24T00:00:00"))["message"]
    assert "later than the answer" in (await error_of(race, "top?since=2027-01-01T00:00:00Z"))["message"]


async def test_the_public_sees_the_moment_of_a_frozen_board(race: Api) -> None:
    frozen = time_text(START + HOUR)
    changed = await race.send("PATCH", "/api/boards/race", {"frozen_at": frozen}, ADMIN_KEY)
    assert changed.json()["frozen_at"] == frozen
    for path in PATHS[:-1]:
        assert scores(await get(race, path)) == [(1, 2, 20), (2, 1, 10)]
        assert scores(await get(race, path, ADMIN_KEY))[0] == (1, 1, 30)
    assert scores(await get(race, f"top?at={time_text(START + 150 * 60_000)}")) == [(1, 2, 20), (2, 1, 10)]
    assert (await get(race, "ranks/1"))["score"] == 10
    own = token(1)
    assert (await get(race, "ranks/1", own))["score"] == 30
    assert (await error_of(race, "ranks/3", own))["code"] == "not_ranked"
    assert "is frozen at" in (await error_of(race, "history/1"))["message"]
    assert (await race.get("/api/boards/race/history/1", own)).status_code == 200
    assert (await race.get("/api/users/1/standings?board=race")).json()["standings"][0]["score"] == 10
    assert (await race.get("/api/users/1/standings?board=race", own)).json()["standings"][0]["score"] == 30
    await race.send("PATCH", "/api/boards/race", {"frozen_at": None}, ADMIN_KEY)
    assert scores(await get(race, "top"))[0] == (1, 1, 30)


async def test_a_frozen_board_shows_its_segments_of_the_moment(race: Api) -> None:
    for hour, country in ((3, "FI"), (5, "SE")):
        race.clock.now = START + hour * HOUR
        attributes = {"attributes": {"country": country}}
        assert (await race.send("PATCH", "/api/users/1", attributes, ADMIN_KEY)).status_code == 200
    race.clock.now = START + 6 * HOUR
    await race.send("PATCH", "/api/boards/race", {"frozen_at": time_text(START + 4 * HOUR)}, ADMIN_KEY)
    for path in ("top", "page", "range"):
        assert scores(await get(race, f"{path}?segment=country:FI")) == [(1, 1, 30)]
        assert scores(await get(race, f"{path}?segment=country:FI", ADMIN_KEY)) == []


async def test_boards_freeze_at_a_future_time(race: Api) -> None:
    await race.send("PATCH", "/api/boards/race", {"frozen_at": time_text(START + 4 * HOUR)}, ADMIN_KEY)
    assert scores(await get(race, "top"))[0] == (1, 1, 30)
    race.clock.now = START + 4 * HOUR + 1
    await race.post("/api/boards/race/scores", {"user_id": 3, "score": 99})
    race.clock.now += 10_000
    assert scores(await get(race, "top"))[0] == (1, 1, 30)


async def test_the_moment_of_a_future_freeze_is_not_readable_before(race: Api) -> None:
    at = time_text(START + 4 * HOUR)
    await race.send("PATCH", "/api/boards/race", {"frozen_at": at}, ADMIN_KEY)
    for key in (None, ADMIN_KEY):
        for now, is_readable in ((3 * HOUR, False), (4 * HOUR + SETTLE_MS, True), (40 * 24 * HOUR, True)):
            race.clock.now = START + now
            assert (await race.get(f"/api/boards/race/top?at={at}", key)).status_code == (200 if is_readable else 422)


async def test_players_compare_their_own_rank_with_moments_after_the_freeze(race: Api) -> None:
    await race.send("PATCH", "/api/boards/race", {"frozen_at": time_text(START + HOUR)}, ADMIN_KEY)
    own = await get(race, "ranks/1?since=PT30M", token(1))
    assert (own["score"], own["previous_score"], own["since"]) == (30, 30, time_text(START + 150 * 60_000))
    for key in (None, token(2)):
        seen = await get(race, "ranks/1?since=PT30M", key)
        assert (seen["score"], seen["previous_score"], seen["as_of"]) == (10, 10, time_text(START + HOUR))


async def test_only_boards_with_moments_freeze(race: Api) -> None:
    refused = (await race.send("PATCH", "/api/boards/default", {"frozen_at": time_text(START)}, ADMIN_KEY)).json()[
        "error"
    ]
    assert refused["message"] == "frozen_at: needs past standings; set moment_days too"
    early = (await race.send("PATCH", "/api/boards/race", {"frozen_at": time_text(START - 1)}, ADMIN_KEY)).json()[
        "error"
    ]
    assert "is before the first moment" in early["message"]


async def test_moments_begin_after_the_copy(race: Api) -> None:
    await race.send("PATCH", "/api/boards/default", {"moment_days": 5}, ADMIN_KEY)
    early = (await race.get(f"/api/boards/default/top?at={time_text(START)}")).json()["error"]
    assert "copies its standings" in early["message"]
    refused = (await race.send("PATCH", "/api/boards/default", {"frozen_at": time_text(START)}, ADMIN_KEY)).json()[
        "error"
    ]
    assert "still copies" in refused["message"]
    await race.services.moment_maintenance.run()
    race.clock.now += PROPAGATION_MS
    assert await race.services.moment_maintenance.run() == 2
    first, race.clock.now = time_text(race.clock.now), race.clock.now + 2 * SETTLE_MS
    race.edge.board_changed("default")
    assert (await race.get(f"/api/boards/default/top?at={time_text(START)}")).json()["error"]["details"][
        "first"
    ] == first
    assert (await race.get(f"/api/boards/default/top?at={first}")).status_code == 200
    assert await race.services.moment_maintenance.run_if_due() == 2
    assert await race.services.moment_maintenance.run_if_due() == 0


async def test_moments_before_the_end_of_a_backfill_are_refused(race: Api) -> None:
    """At 15:00, the board gets weekly periods, of a week that began before. A minute later, they are complete."""
    await race.send("PATCH", "/api/boards/race", {"periods": [*BOARD["periods"], "weekly"]}, ADMIN_KEY)
    race.clock.now += PROPAGATION_MS - 1
    await race.post("/api/boards/race/scores", {"user_id": 3, "score": 26})
    race.clock.now = end = START + 3 * HOUR + 60_000
    assert await race.services.board_maintenance.run() == 1
    race.edge.board_changed("race")
    race.clock.now += HOUR
    for parameter in (f"at={time_text(end - 1)}", f"at={time_text(START + HOUR)}", "since=PT2H"):
        refusal = await error_of(race, f"top?period=weekly&{parameter}")
        assert (refusal["code"], refusal["details"]["first"]) == ("moment_not_found", time_text(end))
    assert scores(await get(race, f"top?period=weekly&at={time_text(end)}")) == [(1, 1, 30), (2, 3, 26), (3, 2, 20)]
    assert scores(await get(race, f"top?at={time_text(START + HOUR)}")) == [(1, 2, 20), (2, 1, 10)]
    race.clock.now += 24 * HOUR
    days = (await get(race, "rank-history/3?period=weekly"))["ranks"]
    assert [(daily["day"], daily["rank"]) for daily in days] == [("2026-11-23", 2), ("2026-11-24", 2)]
    await race.send("PATCH", "/api/boards/race", {"frozen_at": time_text(end - 1)}, ADMIN_KEY)
    assert (await error_of(race, "top?period=weekly"))["code"] == "moment_not_found"
    assert len((await get(race, "top?period=weekly", ADMIN_KEY))["entries"]) == 3
    standings = (await race.get("/api/users/3/standings?board=race")).json()["standings"]
    assert [standing["period"] for standing in standings] == ["all-time"]
    race.clock.now += 7 * 24 * HOUR
    at = time_text(end - 1)
    assert (await get(race, f"top?period=weekly&at={at}"))["total"] == 0  # before the start of this week


async def test_players_have_daily_ranks(race: Api) -> None:
    race.clock.now += 25 * HOUR  # the next day, 16:00
    await race.post("/api/boards/race/scores", {"user_id": 3, "score": 99})
    answer = await get(race, "rank-history/1?period=all-time&days=5")
    ranks = [(daily["day"], daily["at"], daily["rank"], daily["score"], daily["total"]) for daily in answer["ranks"]]
    assert ranks == [
        ("2026-11-23", "2026-11-23T23:59:59.999Z", 1, 30, 3),
        ("2026-11-24", "2026-11-24T16:00:00.000Z", 2, 30, 3),
    ]
    assert [daily["rank"] for daily in (await get(race, "rank-history/9?period=all-time"))["ranks"]] == [None, None]
    assert len((await get(race, "rank-history/1?period=all-time&days=1"))["ranks"]) == 1
    none = (await race.get("/api/boards/default/rank-history/1")).json()["error"]
    assert none["code"] == "moment_not_found"


async def test_daily_ranks_begin_with_the_moments(race: Api) -> None:
    assert (await race.post("/api/boards", BOARD | {"board": "new"}, ADMIN_KEY)).status_code == 201
    await race.post("/api/boards/new/scores", {"user_id": 1, "score": 5})
    answer = (await race.get("/api/boards/new/rank-history/1?period=all-time")).json()
    assert [(daily["at"], daily["rank"]) for daily in answer["ranks"]] == [(time_text(race.clock.now), 1)]


async def test_a_day_without_a_final_moment_has_no_daily_rank(race: Api) -> None:
    midnight = START + 12 * HOUR
    for now, days in (
        (midnight + SETTLE_MS - 2, ["2026-11-24"]),
        (midnight + SETTLE_MS - 1, ["2026-11-23", "2026-11-24"]),
        (midnight + 24 * HOUR, ["2026-11-23", "2026-11-25"]),
    ):
        race.clock.now = now
        assert [daily["day"] for daily in (await get(race, "rank-history/1?period=all-time"))["ranks"]] == days


async def test_moments_have_the_settings_of_then(race: Api) -> None:
    """At 15:00, all players have 30 points or fewer, two of them the same score. At 16:00, the settings change."""
    await race.post("/api/boards/race/scores", {"user_id": 2, "score": 30})
    race.clock.now = START + 4 * HOUR
    await race.send("PATCH", "/api/boards/race", SHARED, ADMIN_KEY)
    race.clock.now = START + 5 * HOUR
    at = f"at={time_text(START + 4 * HOUR - 1)}"
    for path in PATHS:
        before = await get(race, with_parameter(path, at), ADMIN_KEY)
        assert ranked(before) == [(1, 1, None), (2, 2, None), (3, 3, None)], path
        for later in (path, with_parameter(path, f"at={time_text(START + 4 * HOUR)}")):
            assert ranked(await get(race, later, ADMIN_KEY)) == [(1, 1, "gold"), (1, 2, "gold"), (3, 3, "rest")], path
    assert ranked(await get(race, f"top?limit=2&at={time_text(START + HOUR)}")) == [(1, 2, None), (2, 1, None)]
    rank = await get(race, f"ranks/2?{at}")
    assert (rank["rank"], "tier" in rank, "next_tier" in rank) == (2, False, False)
    found = (await race.post(f"/api/boards/race/ranks/lookup?{at}", {"user_ids": [2]})).json()["entries"]
    assert [(entry["rank"], "tier" in entry) for entry in found] == [(2, False)]
    page = await get(race, f"page?limit=1&{at}")
    assert ranked(await get(race, f"page?limit=1&{at}&cursor={page['next']}")) == [(2, 2, None)]
    history = await get(race, "rank-history/2?period=all-time")
    assert [daily["rank"] for daily in history["ranks"]] == [1]


async def test_previous_ranks_have_the_rank_style_of_then(race: Api) -> None:
    await race.post("/api/boards/race/scores", {"user_id": 2, "score": 30})
    race.clock.now = START + 4 * HOUR
    await race.send("PATCH", "/api/boards/race", SHARED, ADMIN_KEY)
    race.clock.now = START + 5 * HOUR
    for since, previous in (("PT90M", 2), ("PT30M", 1)):
        rank = await get(race, f"ranks/2?since={since}")
        assert (rank["rank"], rank["previous_rank"], rank["moved"], rank["tier"]) == (1, previous, previous - 1, "gold")
    both = await get(race, f"ranks/2?at={time_text(START + 4 * HOUR - 1)}&since=PT30M")
    assert (both["rank"], both["previous_rank"], "tier" in both) == (2, 2, False)


async def test_the_public_sees_a_frozen_board_with_the_settings_of_then(race: Api) -> None:
    await race.post("/api/boards/race/scores", {"user_id": 2, "score": 30})
    race.clock.now = START + 4 * HOUR
    await race.send("PATCH", "/api/boards/race", {"frozen_at": time_text(race.clock.now)}, ADMIN_KEY)
    race.clock.now += HOUR
    assert ranked(await get(race, "top")) == [(1, 1, None), (2, 2, None), (3, 3, None)]
    await race.send("PATCH", "/api/boards/race", SHARED, ADMIN_KEY)
    race.clock.now += HOUR
    for path in PATHS[:-1]:
        assert ranked(await get(race, path)) == [(1, 1, None), (2, 2, None), (3, 3, None)], path
        assert ranked(await get(race, path, ADMIN_KEY)) == [(1, 1, "gold"), (1, 2, "gold"), (3, 3, "rest")], path
    assert "tier" not in await get(race, "ranks/2")
    assert (await get(race, "ranks/2", token(2)))["tier"] == "gold"
    for key, expected in ((None, (2, None)), (token(2), (1, "gold"))):
        [standing, _] = (await race.get("/api/users/2/standings?board=race", key)).json()["standings"]
        assert (standing["rank"], standing.get("tier")) == expected
    await race.send("PATCH", "/api/boards/race", {"frozen_at": None}, ADMIN_KEY)
    assert ranked(await get(race, "top"))[1] == (1, 2, "gold")


async def test_segments_at_moments_have_the_rank_style_of_then(race: Api) -> None:
    for user_id in (1, 2):
        attributes = {"attributes": {"country": "FI"}}
        assert (await race.send("PATCH", f"/api/users/{user_id}", attributes, ADMIN_KEY)).status_code == 200
    await race.post("/api/boards/race/scores", {"user_id": 2, "score": 30})
    race.clock.now = START + 4 * HOUR
    await race.send("PATCH", "/api/boards/race", SHARED, ADMIN_KEY)
    race.clock.now = START + 5 * HOUR
    await race.send("PATCH", "/api/boards/race", {"rank_style": "ordinal"}, ADMIN_KEY)
    race.clock.now = START + 6 * HOUR
    for hour, second in ((3.5, 2), (4.5, 1), (5.5, 2)):
        at = f"at={time_text(int(START + hour * HOUR))}"
        answer = await get(race, f"top?segment=country:FI&{at}")
        assert ranked(answer) == [(1, 1, None), (second, 2, None)]
        assert (await get(race, f"ranks/2?{at}"))["rank_in"] == {"country": second}
