"""Clients that write and read while parts of the product are added and removed."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY
from tests.waiting import until

PLAYERS = range(1, 21)
PAUSE_S = 0.02
"""Pause of a client in s. Without a pause, clients would leave too little processor time to the tested commands."""


class Load:
    """Clients of `api` that submit and read. Each answer must be a success."""

    def __init__(self, api: Served) -> None:
        self.acknowledged: Counter[int] = Counter()
        self.api = api
        self._cancelled = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Run the clients during the block, which begins after the first scores."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(work()) for work in (self._submit, self._submit, self._read)]
            await until(lambda: len(self.acknowledged) > 10, "first scores")
            yield
            for task in tasks:
                task.cancel()
            self._cancelled += 2

    async def _submit(self) -> None:
        while True:
            user_id = random.choice(PLAYERS)
            answer = await self.api.post("/api/boards/sums/scores", {"user_id": user_id, "score": 1})
            assert answer.status_code == 200, answer.text
            self.acknowledged[user_id] += 1
            await asyncio.sleep(PAUSE_S)

    async def _read(self) -> None:
        while True:
            user_id = random.choice([*self.acknowledged] or [0])
            score = self.acknowledged[user_id]
            answer = await self.api.get(f"/api/boards/sums/ranks/{user_id}")
            assert answer.status_code == (200 if score else 404), answer.text
            assert not score or answer.json()["score"] >= score
            await asyncio.sleep(PAUSE_S)

    async def require_scores(self) -> None:
        """Fail unless each acknowledged submission counts once.

        Submissions that were in flight when `running` ended may count too, once each.
        """
        for user_id, score in self.acknowledged.items():
            entry = (await self.api.get(f"/api/boards/sums/ranks/{user_id}")).json()
            assert score <= entry["score"] <= score + self._cancelled, (entry, score)


async def prepare(api: Served) -> None:
    """Create the board and the players of the load."""
    for user_id in PLAYERS:
        await api.post("/api/users", {"user_id": user_id, "username": f"player {user_id}"})
    answer = await api.post("/api/boards", {"board": "sums", "policy": "sum", "order": "desc"}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
