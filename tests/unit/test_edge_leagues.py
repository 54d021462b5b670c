"""Leagues over HTTP: the settings of a board, a player's group, and its settlement."""

from typing import Any
from uuid import UUID

import pytest

from functions.edge.wire.leagues import LeagueGroupOut
from functions.maintain import settle
from leaderforge.domain.boards import Ladder
from leaderforge.domain.settlement import Settlement, SettlementProgress
from leaderforge.domain.standings import Event, standing_of
from leaderforge.domain.submissions import Submission
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import LAST_COUNT_MS, PROPAGATION_MS, SETTLE_MS
from leaderforge.services.leagues import has_final_results
from tests.api_client import ADMIN_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving

DAY = 86_400_000
WEEK_END = 1_795_996_800_000
"""2026-11-30T00:00:00Z, the end of the first week, in ms."""
LEAGUE = {
    "divisions": ["Gold", "Silver", "Bronze"],
    "group_size": 4,
    "promotion": {"places": 1},
    "relegation": {"percent": 25},
}


async def new_league(api: Api, slug: str = "weekly", **settings: Any) -> None:
    body = {"board": slug, "policy": "best", "periods": ["all-time", "weekly"], "league": LEAGUE} | settings
    answer = await api.post("/api/boards", body, ADMIN_KEY)
    assert answer.status_code == 201, answer.text


async def play(api: Api, scores: dict[int, int], slug: str = "weekly") -> None:
    for user_id, score in scores.items():
        api.clock.now += 1
        answer = await api.post(f"/api/boards/{slug}/scores", {"user_id": user_id, "score": score})
        assert answer.status_code == 200, answer.text


async def group_of(api: Api, user_id: int, query: str = "", key: str | None = None, slug: str = "weekly") -> Any:
    answer = await api.get(f"/api/boards/{slug}/league/{user_id}{query}", key)
    if answer.status_code != 200:
        return answer.json()["error"]["code"]
    LeagueGroupOut.model_validate_json(answer.content)
    return answer.json()


def listed(group: Any) -> list[tuple[int, int | None, int, str]]:
    return [(e["user_id"], e["group_rank"], e["rank"], e["movement"]) for e in group["entries"]]


async def test_a_group_has_ranks_on_three_levels(api: Api) -> None:
    await new_league(api)
    await api.players(*range(1, 8))
    await play(api, {1: 10, 2: 30, 3: 20, 4: 40, 5: 50, 6: 5})
    group = await group_of(api, 3)
    assert listed(group) == [(4, 1, 2, "promoted"), (2, 2, 3, "stayed"), (3, 3, 4, "stayed"), (1, 4, 5, "stayed")]
    assert (group["division"], group["group"], group["state"]) == ("Bronze", 1, "open")
    assert (group["group_rank"], group["group_total"]) == (3, 4)
    assert (group["division_rank"], group["division_total"]) == (4, 6)
    assert (group["rank"], group["total"]) == (4, 6)
    assert (group["movement"], group["next_division"]) == ("stayed", "Bronze")
    assert (group["promoted"], group["relegated"]) == (1, 0)
    assert (group["period"], group["ends_at"]) == ("2026-W48", "2026-11-30T00:00:00.000Z")
    assert group["left_ms"] == WEEK_END - api.clock.now
    assert listed(await group_of(api, 6)) == [(5, 1, 1, "promoted"), (6, 2, 6, "stayed")]


