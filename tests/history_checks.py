"""Comparison of the product's reads with the views of the reference program, at present and at past moments."""

from collections.abc import Collection, Coroutine, Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple, TypeAlias

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

Read: TypeAlias = Coroutine[object, object, None]
"""Read by the product that is compared with the reference program when it is awaited."""


class Expected:
    """Expected entries of a board and period, as a whole and within segments. The lines of each are computed once.

    `without` has the players who were erased after the moment of the view.
    """

    def __init__(self, view: View, without: Collection[int] = ()) -> None:
        self.view, self._without = view, frozenset(without)
        self._lines: dict[reference.Segment | None, dict[int, Line]] = {}

    def lines(self, segment: reference.Segment | None = None) -> Mapping[int, Line]:
        """Return the lines by player, best first."""
        if segment not in self._lines:
            self._lines[segment] = {line.player: line for line in self.view.lines(segment, self._without)}
        return self._lines[segment]


class Restriction(NamedTuple):
    """Ladder, as a whole or restricted to a segment, and its expected entries, in order and by player."""

    ladder: Ladder
    lines: Sequence[Line]
    by_player: Mapping[int, Line]


class Comparison:
    """Reads of one board and period by one product, each compared with a view of the reference program.

    The choice of the reads is random, but depends only on the state of the world's random numbers at the creation. The
    reads may therefore run concurrently. `at` (ms) is the moment of the reads, None for the present. `count` is the
    number of compared answers.
    """

    def __init__(
        self, world: World, product: Product, place: tuple[str, int], expected: Expected, *, at: int | None = None
    ) -> None:
        self._world, self._product, self._expected = world, product, expected
        self._random = Random(world.random.getrandbits(64))
        self._is_of_teams = place[0] not in RULES
        self._attributes = () if self._is_of_teams else RULES[place[0]].segments
        self._at = at
        self._ladder = self._at_moment(world.ladder(*place))
        self._board = self._restriction(self._ladder)
        self.count = 0

    def reads(self, players: int) -> Iterator[Read]:
        """Yield the reads of this comparison: pages and some players of a board, or all entries of a board of teams."""
        if self._is_of_teams:
            yield self._page(self._board, 1, 1000)
            return
        yield from self._sample(players)
        if self._at is not None:
            yield self._earlier(self._random.sample(self._world.players, 6))

    def _sample(self, players: int) -> Iterator[Read]:
        """Yield reads of pages, and reads of some players, on the board and within segments.

        Half of the players are chosen among all players, the others among those with an entry.
        """
        yield from self._pages(self._board)
        listed = [line.player for line in self._board.lines] or self._world.players
        first = self._random.randrange(2)
        for i in range(first, first + players):
            player = self._random.choice(listed if i % 2 else self._world.players)
            yield from self._player(self._board, player)
            for segment in self._segments_of(player)[:1]:
                within = self._within(segment)
                yield from self._pages(within)
                yield from self._player(within, player)

    async def _earlier(self, players: Sequence[int]) -> None:
        """Compare the movement of players since the moment."""
        movement = await self._product.movement.movement(self._ladder, players)
        expected = {i: self._board.by_player[i] for i in players if i in self._board.by_player}
        assert {i: line_of(entry) for i, entry in movement.previous.items()} == expected, self._ladder
        self.count += 1

    def _restriction(self, ladder: Ladder, segment: reference.Segment | None = None) -> Restriction:
        by_player = self._expected.lines(segment)
        return Restriction(ladder, list(by_player.values()), by_player)

    def _within(self, segment: reference.Segment) -> Restriction:
        ladder = self._ladder._replace(segment=Segment(self._attributes[segment[0]], segment[1]))
        return self._restriction(self._at_moment(ladder), segment)

    def _at_moment(self, ladder: Ladder) -> Ladder:
        """Return the ladder with the settings at the moment of the reads."""
        return ladder if self._at is None else ladder.as_of(self._at)

    def _segments_of(self, player: int) -> Sequence[reference.Segment]:
        """Return the segments of a player's entry, in a random order, none without an entry."""
        segments = self._expected.view.segments_of(player) if player in self._board.by_player else []
        return self._random.sample(segments, len(segments))

    def _pages(self, within: Restriction) -> Iterator[Read]:
        yield self._page(within, 1, 5)
        yield self._page(within, self._random.randint(1, len(within.lines) + 1), 8)

    async def _page(self, within: Restriction, rank: int, limit: int) -> None:
        page = await self._product.query.page(within.ladder, rank, limit)
        assert (self._named(page.entries), page.total) == (within.lines[rank - 1 :][:limit], len(within.lines)), (
            within.ladder
        )
        assert page.source is (Source.INDEX if within.ladder.at is None else Source.STORE)
        self._require_tiers(within, page.entries)
        self.count += 1

    def _require_tiers(self, within: Restriction, entries: Sequence[Entry]) -> None:
        """Compare the tiers of a board's entries. Within segments, entries have no tiers."""
        total, ladder = len(within.lines), within.ladder
        if ladder.segment is None:
            tiers = ladder.board.tiers_among(total)
            expected = [self._expected.view.tier_of(within.by_player[e.user_id], total) for e in entries]
            assert [tiers.name(e.score, e.rank) for e in entries] == expected, ladder

    def _player(self, within: Restriction, player: int) -> Iterator[Read]:
        """Yield the reads of a player: its rank, the entries around it, and the ranks of its friends."""
        for mode in FriendMode:
            yield self._friends(within, player, mode)
        if player not in within.by_player:
            yield self._unranked(within, player)
        else:
            yield self._rank(within, within.by_player[player])
            yield self._around(within, within.by_player[player])

    async def _unranked(self, within: Restriction, player: int) -> None:
        with pytest.raises(NotRanked):
            await self._product.query.rank(within.ladder, player)
        self.count += 1

    async def _rank(self, within: Restriction, line: Line) -> None:
        ranked = await self._product.query.rank(within.ladder, line.player)
        assert (self._named([ranked.entry]), ranked.total) == ([line], len(within.lines)), within.ladder
        if within.ladder.segment is None and self._attributes:
            assert ranked.entry.rank_in == self._ranks_in(line.player), within.ladder
        self._require_tiers(within, [ranked.entry])
        self.count += 1

    async def _around(self, within: Restriction, line: Line) -> None:
        around = await self._product.query.around(within.ladder, line.player, 2)
        position = within.lines.index(line)
        assert self._named(around.entries) == within.lines[max(0, position - 2) : position + 3], within.ladder
        self.count += 1

    def _ranks_in(self, player: int) -> dict[str, int]:
        """Return the expected ranks of a player in its segments, by attribute."""
        segments = self._expected.view.segments_of(player)
        return {self._attributes[s[0]]: self._expected.lines(s)[player].rank for s in segments}

    async def _friends(self, within: Restriction, player: int, mode: FriendMode) -> None:
        friends = self._world.friends.of(player, mode is FriendMode.MUTUAL)
        ranking = await self._product.friends[mode].ranking(within.ladder, player, EVERYBODY)
        ranked = {i: within.by_player[i] for i in friends | {player} if i in within.by_player}
        # Entries that share a rank are in the order of their times and players, like on the board.
        lines = sorted(ranked.values(), key=lambda line: (line.rank, line.at, line.player))
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
