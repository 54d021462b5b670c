"""Movement of players: their entries now and at an earlier moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from leaderforge.domain.boards import Ladder
from leaderforge.domain.callers import ANONYMOUS, Caller
from leaderforge.services.entries import Entry
from leaderforge.services.reading import Reader, Reading


@dataclass(frozen=True, slots=True)
class RankMovement:
    """Entries at the past moment `since` (ms), by player id. Players without an entry at that moment are left out."""

    since: int
    previous: Mapping[int, Entry]


class MovementService:
    """Reads of earlier entries."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    async def movement(self, ladder: Ladder, user_ids: Collection[int], viewer: Caller = ANONYMOUS) -> RankMovement:
        """Return the players' entries at the past moment of a ladder, without entries that the viewer must not see."""

        async def read(reading: Reading) -> Mapping[int, Entry]:
            ranked = await self._reader.entries(reading.ranking, ladder, user_ids)
            return {e.user_id: e for e in ranked.entries if not e.hidden or viewer.sees_hidden(e.user_id)}

        return RankMovement(ladder.at or 0, await self._reader.read(ladder, read) if user_ids else {})
