"""Boards: created, changed and deleted."""

from collections.abc import Mapping, Sequence
from typing import Any

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.board_settings import DEFAULT_BOARD, changed, created
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound, Conflict
from leaderforge.ports import Clock, ScoreStore


class BoardService:
    """Looks after the boards in the store. `actor` is who does it, for the audit log.

    Settings are given by the names of `board_settings.Settings`. All processes know of a change within 5 s.
    """

    def __init__(self, store: ScoreStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def create(self, slug: str, settings: Mapping[str, Any], actor: str) -> Board:
        """Create a board. Raises `BoardExists`, and `Refused` for a setting that is wrong."""
        board = created(slug, settings)
        return await self._store.create_board(board, self._act(actor, "board.create", slug, settings))

    async def all(self) -> Sequence[Board]:
        """Return all boards, by name."""
        return sorted(await self._store.boards(), key=lambda board: board.slug)

    async def get(self, slug: str) -> Board:
        """Return a board as it is now. Raises `BoardNotFound`."""
        board = await self._store.board(slug)
        if board is None:
            raise BoardNotFound(f"there is no board {slug!r}", board=slug)
        return board

    async def change(self, slug: str, settings: Mapping[str, Any], actor: str) -> Board:
        """Change these settings. Raises `BoardNotFound`, `SettingFixed`, and `Refused` for one that is wrong.

        Periods that are added count from now on, and are completed from the scores there are in the background.
        """
        act = self._act(actor, "board.change", slug, settings)
        return await self._store.change_board(slug, lambda board: changed(board, settings, act.at), act)

    async def delete(self, slug: str, actor: str) -> Board:
        """Delete a board for ever, with all it holds. Raises `BoardNotFound`, and `Conflict` for the default board."""
        if slug == DEFAULT_BOARD:
            raise Conflict(f"the board {slug!r} stays: calls without a board's name are for it", board=slug)
        return await self._store.delete_board(slug, self._act(actor, "board.delete", slug, {}))

    def _act(self, actor: str, action: str, slug: str, settings: Mapping[str, Any]) -> AuditEntry:
        return AuditEntry(self._clock(), actor, action, board=slug, details=dict(settings))
