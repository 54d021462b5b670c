"""Boards: creation, changes and deletion."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.board_settings import DEFAULT_BOARD, changed_board, new_board
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound, Conflict, StoreUnavailable
from leaderforge.domain.feed_rules import boards_feeding, require_feeds, require_no_feeding, require_target_kept
from leaderforge.domain.presence import required
from leaderforge.domain.segments import require_declared
from leaderforge.domain.setting_values import plain
from leaderforge.domain.team_boards import (
    require_no_team_boards,
    require_same_kinds,
    require_source_kept,
    require_team_board,
    team_boards_of,
)
from leaderforge.domain.timing import COMMIT_LIMIT_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.scores import ScoreStore


class BoardService:
    """Management of the boards in the store. `actor` is the caller's name in the audit log.

    The keys of `settings` are the fields of `board_settings.BoardSettings`. A change reaches all processes within 5 s.
    `segments` are the attributes that the service declares. Boards may use only these attributes.
    """

    def __init__(self, store: ScoreStore, clock: Clock, *, segments: Sequence[str] = ()) -> None:
        self._store = store
        self._clock = clock
        self._segments = segments

    async def create(self, slug: str, settings: Mapping[str, Any], actor: str) -> Board:
        """Create a board. Raises `BoardExists`, and `Refused` if a setting is invalid."""
        board = new_board(slug, settings, self._clock())
        require_declared(board.segments, self._segments)
        entry = self._audit_entry(actor, "board.create", slug, settings)
        return await self._store.create_board(board, entry, _require_references)

    async def all(self) -> Sequence[Board]:
        """Return all boards, by slug."""
        return sorted(await self._store.boards(), key=lambda board: board.slug)

    async def get(self, slug: str) -> Board:
        """Return the board from the store. Raises `BoardNotFound`."""
        return required(await self._store.board(slug), BoardNotFound.of(slug))

    async def change(self, slug: str, settings: Mapping[str, Any], actor: str) -> Board:
        """Change settings of a board, and return the board.

        Period kinds that are added count submissions from now on. A backfill adds earlier scores in the background.
        Raises `BoardNotFound`, `SettingFixed`, and `Refused` if a setting is invalid.
        """
        entry = self._audit_entry(actor, "board.change", slug, settings)

        def change(board: Board) -> Board:
            changed = changed_board(board, settings, entry.at)
            require_same_kinds(board, changed)
            return changed

        return await _within_commit_limit(self._store.change_board(slug, change, entry, _require_suitable))

    async def delete(self, slug: str, actor: str) -> Board:
        """Delete a board permanently. Raises `BoardNotFound`.

        Raises `Conflict` for the default board, for sources of team boards, and for targets of feeds.
        """
        if slug == DEFAULT_BOARD:
            raise Conflict(f"board {slug!r} cannot be deleted: calls without a slug use it", board=slug)
        entry = self._audit_entry(actor, "board.delete", slug, {})
        return await _within_commit_limit(self._store.delete_board(slug, entry, _require_unreferenced))

    def _audit_entry(self, actor: str, action: str, slug: str, settings: Mapping[str, Any]) -> AuditEntry:
        return AuditEntry(self._clock(), actor, action, board=slug, details=plain(settings))


def _require_references(board: Board, boards: Sequence[Board]) -> None:
    """Raise `Refused` unless the source of a board and the boards that it feeds are suitable."""
    require_team_board(board, _source_among(boards, board))
    require_feeds(board, {other.slug: other for other in boards})


def _require_suitable(changed: Board, boards: Sequence[Board]) -> None:
    """Raise an error unless a changed board suits the boards to which it refers, and the boards that refer to it."""
    _require_references(changed, boards)
    require_source_kept(team_boards_of(changed, boards), changed)
    require_target_kept(boards_feeding(changed.slug, boards), changed)


def _require_unreferenced(board: Board, boards: Sequence[Board]) -> None:
    """Raise `Conflict` if other boards refer to a board that is to be deleted."""
    require_no_team_boards(team_boards_of(board, boards), board)
    require_no_feeding(boards_feeding(board.slug, boards), board)


def _source_among(boards: Sequence[Board], board: Board) -> Board | None:
    """Return the source of a team board among these boards, None if there is none."""
    return next((b for b in boards if board.team is not None and b.slug == board.team.source), None)


async def _within_commit_limit(change: Awaitable[Board]) -> Board:
    """Return the changed board. Raises `StoreUnavailable` if the change is not committed within `COMMIT_LIMIT_MS`.

    A backfill or purge starts a fixed time after the stored time of the change, and must not start before the commit.
    """
    try:
        async with asyncio.timeout(COMMIT_LIMIT_MS / 1000):
            return await change
    except TimeoutError:
        raise StoreUnavailable("the database did not answer in time") from None
