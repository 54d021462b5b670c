"""Setting of scores by keys of scope `set`, one or many at once."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Policy
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.domain.standings import LadderStanding
from leaderforge.domain.submissions import Submission
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import Api

ENTRIES = "/api/boards/default/entries"
WHY = {"reason": "results of the tournament"}


@pytest.fixture
async def setter(api: Api) -> str:
    """Key of scope `set`. Players 1 and 2 have the scores 10 and 20."""
    await api.change_board(policy=Policy.BEST)
    await api.ranked({1: 10, 2: 20})
    return str((await api.post("/api/admin/keys", {"name": "setter", "scopes": ["set"]}, ADMIN_KEY)).json()["key"])


async def scores(api: Api) -> dict[int, int]:
    entries = (await api.get("/api/boards/default/page")).json()["entries"]
    return {entry["user_id"]: entry["score"] for entry in entries}


async def test_a_key_sets_a_score_in_either_direction(api: Api, setter: str) -> None:
    answer = await api.send("PUT", f"{ENTRIES}/2", {"score": 5, **WHY}, setter)
    assert (answer.status_code, [entry["state"] for entry in answer.json()["entries"]]) == (200, ["listed"])
    assert await scores(api) == {1: 10, 2: 5}
    [entry, *_] = (await api.get("/api/admin/audit?user_id=2", ADMIN_KEY)).json()["entries"]
    assert (entry["actor"], entry["action"], entry["reason"]) == ("key:setter", "entry.set", WHY["reason"])
    for method, path in (("POST", "/api/scores"), ("DELETE", f"{ENTRIES}/1?reason=none")):
        body = {"user_id": 1, "score": 99} if method == "POST" else None
        assert (await api.send(method, path, body, setter)).status_code == 403


async def test_a_retry_changes_nothing(api: Api, setter: str) -> None:
    body = {"score": 5, "submission_id": str(uuid4()), **WHY}
    await api.send("PUT", f"{ENTRIES}/2", body, setter)
    await api.post("/api/scores", {"user_id": 2, "score": 30})
    retried = await api.send("PUT", f"{ENTRIES}/2", body, setter)
    assert (retried.status_code, retried.json()["entries"]) == (200, [])
    assert await scores(api) == {2: 30, 1: 10}
    refused = await api.send("PUT", f"{ENTRIES}/2", {**body, "score": 6}, setter)
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "submission_conflict")


async def test_many_at_once(api: Api, setter: str) -> None:
    await api.post("/api/users", {"user_id": 3, "external_id": "steam|3"})
    items = [
        {"user_id": 1, "score": 1, "metadata": {"round": 2}},
        {"external_id": "steam|3", "score": 3},
        {"user_id": 2, "score": 2},
        {"user_id": 3, "score": 4},
        {"user_id": 9, "score": 9},
        {"external_id": "steam|9", "score": 9},
        {"user_id": 4},
        {"score": 4},
        {"user_id": 1, "score": 1, "subscore": 1},
    ]
    answer = await api.post(f"{ENTRIES}/set", {"scores": items, **WHY}, setter)
    results = answer.json()["results"]
    assert [result.get("user_id", result.get("error", {}).get("code")) for result in results] == [
        *(1, 3, 2, "invalid_request", "user_not_found", "user_not_found"),
        *["invalid_request"] * 3,
    ]
    assert await scores(api) == {3: 3, 2: 2, 1: 1}
    assert (await api.get("/api/boards/default/ranks/1")).json()["metadata"] == {"round": 2}


async def test_an_outage_in_between_starts_no_further_action(
    api: Api, setter: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Start no action after the answer: such an action could overwrite the effect of the client's next request."""
    await api.players(*range(100, 200))
    moderation = api.services.parts.moderation
    put, begun = moderation.set_score, []

    async def set_score(submission: Submission, act: AuditEntry) -> Sequence[LadderStanding]:
        begun.append(submission)
        await asyncio.sleep(0)
        if submission.event.user_id == 105:
            raise StoreUnavailable("the database cannot be reached")
        return await put(submission, act)

    monkeypatch.setattr(moderation, "set_score", set_score)
    items = [{"user_id": i, "score": 1} for i in range(100, 200)]
    answer = await api.post(f"{ENTRIES}/set", {"scores": items, **WHY}, setter)
    before = len(begun)
    assert answer.status_code == 503
    assert before < 20
    # All actions that were started have ended before the answer, and only one of them has failed.
    assert len(await scores(api)) - 2 == before - 1
    assert len(begun) == before


async def test_a_set_score_counts_as_one_submission(api: Api, setter: str) -> None:
    await api.post("/api/boards", {"board": "elo", "min_submissions": 2}, ADMIN_KEY)
    answer = await api.send("PUT", "/api/boards/elo/entries/1", {"score": 5, **WHY}, setter)
    assert [entry["state"] for entry in answer.json()["entries"]] == ["unranked"]
