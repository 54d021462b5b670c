"""Boards, and their maintenance."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, DeletedBoard, Ladder
from leaderforge.domain.periods import Period
from leaderforge.domain.standings import Standing


class BoardStore(Protocol):
    """The boards."""

    async def board(self, slug: str) -> Board | None: ...

    async def boards(self) -> Sequence[Board]:
        """Return all boards, in the order of their creation."""
        ...

    async def boards_named(self, slugs: Collection[str]) -> Mapping[str, Board]:
        """Return those of the boards that there are, by name."""
        ...

    async def create_board(self, board: Board, act: AuditEntry | None = None) -> Board:
        """Create a board like this one, note the act, and return the board with its id. Raises `BoardExists`."""
        ...

    async def change_board(self, slug: str, change: Callable[[Board], Board], act: AuditEntry) -> Board:
        """Make of a board what `change` makes of it, with no other change in between, and note the act.

        What `change` raises is raised, and nothing changed. Raises `BoardNotFound`.
        """
        ...

    async def delete_board(self, slug: str, act: AuditEntry) -> Board:
        """Make a board disappear, note the act, and return it. What it holds stays, out of reach, to be purged.

        Raises `BoardNotFound`.
        """
        ...


class BoardMaintenanceStore(Protocol):
    """What is done for boards in the background, in pieces that can be repeated."""

    async def boards_to_backfill(self) -> Sequence[Board]:
        """Return the boards with periods that are incomplete."""
        ...

    def players_between(self, board: Board, period: Period) -> AsyncIterator[Sequence[int]]:
        """Yield, in chunks, the players who have events on the board in the period."""
        ...

    async def refold(self, ladder: Ladder, user_ids: Sequence[int]) -> Sequence[Standing]:
        """Make the standings of these players what all their events in the ladder's period amount to.

        Return them with the revisions they got. Exact beside submissions that count in the ladder.
        """
        ...

    async def finish_backfill(self, board: Board) -> bool:
        """Take the board's periods for complete, unless it has got others to complete since; return whether so."""
        ...

    async def deleted_boards(self) -> Sequence[DeletedBoard]:
        """Return the boards that are deleted and not yet purged."""
        ...

    def players_on(self, board: Board) -> AsyncIterator[Sequence[int]]:
        """Yield, in chunks, the players of whom a board holds anything."""
        ...

    async def purge(self, board: Board, user_ids: Sequence[int]) -> None:
        """Remove the standings and events of these players from a deleted board."""
        ...

    async def forget_board(self, board: Board) -> None:
        """Remove a deleted board that holds nothing any more."""
        ...
