"""Client that submits runs to a board that feeds two others. Each run must count on all of them or on none."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import suppress
from random import Random
from uuid import UUID

import asyncpg

from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Reply
from leaderforge.torture.report import Report
from tests.torture.api_writer import ApiWriter, lasting_problems
from tests.torture.feeds import COINS, DEPTH, FED_BOARDS, SOURCE, Run, Runs, receipt_problems
from tests.torture.ledger import StoredEvent
from tests.torture.rig import Rig

_ACTS = {"submit": 10, "overlap": 5, "void": 4}
_LOOK_WITHIN_S = 0.1
"""Maximum time in s from a request to a look at the store, which is at a random moment."""
_DISCONNECTED = OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError
"""Errors of a look at the store while a nemesis stops PostgreSQL. asyncpg raises the last one for a connection that is
lost at an unexpected moment.
"""
_LONG = 2**53 - 1
"""Greatest named number. As a score it is near the limits of boards that are not `int64`."""


class FeedWriter(ApiWriter):
    """Client that acts for players of its own. It compares the stored events during the run, and at its end."""

    def __init__(self, rig: Rig, report: Report, random: Random, players: Sequence[int]) -> None:
        super().__init__(rig, report, random, "feeds", refusals=frozenset({"board_exists"}))
        self._players = players
        self._runs = Runs()

    async def write(self, pace_s: float) -> None:
        """Perform random acts every `pace_s` seconds until `over` is set."""
        for board, settings in FED_BOARDS.items():
            await self._until_done("POST", "/api/boards", {"board": board, **settings})
        while not self.over:
            [act] = self._random.choices(list(_ACTS), list(_ACTS.values()))
            await getattr(self, f"_{act}")()
            await asyncio.sleep(pace_s * self._random.uniform(0.5, 1.5))

    async def problems(self, promised_s: float) -> list[Problem]:
        """Return the differences between acknowledged runs and stored events that last for `promised_s` seconds."""
        return await lasting_problems(self._problems, promised_s)

    async def summary(self) -> str:
        """Return the numbers of runs and of removed runs as text."""
        runs = self._runs.sent.values()
        removed, fed = sum(run.is_removed for run in runs), sum(len(run.scores) - 1 for run in runs)
        return f"{len(runs)} runs that feed {fed} submissions, {removed} removed"

    async def _submit(self) -> None:
        run = self._new_run()
        self._acknowledge(run, await self._send_run(run))

    async def _overlap(self) -> None:
        """Send a run twice at once, like a client that retries before the first answer. Look at the store meanwhile."""
        run = self._new_run()
        answers = await asyncio.gather(self._send_run(run), self._send_run(run), self._look())
        for answer in answers[:2]:
            self._acknowledge(run, answer)

    async def _void(self) -> None:
        """Remove a run, or restore it, and look at the store meanwhile. The submissions on the fed boards follow."""
        acknowledged = [run for run in self._runs.sent.values() if run.is_acknowledged]
        if not acknowledged:
            return
        run = self._random.choice(acknowledged[-40:])
        path = f"/api/boards/{SOURCE}/entries/{run.user_id}/submissions/{run.submission_id}"
        restoration = "POST", f"{path}/restore", {"reason": "torture"}
        request = restoration if run.is_removed else ("DELETE", f"{path}?reason=torture", None)
        answer, _ = await asyncio.gather(self._until_done(*request), self._look())
        if answer.status == 200:
            run.is_removed = not run.is_removed

    async def _look(self) -> None:
        """Compare the events of a random moment. Runs in flight must count on all boards or on none, too."""
        await asyncio.sleep(self._random.uniform(0, _LOOK_WITHIN_S))
        with suppress(*_DISCONNECTED):
            self._note(list(self._runs.partial(await self._stored())))

    def _new_run(self) -> Run:
        scores = {SOURCE: self._random.randrange(10**6)}
        if self._random.random() < 0.9:
            scores[COINS] = self._random.randrange(100)
        if self._random.random() < 0.8:
            scores[DEPTH] = self._random.randrange(_LONG - 10**6, _LONG)
        run = Run(self._random.choice(self._players), UUID(int=self._random.getrandbits(128)), scores)
        self._runs.sent[run.submission_id] = run
        return run

    async def _send_run(self, run: Run) -> Reply:
        return await self._until_done("POST", f"/api/boards/{SOURCE}/scores", run.body)

    def _acknowledge(self, run: Run, answer: Reply) -> None:
        if answer.status == 200:
            run.is_acknowledged = True
            self._note(receipt_problems(run, answer.body))

    def _note(self, problems: Iterable[Problem]) -> None:
        self._report.conclude(list(problems))

    async def _problems(self) -> list[Problem]:
        return list(self._runs.problems(await self._stored()))

    async def _stored(self) -> list[StoredEvent]:
        """Return the events on the three boards, read by one statement."""
        connection = await asyncpg.connect(self._rig.dsn, timeout=5)
        try:
            rows = await connection.fetch(
                "select slug, score_events.* from score_events join boards using (board_id) where slug = any ($1)",
                list(FED_BOARDS),
                timeout=5,
            )
        finally:
            await connection.close(timeout=5)
        return [
            StoredEvent(
                row["user_id"],
                row["slug"],
                row["submission_id"],
                row["score"],
                row["achieved_at"],
                row["received_us"],
                row["void"],
            )
            for row in rows
        ]
