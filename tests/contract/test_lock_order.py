"""Order of locks: batches, feeds, changes by a difference, and acts on one player do not deadlock.

The acts are a moderator's acts and changes of attributes.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Callable
from random import Random

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Database
from tests.contract.test_changes_of_scores import DAILY, NOON, change, event

PLAYERS = range(1, 9)
DEADLOCKS = "select deadlocks from pg_stat_database where datname = current_database()"
"""Query of the number of deadlocks of the database so far. It includes deadlocks of earlier tests."""


class Storm:
    """Concurrent calls on a few players and boards. `sums` has the sum of each player's changes on the last board."""

    def __init__(self, stores: Database, boards: list[Board], *, changes: bool, acts: bool, feeds: bool) -> None:
        self.stores = stores
        self.boards = boards
        self.sums: Counter[int] = Counter()
        self._random = Random(3)
        self._changes = changes
        self._acts = acts
        self._feeds = feeds

    async def rage(self) -> None:
        calls: list[Callable[[], Awaitable[None]]] = [self._record] * 60
        calls += [self._set, self._hide, self._move] * (20 if self._acts else 0)
        self._random.shuffle(calls)
        places = asyncio.Semaphore(10)

        async def run(call: Callable[[], Awaitable[None]]) -> None:
            async with places:
                await call()

        await asyncio.gather(*map(run, calls))

    async def _record(self) -> None:
        submissions = [self._submission() for _ in range(self._random.randint(1, 25))]
        outcomes = await self.stores.scores.record(submissions, previous=self._random.random() < 0.5)
        assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
        for submission in submissions:
            if submission.board is self.boards[-1]:
                self.sums[submission.event.user_id] += submission.event.change or 0

    def _submission(self) -> Submission:
        board = self._random.choice(self.boards if self._changes else self.boards[:-1])
        user_id, at = self._random.choice(PLAYERS), self._random.randint(-500, 500)
        is_change = board is self.boards[-1] or (self._changes and board.policy is not Policy.SUM and at % 3 == 0)
        make = change if is_change else event
        added = make(self._random.randint(-5, 9), at, user_id=user_id)
        submission, targets = Submission(board.ladders_at(added.achieved_at), added), self.boards[1:3]
        if not self._feeds or is_change or board is not self.boards[0]:
            return submission
        fed = [submission._replace(ladders=target.ladders_at(added.achieved_at)) for target in targets]
        return submission._replace(fed=fed)

    async def _set(self) -> None:
        board, new = self._random.choice(self.boards[:-1]), event(5, user_id=self._random.choice(PLAYERS))
        act = AuditEntry(NOON + 1, "cli", "entry.set")
        await self.stores.moderation.set_score(Submission(board.ladders_at(NOON), new), act)

    async def _hide(self) -> None:
        hidden, act = self._random.random() < 0.5, AuditEntry(NOON, "cli", "player.hide")
        await self.stores.moderation.set_player_hidden(self._random.choice(PLAYERS), hidden, act)

    async def _move(self) -> None:
        country, act = self._random.choice(("FI", "SE")), AuditEntry(NOON, "cli", "player.change")
        attributes = json.dumps({"country": country})
        await self.stores.users.change(self._random.choice(PLAYERS), {"attributes": attributes}, act)


@pytest.mark.parametrize(
    ("changes", "acts", "feeds"),
    [(True, False, False), (False, True, False), (True, True, False), (True, True, True)],
)
async def test_no_two_calls_wait_for_each_other(on_postgres: Database, changes: bool, acts: bool, feeds: bool) -> None:
    """Fail at any deadlock, because a deadlock delays transactions by a second, and ends at least one of them."""
    policies = Policy.LATEST, Policy.SUM, Policy.BEST, Policy.LATEST
    boards = [await on_postgres.board(policy=policy, calendar=DAILY, segments=("country",)) for policy in policies]
    await on_postgres.players(*PLAYERS)
    # Record a first standing of each player, because calls can lock a standing only if it exists.
    first = [event(0, user_id=user_id) for user_id in PLAYERS]
    for board in boards:
        await on_postgres.scores.record([Submission(board.ladders_at(NOON), one) for one in first])
    storm = Storm(on_postgres, boards, changes=changes, acts=acts, feeds=feeds)
    earlier = await on_postgres.run(DEADLOCKS)
    await storm.rage()
    assert await on_postgres.run(DEADLOCKS) == earlier
    for standing in await on_postgres.scores.standings(Ladder(boards[-1]), PLAYERS):
        assert standing.score == storm.sums[standing.user_id]
    for ladder in {ladder for board in boards for ladder in board.ladders_at(NOON)}:
        before, after = [
            {one.user_id: one._replace(revision=0, metadata=None) for one in standings}
            for standings in (
                await on_postgres.scores.standings(ladder, PLAYERS),
                await on_postgres.scores.refold(ladder, list(PLAYERS)),
            )
        ]
        assert before == after
