"""Rewards and awards over HTTP: the table of a board, settlement, listing and claiming."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.times import time_text
from leaderforge.domain.timing import LAST_COUNT_MS, PROPAGATION_MS
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, bearer
from tests.tokens import TOKENS, token
from tests.unit.edge_fixtures import START, Api, serving

DAY_MS = 86_400_000
MONDAY = START + DAY_MS * 6 + DAY_MS // 2
GRACE_MS = 300_000
REWARDS = {
    "period": "weekly",
    "rewards": [
        {"reward": "winner", "last_rank": 1, "payload": {"gold": 50, "note": "ü"}},
        {"reward": "top", "percent": 50, "payload": {"gold": 10}},
        {"reward": "expert", "tier": "gold", "payload": {}},
    ],
}


async def settled(api: Api, events: Sequence[str] = ()) -> None:
    """Create a weekly board with rewards, events and three players, and settle its first week."""
    tiers = [{"name": "gold", "score": 20}, {"name": "silver"}]
    body = {"board": "weekly", "policy": "best", "periods": ["weekly"], "tiers": tiers, "rewards": REWARDS}
    body |= {"events": events}
    answer = await api.post("/api/boards", body, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    assert answer.json()["rewards"] == REWARDS
    await api.ranked({1: 30, 2: 20, 3: 10}, "weekly")
    api.clock.now = MONDAY + GRACE_MS + LAST_COUNT_MS - 1
    assert await api.services.seasons.settlement.run() == 0
    api.clock.now += 1
    assert await api.services.seasons.settlement.run() == 1


async def awards(api: Api, user_id: int, query: str = "", key: str = SUBMIT_KEY) -> Any:
    return (await api.get(f"/api/users/{user_id}/awards{query}", key)).json()


async def claim(api: Api, user_id: int, reward: str, claim_id: int, key: str | None = SUBMIT_KEY) -> Any:
    body = {"board": "weekly", "period": "2026-W48", "reward": reward, "claim_id": str(UUID(int=claim_id))}
    return await api.post(f"/api/users/{user_id}/awards/claim", body, key)


async def test_players_earn_rewards_when_their_week_is_settled(api: Api) -> None:
    await settled(api)
    listed = await awards(api, 1)
    assert listed["next"] is None
    assert [(a["reward"], a["rank"], a["payload"]) for a in listed["awards"]] == [
        ("expert", 1, {}),
        ("top", 1, {"gold": 10}),
        ("winner", 1, {"gold": 50, "note": "ü"}),
    ]
    assert {(a["board"], a["period"], a["granted_at"]) for a in listed["awards"]} == {
        ("weekly", "2026-W48", time_text(api.clock.now))
    }
    assert [a["reward"] for a in (await awards(api, 2))["awards"]] == ["expert", "top"]
    assert (await awards(api, 3))["awards"] == []
    first = await awards(api, 1, "?limit=2")
    assert [a["reward"] for a in first["awards"]] == ["expert", "top"]
    rest = await awards(api, 1, f"?cursor={first['next']}")
    assert [a["reward"] for a in rest["awards"]] == ["winner"]


async def test_the_awards_of_a_period_are_listed_by_rank(api: Api) -> None:
    await settled(api)
    path = "/api/boards/weekly/awards?period=2026-W48"
    listed: list[tuple[int, int, str]] = []
    cursor = ""
    for _ in range(3):
        page = (await api.get(f"{path}&limit=2{cursor}", SUBMIT_KEY)).json()
        listed += [(a["rank"], a["user_id"], a["reward"]) for a in page["awards"]]
        cursor = f"&cursor={page['next']}"
    assert page["next"] is None
    assert listed == [(1, 1, "expert"), (1, 1, "top"), (1, 1, "winner"), (2, 2, "expert"), (2, 2, "top")]
    unsettled = await api.get("/api/boards/weekly/awards?period=2026-W49", SUBMIT_KEY)
    assert unsettled.json() == {"awards": [], "next": None}
    for query, status in (("", 422), ("?period=2026-13", 404), ("?period=2026-W48&cursor=x", 422)):
        assert (await api.get(f"/api/boards/weekly/awards{query}", SUBMIT_KEY)).status_code == status, query


async def test_an_award_is_claimed_once_by_whom_it_says() -> None:
    async with serving(**TOKENS) as api:
        await settled(api)
        first = await claim(api, 1, "winner", 1, token(1))
        assert first.status_code == 200, first.text
        assert first.json()["claim"] == {
            "claim_id": str(UUID(int=1)),
            "claimed_at": time_text(api.clock.now),
            "claimed_by": "player:1",
        }
        api.clock.now += 5
        assert (await claim(api, 1, "winner", 1)).json() == first.json()
        second = await claim(api, 1, "winner", 2)
        assert (second.status_code, second.json()["error"]["code"]) == (409, "award_claimed")
        assert second.json()["error"]["details"]["claimed_by"] == "player:1"
        assert (await claim(api, 2, "winner", 3)).json()["error"]["code"] == "award_not_found"
        statuses = [(await claim(api, 2, "top", 4, key)).status_code for key in (None, token(1), ADMIN_KEY)]
        assert statuses == [401, 403, 200]


@pytest.mark.parametrize(
    "rewards",
    [
        {"period": "daily", "rewards": [{"reward": "x", "payload": {}}]},
        {"period": "all-time", "rewards": [{"reward": "x", "payload": {}}]},
        {"period": "weekly", "rewards": [{"reward": "x", "payload": 5}]},
        {"period": "weekly", "rewards": [{"reward": "x", "payload": {"text": "x" * 3000}}]},
        {"period": "weekly", "rewards": [{"reward": "x", "tier": "gold", "payload": {}}]},
        {"period": "weekly", "rewards": [{"reward": "x", "league": {"movement": "up"}, "payload": {}}]},
    ],
)
async def test_invalid_tables_are_refused(api: Api, rewards: dict[str, Any]) -> None:
    body = {"board": "weekly", "periods": ["weekly", "all-time"], "rewards": rewards}
    answer = await api.post("/api/boards", body, ADMIN_KEY)
    assert answer.status_code == 422, answer.text


async def test_a_removal_after_settlement_is_corrected_and_audited(api: Api) -> None:
    await settled(api)
    assert await api.services.seasons.resettlement.run() == 0
    await hide_the_winner(api)
    assert [a["reward"] for a in (await awards(api, 2))["awards"] if a["revoked_at"] is None] == [
        "expert",
        "top",
        "winner",
    ]
    assert all(a["revoked_at"] for a in (await awards(api, 1))["awards"])
    assert (await claim(api, 1, "winner", 1)).json()["error"]["code"] == "award_revoked"
    entries = (await api.get("/api/admin/audit?actor=settlement", ADMIN_KEY)).json()["entries"]
    assert sorted((e["action"], e["user_id"], e["details"]["reward"]) for e in entries) == [
        ("award.grant", 2, "winner"),
        ("award.revoke", 1, "expert"),
        ("award.revoke", 1, "top"),
        ("award.revoke", 1, "winner"),
    ]


async def hide_the_winner(api: Api) -> None:
    """Hide player 1, and settle the week again."""
    # The act requests a resettlement at the real time, which the clock of the test has not reached. Therefore request
    # the resettlement again.
    answer = await api.post("/api/users/1/hide", {"reason": "a bot"}, ADMIN_KEY)
    assert answer.status_code == 200, answer.text
    await api.services.parts.resettlements.request([(2, (await period(api)))], api.clock.now)
    assert await api.services.seasons.resettlement.run() == 1
    assert await api.services.seasons.settlement.run() == 1


async def test_a_settlement_and_its_correction_are_events(api: Api) -> None:
    await settled(api, ["award.granted", "award.revoked", "period.settled"])
    assert await sent(api) == [
        ("award.granted", 1, "expert"),
        ("award.granted", 1, "top"),
        ("award.granted", 1, "winner"),
        ("award.granted", 2, "expert"),
        ("award.granted", 2, "top"),
        ("period.settled", None, None),
    ]
    await hide_the_winner(api)
    assert [event for event in await sent(api) if event[0] == "award.revoked" or event[2] == "winner"] == [
        ("award.granted", 1, "winner"),
        ("award.granted", 2, "winner"),
        ("award.revoked", 1, "expert"),
        ("award.revoked", 1, "top"),
        ("award.revoked", 1, "winner"),
    ]


async def test_events_of_awards_have_the_payloads(api: Api) -> None:
    await settled(api, ["award.granted", "award.revoked"])
    await sent(api)
    body = {"rewards": {"period": "weekly", "rewards": [{"reward": "winner", "last_rank": 1, "payload": {"gold": 1}}]}}
    changed = await api.client.patch("/api/boards/weekly", json=body, headers=bearer(ADMIN_KEY))
    assert changed.status_code == 200, changed.text
    await hide_the_winner(api)
    await sent(api)
    log = (await api.services.parts.notices.after(0, 1000)).notices
    events = [(notice.type, notice.user_id, json.loads(notice.body)["data"]) for notice in log]
    payloads = [(kind, i, data["payload"]) for kind, i, data in events if data["reward"] == "winner"]
    gold = {"gold": 50, "note": "ü"}
    assert sorted(payloads) == [("award.granted", 1, gold), ("award.granted", 2, gold), ("award.revoked", 1, gold)]


async def sent(api: Api) -> list[tuple[str, int | None, str | None]]:
    """Relay all due notices. Return type, player and reward of every event in the log, sorted."""
    await api.services.events.dispatch.run(5)
    log = (await api.services.parts.notices.after(0, 1000)).notices
    bodies = [json.loads(notice.body) for notice in log]
    assert {(body["data"]["board"], body["data"]["period"]) for body in bodies} == {("weekly", "2026-W48")}
    return sorted((b["type"], b["data"].get("user_id"), b["data"].get("reward")) for b in bodies)


async def period(api: Api) -> int:
    """Return the number of the settled week."""
    board = await api.services.boards.get("weekly")
    [week] = board.calendar.at(START)
    return week.number


async def test_outcomes_of_a_league_earn_rewards(api: Api) -> None:
    league = {"divisions": ["gold", "bronze"], "group_size": 4, "promotion": {"places": 1}}
    rewards = [
        {"reward": "promoted", "league": {"movement": "promoted"}, "payload": {"gems": 3}},
        {"reward": "bronze-podium", "league": {"division": "bronze", "last_group_rank": 2}, "payload": {}},
        {"reward": "gold", "league": {"division": "gold"}, "payload": {}},
    ]
    body = {"board": "weekly", "policy": "best", "periods": ["weekly"], "league": league}
    answer = await api.post("/api/boards", body | {"rewards": {"period": "weekly", "rewards": rewards}}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    await api.ranked({1: 30, 2: 20, 3: 10}, "weekly")
    api.clock.now = MONDAY + GRACE_MS + LAST_COUNT_MS
    assert await api.services.seasons.settlement.run() == 1
    assert [[a["reward"] for a in (await awards(api, user_id))["awards"]] for user_id in (1, 2, 3)] == [
        ["bronze-podium", "promoted"],
        ["bronze-podium"],
        [],
    ]
    assert await api.services.seasons.settlement.faults() == []
    export = (await api.get("/api/users/2/export", ADMIN_KEY)).json()
    assert export["leagues"] == [
        {"board": "weekly", "period": "2026-W48", "division": 2, "group": 1, "group_rank": 2, "movement": "stayed"}
    ]
    assert export["awards"] == (await awards(api, 2))["awards"]


async def test_the_winner_of_each_bracket_earns_a_reward(api: Api) -> None:
    rewards = [{"reward": "bracket-winner", "last_bracket_rank": 1, "payload": {"gold": 5}}]
    times = {"starts_at": time_text(START), "ends_at": time_text(START + DAY_MS)}
    body = {"board": "cup", "policy": "best", "tournament": {**times, "bracket_size": 2}}
    table = {"period": "all-time", "rewards": rewards}
    refused = await api.post("/api/boards", {**body, "tournament": times, "rewards": table}, ADMIN_KEY)
    assert (refused.status_code, refused.json()["error"]["details"]) == (422, {"setting": "rewards"})
    created = await api.post("/api/boards", {**body, "rewards": table}, ADMIN_KEY)
    assert created.json()["rewards"] == table, created.text
    # Players join with their first submissions, in this order. Players 1 and 2 share a bracket. Players 3 and 4 share
    # the next bracket.
    await api.ranked({1: 10, 2: 20, 3: 5, 4: 4}, "cup")
    api.clock.now = START + DAY_MS + PROPAGATION_MS
    assert await api.services.seasons.settlement.run() == 1
    listed = (await api.get("/api/boards/cup/awards?period=all-time", SUBMIT_KEY)).json()["awards"]
    assert [(award["user_id"], award["rank"]) for award in listed] == [(2, 1), (3, 3)]
    assert await api.services.seasons.settlement.faults() == []
