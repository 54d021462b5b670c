"""Reads of the index while entries change between their round trips, compared with sorted lists of standings."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.redis.cluster import Call, Cluster
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.domain import callers
from leaderforge.domain.boards import Board, Ladder, Order, RankStyle
from leaderforge.domain.errors import IndexUnavailable, NotRanked
from leaderforge.domain.merge import Counts, Row, Window
from leaderforge.domain.order import place, rank_bound, sort_key, tie_bound
from leaderforge.domain.segments import Segment
from leaderforge.domain.standings import HIDDEN_ENTRY, Standing
from leaderforge.services.entries import Page, PlayerRank
from tests.acceptance.conftest import lasting_belief
from tests.contract.index_fixtures import cluster
from tests.delivering import Process
from tests.waiting import until

__all__ = ["cluster", "lasting_belief"]

COUNTRIES = ("FI", "SE", None)
PLATFORMS = ("pc", "phone", None)

LADDERS = [
    Ladder(Board(1, "desc", "Descending")),
    Ladder(Board(2, "shared", "Shared ranks", order=Order.ASC, rank_style=RankStyle.SHARED)),
    Ladder(Board(3, "barred", "Subscore", subscore_order=Order.DESC, min_submissions=3)),
    Ladder(Board(4, "divided", "Segments", segments=("country", "platform"))),
    Ladder(Board(4, "divided", "Segments", segments=("country", "platform")), segment=Segment("country", "FI")),
]
PLAYERS = range(-60, 60)
READS_OF_A_LADDER = 12
READS_OF_PLAYERS = 40


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
    """Oracle of a ladder: entries as (score, subscore, time, player, submissions), in the order of the board.

    With a `segment`, only its players count.
    """

    board: Board
    standings: Mapping[int, Standing]
    segment: Segment | None = None

    def entries(self) -> list[tuple[int, ...]]:
        listed = (s for s in self.standings.values() if not s.hidden and s.submissions >= self.board.min_submissions)
        return sorted((self._entry(s) for s in listed if self._is_within(s)), key=self._order)

    def rank(self, user_id: int) -> Any:
        """Return a player's rank, score, total and ranks in segments, None outside the ladder's segment."""
        s = self.standings[user_id]
        if not self._is_within(s):
            return None
        return self._rank(s), s.score, len(self.entries()) + bool(s.hidden), self._ranks_in(s)

    def around(self, user_id: int, radius: int) -> Any:
        """Return the ranks, players and scores around a player, the total and the player's ranks in segments.

        A hidden player counts in the ranks behind it.
        """
        s = self.standings[user_id]
        if not self._is_within(s):
            return None
        ranked = sorted({*self.entries(), self._entry(s)}, key=self._order)
        position = ranked.index(self._entry(s))
        shown = []
        for entry in ranked[max(0, position - radius) : position + radius + 1]:
            neighbour = self.standings[entry[3]]
            is_behind = self._rank_order(self._entry(s)) < self._rank_order(entry)
            shown.append((self._rank(neighbour) + (bool(s.hidden) and is_behind), neighbour.user_id, neighbour.score))
        return shown, len(ranked), self._ranks_in(s)

    def _rank(self, s: Standing) -> int:
        return 1 + sum(self._rank_order(other) < self._rank_order(self._entry(s)) for other in self.entries())

    def _ranks_in(self, s: Standing) -> Mapping[str, int] | None:
        if self.segment is not None:
            return None
        named = zip(self.board.segments, s.segments or (), strict=True)
        segments = [Segment(name, value) for name, value in named if value is not None]
        return {segment.attribute: replace(self, segment=segment)._rank(s) for segment in segments}

    def _is_within(self, s: Standing) -> bool:
        if self.segment is None:
            return True
        return (s.segments or ())[self.board.segments.index(self.segment.attribute)] == self.segment.value

    def page(self, first: int, end: int) -> Any:
        """Return the ranks, players and scores at the positions `first` to `end` - 1, and the number of all entries."""
        entries = self.entries()
        shown = [self.standings[entry[3]] for entry in entries[max(0, first) : end]]
        return [(self._rank(s), s.user_id, s.score) for s in shown], len(entries)

    def range(self, low: int, high: int, limit: int) -> Any:
        """Return a page of the entries with these scores, and their number."""
        within = [entry for entry in self.entries() if low <= entry[0] <= high]
        shown = [self.standings[entry[3]] for entry in within[:limit]]
        return [(self._rank(s), s.user_id, s.score) for s in shown], len(within)

    def position(self, entry: tuple[int, ...]) -> int:
        """Return the number of entries above an entry, which may have left."""
        return sum(self._order(other) < self._order(entry) for other in self.entries())

    def end(self, entry: tuple[int, ...]) -> int:
        """Return the number of entries down to an entry. An entry with another number of submissions is the same."""
        return sum(self._order(other)[:-1] <= self._order(entry)[:-1] for other in self.entries())

    def window(self, entry: tuple[int, ...], before: int, after: int) -> Any:
        above = self.position(entry)
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
        order = self._rank_order
        counts = [sum(order(e) < order(c) for e in entries) for c in chosen]
        if self.board.rank_style is RankStyle.SHARED:
            counts += [sum(order(e) <= order(c) for e in entries) for c in chosen]
        return len(entries), counts, chosen_standings <= set(entries)

    def _entry(self, s: Standing) -> tuple[int, ...]:
        return s.score, s.subscore if self.board.subscore_order else 0, s.achieved_at, s.user_id, s.submissions

    def _order(self, entry: tuple[int, ...]) -> tuple[int, ...]:
        score, subscore, *others = entry
        return score if self.board.order is Order.ASC else -score, -subscore, *others

    def _rank_order(self, entry: tuple[int, ...]) -> tuple[int, ...]:
        """Return the part of an entry's order by which ranks differ."""
        return self._order(entry)[:2] if self.board.rank_style is RankStyle.SHARED else self._order(entry)

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


