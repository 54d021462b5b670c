"""The boards by name, kept for a moment."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound
from leaderforge.ports import ScoreStore
from leaderforge.services.coalescing import Coalescer

FRESH_S = 2.0
"""How long a board is used as it is; after that it is looked up again while it goes on being used."""
OLDEST_S = 4.5
"""How long a board is used while it is being looked up: changes hold everywhere within 5 s."""
_PATIENCE_S = 0.1


@dataclass(slots=True)
class _Known:
    """A board as it was at `found_at`, used as if it were of `since`."""

    board: Board
    found_at: float
    since: float


class BoardCache:
    """Finds boards. While the store is out of reach, those found before stay known, so that reads go on.

    Look-ups of many boards at once are few queries, whatever the number of boards.
    """

    def __init__(self, store: ScoreStore) -> None:
        self._store = store
        self._known: dict[str, _Known] = {}
        self._asking: dict[str, asyncio.Task[Board | None]] = {}
        self._find = Coalescer(self._find_batch)

    async def get(self, slug: str) -> Board:
        """Return the board, at most 5 s old unless the store cannot tell. Raises `BoardNotFound`."""
        known = self._known.get(slug)
        if known is None:
            return _required(slug, await asyncio.shield(self._ask(slug)))
        age = monotonic() - known.since
        if age >= FRESH_S:
            asking = self._ask(slug)
            if age >= OLDEST_S:
                await self._wait(asking, known)
                known = self._known.get(slug)
        return _required(slug, known.board if known else None)

    async def get_to_count(self, slug: str) -> Board:
        """Return the board, at most 5 s old: what is counted must not be counted by what held long ago.

        Raises `BoardNotFound`, and `StoreUnavailable` if the store cannot tell.
        """
        known = self._known.get(slug)
        if known is not None and monotonic() - known.found_at >= OLDEST_S:
            return _required(slug, await asyncio.shield(self._ask(slug)))
        return await self.get(slug)

    def forget(self, slug: str) -> None:
        """Look the board up again before it is next used, since it was changed here."""
        self._known.pop(slug, None)
        self._asking.pop(slug, None)

    async def _wait(self, asking: asyncio.Task[Board | None], known: _Known) -> None:
        """Give the store a moment; if it needs longer, let the next requests use what is known without waiting."""
        done, _ = await asyncio.wait([asking], timeout=_PATIENCE_S)
        if not done or asking.exception():
            known.since = monotonic() - FRESH_S

    def _ask(self, slug: str) -> asyncio.Task[Board | None]:
        """Return the one look-up in progress."""
        asking = self._asking.get(slug)
        if asking is None:
            asking = self._asking[slug] = asyncio.get_running_loop().create_task(self._look_up(slug))
            asking.add_done_callback(lambda task: self._asked(slug, task))
        return asking

    async def _look_up(self, slug: str) -> Board | None:
        begin = monotonic()
        board = await self._find(slug)
        if self._asking.get(slug) is asyncio.current_task():
            if board is None:
                self._known.pop(slug, None)
            else:
                self._known[slug] = _Known(board, begin, begin)
        return board

    async def _find_batch(self, slugs: Sequence[str]) -> Sequence[Board | None]:
        found = await self._store.boards_named(set(slugs))
        return [found.get(slug) for slug in slugs]

    def _asked(self, slug: str, task: asyncio.Task[Board | None]) -> None:
        if self._asking.get(slug) is task:
            del self._asking[slug]
        if not task.cancelled():
            task.exception()  # whoever waited has it; those who did not have a board at hand


def _required(slug: str, board: Board | None) -> Board:
    if board is None:
        raise BoardNotFound(f"there is no board {slug!r}", board=slug)
    return board
