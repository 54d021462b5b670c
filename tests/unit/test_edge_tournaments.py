"""Tournaments over HTTP: state, joining, attempts, and equal rules for every way of submitting."""

import json
from typing import Any
from uuid import uuid4

import pytest

from leaderforge.adapters.memory.queue import MemoryQueue
from leaderforge.domain.moments import Moments
from leaderforge.domain.times import time_text
from leaderforge.domain.timing import PROPAGATION_MS
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving
from tests.unit.test_edge_submission_streams import GameServer
from tests.unit.test_ingest import buried, ingested, record

CUP = "/api/boards/cup"
HOUR_MS = 3_600_000
END = START + HOUR_MS


async def create(api: Api, slug: str = "cup", **rules: Any) -> None:
    """Create a board with a tournament of an hour that begins now, and 5 players."""
    times = {"starts_at": time_text(START), "ends_at": time_text(END)}
    body = {"board": slug, "policy": "best", "open_to_players": True, "tournament": {**times, **rules}}
    answer = await api.post("/api/boards", body, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    assert {name: answer.json()["tournament"][name] for name in times | rules} == times | rules
    await api.players(1, 2, 3, 4, 5)


async def submit(api: Api, user_id: int, score: int = 5, **members: Any) -> Any:
    return (await api.post(f"{CUP}/scores", {"user_id": user_id, "score": score, **members})).json()


def code(answer: Any) -> str | None:
    return answer.get("error", {}).get("code") if isinstance(answer, dict) else None


async def test_the_state_follows_from_the_time(api: Api) -> None:
    await create(api, late_grace_s=60, max_entrants=10)
    states = []
    settled_at = END + 60_000 + PROPAGATION_MS
    for now in (START - 1, START, END - 1, END, settled_at - 1, settled_at):
        api.clock.now = now
        view = (await api.get(f"{CUP}/tournament")).json()
        states.append(view["state"])
        assert view["now"] == time_text(now)
    assert states == ["upcoming", "open", "open", "closed", "closed", "settled"]
    assert (view["starts_at"], view["ends_at"]) == (time_text(START), time_text(END))
    assert (view["late_until"], view["settled_at"]) == (time_text(END + 60_000), time_text(settled_at))
    assert (view["entrants"], view["max_entrants"], view["next_starts_at"]) == (0, 10, None)


async def test_submissions_count_only_while_it_is_open(api: Api) -> None:
    await create(api, late_grace_s=60)
    outcomes = []
    for now in (START - 1, START, END - 1, END):
        api.clock.now = now
        outcomes.append(await submit(api, 1))
    assert [code(outcome) for outcome in outcomes] == ["tournament_not_open", None, None, "tournament_not_open"]
    assert [outcomes[i]["error"]["details"]["state"] for i in (0, 3)] == ["upcoming", "closed"]
    # Within the grace after the end, scores achieved before the end still count.
    for now, expected in ((END + 59_999, None), (END + 60_000, "tournament_not_open")):
        api.clock.now = now
        assert code(await submit(api, 2, achieved_at=time_text(END - 1))) == expected
        assert code(await submit(api, 2, achieved_at=time_text(END))) == "tournament_not_open"


async def test_attempts_and_their_window(api: Api) -> None:
    await create(api, max_attempts=3, attempt_window_s=60)
    first = str(uuid4())
    assert (await submit(api, 1, submission_id=first))["attempts_left"] == 2
    assert (await submit(api, 1, submission_id=first))["attempts_left"] == 2
    assert (await submit(api, 1))["attempts_left"] == 1
    entrant = (await api.get(f"{CUP}/tournament/entrants/1")).json()
    assert (entrant["number"], entrant["attempts"], entrant["attempts_left"]) == (1, 2, 1)
    assert entrant["window_ends_at"] == time_text(START + 60_000)
    export = (await api.get("/api/users/1/export", ADMIN_KEY)).json()
    joined_at = entrant["joined_at"]
    assert export["tournaments"] == [
        {"board": "cup", "period": "all-time", "joined_at": joined_at, "number": 1, "attempts": 2}
    ]
    assert "awards" not in export
    api.clock.now += 60_000
    assert code(await submit(api, 1)) == "attempt_window_over"
    for left in (2, 1, 0):
        assert (await submit(api, 2))["attempts_left"] == left
    assert code(await submit(api, 2)) == "attempts_exhausted"
    assert (await api.get(f"{CUP}/tournament/entrants/3")).json()["error"]["code"] == "entrant_not_found"


async def test_joining() -> None:
    async with serving(**TOKENS) as api:
        await create(api, join_required=True, max_entrants=2)
        api.clock.now = START - 5
        assert code(await submit(api, 1, achieved_at=time_text(START))) == "tournament_not_open"
        path = f"{CUP}/tournament/entrants"
        for user_id, key, status in ((1, token(1), 200), (2, token(1), 403), (2, None, 401), (2, SUBMIT_KEY, 200)):
            assert (await api.send("PUT", f"{path}/{user_id}", key=key)).status_code == status
        again = await api.send("PUT", f"{path}/1", key=token(1))
        assert (again.status_code, again.json()["number"]) == (200, 1)
        full = await api.send("PUT", f"{path}/3", key=SUBMIT_KEY)
        assert (full.status_code, code(full.json())) == (409, "tournament_full")
        api.clock.now = START
        assert code(await submit(api, 3)) == "not_joined"
        assert (await submit(api, 1))["score"] == 5
        assert (await api.get(f"{CUP}/tournament")).json()["entrants"] == 2
        api.clock.now = END
        assert code((await api.send("PUT", f"{path}/4", key=SUBMIT_KEY)).json()) == "tournament_not_open"


async def test_every_way_in_has_the_same_rules() -> None:
    queue = MemoryQueue()
    async with serving(queue) as api:
        await create(api, max_attempts=1)
        item = {"board": "cup", "user_id": 1, "score": 5}
        assert (await submit(api, 1))["attempts_left"] == 0
        for now, expected in ((START, "attempts_exhausted"), (END, "tournament_not_open")):
            api.clock.now = now
            batch = (await api.post("/api/scores/batch", {"submissions": [item, {**item, "user_id": 9}]})).json()
            errors = [code(result) for result in batch["results"]]
            assert errors == [expected, "user_not_found" if now == START else expected]
            server = GameServer(api, SUBMIT_KEY, {}, 0)
            assert await server.begin() == 200
            server.send(json.dumps(item).encode() + b"\n", last=True)
            assert code(await server.line()) == expected
            assert await ingested(api, record(item | {"submission_id": str(uuid4())})) == []
            [letter] = await buried(queue)
            assert letter.reason.startswith(expected)
            await queue.forget(letter)
            lines = f"player,score\nid:1,{6 if now == START else 7}\n".encode()
            query = "?board=cup&player=player&score=score&file=a.csv"
            imported = await api.upload(f"/api/admin/imports{query}", lines, ADMIN_KEY)
            assert imported.status_code == 200, imported.text
            result = json.loads(imported.text.splitlines()[-1])["result"]
            assert (result["recorded"], result["bad"]) == (0, 1), result


async def test_a_poll_of_a_tournament_with_the_etag_is_answered_304_until_it_changes(api: Api) -> None:
    await create(api)
    first = await api.get(f"{CUP}/tournament")
    api.clock.now += 1000
    etag = first.headers["etag"]
    assert (await api.get(f"{CUP}/tournament", if_none_match=etag)).status_code == 304
    assert (await api.get(f"{CUP}/tournament")).json() == first.json() | {"now": time_text(START + 1000)}
    await api.send("PUT", f"{CUP}/tournament/entrants/1", key=SUBMIT_KEY)
    changed = await api.get(f"{CUP}/tournament", if_none_match=etag)
    assert (changed.status_code, changed.json()["entrants"]) == (200, 1)


async def test_a_recurring_tournament_shows_the_open_or_the_next_occurrence(api: Api) -> None:
    body = {"board": "cup", "policy": "best", "periods": ["season"], "season": "0 18 * * 6"}
    answer = await api.post("/api/boards", {**body, "tournament": {"duration_s": 86_400}}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    await api.players(1)
    view = (await api.get(f"{CUP}/tournament")).json()
    assert (view["state"], view["period"]) == ("upcoming", "season-20261128T1800Z")
    assert (view["starts_at"], view["next_starts_at"]) == ("2026-11-28T18:00:00.000Z", "2026-12-05T18:00:00.000Z")
    past = (await api.get(f"{CUP}/tournament?period=season-20261121T1800Z")).json()
    assert (past["state"], past["ends_at"]) == ("settled", "2026-11-22T18:00:00.000Z")
    assert code(await submit(api, 1)) == "tournament_not_open"
    joined = await api.send("PUT", f"{CUP}/tournament/entrants/1", key=SUBMIT_KEY)
    assert joined.json()["period"] == "season-20261128T1800Z"
    api.clock.now = START + 5 * 24 * HOUR_MS + 6 * HOUR_MS
    assert (await submit(api, 1))["rank"] == 1
    view = (await api.get(f"{CUP}/tournament")).json()
    assert (view["state"], view["entrants"]) == ("open", 1)
    for period in ("2026-W48", "season-20261128T1801Z"):
        missing = await api.get(f"{CUP}/tournament?period={period}")
        assert (missing.status_code, code(missing.json())) == (404, "tournament_not_found"), period


async def test_an_early_end_is_the_present_at_the_earliest(api: Api) -> None:
    await create(api)
    rules = (await api.get(CUP)).json()["tournament"]
    early = {**rules, "early_ends": [time_text(START - 30_000)]}
    changed = await api.send("PATCH", CUP, {"tournament": early}, ADMIN_KEY)
    assert changed.json()["tournament"]["early_ends"] == [time_text(START)]
    assert (await api.get(f"{CUP}/tournament")).json()["state"] == "closed"
    assert code(await submit(api, 1)) == "tournament_not_open"
    # An unchanged end may be sent again, even in the past. A new end may not be in the past.
    api.clock.now += HOUR_MS
    assert (await api.send("PATCH", CUP, {"tournament": changed.json()["tournament"]}, ADMIN_KEY)).status_code == 200
    refused = await api.send("PATCH", CUP, {"tournament": {**rules, "ends_at": time_text(START + 1)}}, ADMIN_KEY)
    assert (refused.status_code, refused.json()["error"]["details"]) == (422, {"setting": "tournament"})


async def changed(api: Api, rules: dict[str, Any], **changes: Any) -> int:
    """Change rules of the tournament. Return the status."""
    return int((await api.send("PATCH", CUP, {"tournament": {**rules, **changes}}, ADMIN_KEY)).status_code)


@pytest.mark.parametrize(("late_ms", "status"), [(59_999, 200), (60_000, 422)])
@pytest.mark.parametrize("changes", [{"ends_at": time_text(END + HOUR_MS)}, {"late_grace_s": 3600}])
async def test_a_tournament_that_is_over_stays_over(
    api: Api, changes: dict[str, Any], late_ms: int, status: int
) -> None:
    await create(api, late_grace_s=60)
    rules = (await api.get(CUP)).json()["tournament"]
    api.clock.now = END + late_ms
    assert await changed(api, rules, max_attempts=3) == 200
    assert await changed(api, rules, **changes) == status


async def test_an_occurrence_that_is_over_stays_over(api: Api) -> None:
    season = {"periods": ["season"], "season": "0 * * * *", "policy": "best"}
    rules = {"duration_s": 1800}
    created = await api.post("/api/boards", {"board": "cup", **season, "tournament": rules}, ADMIN_KEY)
    assert created.status_code == 201, created.text
    api.clock.now = START + HOUR_MS // 2
    assert [await changed(api, rules, duration_s=s) for s in (1801, 3600, 1800)] == [422, 422, 200]
    # The second occurrence runs. A longer duration does not concern the first one, but a longer grace does.
    api.clock.now = START + HOUR_MS
    early = {**rules, "early_ends": [time_text(api.clock.now + 60_000)]}
    assert [await changed(api, rules, late_grace_s=s) for s in (1801, 1800)] == [422, 200]
    assert [await changed(api, rules, duration_s=s) for s in (3600, 1800)] == [200, 200]
    assert [await changed(api, change) for change in (early, rules, early)] == [200, 200, 200]
    api.clock.now += 60_000
    assert await changed(api, rules) == 422
    api.clock.now = START + 2 * HOUR_MS
    assert await changed(api, rules) == 200


async def test_brackets_fill_in_the_order_of_joining(api: Api) -> None:
    await create(api, bracket_size=4)
    api.clock.now = START - 5
    for user_id in (5, 4, 3, 2, 1):
        joined = await api.send("PUT", f"{CUP}/tournament/entrants/{user_id}", key=SUBMIT_KEY)
        assert joined.json()["bracket"] == (2 if user_id == 1 else 1)
    upcoming = (await api.get(f"{CUP}/tournament/brackets/1")).json()
    assert (upcoming["state"], upcoming["entries"], upcoming["missing"]) == ("upcoming", [], [5, 4, 3, 2])
    api.clock.now = START
    for user_id, score in ((1, 9), (2, 7), (4, 8)):
        await submit(api, user_id, score)
    first = (await api.get(f"{CUP}/tournament/brackets/1")).json()
    assert [(e["user_id"], e["bracket_rank"], e["rank"]) for e in first["entries"]] == [(4, 1, 2), (2, 2, 3)]
    assert (first["brackets"], first["bracket_size"], first["missing"], first["total"]) == (2, 4, [5, 3], 3)
    last = (await api.get(f"{CUP}/tournament/brackets/2")).json()
    assert [(e["user_id"], e["bracket_rank"], e["rank"]) for e in last["entries"]] == [(1, 1, 1)]
    # At the end, player 1, who is alone in bracket 2, is moved to bracket 1.
    api.clock.now = END
    merged = (await api.get(f"{CUP}/tournament/brackets/1")).json()
    assert [(e["user_id"], e["bracket_rank"]) for e in merged["entries"]] == [(1, 1), (4, 2), (2, 3)]
    assert (merged["brackets"], merged["state"]) == (1, "closed")
    assert (await api.get(f"{CUP}/tournament/entrants/1")).json()["bracket"] == 1
    missing = await api.get(f"{CUP}/tournament/brackets/2")
    assert (missing.status_code, code(missing.json())) == (404, "bracket_not_found")


async def test_the_bracket_of_a_frozen_board_has_the_settings_of_then(api: Api) -> None:
    await create(api, bracket_size=4)
    await api.change_board("cup", moments=Moments(30, START, START, START))
    for user_id in (1, 2):
        await api.send("PUT", f"{CUP}/tournament/entrants/{user_id}", key=SUBMIT_KEY)
        await submit(api, user_id)
    await api.send("PATCH", CUP, {"frozen_at": time_text(START + 1)}, ADMIN_KEY)
    api.clock.now += 60_000
    await api.send("PATCH", CUP, {"rank_style": "shared", "tiers": [{"name": "all"}]}, ADMIN_KEY)
    for key, expected in ((None, [(1, None), (2, None)]), (ADMIN_KEY, [(1, "all"), (1, "all")])):
        bracket = (await api.get(f"{CUP}/tournament/brackets/1", key)).json()
        assert [(e["rank"], e.get("tier")) for e in bracket["entries"]] == expected


async def test_brackets_of_an_occurrence_without_submissions_are_empty(api: Api) -> None:
    season = {"periods": ["season"], "season": "0 18 * * 6", "policy": "best"}
    rules = {"duration_s": 86_400, "bracket_size": 2}
    assert (
        await api.post("/api/boards", {"board": "cup", **season, "tournament": rules}, ADMIN_KEY)
    ).status_code == 201
    await api.players(1)
    joined = (await api.send("PUT", f"{CUP}/tournament/entrants/1", key=SUBMIT_KEY)).json()
    bracket = (await api.get(f"{CUP}/tournament/brackets/{joined['bracket']}")).json()
    assert (bracket["period"], bracket["entries"], bracket["missing"]) == (joined["period"], [], [1])


async def test_the_size_of_brackets_cannot_change(api: Api) -> None:
    await create(api)
    rules = (await api.get(CUP)).json()["tournament"]
    for size, status in ((3, 200), (3, 200), (4, 422), (None, 422)):
        changed = await api.send("PATCH", CUP, {"tournament": {**rules, "bracket_size": size}}, ADMIN_KEY)
        assert changed.status_code == status, (size, changed.text)


async def test_other_boards_have_no_tournament(api: Api) -> None:
    answer = await api.get("/api/boards/default/tournament")
    assert (answer.status_code, code(answer.json())) == (404, "tournament_not_found")
    await api.ranked({1: 5})
    receipt = (await api.post("/api/scores", {"user_id": 1, "score": 5})).json()
    assert "attempts_left" not in receipt


@pytest.mark.parametrize(
    "rules", [{"duration_s": 60}, {"max_attempts": 0}, {"bracket_size": 1}, {"colour": "red"}, {"ends_at": "soon"}]
)
async def test_invalid_rules_are_refused(api: Api, rules: dict[str, Any]) -> None:
    answer = await api.post("/api/boards", {"board": "cup", "tournament": rules}, ADMIN_KEY)
    assert answer.status_code == 422, answer.text


async def test_entrants_and_attempts_belong_to_one_occurrence(api: Api) -> None:
    season = {"periods": ["season"], "season": "0 * * * *", "policy": "best"}
    rules = {"duration_s": 1800, "max_attempts": 1, "max_entrants": 1, "attempt_window_s": 60}
    created = await api.post("/api/boards", {"board": "cup", **season, "tournament": rules}, ADMIN_KEY)
    assert created.status_code == 201, created.text
    await api.players(1, 2)
    first = (await api.get(f"{CUP}/tournament")).json()["period"]
    assert (await submit(api, 1))["attempts_left"] == 0
    assert [code(await submit(api, i)) for i in (1, 2)] == ["attempts_exhausted", "tournament_full"]
    api.clock.now = START + HOUR_MS // 2
    assert code(await submit(api, 2)) == "tournament_not_open"
    api.clock.now = START + HOUR_MS
    assert [code(await submit(api, i)) for i in (2, 1)] == [None, "tournament_full"]
    past = (await api.get(f"{CUP}/tournament/entrants/1?period={first}")).json()
    assert (past["number"], past["attempts"]) == (1, 1)
    assert (await api.get(f"{CUP}/tournament/entrants/2")).json()["number"] == 1


async def test_changed_limits_apply_to_further_joins_and_attempts(api: Api) -> None:
    await create(api, max_entrants=1, max_attempts=2)
    rules = (await api.get(CUP)).json()["tournament"]
    assert [code(await submit(api, i)) for i in (1, 1, 1, 2)] == [None, None, "attempts_exhausted", "tournament_full"]
    more = {**rules, "max_entrants": 2, "max_attempts": 3}
    assert (await api.send("PATCH", CUP, {"tournament": more}, ADMIN_KEY)).status_code == 200
    assert [(await submit(api, i))["attempts_left"] for i in (1, 2)] == [0, 2]
    fewer = {**rules, "max_entrants": 1, "max_attempts": 1}
    assert (await api.send("PATCH", CUP, {"tournament": fewer}, ADMIN_KEY)).status_code == 200
    assert [code(await submit(api, i)) for i in (1, 2, 3)] == ["attempts_exhausted"] * 2 + ["tournament_full"]
    entrant = (await api.get(f"{CUP}/tournament/entrants/1")).json()
    assert (entrant["attempts"], entrant["attempts_left"]) == (3, 0)


async def test_a_late_grace_ends_with_the_grace_of_periods_after_the_last_moment_of_a_season(api: Api) -> None:
    season = {"periods": ["season"], "season": "0 * * * *", "policy": "best"}
    rules = {"duration_s": 3600, "late_grace_s": 3600}
    created = await api.post("/api/boards", {"board": "cup", **season, "tournament": rules}, ADMIN_KEY)
    assert created.status_code == 201, created.text
    await api.players(1)
    grace_ms = api.services.settings.late_grace_ms
    outcomes = []
    for now in (END + grace_ms - 1, END + grace_ms):
        api.clock.now = now
        outcomes.append(code(await submit(api, 1, achieved_at=time_text(END - 1))))
    assert outcomes == [None, "period_closed"]


async def test_receipts_of_batches_say_the_attempts_left(api: Api) -> None:
    await create(api, max_attempts=3)
    ids = [str(uuid4()) for _ in range(4)]
    items = [{"user_id": 1, "score": 5, "submission_id": i} for i in (*ids[:2], ids[0])]
    results = (await api.post(f"{CUP}/scores/batch", {"submissions": items})).json()["results"]
    # The third submission repeats the first submission. Each receipt has the attempts that are left after the whole
    # batch.
    assert [(result["attempts_left"], result["duplicate"]) for result in results] == [
        (1, False),
        (1, False),
        (1, True),
    ]
    items = [{"user_id": 1, "score": 5, "submission_id": i} for i in ids[2:]]
    results = (await api.post(f"{CUP}/scores/batch", {"submissions": items})).json()["results"]
    assert [code(result) for result in results] == [None, "attempts_exhausted"]
    assert results[0]["attempts_left"] == 0
