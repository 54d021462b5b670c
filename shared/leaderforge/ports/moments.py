"""Reads of boards at past moments, and the maintenance of past standings."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from leaderforge.domain.boards import Board, Ladder
from leaderforge.ports.ranking import Ranking


class MomentStore(Protocol):
    """Past standings of the boards that keep past standings, with checkpoints that make counts fast.

    Moments are in ms since 1970. A moment includes all changes that were recorded until its end. All writes are safe to
    retry.
    """

    def ranking(self, moment: int) -> Ranking:
        """Return the ranking as of a moment. Segments have the players who were in them at the moment."""
        ...

    async def metadata(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the JSON metadata of the standings that the players had at `ladder.at`.

        The metadata of a submission that was replaced later are left out, because they are no longer stored.
        """
        ...

    async def copy_standings(self, board: Board, user_ids: Sequence[int]) -> None:
        """Store the current standings of these players on the board as past standings.

        If states of these players are stored without segments, add the segments.
        """
        ...

    async def begin(self, board: Board, since: int) -> bool:
        """Set the board's first moment and its first moment with segments, unless they are set.

        Return False if the board's moments were disabled or enabled again meanwhile.
        """
        ...

    async def add_checkpoint(self, ladder: Ladder, changes: int, until: int) -> bool:
        """Add the next checkpoint: `changes` changes after the last checkpoint, and at the latest at `until`.

        Return False if there are fewer changes until then. Concurrent changes are not blocked. Also subtract erased
        players, as `correct` does. Raises `StoreUnavailable` if a count of all entries takes too long.
        """
        ...

    async def ladders_to_correct(self, boards: Collection[Board]) -> Sequence[Ladder]:
        """Return the ladders of these boards whose checkpoints may count erased players."""
        ...

    async def correct(self, ladder: Ladder) -> int:
        """Subtract the places and sort keys of erased players from all checkpoints. Return the number of places.

        One process at a time may correct, add or repair checkpoints of a ladder.
        """
        ...

    async def checkpoints(self, ladder: Ladder) -> Sequence[int]:
        """Return the revisions (us) of the ladder's checkpoints, in order."""
        ...

    async def is_checkpoint_correct(self, ladder: Ladder, revision: int) -> bool:
        """Return whether a checkpoint equals a new count of all entries at its revision. True without a checkpoint.

        The comparison changes nothing: erased players who await `correct` are subtracted from a copy.
        """
        ...

    async def players_without_state(self, board: Board, limit: int) -> Sequence[int]:
        """Return up to `limit` players with a standing on the board whose present state is not stored."""
        ...

    async def repair_checkpoint(self, ladder: Ladder, revision: int) -> bool:
        """Count all entries as of a checkpoint. Replace a checkpoint that differs. Return whether it was correct."""
        ...

    async def forget_before(self, board: Board, user_ids: Sequence[int], moment: int) -> None:
        """Delete the players' states on the board that newer states had replaced by the moment."""
        ...

    async def has_states(self, board: Board) -> bool:
        """Return whether states of the board are stored."""
        ...

    async def forget_all(self, board: Board, user_ids: Sequence[int]) -> bool:
        """Delete the board's checkpoints, and all states of the players, unless the board has moments now.

        Return whether the board has no moments.
        """
        ...

    async def forget_checkpoints(self, board: Board, moment: int) -> None:
        """Delete the board's checkpoints before the moment, except the last checkpoint of each ladder."""
        ...
