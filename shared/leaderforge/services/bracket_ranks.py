"""Final ranks of players in the brackets of a tournament."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from leaderforge.domain.boards import Ladder
from leaderforge.domain.brackets import Brackets
from leaderforge.domain.merge import Row, listed_on
from leaderforge.domain.order import rank_bound, user_id_of
from leaderforge.domain.ranks import rank_of
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.tournaments import TournamentStore

_AT_ONCE = 1000
"""Approximate number of entrants that one read covers."""


class BracketRanks:
    """Reads of ranks in the brackets of an occurrence that nobody can join any more."""

    def __init__(self, store: ScoreStore, tournaments: TournamentStore) -> None:
        self._store = store
        self._tournaments = tournaments

    async def of_all(self, ladder: Ladder) -> Mapping[int, int]:
        """Return the rank of each listed player in the player's bracket. Return an empty mapping without brackets.

        All entrants are read, in the order of their numbers.
        """
        rules = ladder.board.tournament
        if rules is None or rules.bracket_size is None:
            return {}
        entrants = await self._tournaments.count(ladder.board, ladder.period)
        ranks: dict[int, int] = {}
        for brackets in _portions(Brackets(rules.bracket_size, entrants, is_final=True)):
            ranks |= await self._ranks(ladder, brackets)
        return ranks

    async def _ranks(self, ladder: Ladder, brackets: Sequence[range]) -> Mapping[int, int]:
        """Return the ranks of the players in consecutive brackets, each given by the range of its entrants' numbers."""
        numbers = range(brackets[0].start, brackets[-1].stop)
        entrants = await self._tournaments.numbered(ladder.board, ladder.period, numbers)
        rows = await self._store.rows(ladder, [entrant.user_id for entrant in entrants])
        ranks: dict[int, int] = {}
        for bracket in brackets:
            players = [entrant.user_id for entrant in entrants if entrant.number in bracket]
            ranks |= _ranks_among(ladder, listed_on(ladder.board, map(rows.get, players)))
        return ranks


def _portions(brackets: Brackets) -> Iterator[Sequence[range]]:
    """Yield groups of brackets, each for one read. A bracket is given by the numbers of its entrants."""
    size = max(1, _AT_ONCE // brackets.size)
    for first in range(1, brackets.count + 1, size):
        yield [brackets.numbers(i) for i in range(first, min(first + size, brackets.count + 1))]


def _ranks_among(ladder: Ladder, rows: Sequence[Row]) -> Mapping[int, int]:
    keys = sorted(row.key for row in rows)
    return {user_id_of(key): rank_of(bisect_left(keys, rank_bound(ladder.board, key))) for key in keys}
