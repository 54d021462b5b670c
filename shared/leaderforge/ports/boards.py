"""Boards, and their maintenance."""

from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from typing import Protocol, TypeAlias

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, DeletedBoard, Ladder
from leaderforge.domain.periods import Period
from leaderforge.domain.standings import Standing

BoardCheck: TypeAlias = Callable[[Board, Sequence[Board]], None]
"""Function that raises an error if a board may not be created, changed or deleted. Its second argument is all boards.

The boards to which the board refers cannot change between the check and the commit.
"""


class BoardStore(Protocol):
    """Store of the boards."""

    async def board(self, slug: str) -> Board | None:
        """Return the board with this slug, None if there is none."""
        ...

    async def boards(self) -> Sequence[Board]:
        """Return all boards, in the order of their creation."""
        ...

    async def boards_named(self, slugs: Collection[str]) -> Mapping[str, Board]:
        """Return the boards that exist, by slug."""
        ...

    async def create_board(self, board: Board, act: AuditEntry | None = None, check: BoardCheck | None = None) -> Board:
        """Create a board, write the audit entry, and return the board with its new id. Raises `BoardExists`."""
        ...

    async def change_board(
        self, slug: str, change: Callable[[Board], Board], act: AuditEntry, check: BoardCheck | None = None
    ) -> Board:
        """Replace a board by the result of `change`, write the audit entry, and return the board.

        The board is locked meanwhile. If `change` returns an equal board, nothing is written. An error of `change` or
        `check` is raised, and nothing is changed. After a deadlock, `change` is called again. Raises `BoardNotFound`.
        """
        ...

    async def delete_board(self, slug: str, act: AuditEntry, check: BoardCheck | None = None) -> Board:
        """Mark a board as deleted, write the audit entry, and return the board.

        Its slug is free at once. Its events and standings stay stored until the purge. Raises `BoardNotFound`.
        """
        ...


class BoardMaintenanceStore(Protocol):
    """Backfill of boards and purge of deleted boards. All writes are safe to retry."""

    async def boards_to_backfill(self) -> Sequence[Board]:
        """Return the boards with an unfinished backfill."""
        ...

    def players_between(self, board: Board, period: Period) -> AsyncGenerator[Sequence[int], None]:
        """Yield, in chunks, the players who have events on the board in the period."""
        ...

    async def refold(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[Standing]:
        """Replace these players' standings by the fold of all events in the ladder's period. Return the new standings.

        Concurrent submissions are not lost, provided that all processes already count submissions on the ladder.
        """
        ...

    async def finish_backfill(self, board: Board) -> bool:
        """Move the board's backfill to its past backfills, with the present time as its end.

        Return False if the backfill was replaced or finished meanwhile.
        """
        ...

    async def deleted_boards(self) -> Sequence[DeletedBoard]:
        """Return the deleted boards that are not purged yet."""
        ...

    def players_on(self, board: Board) -> AsyncGenerator[Sequence[int], None]:
        """Yield, in chunks, the players with an event or a standing on the board, and the teams with contributions."""
        ...

    async def purge(self, board: Board, user_ids: Sequence[int]) -> None:
        """Remove the standings and events of these players from a deleted board."""
        ...

    async def forget_board(self, board: Board) -> None:
        """Remove a deleted board that has no events and standings left, with its periods and challenges."""
        ...