def random_standing(random: Random, user_id: int, revision: int, *, divided: bool = False) -> Standing:
    hidden = HIDDEN_ENTRY if random.random() < 0.1 else 0
    at, score, submissions = random.randrange(3), random.randrange(-4, 5), random.randrange(1, 9)
    standing = Standing(
        user_id, score, at, UUID(int=0), None, True, submissions, revision, random.randrange(-1, 2), hidden
    )
    return standing._replace(segments=random_segments(random)) if divided else standing


def random_segments(random: Random) -> tuple[str | None, ...]:
    return random.choice(COUNTRIES), random.choice(PLATFORMS)


def changed_standing(random: Random, standing: Standing, revision: int) -> Standing:
    """Return a standing with other attributes, or with other values too."""
    if random.random() < 0.5:
        return standing._replace(revision=revision, segments=random_segments(random))
    return random_standing(random, standing.user_id, revision, divided=True)


@pytest.fixture
async def client(valkey) -> AsyncIterator[ChangedCluster]:
    client = ChangedCluster(valkey.addresses, timeout_s=10)
    yield client
    await client.close()


@pytest.mark.parametrize("partitions", [1, 2, 3, 8, 32])
@pytest.mark.parametrize("ladder", LADDERS, ids=lambda ladder: ladder.board.slug)
async def test_every_read_shows_one_state_whatever_changes_between_its_round_trips(client, cluster, partitions, ladder):
    board, random = ladder.board, Random(partitions)
    namespace = f"between-{partitions}-{board.slug}-{ladder.segment}"
    index, writer = (RedisIndex(c, partitions=partitions, namespace=namespace) for c in (client, cluster))
    token = await writer.begin_rebuild([ladder], range(partitions))
    await writer.finish_rebuild(token, range(partitions), 1)
    divided = bool(board.segments)
    state = {i: random_standing(random, i, 1, divided=divided) for i in random.sample(PLAYERS, 90)}
    whole = ladder._replace(segment=None)
    await writer.load(whole, list(state.values()))
    for number in range(READS_OF_A_LADDER):
        states = [Sorted(board, dict(state), ladder.segment)]

        async def change(revision: int = number + 2, states: list[Sorted] = states) -> None:
            number = 10 * revision + len(states)
            changed = [random_standing(random, i, number, divided=divided) for i in random.sample(PLAYERS, 12)]
            await writer.apply(whole, changed)
            state.update({s.user_id: s for s in changed})
            states.append(Sorted(board, dict(state), ladder.segment))

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
    chosen = random.sample(entries, min(size, len(entries)))
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


