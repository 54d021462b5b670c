"""The boards by slug, cached in this process."""

from collections.abc import Callable, Sequence
from time import monotonic

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.coalescing import Coalescer
from leaderforge.services.refreshing import RefreshingCache

FRESH_S = 2.0
"""Seconds for which a board is served without a refresh."""
STALE_S = 4.5
"""Seconds after which callers wait for the refresh: changes reach every process within 5 s."""
_PATIENCE_S = 0.1
"""Seconds that a read waits for a slow store before it is served a stale board."""


class BoardCache:
    """Boards by slug, refreshed in the background. While the store is unavailable, reads get the cached boards.

    Concurrent look-ups share queries, whatever the number of boards.
    """

    def __init__(self, store: ScoreStore, now: Callable[[], float] = monotonic) -> None:
        self._store = store
        load = Coalescer(self._load_batch)
        self._boards = RefreshingCache(load, fresh_s=FRESH_S, stale_s=STALE_S, patience_s=_PATIENCE_S, now=now)

    async def get(self, slug: str) -> Board:
        """Return the board, at most 5 s old unless the store is unavailable. Raises `BoardNotFound`."""
        return self._boards.fresh(slug) or _required(slug, await self._boards.get(slug))

    async def get_current(self, slug: str) -> Board:
        """Return the board, at most 5 s old. Unlike `get`, never serve a stale one: submissions need current settings.

        Raises `BoardNotFound`, and `StoreUnavailable` if the store does not answer.
        """
        return self._boards.fresh(slug) or _required(slug, await self._boards.get_current(slug))

    def invalidate(self, slug: str) -> None:
        """Mark the cached board as unusable: it was changed here."""
        self._boards.invalidate(slug)

    async def _load_batch(self, slugs: Sequence[str]) -> Sequence[Board | None]:
        boards = await self._store.boards_named(set(slugs))
        return [boards.get(slug) for slug in slugs]


def _required(slug: str, board: Board | None) -> Board:
    if board is None:
        raise BoardNotFound.of(slug)
    return board
