"""Scores of teams: brought up to date after each change, and again by a sweep of all players who changed."""

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import TypeAlias
from uuid import uuid4

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.settlement import SettlementFault
from leaderforge.domain.team_boards import is_kept, team_ladder
from leaderforge.domain.timing import SETTLE_MS, TOUCHES_KEPT_MS
from leaderforge.ports.clock import Clock
from leaderforge.ports.leases import LeaseStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.teams import TeamScoreStore
from leaderforge.services.cadence import Cadence
from leaderforge.services.delivery import Delivery
from leaderforge.services.leagues import SeatService
from leaderforge.services.team_comparison import TeamComparison

_PLAYERS_A_READ = 500
"""Maximum number of players whose contributions one read compares."""
_SWEEP_EVERY_S = 5.0
"""Time between two sweeps, over all processes, in s."""
_MOST_NOTED = 20_000
"""Number of waiting players of a ladder at which `TeamScores.note` begins to leave players to the sweep."""
_PAIRS_FRESH_S = 5.0
"""Maximum age in s of the cached list of team boards."""

_Pairs: TypeAlias = Mapping[int, tuple[Board, Sequence[Board]]]
"""Sources with their team boards, by the id of the source."""


class TeamScores:
    """Standings of teams on team boards, computed from the events and the spans of the members.

    After the commit of a change, the process stores the changed players in memory, and brings their teams up to date in
    the background. The submission does not wait. A sweep finds the players whom a dead process had in memory: it
    compares the contributions of all players with changes since the previous sweep. All writes are idempotent.
    """

    def __init__(
        self,
        store: ScoreStore,
        scores: TeamScoreStore,
        delivery: Delivery,
        leases: LeaseStore,
        clock: Clock,
        *,
        seats: SeatService | None = None,
    ) -> None:
        self._store = store
        self._scores = scores
        self._delivery = delivery
        self._seats = seats
        self._leases = leases
        self._clock = clock
        self._pairs: _Pairs = {}
        self._pairs_due = 0.0
        self._noted: defaultdict[tuple[int, int], set[int]] = defaultdict(set)
        self._draining: asyncio.Task[None] | None = None
        self._sweep_cadence = Cadence(_SWEEP_EVERY_S)

    def note(self, ladder: Ladder, user_ids: Iterable[int]) -> None:
        """Store players whose standings on a ladder have changed.

        If the board is no source of a team board, this costs only a look-up. The sweep updates the team boards that
        this process does not know yet.
        """
        if ladder.board.id not in self._pairs and monotonic() < self._pairs_due:
            return
        noted = self._noted[ladder.board.id, ladder.period]
        if len(noted) < _MOST_NOTED:
            noted.update(user_ids)
        if self._draining is None or self._draining.done():
            self._draining = asyncio.get_running_loop().create_task(self._drain())

    def boards_changed(self) -> None:
        """Load the list of team boards anew at the next change. Call this after this process has changed a board."""
        self._pairs_due = 0.0

    async def settle(self) -> None:
        """Wait until the teams of all players passed to `note` are up to date, or the store failed. Never raises."""
        while self._draining is not None and not self._draining.done():
            await asyncio.wait([self._draining])

    async def refresh(self, ladder: Ladder, source: Board, user_ids: Collection[int]) -> int:
        """Bring the teams of these players up to date on a team board's ladder. Return the number of changed standings.

        Raises `Unavailable`.
        """
        count = 0
        for batch in chunks(list(user_ids), _PLAYERS_A_READ):
            for team_id, members in sorted((await self._scores.stale(ladder, source, batch)).items()):
                count += await self._refresh_team(ladder, source, team_id, members)
        return count

    async def _refresh_team(self, ladder: Ladder, source: Board, team_id: int, members: Collection[int]) -> int:
        """Compute the standing of a team, and deliver it if it has changed. Return the number of changed standings."""
        changed = await self._scores.refresh(ladder, source, team_id, members)
        await self._delivery.moderated(changed)
        if self._seats is not None:
            await self._seats.take_changed(changed)
        return len(changed)

    async def refresh_now(self, user_ids: Collection[int]) -> None:
        """Bring the teams of these players up to date in the present periods of all team boards. Never raises.

        If this fails, the sweep brings the teams up to date. Call this after a change of the players' teams.
        """
        with suppress(LeaderForgeError):
            now = self._clock()
            for source, boards in (await self._load_pairs()).values():
                for ladder in (ladder for board in boards for ladder in board.ladders_at(now)):
                    await self.refresh(ladder, source, user_ids)

    async def sweep_if_due(self) -> int:
        """Run a sweep, at most every few seconds over all processes. Return the number of changed standings."""
        if not self._sweep_cadence.begin():
            return 0
        pairs = await self._load_pairs()
        # No process releases or renews this lease. It therefore admits one sweep every 5 s over all processes.
        if not pairs or not await self._leases.lease("teams", uuid4().hex, _SWEEP_EVERY_S):
            return 0
        return await self.sweep()

    async def sweep(self) -> int:
        """Bring all team boards up to date with all committed changes. Return the number of changed standings.

        A new board is computed completely. A board is also computed completely if notes of changed players since its
        last sweep may be deleted already. Raises `Unavailable`.
        """
        count = 0
        for source, boards in (await self._load_pairs()).values():
            for board in boards:
                count += await self._sweep(board, source)
        return count

    async def rebuild(self, board: Board, source: Board) -> int:
        """Compare all contributions and standings on a team board, and repair them. Return the number of changes."""
        count = 0
        for ladder in await self._ladders(board, source):
            count += await self._each_member(ladder, source)
            count += await self._each_team(ladder, source)
        return count

    async def rebuild_all(self) -> int:
        """Compare and repair all team boards. Return the number of changed standings. Raises `Unavailable`."""
        counts = [
            await self.rebuild(board, source)
            for source, boards in (await self._load_pairs()).values()
            for board in boards
        ]
        return sum(counts)

    async def faults(self) -> Sequence[SettlementFault]:
        """Return the team scores that contradict the stored scores of the members. Leave out changes in flight."""
        return [
            fault
            for source, boards in (await self._load_pairs()).values()
            for board in boards
            for ladder in await self._ladders(board, source)
            for fault in await TeamComparison(self._store, self._scores, ladder, source).faults()
        ]

    async def _drain(self) -> None:
        """Bring the teams of all players passed to `note` up to date. After a failure, the sweep does this."""
        with suppress(LeaderForgeError):
            if monotonic() >= self._pairs_due:
                await self._load_pairs()
        while self._noted:
            noted, self._noted = self._noted, defaultdict(set)
            with suppress(LeaderForgeError):
                await self._refresh_noted(noted)

    async def _refresh_noted(self, noted: Mapping[tuple[int, int], set[int]]) -> None:
        for (source_id, period), user_ids in noted.items():
            if source_id not in self._pairs:
                continue
            source, boards = self._pairs[source_id]
            ladders = [team_ladder(board, Ladder(source, period)) for board in boards]
            for ladder in ladders:
                if ladder is not None and is_kept(ladder, self._clock()):
                    await self.refresh(ladder, source, user_ids)

    async def _sweep(self, board: Board, source: Board) -> int:
        until = self._clock() - SETTLE_MS
        # Read this time before the changes, because a transaction in doubt may commit after the changes were read.
        in_doubt = await self._store.in_doubt_since()
        reached = until if in_doubt is None else min(until, in_doubt - SETTLE_MS)
        since = await self._scores.reached(board)
        if since is None or since < until - TOUCHES_KEPT_MS:
            count = await self.rebuild(board, source)
        else:
            count = 0
            for ladder, user_ids in (await self._changed(board, source, since, until)).items():
                count += await self.refresh(ladder, source, user_ids)
        await self._scores.set_reached(board, reached)
        return count

    async def _changed(self, board: Board, source: Board, since: int, until: int) -> Mapping[Ladder, Collection[int]]:
        """Return, by ladder, the players whose changes between two times (ms) may have changed their contributions."""
        changed: defaultdict[Ladder, set[int]] = defaultdict(set)
        for event in await self._scores.submitted_between([source], since, until):
            for ladder in board.ladders_at(event.achieved_at):
                changed[ladder].add(event.user_id)
        touched = await self._store.touched_between(since, until)
        if touched:
            periods = await self._scores.periods_of(board, source, touched)
            for period, user_ids in periods.items():
                if (changed_ladder := team_ladder(board, Ladder(source, period))) is not None:
                    changed[changed_ladder] |= set(user_ids)
            for ladder in (*board.ladders_at(since), *board.ladders_at(until)):
                changed[ladder] |= set(touched)
        now = self._clock()
        return {ladder: user_ids for ladder, user_ids in changed.items() if is_kept(ladder, now)}

    async def _each_member(self, ladder: Ladder, source: Board) -> int:
        count, after = 0, None
        while user_ids := await self._scores.members_after(after, _PLAYERS_A_READ):
            count += await self.refresh(ladder, source, user_ids)
            after = user_ids[-1]
        return count

    async def _each_team(self, ladder: Ladder, source: Board) -> int:
        """Compute the standings of all teams with contributions, even if no contribution has changed."""
        count, after = 0, None
        while team_ids := await self._scores.teams_after(after, _PLAYERS_A_READ):
            for team_id, contributions in (await self._scores.contributions(ladder, team_ids)).items():
                # Take the members from the contributions, not from the spans: erased players have no spans any more.
                members = [contribution.user_id for contribution in contributions]
                count += await self._refresh_team(ladder, source, team_id, members)
            after = team_ids[-1]
        return count

    async def _ladders(self, board: Board, source: Board) -> Sequence[Ladder]:
        """Return the ladders on which the team board may have standings."""
        now = self._clock()
        periods = {ALL_TIME, *(ladder.period for ladder in await self._store.ladders_of(source))}
        periods |= {ladder.period for ladder in await self._store.ladders_of(board)}
        ladders = (team_ladder(board, Ladder(source, period)) for period in sorted(periods))
        return [ladder for ladder in ladders if ladder is not None and is_kept(ladder, now)]

    async def _load_pairs(self) -> _Pairs:
        """Return each source with its team boards, as they are stored."""
        boards = await self._store.boards()
        by_slug = {board.slug: board for board in boards}
        pairs: dict[int, tuple[Board, list[Board]]] = {}
        for board in boards:
            if board.team is not None and (source := by_slug.get(board.team.source)) is not None:
                pairs.setdefault(source.id, (source, []))[1].append(board)
        self._pairs, self._pairs_due = pairs, monotonic() + _PAIRS_FRESH_S
        return pairs
