"""Distribution of a board's scores: histograms and percentiles."""

import asyncio
from collections.abc import Sequence
from fractions import Fraction

from leaderforge.domain.boards import Ladder, Order, RankStyle
from leaderforge.domain.errors import IndexUnavailable, NotRanked
from leaderforge.domain.merge import Counts
from leaderforge.domain.order import FIRST, LAST, place, rank_bound, score_bound, tie_bound, user_id_of
from leaderforge.domain.statistics import bucket_edges, rank_at
from leaderforge.ports.ranking import Ranking
from leaderforge.services.entries import Bucket, Distribution, PlayerRank
from leaderforge.services.reading import Reader, Reading

_SHOWN = (50, 90, 99)
"""Percentiles that a distribution contains."""

_ATTEMPTS = 8
"""Maximum attempts to read the player at a percentile. The player may leave the board between two steps."""


class DistributionService:
    """Exact statistics of all scores of a board, by counting."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def at_percentile(self, ladder: Ladder, percent: Fraction) -> PlayerRank:
        """Return the worst entry that is still ahead of at least `percent` of the other entries.

        Raises `NotRanked` if the board is empty, or if ties leave no such entry.
        """

        async def read(reading: Reading) -> PlayerRank:
            return await self._at_percentile(reading, ladder, percent)

        return await self._reader.read(ladder, read)

    async def _at_percentile(self, reading: Reading, ladder: Ladder, percent: Fraction) -> PlayerRank:
        # A player may leave the board between the steps. Then select another player.
        for _ in range(_ATTEMPTS):
            total = (await reading.ranking.counts(ladder, [])).total
            if total == 0:
                raise NotRanked(f"board {ladder.board.slug!r} has no scores", board=ladder.board.slug)
            key = await _last_ahead_of(reading.ranking, ladder, percent, total)
            if key is not None:
                players = await self._reader.player_ranks(reading, ladder, [user_id_of(key)])
                if players and not players[0].entry.hidden:
                    return players[0]
        raise IndexUnavailable("the board changed in every attempt to find a percentile")

    async def distribution(self, ladder: Ladder, buckets: int) -> Distribution:
        """Return an exact histogram in at most `buckets` buckets, as equally wide as integers allow."""
        return await self._reader.read(ladder, lambda reading: self._distribution(reading, ladder, buckets))

    async def _distribution(self, reading: Reading, ladder: Ladder, buckets: int) -> Distribution:
        ranking = reading.ranking
        first, last = await asyncio.gather(
            ranking.window(ladder, FIRST, before=0, after=1), ranking.window(ladder, LAST, before=1, after=0)
        )
        rows = [*first.after, *last.before]
        if not rows:
            return Distribution([], 0, None, None, {}, reading.as_of, ranking.source)
        scores = [place(ladder.board, row.key).score for row in rows]
        edges = bucket_edges(min(scores), max(scores), buckets)
        below, total = await self._below(ranking, ladder, edges)
        typed = ladder.board.score_type.typed
        return Distribution(
            buckets=[
                Bucket(typed(edges[i]), typed(edges[i + 1] - 1), below[i + 1] - below[i]) for i in range(len(edges) - 1)
            ],
            total=total,
            minimum=min(scores),
            maximum=max(scores),
            percentiles=await self._percentiles(ranking, ladder, total),
            as_of=reading.as_of,
            source=ranking.source,
        )

    async def _below(self, ranking: Ranking, ladder: Ladder, edges: Sequence[int]) -> tuple[list[int], int]:
        """Return the number of scores below each edge, and the total. The outer edges enclose all scores."""
        descending = ladder.board.order is Order.DESC
        bounds = [score_bound(ladder.board, edge - 1 if descending else edge) for edge in edges[1:-1]]
        counts: Counts = await ranking.counts(ladder, bounds)
        below = [counts.total - above for above in counts.above] if descending else list(counts.above)
        return [0, *below, counts.total], counts.total

    async def _percentiles(self, ranking: Ranking, ladder: Ladder, total: int) -> dict[int, int]:
        keys = await asyncio.gather(*(ranking.key_at(ladder, rank_at(Fraction(p), total)) for p in _SHOWN))
        return {
            percent: place(ladder.board, key).score
            for percent, key in zip(_SHOWN, keys, strict=True)
            if key is not None
        }


async def _last_ahead_of(ranking: Ranking, ladder: Ladder, percent: Fraction, total: int) -> bytes | None:
    """Return the sort key of the worst entry that is still ahead of at least `percent` of the other entries.

    Return None if entries have left the board meanwhile. Raises `NotRanked` if there is no such entry.
    """
    rank = rank_at(percent, total)
    key = await ranking.key_at(ladder, rank)
    if key is None or ladder.board.rank_style is RankStyle.ORDINAL:
        return key
    bounds = [rank_bound(ladder.board, key), tie_bound(ladder.board, key)]
    above_tie, above_end = (await ranking.counts(ladder, bounds)).above
    if above_end <= rank:
        return key
    # The tie extends below the rank, and its players are ahead of too few other players. Take the entry directly above
    # the tie, which is ahead of enough players.
    if above_tie == 0:
        slug = ladder.board.slug
        raise NotRanked(f"no player on board {slug!r} is ahead of {float(percent):g} % of the others", board=slug)
    return await ranking.key_at(ladder, above_tie)
