"""Concurrent recording of submissions in lanes, by player."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from itertools import chain, pairwise
from typing import TypeAlias

from leaderforge.domain.batches import OutcomeT, run_in_groups
from leaderforge.domain.submissions import Submission

RecordBatch: TypeAlias = Callable[[Sequence[Submission]], Awaitable[Sequence[OutcomeT]]]
"""Function that records a batch, and returns one outcome per submission."""


class PlayerLanes:
    """Lanes that record concurrently. All submissions of a player go through one lane, in their order.

    A lane records one batch of about `batch` submissions at a time. Two batches in flight therefore never have a player
    in common. Otherwise, one transaction would wait for the row locks of the other transaction.
    """

    def __init__(self, number: int, batch: int) -> None:
        self._lanes = [asyncio.Lock() for _ in range(number)]
        self._batch = batch

    async def record(
        self,
        submissions: Sequence[Submission],
        record: RecordBatch[OutcomeT],
        deliver: Callable[[Sequence[OutcomeT]], Awaitable[None]],
    ) -> Sequence[OutcomeT]:
        """Record the submissions, then deliver the outcomes of each lane. Return all outcomes in order.

        A delivery may overlap with the next batch of its lane. Calls must start in the order of their submissions.
        """

        async def run(number: int, positions: Sequence[int]) -> Sequence[OutcomeT]:
            batch = [submissions[i] for i in positions]
            async with self._lanes[number]:
                outcomes = await run_in_groups(batch, self._batches(batch), record)
            await deliver(outcomes)
            return outcomes

        lanes = self._by_lane(submissions)
        results = await asyncio.gather(*(run(number, lane) for number, lane in enumerate(lanes) if lane))
        outcomes = dict(zip(chain.from_iterable(lanes), chain.from_iterable(results), strict=True))
        return [outcomes[i] for i in range(len(submissions))]

    def _by_lane(self, submissions: Sequence[Submission]) -> Sequence[Sequence[int]]:
        """Return the positions of the submissions in each lane."""
        lanes: list[list[int]] = [[] for _ in self._lanes]
        for position, submission in enumerate(submissions):
            # Do not use `partition_of`. Look-ups here would fill its cache, and evict partitions that the update of the
            # index needs later.
            lanes[submission.event.user_id % len(lanes)].append(position)
        return lanes

    def _batches(self, submissions: Sequence[Submission]) -> Iterator[Sequence[int]]:
        """Yield the positions in each batch. In most batches, no player recurs.

        One statement can record submissions of different players. A batch with recurring players needs several
        statements.
        """
        number = max(1, round(len(submissions) / self._batch))
        bounds = [len(submissions) * i // number for i in range(number + 1)]
        for start, end in pairwise(bounds):
            firsts, repeats = _firsts_and_repeats(submissions, range(start, end))
            yield firsts
            if repeats:
                yield repeats


def _firsts_and_repeats(submissions: Sequence[Submission], positions: Iterable[int]) -> tuple[list[int], list[int]]:
    """Return the positions of the first submission of each player, and the positions of all other submissions."""
    players: set[int] = set()
    firsts: list[int] = []
    repeats: list[int] = []
    for position in positions:
        user_id = submissions[position].event.user_id
        (repeats if user_id in players else firsts).append(position)
        players.add(user_id)
    return firsts, repeats