async def believing(index: RedisIndex) -> Process:
    """Return a process that treats the index as current. Its store is empty."""
    users = MemoryPlayerStore()
    process = Process(MemoryScoreStore(users), users, index)
    await process.maintain.reconcile()
    await until(process.trust.is_believed, "the index to be believed")
    return process


@pytest.mark.usefixtures("lasting_belief")
@pytest.mark.parametrize("partitions", [1, 3, 8])
@pytest.mark.parametrize("style", RankStyle)
async def test_every_answer_about_a_player_shows_one_state_whatever_changes_meanwhile(
    client, cluster, partitions, style
):
    board = Board(5, "divided", "Segments", rank_style=style, segments=("country", "platform"))
    ladder, random = Ladder(board), Random(partitions)
    index, writer = (
        RedisIndex(c, partitions=partitions, namespace=f"answers-{partitions}-{style}") for c in (client, cluster)
    )
    process = await believing(index)
    state = {i: random_standing(random, i, 1, divided=True) for i in range(40)}
    await writer.load(ladder, list(state.values()))
    for number in range(READS_OF_PLAYERS):
        states = [Sorted(board, dict(state))]

        async def change(revision: int = number + 2, states: list[Sorted] = states) -> None:
            chosen = random.sample(list(state), 16)
            changed = [changed_standing(random, state[i], 10 * revision + len(states)) for i in chosen]
            await writer.apply(ladder, changed)
            state.update({s.user_id: s for s in changed})
            states.append(Sorted(board, dict(state)))

        client.changes = [change] * random.randrange(5)
        shown, expected = await read_player(process, ladder, random)
        client.changes = []
        assert shown in [expected(oracle) for oracle in states], f"read {number}"
    await process.close()


@pytest.mark.usefixtures("lasting_belief")
@pytest.mark.parametrize("style", RankStyle)
async def test_a_player_who_moves_all_the_time_gets_an_error_and_other_players_their_ranks(client, cluster, style):
    board, random = Board(7, "hot", "Hot", rank_style=style), Random(1)
    ladder, state = Ladder(board), {i: random_standing(random, i, 1)._replace(hidden=0) for i in range(20)}
    index, writer = (RedisIndex(c, partitions=3, namespace=f"hot-{style}") for c in (client, cluster))
    process = await believing(index)
    await writer.load(ladder, list(state.values()))
    states = [Sorted(board, dict(state))]

    async def move() -> None:
        state[0] = state[0]._replace(score=state[0].score + 1, revision=state[0].revision + 1)
        await writer.apply(ladder, [state[0]])
        states.append(Sorted(board, dict(state)))

    client.changes = [move] * 100
    players = process.query.rank(ladder, 0), process.query.rank(ladder, 1), process.query.rank(ladder, 2)
    moved, *others = await asyncio.gather(*players, return_exceptions=True)
    client.changes = []
    assert isinstance(moved, IndexUnavailable)
    for user_id, player in enumerate(others, 1):
        assert isinstance(player, PlayerRank)
        assert (player.entry.rank, player.entry.score, player.total) in [state.rank(user_id)[:3] for state in states]
    assert (await process.query.rank(ladder, 0)).entry.rank == states[-1].rank(0)[0]
    await process.close()