async def test_a_settled_week_is_final_and_the_next_one_follows_from_it(api: Api) -> None:
    await new_league(api)
    await api.players(*range(1, 8))
    await play(api, {1: 10, 2: 30, 3: 20, 4: 40, 5: 50})
    api.clock.now = WEEK_END + 1000
    assert (await group_of(api, 5, "?period=2026-W48"))["state"] == "closing"
    await play(api, {5: 7})
    waiting = await group_of(api, 5)
    assert (waiting["state"], waiting["division"], waiting["group"], waiting["entries"]) == ("waiting", None, None, [])
    assert (waiting["rank"], waiting["total"]) == (1, 1)
    api.clock.now = WEEK_END + 300_000 + LAST_COUNT_MS
    assert await settle(api.services) == 1
    # Player 5 was alone in a group. This group had under half of the size, and the settlement merged it with the other
    # group.
    past = await group_of(api, 5, "?period=2026-W48")
    assert (past["state"], past["left_ms"], past["group"], past["movement"]) == ("settled", 0, 1, "promoted")
    assert [user for user, *_ in listed(past)] == [5, 4, 2, 3, 1]
    current = await group_of(api, 5)
    assert (current["division"], current["state"], listed(current)) == ("Silver", "open", [(5, 1, 1, "promoted")])
    assert await group_of(api, 1) == "not_ranked"
    assert await api.services.seasons.settlement.faults() == []


async def test_absent_players_and_teams_are_relegated_whatever_their_ids(api: Api) -> None:
    league = LEAGUE | {"entry": "Gold", "inactive": "relegate", "promotion": {"places": 0}, "relegation": {"places": 0}}
    await new_league(api, league=league)
    await new_league(api, "clans", league=league, team={"source": "weekly"})
    await api.players(-7, 0, 1, 2)
    for user_id in (-7, 0, 1, 2):
        team = {"name": f"Team {user_id}", "team_id": -10 - user_id, "captain_id": user_id}
        assert (await api.post("/api/teams", team)).status_code == 201
    await play(api, {-7: 10, 0: 20, 1: 30, 2: 40})
    api.clock.now = WEEK_END + 1000
    await play(api, {2: 7})
    await api.services.teams.scores.settle()
    for week in (1, 2):
        api.clock.now = WEEK_END + (week - 1) * 7 * DAY + 300_000 + LAST_COUNT_MS + SETTLE_MS
        await api.services.teams.scores.sweep()
        await api.services.seasons.settlement.run()
    await play(api, {-7: 10, 0: 20, 1: 30, 2: 40})
    await api.services.teams.scores.settle()
    for user_id in (-7, 0, 1, 2):
        division = "Gold" if user_id == 2 else "Silver"
        assert (await group_of(api, user_id))["division"] == division
        assert (await group_of(api, -10 - user_id, slug="clans"))["division"] == division
    assert await api.services.seasons.settlement.faults() == []


async def test_a_period_of_a_team_board_waits_for_the_scores_of_members(api: Api) -> None:
    await new_league(api, league=None)
    await new_league(api, "clans", team={"source": "weekly"})
    await api.players(1, 2)
    for user_id in (1, 2):
        await api.post("/api/teams", {"name": f"Team {user_id}", "team_id": -user_id, "captain_id": user_id})
    await play(api, {1: 10, 2: 5})
    await api.services.teams.scores.settle()
    # The process ends before it has changed the score of the team.
    api.services.delivery.on_changed = lambda ladder, user_ids: None
    await play(api, {2: 99})
    api.clock.now = WEEK_END + 300_000 + LAST_COUNT_MS
    for _ in range(2):
        # The first sweep ends with the changes that were certainly committed some seconds ago.
        assert await api.services.seasons.settlement.run() == 0
        await api.services.teams.scores.sweep()
    api.clock.now += SETTLE_MS
    await api.services.teams.scores.sweep()
    assert await api.services.seasons.settlement.run() == 1
    past = await group_of(api, -2, "?period=2026-W48", slug="clans")
    assert (past["state"], listed(past)) == ("settled", [(-2, 1, 1, "promoted"), (-1, 2, 2, "stayed")])
    assert await api.services.seasons.settlement.faults() == []


@pytest.mark.parametrize(
    ("part", "settled_at", "is_final"),
    [("league", None, False), ("league", 5, True), ("awards", None, True), ("awards", 5, True)],
)
def test_results_stay_final_while_a_later_part_is_settled_again(
    part: str, settled_at: int | None, is_final: bool
) -> None:
    assert has_final_results(Settlement(SettlementProgress(part, {}), settled_at)) is is_final
    assert not has_final_results(None)


