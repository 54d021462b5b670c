"""Base of the clients that write through any process until each request has been answered."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from collections.abc import Set as AbstractSet
from random import Random
from time import monotonic
from typing import Any

from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Client, Reply
from leaderforge.torture.report import Report
from leaderforge.torture.wire import FAILED
from tests.api_client import ADMIN_KEY
from tests.torture.rig import API_PROCESSES, Rig

RETRY_S = 0.1
"""Pause in s before a request is repeated."""
_LOOK_S = 0.5
"""Pause in s before problems are looked for again."""


async def lasting_problems(find: Callable[[], Awaitable[list[Problem]]], promised_s: float) -> list[Problem]:
    """Return the problems that `find` still finds after `promised_s` seconds. End at once when it finds none."""
    deadline = monotonic() + promised_s
    while True:
        problems = await find()
        if not problems or monotonic() > deadline:
            return problems
        await asyncio.sleep(_LOOK_S)


class ApiWriter:
    """Client that sends each request through a random process. It reports wrong refusals under the name `kind`.

    `refusals` are the error codes of refusals that may be right, `successes` the statuses of successful answers.
    """

    def __init__(
        self,
        rig: Rig,
        report: Report,
        random: Random,
        kind: str,
        *,
        refusals: AbstractSet[str] = frozenset(),
        successes: AbstractSet[int] = frozenset({200, 201}),
    ) -> None:
        self._rig, self._report, self._random = rig, report, random
        self._kind, self._refusals, self._successes = kind, refusals, successes
        self.processes: Sequence[int] = range(API_PROCESSES)
        self.over = False

    async def _until_done(self, method: str, path: str, body: Any) -> Reply:
        """Send a request until it is answered by a status below 500. Report a wrong refusal."""
        began = monotonic()
        while True:
            answer = await self._send(began, method, path, body)
            is_expected = answer.status in {*self._successes, FAILED} or answer.refused_well
            if not is_expected and answer.code not in self._refusals:
                self._report_refusal(answer, method, path, body)
            if 200 <= answer.status < 500:
                return answer
            await asyncio.sleep(RETRY_S)

    async def _send(self, began: float, method: str, path: str, body: Any) -> Reply:
        """Send a request once. `began` is the time of its first attempt."""
        client = self._client()
        answer = await client.ask(method, path, body)
        client.close()
        self._report.wrote(answer, began)
        return answer

    def _client(self) -> Client:
        return self._rig.client(self._random.choice(self.processes), ADMIN_KEY)

    def _report_refusal(self, answer: Reply, method: str, path: str, body: Any) -> None:
        problem = Problem("refused wrongly", f"{method} {path} {body}", f"{answer.status} {answer.body}")
        self._report.violation(self._kind, 0, [problem], answer)
