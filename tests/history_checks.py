"""Comparison of the product's reads with the views of the reference program, at present and at past moments."""

import asyncio
from collections.abc import Collection, Sequence
from random import Random
from typing import NamedTuple

import pytest

from leaderforge.domain.boards import Ladder
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.friends import FriendMode
from leaderforge.domain.segments import Segment
from leaderforge.domain.sources import Source
from leaderforge.services.entries import Entry
from leaderforge.services.friend_ranking import FriendEntry, FriendView
from tests import history_reference as reference
from tests.history_reference import Line, View
from tests.history_world import RULES, Product, World

EVERYBODY = FriendView(1, 1000, 2)


class Restriction(NamedTuple):
    """Ladder, as a whole or restricted to a segment, and its expected entries."""

    ladder: Ladder
    lines: Sequence[Line]


class Comparison:
    """Reads of one board and period by one product, each compared with a view of the reference program.

    `at` (ms) is the moment of the reads, None for the present. `without` has the players who were erased after the
    moment. `count` is the number of compared answers.
    """

    def __init__(
        self,
        world: World,
        product: Product,
        place: tuple[str, int],
        view: View,
        *,
        at: int | None = None,
        without: Collection[int] = (),
    ) -> None:
        self._world, self._product, self._view, self._without = world, product, view, without
        self._random: Random = world.random
        self._attributes = RULES[place[0]].segments if place[0] in RULES else ()
        self._ladder = world.ladder(*place)._replace(at=at)
        self._lines = view.lines(without=without)
        self._by_player = {line.player: line for line in self._lines}
        self.count = 0

    async def whole(self) -> None:
        """Compare all entries."""
        await self._page(Restriction(self._ladder, self._lines), 1, 1000)

    async def sample(self) -> None:
        """Compare pages, and the reads of some players, on the board and within segments."""
        board = Restriction(self._ladder, self._lines)
        await self._pages(board)
        players = [self._random.choice(self._world.players)]
        players += [self._random.choice(self._lines).player] if self._lines else []
        for player in players:
            await self._player(board, player)
            for segment in self._segments_of(player)[:1]:
                within = self._within(segment)
                await self._pages(within)
                await self._player(within, player)

    async def earlier(self) -> None:
        """Compare the movement of some players since the moment."""
        players = self._random.sample(self._world.players, 6)
        movement = await self._product.movement.movement(self._ladder, players)
        expected = {i: self._by_player[i] for i in players if i in self._by_player}
        assert {i: line_of(entry) for i, entry in movement.previous.items()} == expected, self._ladder
        self.count += 1

    def _within(self, segment: reference.Segment) -> Restriction:
        ladder = self._ladder._replace(segment=Segment(self._attributes[segment[0]], segment[1]))
        return Restriction(ladder, self._view.lines(segment, self._without))

    def _segments_of(self, player: int) -> Sequence[reference.Segment]:
        """Return the segments of a player's entry, in a random order, none without an entry."""
        segments = self._view.segments_of(player) if player in self._by_player else []
        return self._random.sample(segments, len(segments))

    async def _pages(self, within: Restriction) -> None:
        await self._page(within, 1, 5)
        await self._page(within, self._random.randint(1, len(within.lines) + 1), 8)

    async def _page(self, within: Restriction, rank: int, limit: int) -> None:
        page = await self._product.query.page(within.ladder, rank, limit)
        assert (self._named(page.entries), page.total) == (within.lines[rank - 1 :][:limit], len(within.lines)), (
            within.ladder
        )
        assert page.source is (Source.INDEX if within.ladder.at is None else Source.STORE)
        self.count += 1

    async def _player(self, within: Restriction, player: int) -> None:
        line = next((line for line in within.lines if line.player == player), None)
        await asyncio.gather(*(self._friends(within, player, mode) for mode in FriendMode))
        if line is None:
            with pytest.raises(NotRanked):
                await self._product.query.rank(within.ladder, player)
            return
        ranked = await self._product.query.rank(within.ladder, player)
        assert (self._named([ranked.entry]), ranked.total) == ([line], len(within.lines)), within.ladder
        if within.ladder.segment is None and self._attributes:
            assert ranked.entry.rank_in == self._ranks_in(player), within.ladder
        around = await self._product.query.around(within.ladder, player, 2)
        position = within.lines.index(line)
        assert self._named(around.entries) == within.lines[max(0, position - 2) : position + 3], within.ladder
        self.count += 2

    def _ranks_in(self, player: int) -> dict[str, int]:
        """Return the expected ranks of a player in its segments, by attribute."""
        lines = {segment: self._view.lines(segment, self._without) for segment in self._view.segments_of(player)}
        return {
            self._attributes[i]: next(line.rank for line in lines[i, value] if line.player == player)
            for i, value in lines
        }

    async def _friends(self, within: Restriction, player: int, mode: FriendMode) -> None:
        friends = self._world.friends.of(player, mode is FriendMode.MUTUAL)
        ranking = await self._product.friends[mode].ranking(within.ladder, player, EVERYBODY)
        lines = [line for line in within.lines if line.player in friends | {player}]
        expected = [(line, 1 + sum(other.rank < line.rank for other in lines)) for line in lines]
        assert self._among(ranking.entries) == expected, (within.ladder, player)
        numbers = ranking.friends, ranking.ranked, ranking.total
        assert numbers == (len(friends), len(lines), len(within.lines)), (within.ladder, player)
        position = next((i for i, line in enumerate(lines) if line.player == player), None)
        around = [] if position is None else expected[max(0, position - 2) : position + 3]
        assert self._among(ranking.around) == around, (within.ladder, player)
        better = [] if position is None else [line for line in lines if line.rank < lines[position].rank]
        gap = abs(better[-1].score - lines[position or 0].score) if better else None
        assert (ranking.ahead and line_of(ranking.ahead.entry), ranking.gap) == (better[-1] if better else None, gap)
        self.count += 1

    def _named(self, entries: Sequence[Entry]) -> list[Line]:
        """Return the lines of entries, whose names must be the present ones."""
        assert [e.username for e in entries] == [self._world.names[e.user_id] for e in entries], self._ladder
        return [line_of(entry) for entry in entries]

    def _among(self, entries: Sequence[FriendEntry]) -> list[tuple[Line, int]]:
        lines = self._named([item.entry for item in entries])
        return [(line, item.rank_among) for line, item in zip(lines, entries, strict=True)]


def line_of(entry: Entry) -> Line:
    """Return an entry as a line of the reference program."""
    return Line(entry.rank, entry.user_id, entry.score, entry.submissions, entry.achieved_at)