async def test_who_has_no_league_or_no_entry_is_told(api: Api) -> None:
    await new_league(api)
    await api.players(1, 2)
    await play(api, {1: 10})
    assert await group_of(api, 2) == "not_ranked"
    assert await group_of(api, 1, "?period=all-time") == "league_not_found"
    assert await group_of(api, 1, slug="default") == "league_not_found"
    assert await group_of(api, 1, slug="nowhere") == "board_not_found"
    await api.send("PATCH", "/api/boards/weekly", {"league": None}, ADMIN_KEY)
    assert await group_of(api, 1) == "league_not_found"


async def test_hidden_players_see_themselves_and_nobody_else_does() -> None:
    async with serving(**TOKENS) as api:
        await new_league(api)
        await api.players(1, 2, 3)
        await play(api, {1: 10, 2: 30, 3: 20})
        await api.post("/api/users/2/hide", {"reason": "cheats"}, ADMIN_KEY)
        assert await group_of(api, 2) == "not_ranked"
        assert [entry[:2] for entry in listed(await group_of(api, 1))] == [(3, 1), (1, 2)]
        own = await group_of(api, 2, key=token("2"))
        assert [entry[:2] for entry in listed(own)] == [(2, 1), (3, 2), (1, 3)]
        shown = await group_of(api, 1, key=ADMIN_KEY)
        assert [entry[:2] for entry in listed(shown)] == [(2, None), (3, 1), (1, 2)]


async def test_a_seat_that_a_process_did_not_take_is_taken_by_the_first_read(api: Api) -> None:
    await new_league(api)
    await api.players(1)
    api.services.submit._seats = None  # the process dies after the commit
    await play(api, {1: 10})
    assert (await group_of(api, 1))["group"] == 1


async def frozen(api: Api, moment: int | None) -> None:
    at = None if moment is None else time_text(moment)
    answer = await api.send("PATCH", "/api/boards/weekly", {"frozen_at": at}, ADMIN_KEY)
    assert answer.status_code == 200, answer.text


async def test_results_and_groups_of_after_the_moment_of_a_freeze_are_hidden(api: Api) -> None:
    await new_league(api, moment_days=30)
    await api.players(1, 2)
    await play(api, {1: 10, 2: 30})
    api.clock.now = WEEK_END + 1000
    await play(api, {2: 7})
    await frozen(api, api.clock.now + 1000)
    api.clock.now = WEEK_END + 300_000 + LAST_COUNT_MS
    assert await settle(api.services) == 1
    for key, expected in ((None, ("closing", "waiting", None)), (ADMIN_KEY, ("settled", "open", "Silver"))):
        past, current = [await group_of(api, 2, query, key) for query in ("?period=2026-W48", "")]
        assert (past["state"], current["state"], current["division"]) == expected


async def test_results_of_before_the_moment_of_a_freeze_stay_final(api: Api) -> None:
    await new_league(api, moment_days=30)
    await api.players(1, 2)
    await play(api, {1: 10, 2: 30})
    api.clock.now = WEEK_END + 300_000 + LAST_COUNT_MS
    assert await settle(api.services) == 1
    await play(api, {2: 7, 1: 5})
    await frozen(api, api.clock.now)
    api.clock.now += DAY
    for query in ("?period=2026-W48", ""):
        seen, present = [await group_of(api, 2, query, key) for key in (None, ADMIN_KEY)]
        assert seen | {"as_of": present["as_of"]} == present
        assert seen["division_total"] == (2 if query else 1)


async def test_a_read_at_a_moment_takes_no_seat(api: Api) -> None:
    await new_league(api, moment_days=30)
    await api.players(1)
    api.services.submit._seats = None  # the process dies after the commit
    await play(api, {1: 10})
    await frozen(api, api.clock.now)
    api.clock.now += DAY
    assert (await group_of(api, 1))["state"] == "waiting"
    await frozen(api, None)
    assert (await group_of(api, 1))["group"] == 1


