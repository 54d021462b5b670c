"""Verifying some standings at a time, all of them in the end, and mending what differs."""

from collections.abc import Sequence
from time import monotonic
from uuid import uuid4

from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.survey import VerificationState
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.comparing import still_different
from leaderforge.services.maintain import OnRepair
from leaderforge.services.mending import mend_players
from leaderforge.services.names import NameSync

PLAYERS_A_ROUND = 5_000
"""How many players are looked at in a round: a million within three and a half hours."""

_EVERY_S = 60.0
_PLAYERS_A_LOOK = 250


class VerificationService:
    """Goes over the players by their ids, again and again, some a round, and notes in the index what it found.

    A difference is something that reconciliation should have prevented: it is counted, then mended. Entries of players
    who have no standing are not looked for; `MaintainService.verify` finds those as well.
    """

    def __init__(
        self,
        store: ScoreStore,
        users: PlayerStore,
        index: RankIndex,
        clock: Clock,
        telemetry: Telemetry,
        on_repair: OnRepair,
        *,
        players_a_round: int = PLAYERS_A_ROUND,
    ) -> None:
        self._store = store
        self._users = users
        self._index = index
        self._names = NameSync(index, users)
        self._clock = clock
        self._telemetry = telemetry
        self._on_repair = on_repair
        self._players_a_round = players_a_round
        self._due = 0.0

    async def run_if_due(self) -> int:
        """Do a round unless this process or another did within the last minute; return how many were compared.

        An index that is incomplete awaits its rebuild first.
        """
        if monotonic() < self._due or None in await self._index.watermarks():
            return 0
        self._due = monotonic() + _EVERY_S
        # Nobody gives the lease back, nor has it twice: so there is one round a minute, whoever asks.
        return await self.run() if await self._index.lease("inspect", uuid4().hex, _EVERY_S) else 0

    async def run(self) -> int:
        """Compare the standings of the next players, mend what differs, and return how many were compared."""
        before = await self._index.verification()
        if before is None or before.reached is None:
            before = VerificationState(0, 0, 0, None)
        players = await self._users.following(before.reached, self._players_a_round)
        checked = differing = 0
        for some in chunks(players, _PLAYERS_A_LOOK):
            for ladder, standings in await self._store.standings_of(some):
                checked += len(standings)
                suspects = await self._index.differences(ladder, standings)
                differing += await self._mended(ladder, suspects)
        await self._note(before, checked, differing, players[-1] if len(players) == self._players_a_round else None)
        return checked

    async def _mended(self, ladder: Ladder, suspects: Sequence[int]) -> int:
        """Mend what differs and is not just on its way, and return how many standings that were."""
        different = await still_different(self._store, self._index, ladder, suspects)
        if different:
            # The index may hold a wrong value of the right revision. It is replaced in one step: no reader misses it.
            await mend_players(self._index, self._store, ladder, different)
            await self._names.refresh(different)
            self._on_repair(ladder)
        return len(different)

    async def _note(self, before: VerificationState, checked: int, differing: int, reached: int | None) -> None:
        inspection = VerificationState(self._clock(), before.checked + checked, before.differing + differing, reached)
        await self._index.note_verification(inspection)
        self._telemetry.count("standings_verified", checked)
        self._telemetry.count("standings_mended", differing)
        self._telemetry.gauge("standings_differing", inspection.differing)
