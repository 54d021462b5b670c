"""Tiers in every call that returns entries, compared with the tiers that the entries' scores and ranks have."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from leaderforge.domain.boards import Order, RankStyle
from tests.unit.edge_fixtures import ADMIN_KEY, Api

SCORES = {user_id: 10 * (user_id // 2) for user_id in range(1, 13)}
TIERS: Mapping[str, Sequence[dict[str, Any]]] = {
    "score": [{"name": "gold", "score": 50}, {"name": "silver", "score": 30}],
    "rank": [{"name": "gold", "rank": 2}, {"name": "silver", "rank": 7}],
    "percent": [{"name": "gold", "percent": 12.5}, {"name": "silver", "percent": 60}, {"name": "bronze"}],
    "mixed": [{"name": "first", "rank": 1}, {"name": "gold", "score": 50}, {"name": "silver", "percent": 50}],
}


def expected_tier(tiers: Sequence[dict[str, Any]], order: Order, entry: Mapping[str, Any], total: int) -> str | None:
    """Return the name of the first tier that an entry reaches, None if it reaches no tier."""
    for tier in tiers:
        score, rank, percent = tier.get("score"), tier.get("rank"), tier.get("percent")
        if score is not None and (entry["score"] < score if order is Order.DESC else entry["score"] > score):
            continue
        if rank is not None and entry["rank"] > rank:
            continue
        if percent is not None and 100 * (entry["rank"] - 1) >= percent * total:
            continue
        return str(tier["name"])
    return None


async def create(api: Api, tiers: Sequence[dict[str, Any]], order: Order, style: RankStyle) -> str:
    """Create a board with these tiers and 12 players. Return its path."""
    if order is Order.ASC:
        tiers = [{**tier, "score": 60 - tier["score"]} if "score" in tier else tier for tier in tiers]
    settings = {"board": "leagues", "policy": "best", "order": order, "rank_style": style, "tiers": tiers}
    answer = await api.post("/api/boards", settings, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    assert answer.json()["tiers"] == tiers
    await api.ranked(SCORES, "leagues")
    return "/api/boards/leagues"


@pytest.mark.parametrize("style", [RankStyle.ORDINAL, RankStyle.SHARED])
@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("name", TIERS)
async def test_every_entry_has_its_tier(api: Api, name: str, order: Order, style: RankStyle) -> None:
    path = await create(api, TIERS[name], order, style)
    tiers = (await api.get(path)).json()["tiers"]
    total = len(SCORES)
    for call in ("top?limit=100", "page?limit=5", "page?rank=4&limit=5", "around/6?radius=3", "range?min_score=20"):
        answer = (await api.get(f"{path}/{call}")).json()
        assert answer["entries"], call
        for entry in answer["entries"]:
            assert entry["tier"] == expected_tier(tiers, order, entry, total), call
    looked_up = (await api.post(f"{path}/ranks/lookup", {"user_ids": list(SCORES)})).json()["entries"]
    for entry in [*looked_up, (await api.get(f"{path}/percentile/40")).json()["entry"]]:
        assert entry["tier"] == expected_tier(tiers, order, entry, total)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize("name", TIERS)
async def test_a_rank_says_what_is_missing_to_the_next_tier(api: Api, name: str, order: Order) -> None:
    path = await create(api, TIERS[name], order, RankStyle.ORDINAL)
    tiers = (await api.get(path)).json()["tiers"]
    names = [tier["name"] for tier in tiers]
    for user_id in SCORES:
        entry = (await api.get(f"{path}/ranks/{user_id}")).json()
        standings = (await api.get(f"/api/users/{user_id}/standings?board=leagues")).json()["standings"]
        assert [(s["tier"], s["next_tier"]) for s in standings] == [(entry["tier"], entry["next_tier"])]
        index = len(names) if entry["tier"] is None else names.index(entry["tier"])
        if index == 0:
            assert entry["next_tier"] is None
            continue
        above = entry["next_tier"]
        assert above["name"] == names[index - 1]
        points, places = above.get("points", 0), above.get("places", 0)
        sign = 1 if order is Order.DESC else -1
        better = {"score": entry["score"] + sign * points, "rank": entry["rank"] - places}
        assert expected_tier(tiers, order, better, len(SCORES)) == above["name"]


@pytest.mark.parametrize("name", TIERS)
async def test_a_receipt_has_the_tiers_of_the_rank_that_it_states(api: Api, name: str) -> None:
    path = await create(api, TIERS[name], Order.DESC, RankStyle.ORDINAL)
    for user_id, score in ((3, 45), (1, 70), (12, 20)):
        for query in ("", "?ranks=all"):
            sent = await api.post(f"{path}/scores{query}", {"user_id": user_id, "score": score})
            receipt, rank = sent.json(), (await api.get(f"{path}/ranks/{user_id}")).json()
            for standing in (receipt, *receipt.get("periods", [])):
                assert [standing[key] for key in ("rank", "tier", "next_tier")] == [
                    rank[key] for key in ("rank", "tier", "next_tier")
                ]
    unknown = (await api.post(f"{path}/scores?rank=none", {"user_id": 1, "score": 71})).json()
    assert (unknown["tier"], unknown["next_tier"]) == (None, None)


async def test_a_change_of_tiers_takes_effect_at_once(api: Api) -> None:
    path = await create(api, TIERS["score"], Order.DESC, RankStyle.ORDINAL)
    assert (await api.get(f"{path}/top?limit=1")).json()["entries"][0]["tier"] == "gold"
    changed = await api.send("PATCH", path, {"tiers": [{"name": "platinum", "rank": 1}]}, ADMIN_KEY)
    assert changed.status_code == 200, changed.text
    entries = (await api.get(f"{path}/top?limit=2")).json()["entries"]
    assert [entry["tier"] for entry in entries] == ["platinum", None]
    await api.send("PATCH", path, {"tiers": []}, ADMIN_KEY)
    audit = (await api.get("/api/admin/audit?action=board.change", ADMIN_KEY)).json()["entries"]
    assert [act["details"] for act in audit] == [{"tiers": []}, {"tiers": [{"name": "platinum", "rank": 1}]}]
    assert "tier" not in (await api.get(f"{path}/top?limit=1")).json()["entries"][0]
    assert "next_tier" not in (await api.get(f"{path}/ranks/1")).json()


@pytest.mark.parametrize(
    ("tiers", "message"),
    [
        ([{"name": "gold", "score": 1, "rank": 2}], "tiers: 'gold' has score and rank; keep one of them"),
        (
            [{"name": "gold"}, {"name": "silver"}],
            "tiers: 'gold' contains every entry; give it a limit, or list it last",
        ),
    ],
)
async def test_invalid_tiers_are_refused(api: Api, tiers: list[dict[str, Any]], message: str) -> None:
    answer = await api.post("/api/boards", {"board": "leagues", "tiers": tiers}, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["message"]) == (422, message)