async def test_submissions_to_other_boards_call_no_league_store(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    store = api.services.parts.leagues
    for name in ("rules", "open", "last_results", "seat", "waiting", "seat_of"):
        monkeypatch.setattr(store, name, lambda *_, name=name: calls.append(name))
    await api.ranked({1: 10, 2: 20})
    assert calls == []


async def test_standings_in_unknown_periods_take_no_seats(api: Api) -> None:
    await new_league(api)
    [board] = [board for board in await api.store.boards() if board.slug == "weekly"]
    seats = api.services.teams.scores._seats
    assert seats is not None
    await seats.take_changed([(Ladder(board, 7), standing_of(Event(1, UUID(int=1), 5, WEEK_END)))])


async def submit_to_the_past(api: Api, user_id: int, at: int) -> None:
    """Submit a score to all periods of a past time, as an import of history does."""
    board = await api.services.boards.get("weekly")
    event = Event(user_id, UUID(int=user_id), 99, at)
    await api.services.submit.submit(Submission(board.ladders_kept(at, api.clock.now), event))


async def test_a_score_of_a_settled_week_takes_no_seat(api: Api) -> None:
    await new_league(api)
    await api.players(1, 2)
    await play(api, {1: 10})
    api.clock.now = WEEK_END + 300_000 + LAST_COUNT_MS
    assert await settle(api.services) == 1
    await submit_to_the_past(api, 2, WEEK_END - DAY)
    assert await group_of(api, 2, "?period=2026-W48") == "not_ranked"
    assert await api.services.seasons.settlement.faults() == []


async def test_a_league_of_a_recurring_tournament_ends_with_the_occurrence(api: Api) -> None:
    league = LEAGUE | {"period": "season"}
    season = {"periods": ["season", "all-time"], "season": "0 12 * * MON", "tournament": {"duration_s": 7200}}
    await new_league(api, league=league, **season)
    await api.players(1, 2, 3)
    await play(api, {1: 10, 2: 20})
    end = START + 7_200_000
    states = []
    for api.clock.now in (end - 1, end, end + PROPAGATION_MS):
        await api.services.seasons.settlement.run()
        group = await group_of(api, 2)
        states.append((group["state"], group["left_ms"], group["movement"]))
        assert group["ends_at"] == time_text(end)
    assert states == [("open", 1, "promoted"), ("closing", 0, "promoted"), ("settled", 0, "promoted")]
    # The period itself goes on. A search for players without a seat must not give a seat in the final groups.
    await submit_to_the_past(api, 3, end - 1)
    assert await api.services.seasons.seats.search() == 0
    assert await api.services.seasons.settlement.faults() == []


@pytest.mark.parametrize(
    "flaw",
    [
        {"period": "daily"},
        {"divisions": ["Gold", "Gold"]},
        {"entry": "Iron"},
        {"promotion": {"places": 1, "percent": 5}},
        {"promotion": {"places": 3}, "relegation": {"places": 2}},
    ],
)
async def test_a_wrong_league_is_refused_with_its_name(api: Api, flaw: dict[str, Any]) -> None:
    body = {"board": "weekly", "periods": ["all-time", "weekly"], "league": LEAGUE | flaw}
    answer = await api.post("/api/boards", body, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["details"]["setting"]) == (422, "league")


async def test_a_board_shows_its_league(api: Api) -> None:
    await new_league(api)
    answer = await api.get("/api/boards/weekly")
    shown = answer.json()["league"]
    assert shown == LEAGUE | {"period": "weekly", "entry": "Bronze", "inactive": "stay", "assignment": "arrival"}
    changed = await api.send("PATCH", "/api/boards/weekly", {"league": LEAGUE | {"inactive": "leave"}}, ADMIN_KEY)
    assert changed.json()["league"]["inactive"] == "leave"
