"""Background verification of all standings. A round covers some of the players, and repairs differences."""

from collections.abc import Sequence
from uuid import uuid4

from leaderforge.domain.boards import Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.survey import VerificationState
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import RankIndex
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.cadence import Cadence
from leaderforge.services.comparing import still_different
from leaderforge.services.mending import OnRepair, mend_players
from leaderforge.services.names import NameSync

PLAYERS_A_ROUND = 5_000
"""Players per round. With one round a minute, a million players take three and a half hours."""

_EVERY_S = 60.0
"""Time between rounds, in s."""
_PLAYERS_A_LOOKUP = 250
_FIRST_ROUND = VerificationState(0, 0, 0, None)


class VerificationService:
    """Repeated comparison of index and store, in the order of player ids. The index stores the progress.

    Reconciliation should prevent all differences. Each difference is therefore a sign of a defect, and is counted and
    repaired. The last round of each pass over the players removes stray entries in segments. Only
    `MaintainService.verify` finds entries of players who have no standing.
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
        self._cadence = Cadence(_EVERY_S)

    async def run_if_due(self) -> int:
        """Run a round unless any process has run one within the last minute. Return the number of compared standings.

        Skip the round while the index is incomplete, because a rebuild will replace its content.
        """
        if not self._cadence.is_due() or None in await self._index.watermarks():
            return 0
        self._cadence.pause()
        # No process releases or renews this lease. It therefore admits one round a minute over all processes.
        return await self.run() if await self._index.lease("inspect", uuid4().hex, _EVERY_S) else 0

    async def run(self) -> int:
        """Compare the standings of the next players and repair differences. Return the number of compared standings."""
        before = await self._index.verification()
        before = _FIRST_ROUND if before is None or before.reached is None else before
        players = await self._users.following(before.reached, self._players_a_round)
        checked, differing = await self._check(players)
        reached = players[-1] if len(players) == self._players_a_round else None
        if reached is None:
            differing += await self._remove_strays()
        await self._note(before, checked, differing, reached)
        return checked

    async def _check(self, players: Sequence[int]) -> tuple[int, int]:
        """Compare the standings of these players and repair differences.

        Return the numbers of compared standings and of repaired standings.
        """
        checked = differing = 0
        for user_ids in chunks(players, _PLAYERS_A_LOOKUP):
            for ladder, standings in await self._store.standings_of(user_ids):
                checked += len(standings)
                suspects = await self._index.differences(ladder, standings)
                differing += await self._repair(ladder, suspects)
        return checked, differing

    async def _remove_strays(self) -> int:
        """Remove the stray entries in segments of all ladders. Return the number of players who had any."""
        count = 0
        for ladder in await self._store.ladders():
            if ladder.board.segments and (strays := await self._index.remove_strays(ladder)):
                self._on_repair(ladder)
                count += len(strays)
        return count

    async def _repair(self, ladder: Ladder, suspects: Sequence[int]) -> int:
        """Repair the suspects that still differ after several checks. Return the number of repaired standings."""
        different = await still_different(self._store, self._index, ladder, suspects)
        if different:
            # Use `mend`, not `load`: a wrong value may have the right revision, and `load` would then ignore the
            # standing. `mend` replaces the value in one step. Therefore the entry is never missing for a reader.
            await mend_players(self._index, self._store, ladder, different)
            await self._names.refresh(different)
            self._on_repair(ladder)
        return len(different)

    async def _note(self, before: VerificationState, checked: int, differing: int, reached: int | None) -> None:
        state = VerificationState(self._clock(), before.checked + checked, before.differing + differing, reached)
        await self._index.note_verification(state)
        self._telemetry.count("standings_verified", checked)
        self._telemetry.count("standings_mended", differing)
        self._telemetry.gauge("standings_differing", state.differing)
