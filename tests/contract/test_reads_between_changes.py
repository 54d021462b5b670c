"""Reads of the index while entries change between their round trips, compared with sorted lists of standings."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.domain.boards import Board, Ladder, Order, RankStyle
from leaderforge.domain.merge import Counts, Row, Window
from leaderforge.domain.order import place, rank_bound, sort_key, tie_bound
from leaderforge.domain.standings import HIDDEN_ENTRY, Standing
from tests.contract.index_fixtures import cluster

__all__ = ["cluster"]

LADDERS = [
    Ladder(Board(1, "desc", "Descending")),
    Ladder(Board(2, "shared", "Shared ranks", order=Order.ASC, rank_style=RankStyle.SHARED)),
    Ladder(Board(3, "barred", "Subscore", subscore_order=Order.DESC, min_submissions=3)),
]
PLAYERS = range(-60, 60)
READS_OF_A_LADDER = 12


class ChangedCluster(Cluster):
    """Client that makes one of `changes` after each of its round trips, until no change is left."""

    changes: Sequence[Callable[[], Awaitable[object]]] = ()

    async def run(self, calls: Sequence[Call]) -> list[Any]:
        replies = await super().run(calls)
        if self.changes:
            change, *self.changes = self.changes
            await change()
        return replies


@dataclass(frozen=True)
class Sorted:
    """Oracle of a ladder: entries as (score, subscore, time, player, submissions), in the order of the board."""

    board: Board
    standings: Mapping[int, Standing]

    def entries(self) -> list[tuple[int, ...]]:
        listed = (s for s in self.standings.values() if not s.hidden and s.submissions >= self.board.min_submissions)
        return sorted((self._entry(s) for s in listed), key=self._order)

    def window(self, entry: tuple[int, ...], before: int, after: int) -> Any:
        above = sum(self._order(other) < self._order(entry) for other in self.entries())
        return self._window(above, max(0, above - before), above + after)

    def window_at(self, rank: int, count: int) -> Any:
        above = min(rank - 1, len(self.entries()))
        return self._window(above, above, above + count)

    def ranks(self, chosen: Sequence[tuple[int, ...]]) -> Any:
        """Return the number of entries, counts for the chosen entries, and whether the ladder has all chosen entries.

        The counts are one list, in the order of the chosen entries: the number of entries above each. With shared
        ranks, the list first has the number of entries above the tie of each chosen entry, then the number of entries
        down to the end of each tie.
        """
        entries, chosen_standings = self.entries(), set(chosen)
        shared = self.board.rank_style is RankStyle.SHARED
        order: Callable[[Any], Any] = (lambda e: self._order(e)[:2]) if shared else self._order
        counts = [sum(order(e) < order(c) for e in entries) for c in chosen]
        if shared:
            counts += [sum(order(e) <= order(c) for e in entries) for c in chosen]
        return len(entries), counts, chosen_standings <= set(entries)

    def _entry(self, s: Standing) -> tuple[int, ...]:
        return s.score, s.subscore if self.board.subscore_order else 0, s.achieved_at, s.user_id, s.submissions

    def _order(self, entry: tuple[int, ...]) -> tuple[int, ...]:
        score, subscore, *others = entry
        return score if self.board.order is Order.ASC else -score, -subscore, *others

    def _window(self, above: int, first: int, end: int) -> Any:
        entries = self.entries()
        return len(entries), above, entries[first:above], entries[above:end]


def as_entry(board: Board, row: Row) -> tuple[int, ...]:
    """Return a row as the oracle lists it."""
    p = place(board, row.key)
    return p.score, p.subscore, p.achieved_at, p.user_id, row.submissions


def as_window(board: Board, window: Window[Row]) -> Any:
    before, after = ([as_entry(board, row) for row in rows] for rows in (window.before, window.after))
    return window.total, window.above, before, after


def random_standing(random: Random, user_id: int, revision: int) -> Standing:
    hidden = HIDDEN_ENTRY if random.random() < 0.1 else 0
    at, score, submissions = random.randrange(3), random.randrange(-4, 5), random.randrange(1, 9)
    return Standing(user_id, score, at, UUID(int=0), None, True, submissions, revision, random.randrange(-1, 2), hidden)


@pytest.fixture
async def client(valkey) -> AsyncIterator[ChangedCluster]:
    client = ChangedCluster(valkey.addresses, timeout_s=10)
    yield client
    await client.close()


@pytest.mark.parametrize("partitions", [1, 2, 3, 8, 32])
@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
async def test_every_read_shows_one_state_whatever_changes_between_its_round_trips(client, cluster, partitions, ladder):
    board, random = ladder.board, Random(partitions)
    namespace = f"between-{partitions}-{board.slug}"
    index, writer = (RedisIndex(c, partitions=partitions, namespace=namespace) for c in (client, cluster))
    token = await writer.begin_rebuild([ladder], range(partitions))
    await writer.finish_rebuild(token, range(partitions), 1)
    state = {i: random_standing(random, i, 1) for i in random.sample(PLAYERS, 90)}
    await writer.load(ladder, list(state.values()))
    for number in range(READS_OF_A_LADDER):
        states = [Sorted(board, dict(state))]

        async def change(revision: int = number + 2, states: list[Sorted] = states) -> None:
            changed = [random_standing(random, i, 10 * revision + len(states)) for i in random.sample(PLAYERS, 12)]
            await writer.apply(ladder, changed)
            state.update({s.user_id: s for s in changed})
            states.append(Sorted(board, dict(state)))

        client.changes = [change] * random.randrange(4)
        shown, expected = await read(index, ladder, states[0], random)
        assert shown in [expected(oracle) for oracle in states], f"read {number}"
        client.changes = []


async def read(
    index: RedisIndex, ladder: Ladder, oracle: Sorted, random: Random
) -> tuple[Any, Callable[[Sorted], Any]]:
    """Return the result of a random read, and the function of the oracle that computes it."""
    board, entries = ladder.board, oracle.entries()
    kind, size, around = random.randrange(3), random.choice([1, 5, 30]), random.choice(entries)
    if kind == 0:
        before, after = random.randrange(size), size
        window = await index.window(ladder, key_of(board, around), before=before, after=after)
        return as_window(board, window), lambda state: state.window(around, before, after)
    if kind == 1:
        rank = random.randrange(1, len(entries) + 3)
        window = await index.window_at(ladder, rank, size)
        return as_window(board, window), lambda state: state.window_at(rank, size)
    chosen = random.sample(entries, size)
    keys = [key_of(board, entry) for entry in chosen]
    bounds = [rank_bound(board, key) for key in keys]
    if board.rank_style is RankStyle.SHARED:
        bounds += [tie_bound(board, key) for key in keys]
    counts: Counts = await index.counts(ladder, bounds, keys)
    return (counts.total, list(counts.above), counts.all_present), lambda state: state.ranks(chosen)


def key_of(board: Board, entry: tuple[int, ...]) -> bytes:
    score, subscore, achieved_at, user_id, submissions = entry
    standing = Standing(user_id, score, achieved_at, UUID(int=0), None, True, submissions, 1, subscore=subscore)
    return sort_key(board, standing)
