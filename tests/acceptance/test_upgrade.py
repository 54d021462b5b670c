"""Store of 0.1.0 under the present version: the recorded answers do not change, and new features work."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest

from leaderforge.adapters.postgres.migrate import migrate
from tests import old_version
from tests.acceptance.api_fixtures import Served, environment, served
from tests.api_client import ADMIN_KEY
from tests.contract.store_fixtures import emptied_citus, empty
from tests.waiting import until

BACKFILLED_MS = 60_000
AT_ONCE = 8
"""Number of concurrent requests. With more, a slow machine refuses some requests as `overloaded`."""
VOLATILE = {"as_of", "next", "previous"}
"""JSON members that differ in every answer and are not compared: times of reading, and cursors."""
PURGED = {None, "short"}
"""Boards whose events outlive their standings: deleted boards (None), and `short`, whose periods have expired."""
REFUSED = {"error"}
"""JSON members that have an error. Only the error's `code` is compared, because its text may change."""

_numbers = count()


class Ticks:
    """Clock that the test sets."""

    def __init__(self) -> None:
        self.now: int = old_version.recorded()["now"]

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Upgraded:
    """Server of the present version on the migrated store, at the time of the recorded answers."""

    api: Served
    clock: Ticks

    async def differences(self, answers: list[dict[str, Any]]) -> list[str]:
        """Return the answers that differ from the recorded answers."""
        turns = asyncio.Semaphore(AT_ONCE)

        async def compare(answer: dict[str, Any]) -> list[str]:
            async with turns:
                return await self._compare(answer)

        compared = await asyncio.gather(*map(compare, answers))
        return [text for texts in compared for text in texts]

    async def _compare(self, recorded: Mapping[str, Any]) -> list[str]:
        response = await self.api.send(recorded["method"], recorded["path"], recorded.get("body"), ADMIN_KEY)
        if response.status_code != recorded["status"]:
            return [f"{recorded['path']}: {response.status_code} {response.text}"]
        before, after = (ordered(answer) for answer in (recorded["answer"], response.json()))
        return [f"{recorded['path']}{text}" for text in unlike(before, after)]


def ordered(answer: dict[str, Any]) -> dict[str, Any]:
    """Return the answer. In an export, sort the lists, because their order is arbitrary."""
    keys = {"standings": ("board", "period"), "events": ("board", "submission_id")}

    def sorted_part(name: str) -> list[dict[str, Any]]:
        return sorted(answer[name], key=lambda item: [str(item[key]) for key in keys[name]])

    return answer | {name: sorted_part(name) for name in keys if name in answer}


def unlike(recorded: Any, present: Any, path: str = "") -> Iterator[str]:
    """Yield the differences between two JSON values. A new JSON member of the present value is no difference."""
    if isinstance(recorded, dict) and isinstance(present, dict):
        for name in recorded.keys() - VOLATILE:
            yield from _unlike_member(recorded, present, name, f"{path}.{name}")
    elif isinstance(recorded, list) and isinstance(present, list) and len(recorded) == len(present):
        for i, (before, after) in enumerate(zip(recorded, present, strict=True)):
            yield from unlike(before, after, f"{path}[{i}]")
    elif recorded != present:
        yield f"{path}: {recorded} became {present}"


def _unlike_member(recorded: Mapping[str, Any], present: Mapping[str, Any], name: str, path: str) -> Iterator[str]:
    if name not in present:
        yield f"{path} is missing"
    elif name in REFUSED:
        yield from unlike(recorded[name]["code"], present[name]["code"], f"{path}.code")
    else:
        yield from unlike(recorded[name], present[name], path)


async def _new_store(dsn: str) -> str:
    name = f"old_{os.getpid()}_{next(_numbers)}"
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute(f"create database {name}")
    finally:
        await connection.close()
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{name}"))


async def _emptied_cluster() -> str:
    dsn = await emptied_citus()
    await empty(dsn)
    return dsn


@pytest.fixture(params=["postgres", "citus"])
async def upgraded(valkey, postgres, request: pytest.FixtureRequest) -> AsyncIterator[Upgraded]:
    """Server of the present version on a migrated store of 0.1.0."""
    dsn = await _new_store(postgres.dsn) if request.param == "postgres" else await _emptied_cluster()
    await old_version.restore(dsn)
    await migrate(dsn)
    clock = Ticks()
    async with served(environment(valkey.addresses, dsn), clock=clock) as api:
        await api.until_healthy()
        yield Upgraded(api, clock)


async def test_answers_stay_as_they_were(upgraded: Upgraded) -> None:
    recorded = old_version.recorded()
    assert await upgraded.differences(recorded["answers"]) == []
    assert (await upgraded.api.services.maintain.verify()).clean


