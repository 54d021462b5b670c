"""The boards by slug, cached in this process."""

import asyncio
from collections.abc import Callable, Sequence
from time import monotonic

from leaderforge.coalescing import Coalescer
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound, StoreUnavailable
from leaderforge.domain.timing import BOARD_FRESH_MS, BOARD_PATIENCE_MS, BOARD_STALE_MS, CACHE_LIMIT_MS, LOOKUP_WAIT_MS
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.refreshing import RefreshingCache


class BoardCache:
    """Boards by slug, refreshed in the background. While the store is unavailable, reads use the cached boards.

    Concurrent lookups share queries, whatever the number of boards.
    """

    def __init__(self, store: ScoreStore, now: Callable[[], float] = monotonic) -> None:
        self._store = store
        load = Coalescer(self._load_batch, time_limit_s=LOOKUP_WAIT_MS / 1000)
        self._boards = RefreshingCache(
            load,
            fresh_s=BOARD_FRESH_MS / 1000,
            stale_s=BOARD_STALE_MS / 1000,
            patience_s=BOARD_PATIENCE_MS / 1000,
            now=now,
        )

    async def get(self, slug: str) -> Board:
        """Return the board, at most 5 s old unless the store is unavailable. Raises `BoardNotFound`."""
        return self._boards.fresh(slug) or _required(slug, await self._boards.get(slug))

    async def get_current(self, slug: str) -> Board:
        """Return the board, at most 5 s old. Unlike `get`, never return a stale board: submissions need current rules.

        Raises `BoardNotFound`, and `StoreUnavailable` if the store does not answer.
        """
        return self._boards.fresh(slug) or _required(slug, await self._boards.get_current(slug))

    def invalidate(self, slug: str) -> None:
        """Mark the cached board as unusable after a change in this process."""
        self._boards.invalidate(slug)

    async def _load_batch(self, slugs: Sequence[str]) -> Sequence[Board | None]:
        try:
            # If the load takes longer than the limit, its boards are too old for a submission.
            async with asyncio.timeout(CACHE_LIMIT_MS / 1000):
                boards = await self._store.boards_named(set(slugs))
        except TimeoutError:
            raise StoreUnavailable("the database did not answer in time") from None
        return [boards.get(slug) for slug in slugs]


def _required(slug: str, board: Board | None) -> Board:
    if board is None:
        raise BoardNotFound.of(slug)
    return board
