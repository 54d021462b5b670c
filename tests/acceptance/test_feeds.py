"""Random histories of boards with feeds equal brute force, in memory and on each kind of real store."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from random import Random
from typing import Any, TypeVar
from uuid import UUID

import pytest

from leaderforge.domain.errors import IndexUnavailable
from leaderforge.domain.players import Player
from leaderforge.domain.times import time_text
from tests.acceptance.api_fixtures import Served, environment, served
from tests.api_client import ADMIN_KEY, ApiClient
from tests.feed_reference import MAX_COINS, SETTINGS, FeedReference, Sent
from tests.unit.edge_fixtures import Api, serving
from tests.waiting import until

pytestmark = pytest.mark.usefixtures("lasting_belief")

ResultT = TypeVar("ResultT")

START = 1_795_000_000_000
PLAYERS = range(1, 6)
IDS = 40
"""Number of submission ids. It is small, so that ids recur on all boards."""


@pytest.fixture
async def memory() -> AsyncIterator[Api]:
    """API over in-memory adapters."""
    async with serving() as api:
        api.clock.now = START + 10_000_000
        await api.services.parts.users.create([Player(i, f"player {i}", None, 0) for i in PLAYERS])
        yield api


@pytest.fixture
async def real(valkey, store_dsn: str) -> AsyncIterator[Served]:
    """API over a real store and a real index."""
    async with served(environment(valkey.addresses, store_dsn)) as api:
        await api.until_healthy()
        await api.services.parts.users.create([Player(i, f"player {i}", None, 0) for i in PLAYERS])
        yield api


class History:
    """Random calls, each compared with the reference."""

    def __init__(self, api: ApiClient, seed: int) -> None:
        self.api = api
        self.random = Random(seed)
        self.reference = FeedReference()
        self.sent: list[Sent] = []

    async def create(self) -> None:
        for slug, settings in SETTINGS.items():
            answer = await self.api.send("POST", "/api/boards", {"board": slug, **settings}, ADMIN_KEY)
            assert answer.status_code == 201, answer.text

    def submission(self) -> Sent:
        """Return a new submission, or a repeat of an earlier submission."""
        if self.sent and self.random.random() < 0.25:
            return self.random.choice(self.sent)
        at = START + len(self.sent) * 1000
        names = [name for name in ("coins", "deaths", "combo") if self.random.random() < 0.7]
        numbers = {name: self.random.randint(0, MAX_COINS + 3) for name in names}
        board = self.random.choice(["laps", "laps", "laps", "coins", "deaths", "runs"])
        ids = self.random.choice(PLAYERS), self.random.randrange(IDS)
        self.sent.append(Sent(board, *ids, self.random.randint(0, MAX_COINS + 2), numbers, at))
        return self.sent[-1]

    async def submit(self) -> None:
        """Submit a random batch, and compare each result."""
        await self.submit_all([self.submission() for _ in range(self.random.randint(1, 12))])

    async def submit_all(self, batch: Sequence[Sent]) -> None:
        """Submit a batch, and compare each result."""
        answer = await self.api.post("/api/scores/batch", {"submissions": [body_of(sent) for sent in batch]})
        for sent, result in zip(batch, answer.json()["results"], strict=True):
            # Rules that need no stored data are checked first, also for repeated submissions.
            expected = ("rule_violated", []) if self.reference.refuses(sent) else self.reference.submit(sent)
            assert seen(result) == expected, (sent, result)

    async def moderate(self) -> None:
        """Remove or restore a random stored submission."""
        if stored := list(self.reference.stored):
            await self.set_removed(*self.random.choice(stored), removed=self.random.random() < 0.6)

    async def set_removed(self, board: str, user_id: int, number: int, *, removed: bool) -> None:
        """Remove or restore a stored submission."""
        path = f"/api/boards/{board}/entries/{user_id}/submissions/{UUID(int=number)}"
        if removed:
            answer = await self.api.send("DELETE", f"{path}?reason=tests", None, ADMIN_KEY)
        else:
            answer = await self.api.send("POST", f"{path}/restore", {"reason": "tests"}, ADMIN_KEY)
        assert answer.status_code == 200, answer.text
        self.reference.set_removed(board, user_id, number, removed)

    async def check(self) -> None:
        """Compare the entries of all boards."""
        for slug in SETTINGS:
            entries = (await self.api.get(f"/api/boards/{slug}/page?limit=50")).json()["entries"]
            shown = [(e["rank"], e["user_id"], e["score"], e["submissions"]) for e in entries]
            assert shown == self.reference.ranking(slug), slug


def body_of(sent: Sent) -> dict[str, Any]:
    numbers = {"numbers": sent.numbers} if sent.numbers else {}
    names = {"board": sent.board, "user_id": sent.user_id, "score": sent.score, **numbers}
    return {**names, "submission_id": str(UUID(int=sent.number)), "achieved_at": time_text(sent.at)}


def seen(result: dict[str, Any]) -> tuple[str, Sequence[str]]:
    """Return the kind of a result, and the targets in its receipt."""
    if "error" in result:
        return result["error"]["code"], []
    feeds = result.get("feeds", [])
    assert all((feed["user_id"], feed["duplicate"]) == (result["user_id"], result["duplicate"]) for feed in feeds)
    assert all(feed["submission_id"] == result["submission_id"] and feed["rank"] is not None for feed in feeds)
    return "duplicate" if result["duplicate"] else "new", [feed["board"] for feed in feeds]


async def check_history(api: ApiClient, seed: int, *, rounds: int) -> History:
    history = History(api, seed)
    await history.create()
    for _ in range(rounds):
        await history.submit()
        if history.random.random() < 0.4:
            await history.moderate()
        await history.check()
    kinds = {kind for kind, *_ in history.reference.stored}
    assert kinds == set(SETTINGS)
    return history


@pytest.mark.parametrize("seed", range(2))
async def test_histories_equal_brute_force_in_memory(memory: Api, seed: int) -> None:
    await check_history(memory, seed, rounds=20)


async def test_histories_equal_brute_force_on_a_real_store(real: Served) -> None:
    history = await check_history(real, 7, rounds=20)
    maintain = real.services.maintain
    assert (await with_patience(maintain.verify)).clean
    await with_patience(maintain.rebuild)
    assert (await with_patience(maintain.verify)).clean
    await history.check()


async def with_patience(call: Callable[[], Awaitable[ResultT]]) -> ResultT:
    """Return the result of a call. Repeat the call if a repair that the server started has aborted the call."""
    results: list[ResultT] = []

    async def is_done() -> bool:
        try:
            results.append(await call())
        except IndexUnavailable:
            return False
        return True

    await until(is_done, "a call without a concurrent repair")
    return results[0]