async def read_player(process: Process, ladder: Ladder, random: Random) -> tuple[Any, Callable[[Sorted], Any]]:
    """Return a player's answer to a random read, None if not ranked, and the function of the oracle that computes it.

    Hidden players see themselves.
    """
    user_id, radius = random.randrange(40), random.choice([0, 1, 5])
    segment = random.choice([None, None, Segment("country", "FI")])
    viewed, viewer = ladder._replace(segment=segment), callers.player(user_id)
    if random.random() < 0.5:
        shown = await shown_rank(process, viewed, user_id, viewer)
        return shown, lambda state: replace(state, segment=segment).rank(user_id)
    shown = await shown_around(process, viewed, user_id, radius, viewer)
    return shown, lambda state: replace(state, segment=segment).around(user_id, radius)


async def shown_rank(process: Process, ladder: Ladder, user_id: int, viewer: callers.Caller) -> Any:
    try:
        ranked = await process.query.rank(ladder, user_id, viewer)
    except NotRanked:
        return None
    return ranked.entry.rank, ranked.entry.score, ranked.total, ranked.entry.rank_in


async def shown_around(process: Process, ladder: Ladder, user_id: int, radius: int, viewer: callers.Caller) -> Any:
    try:
        page = await process.query.around(ladder, user_id, radius, viewer)
    except NotRanked:
        return None
    return [(e.rank, e.user_id, e.score) for e in page.entries], page.total, page.rank_in


@pytest.mark.usefixtures("lasting_belief")
@pytest.mark.parametrize("partitions", [1, 3, 8])
@pytest.mark.parametrize("style", RankStyle)
async def test_every_page_shows_one_state_whatever_changes_meanwhile(client, cluster, partitions, style):
    board, random = Board(6, "pages", "Pages", rank_style=style), Random(partitions)
    ladder = Ladder(board)
    index, writer = (
        RedisIndex(c, partitions=partitions, namespace=f"pages-{partitions}-{style}") for c in (client, cluster)
    )
    process = await believing(index)
    state = {i: random_standing(random, i, 1) for i in range(60)}
    await writer.load(ladder, list(state.values()))
    for number in range(READS_OF_PLAYERS):
        states = [Sorted(board, dict(state))]

        async def change(revision: int = number + 2, states: list[Sorted] = states) -> None:
            number = 10 * revision + len(states)
            changed = [random_standing(random, i, number) for i in random.sample(list(state), 6)]
            await writer.apply(ladder, changed)
            state.update({s.user_id: s for s in changed})
            states.append(Sorted(board, dict(state)))

        client.changes = [change] * random.randrange(6)
        shown, expected = await read_page(process, ladder, states[0], random)
        client.changes = []
        assert shown in [expected(oracle) for oracle in states], f"read {number}"
    await process.close()


async def read_page(
    process: Process, ladder: Ladder, oracle: Sorted, random: Random
) -> tuple[Any, Callable[[Sorted], Any]]:
    """Return a random page or range, and the function of the oracle that computes it."""
    kind, size, entry = random.randrange(4), random.choice([1, 5, 20]), random.choice(oracle.entries())
    key = key_of(ladder.board, entry)
    if kind == 0:
        rank = random.randrange(1, len(oracle.entries()) + 3)
        page = await process.query.page(ladder, rank, size)
        return as_page(page), lambda state: state.page(rank - 1, rank - 1 + size)
    if kind == 1:
        page = await process.query.page_before(ladder, key, size)
        return as_page(page), lambda state: state.page(state.position(entry) - size, state.position(entry))
    if kind == 2:
        page = await process.query.page_after(ladder, key, size)
        return as_page(page), lambda state: state.page(state.end(entry), state.end(entry) + size)
    low, high = sorted((random.randrange(-4, 5), random.randrange(-4, 5)))
    page = await process.query.range(ladder, low, high, size)
    return as_page(page), lambda state: state.range(low, high, size)


def as_page(page: Page) -> Any:
    return [(e.rank, e.user_id, e.score) for e in page.entries], page.total
