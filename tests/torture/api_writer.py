"""Base class of clients that write through random processes, and repeat each request until it is answered."""

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
"""Pause in s before the next search for problems."""


async def lasting_problems(find: Callable[[], Awaitable[list[Problem]]], promised_s: float) -> list[Problem]:
    """Call `find` until it finds no problems, for `promised_s` seconds at most. Return the last problems."""
    deadline = monotonic() + promised_s
    while True:
        problems = await find()
        if not problems or monotonic() > deadline:
            return problems
        await asyncio.sleep(_LOOK_S)


class ApiWriter:
    """Client that sends each request to a random process. The report lists its violations under `kind`.

    `refusals` are the error codes that a correct service may answer, `successes` the statuses of successful answers.
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
        """Repeat a request until an answer has a status below 500. Report each refusal that is wrong."""
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
