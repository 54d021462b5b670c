"""Clients that submit and read during failures, and their responses."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from tests.waiting import until

PLAYERS = range(1, 201)
BOARD = "/api/boards/default"
ANSWER_S = 20.0
"""Upper bound in s for the duration of a request during any failure."""

_PACE_S = 0.08
"""Pause in s of each client between two requests."""


@dataclass(frozen=True)
class Sent:
    """Submission that is retried unchanged until it is acknowledged."""

    user_id: int
    submission_id: UUID
    score: int

    @property
    def body(self) -> dict[str, Any]:
        return {"user_id": self.user_id, "submission_id": str(self.submission_id), "score": self.score}


@dataclass(frozen=True)
class Answer:
    """Response to a request. The status is 0 if no response arrived."""

    path: str
    status: int
    source: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None

    @property
    def refused_well(self) -> bool:
        """Return whether the response is a 503 in the documented form."""
        return (
            self.status == 503
            and int(self.headers["retry-after"]) > 0
            and set(self.body) == {"error"}
            and set(self.body["error"]) == {"code", "message", "details"}
        )


class Load:
    """Clients that repeat each submission until it is acknowledged, and clients that read."""

    def __init__(self, ask: Callable[[str], Awaitable[Answer]], submit: Callable[[Sent], Awaitable[Answer]]) -> None:
        self._ask, self._submit = ask, submit
        self.over = False
        self.submits: list[Answer] = []
        self.reads: list[Answer] = []

    async def write(self) -> None:
        while not self.over:
            sent = Sent(random.choice(PLAYERS), uuid4(), random.randint(-5, 20))
            status = None
            while status != 200:
                answer = await self._submit(sent)
                self.submits.append(answer)
                status = answer.status
                await asyncio.sleep(_PACE_S)

    async def read(self) -> None:
        while not self.over:
            user_id, rank = random.choice(PLAYERS), random.choice(PLAYERS)
            for path in (f"ranks/{user_id}", "top?limit=10", f"around/{user_id}?radius=3", f"page?rank={rank}&limit=9"):
                self.reads.append(await self._ask(f"{BOARD}/{path}"))
                await asyncio.sleep(_PACE_S)

    async def goes_on(self, number: int = 20) -> None:
        """Return once `number` more submissions and reads were answered, with any status."""
        submits, reads = len(self.submits) + number, len(self.reads) + number
        await until(lambda: len(self.submits) >= submits and len(self.reads) >= reads, "the load to go on")

    @property
    def unserved(self) -> Sequence[Answer]:
        """Return the responses with a failure. A 404 for a player without a score is no failure."""
        submits = [answer for answer in self.submits if answer.status != 200]
        return submits + [answer for answer in self.reads if answer.status not in {200, 404}]
