"""Retries of acts whose process ended after the commit, but before it updated the index."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Policy
from leaderforge.domain.standings import Event, LadderStanding
from leaderforge.domain.submissions import Submission
from leaderforge.ports.moderation import Moderation
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import START, Api

ID = UUID(int=5)
ENTRY = "/api/boards/default/entries/1"
WHY = {"reason": "a retry"}

Commit = Callable[[Moderation, Board, AuditEntry], Awaitable[Sequence[LadderStanding]]]


def set_score(moderation: Moderation, board: Board, act: AuditEntry) -> Awaitable[Sequence[LadderStanding]]:
    return moderation.set_score(Submission(board.ladders_at(act.at), Event(1, UUID(int=9), 7, act.at)), act)


def remove(moderation: Moderation, board: Board, act: AuditEntry) -> Awaitable[Sequence[LadderStanding]]:
    return moderation.set_submission_removed(board, 1, ID, True, act)


def restore(moderation: Moderation, board: Board, act: AuditEntry) -> Awaitable[Sequence[LadderStanding]]:
    return moderation.set_submission_removed(board, 1, ID, False, act)


@pytest.mark.parametrize(
    ("before", "commit", "method", "path", "body", "score"),
    [
        ([], set_score, "PUT", ENTRY, {"score": 7, "submission_id": str(UUID(int=9)), **WHY}, 7),
        ([], remove, "DELETE", f"{ENTRY}/submissions/{ID}?reason=retry", None, 10),
        ([remove], restore, "POST", f"{ENTRY}/submissions/{ID}/restore", WHY, 30),
    ],
)
async def test_an_acknowledged_retry_is_in_the_index(
    api: Api, before: Sequence[Commit], commit: Commit, method: str, path: str, body: Mapping[str, Any], score: int
) -> None:
    await api.change_board(policy=Policy.BEST)
    await api.ranked({1: 10, 2: 20})
    await api.post("/api/scores", {"user_id": 1, "score": 30, "submission_id": str(ID)})
    board, act = await api.store.board("default"), AuditEntry(START + 10, "key:server", "test")
    for step in before:
        changed = await step(api.services.parts.moderation, board, act)
        await api.services.delivery.moderated(changed)
    await commit(api.services.parts.moderation, board, act)
    answer = await api.send(method, path, body, ADMIN_KEY)
    assert (answer.status_code, answer.json()["entries"]) == (200, [])
    rank = await api.get("/api/boards/default/ranks/1")
    assert (rank.headers["x-leaderforge-source"], rank.json()["score"]) == ("index", score)


async def test_an_entry_whose_retried_removal_is_not_found_is_not_in_the_index(api: Api) -> None:
    await api.ranked({1: 10, 2: 20})
    board = await api.store.board("default")
    await api.services.parts.moderation.remove(board, 2, AuditEntry(START + 10, "key:server", "test"))
    retried = await api.send("DELETE", "/api/boards/default/entries/2?reason=retry", key=ADMIN_KEY)
    assert (retried.status_code, retried.json()["error"]["code"]) == (404, "not_ranked")
    answer = await api.get("/api/boards/default/ranks/1")
    assert (answer.headers["x-leaderforge-source"], answer.json()["rank"]) == ("index", 1)


async def test_a_player_whose_retried_erasure_is_not_found_is_not_in_the_index(api: Api) -> None:
    await api.ranked({1: 10, 2: 20})
    before = await api.get("/api/boards/default/ranks/2")
    await api.services.parts.records.erase(2, AuditEntry(START, "a test", "player.erase"))
    retried = await api.send("DELETE", "/api/users/2", key=ADMIN_KEY)
    assert (before.json()["rank"], retried.status_code) == (1, 404)
    assert (await api.get("/api/boards/default/ranks/2")).status_code == 404
    page = await api.get("/api/boards/default/page?rank=1")
    assert [entry["user_id"] for entry in page.json()["entries"]] == [1]