async def test_background_work_that_was_pending_ends(upgraded: Upgraded) -> None:
    """The backfill of one board, and the purge of a deleted board, were pending when 0.1.0 stopped. Both must end."""
    parts = upgraded.api.services.parts
    assert await parts.store.boards_to_backfill()
    assert await parts.store.deleted_boards()
    upgraded.clock.now += BACKFILLED_MS

    async def is_done() -> bool:
        return not await parts.store.boards_to_backfill() and not await parts.store.deleted_boards()

    await until(is_done, "board maintenance")
    [*_, last] = old_version.recorded()["later"]

    async def is_read() -> bool:
        return (await upgraded.api.get(f"{last['path'].partition('/ranks')[0]}/top?period=2026-11")).is_success

    await until(is_read, "reads of the new periods")
    assert await upgraded.differences(old_version.recorded()["later"]) == []
    assert (await upgraded.api.services.maintain.verify()).clean


async def test_keys_stay_valid_and_revoked_ones_refused(upgraded: Upgraded) -> None:
    api, keys = upgraded.api, old_version.recorded()["keys"]
    assert (await api.get("/api/boards/members/top")).status_code == 401
    for name, status in {"reader": 200, "server": 200, "boss": 200, "lost": 401}.items():
        assert (await api.get("/api/boards/members/top", keys[name])).status_code == status, name
    submission = {"user_id": 1, "score": 5}
    assert (await api.post("/api/boards/short/scores", submission, keys["server"])).is_success
    assert (await api.post("/api/boards/short/scores", submission, keys["reader"])).status_code == 403


async def test_external_ids_work_for_old_players(upgraded: Upgraded) -> None:
    api = upgraded.api
    before = (await api.get("/api/boards/best-desc-ordinal/ranks/2")).json()
    assert (await api.send("PUT", "/api/users/2", {"external_id": "steam:2"}, ADMIN_KEY)).is_success
    submission = {"external_id": "steam:2", "score": 10_000}
    receipt = await api.post("/api/boards/best-desc-ordinal/scores", submission)
    assert (receipt.json()["user_id"], receipt.json()["submissions"]) == (2, before["submissions"] + 1)
    entry = (await api.get("/api/boards/best-desc-ordinal/ranks/ext:steam:2")).json()
    assert (entry["rank"], entry["username"], entry["score"]) == (1, before["username"], 10_000)


async def test_one_old_submission_can_be_removed_and_restored(upgraded: Upgraded) -> None:
    """After the removal, the second-best score counts. After the restoration, the recorded answers are valid again."""
    api, board = upgraded.api, "/api/boards/best-desc-ordinal"
    before = (await api.get(f"{board}/ranks/1")).json()
    events = (await api.get("/api/users/1/export", ADMIN_KEY)).json()["events"]
    own = [event for event in events if event["board"] == "best-desc-ordinal" and event["counts"]]
    best, *lower = sorted((event["score"] for event in own), reverse=True)
    [run, *_] = [event for event in own if event["score"] == best and event["achieved_at"] == before["achieved_at"]]
    submission = f"{board}/entries/1/submissions/{run['submission_id']}"
    assert (await api.send("DELETE", f"{submission}?reason=test", None, ADMIN_KEY)).is_success
    after = (await api.get(f"{board}/ranks/1")).json()
    assert (after["score"], after["submissions"]) == (max(lower), before["submissions"] - 1)
    assert (await api.post(f"{submission}/restore", {"reason": "test"}, ADMIN_KEY)).is_success
    again = (await api.get(f"{board}/ranks/1")).json()
    assert {**again, "as_of": None} == {**before, "as_of": None}
    assert (await api.services.maintain.verify()).clean


@pytest.mark.parametrize("policy", ["sum", "best", "latest"])
async def test_new_submissions_count_on_top_of_old_ones(upgraded: Upgraded, policy: str) -> None:
    api, board = upgraded.api, f"/api/boards/{policy}-desc-shared"
    before = (await api.get(f"{board}/ranks/1")).json()
    receipt = (await api.post(f"{board}/scores", {"user_id": 1, "score": 1})).json()
    score = {"sum": before["score"] + 1, "best": max(before["score"], 1), "latest": 1}[policy]
    assert (receipt["score"], receipt["submissions"]) == (score, before["submissions"] + 1)
    assert (await api.get(f"{board}/ranks/1")).json()["rank"] == receipt["rank"]


async def test_old_submissions_sent_again_are_duplicates(upgraded: Upgraded) -> None:
    api = upgraded.api
    sent: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for user_id in (1, 2, 13, 14):
        for event in (await api.get(f"/api/users/{user_id}/export", ADMIN_KEY)).json()["events"]:
            if event["counts"] and event["board"] not in PURGED:
                sent[event["board"]].append(resent(user_id, event))
    for board, submissions in sent.items():
        reply = await api.post(f"/api/boards/{board}/scores/batch", {"submissions": submissions})
        refused = [result for result in reply.json()["results"] if not result.get("duplicate")]
        assert refused == [], board
    assert len(sent) > 15


def resent(user_id: int, event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the request body that sends an exported event again."""
    optional = {name: event[name] for name in ("subscore", "metadata") if event[name]}
    return {"user_id": user_id, "score": event["score"], "submission_id": event["submission_id"], **optional}
