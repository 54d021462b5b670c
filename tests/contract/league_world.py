"""Weeks of a league on a real database, and the same weeks in the reference program."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Any
from uuid import UUID

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.postgres.awards import PostgresAwards, PostgresResettlements
from leaderforge.adapters.postgres.league_store import PostgresLeagueStore
from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.settlement_store import PostgresSettlementStore
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import LeaderForgeError, StoreUnavailable
from leaderforge.domain.league import League
from leaderforge.domain.league_rules import members_of
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.reward_tables import RewardTable
from leaderforge.domain.settlement import SettlementFault
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.settlement import SettlementPart
from leaderforge.services.award_settlement import AWARDS, AwardPart
from leaderforge.services.league_settlement import LeagueMovements
from leaderforge.services.leagues import SeatService
from leaderforge.services.resettlement import ResettlementService
from leaderforge.services.settlement import SettlementService
from tests import league_reference
from tests.contract.store_fixtures import Database

START = 1_795_392_000_000
"""2026-11-23T00:00:00Z, a Monday, in ms."""
WEEK_MS = 7 * 86_400_000
GRACE_MS = 300_000
_MEMBERS = "select user_id, division, group_number, seat from league_members where board_id = $1 and period_id = $2"
_RESULTS = """select user_id, division, group_number, group_rank, movement, next_division
from league_results where board_id = $1 and period_id = $2"""
_AWARDS = "select user_id, reward from awards where board_id = $1 and period_id = $2 and revoked_at is null"
WEEKLY = Calendar((PeriodKind.WEEKLY,))


class LeagueWorld:
    """Board with a league, the clock of all processes, and the services of new processes."""

    def __init__(self, database: Database, board: Board, start: int = START) -> None:
        self.database = database
        self.board = board
        self.start = start
        self.set_now(start)

    @classmethod
    async def of(
        cls, database: Database, league: League, rewards: RewardTable | None = None, start: int = START, **more: Any
    ) -> "LeagueWorld":
        settings = {"policy": Policy.BEST, "calendar": WEEKLY, "league": league, "rewards": rewards, **more}
        return cls(database, await database.board(**settings), start)

    def set_now(self, ms: int) -> None:
        """Set the clocks of all processes and of the store."""
        self.now = self.database.clock.ms = ms

    @property
    def _periods(self) -> PostgresPeriodStore:
        return PostgresPeriodStore(self.database.pool, Periods(self.database.pool))

    @property
    def ladder(self) -> Ladder:
        """Return the ladder of the current week."""
        return self.board.ladders_at(self.now)[0]

    def seats(self, leagues: PostgresLeagueStore | None = None) -> SeatService:
        """Return the service that seats players, as a new process would create it."""
        pool = self.database.pool
        stores = self._periods, PostgresSettlementStore(pool), leagues or PostgresLeagueStore(pool)
        return SeatService(self.database.scores, *stores, MemoryIndex(1), lambda: self.now, grace_ms=GRACE_MS)

    def settlement(self, prepared: Callable[[Any], Any] = lambda store: store) -> SettlementService:
        """Return the settlement service of a new process, with leases of its own.

        `prepared` receives each store of the service, and returns the store to use in its place.
        """
        return SettlementService(
            self.database.scores,
            self._periods,
            prepared(PostgresSettlementStore(self.database.pool)),
            self._parts(prepared),
            MemoryIndex(1),
            lambda: self.now,
            Fanout([]),
            grace_ms=GRACE_MS,
        )

    def _parts(self, prepared: Callable[[Any], Any]) -> Sequence[SettlementPart]:
        pool, clock = self.database.pool, lambda: self.now
        leagues = prepared(PostgresLeagueStore(pool))
        movements = LeagueMovements(leagues, self.seats(leagues), clock)
        awards, tournaments = prepared(PostgresAwards(pool)), self.database.tournaments
        return movements, AwardPart(self.database.scores, awards, leagues, tournaments, clock)

    def resettlement(self) -> ResettlementService:
        """Return the service that finds settled periods whose results a moderator has changed."""
        pool = self.database.pool
        stores = self.database.scores, PostgresSettlementStore(pool), PostgresResettlements(pool)
        return ResettlementService(*stores, lambda: self.now, part=AWARDS)

    async def faults(self, ladder: Ladder) -> Sequence[SettlementFault]:
        """Return the faults that verification reports for a settled period."""
        stored = await PostgresSettlementStore(self.database.pool).settlements(ladder.board, 0)
        parts = self._parts(lambda store: store)
        faults = [await part.faults(ladder, stored[ladder.period].of_part(part.name)) for part in parts]
        return [fault for of_part in faults for fault in of_part]

    async def awards(self, ladder: Ladder) -> set[tuple[int, str]]:
        """Return the valid awards of a period, each as its player and its reward."""
        rows = await self.database.pool.fetch(_AWARDS, ladder.board.id, ladder.period)
        return {(row["user_id"], row["reward"]) for row in rows}

    async def members(self, ladder: Ladder) -> dict[int, tuple[int, int, int]]:
        """Return division, group and seat of each player who has a seat in a period."""
        rows = await self.database.pool.fetch(_MEMBERS, ladder.board.id, ladder.period)
        return {row["user_id"]: tuple(row)[1:] for row in rows}

    async def results(self, ladder: Ladder) -> dict[int, tuple[Any, ...]]:
        """Return division, group, rank, movement and next division of each result of a period."""
        rows = await self.database.pool.fetch(_RESULTS, ladder.board.id, ladder.period)
        return {row["user_id"]: tuple(row)[1:] for row in rows}


@dataclass(frozen=True, slots=True)
class WeekEnd:
    """Settled week: the scores of the players who are not erased, and the outcome of each ranked player."""

    ladder: Ladder
    scores: dict[int, tuple[int, int]]
    outcomes: dict[int, tuple[Any, ...]]


@dataclass
class Weeks:
    """Random weeks of a league, with the expected state of its players.

    The state has scores, hidden and erased players, and the divisions that the reference program computed.
    """

    world: LeagueWorld
    random: Random
    players: list[int]
    submitting: int = 8
    """Number of concurrent submitters."""

    def __post_init__(self) -> None:
        self.scores: dict[int, tuple[int, int]] = {}
        self.hidden: set[int] = set()
        self.erased: list[int] = []
        self.divisions: dict[int, str | None] = {}
        self.ends: list[WeekEnd] = []
        self.next_id = max(self.players, default=0) + 1
        self._submissions = 0

    async def play(self, active: float, arrivals: int) -> None:
        """Make a share (`active`) of the players and `arrivals` new players submit, some twice, in concurrent batches.

        At most a tenth of the new players are erased players who return.
        """
        returning = self.erased[: arrivals // 10]
        del self.erased[: len(returning)]
        new = {*range(self.next_id, self.next_id + arrivals), *returning}
        await self.create(sorted(new))
        playing = [i for i in self.players if self.random.random() < active or i in new]
        playing += [i for i in playing if self.random.random() < 0.2]
        self.random.shuffle(playing)
        self.scores = {}
        submissions = [self._submission(i) for i in playing]
        services = [self.world.seats() for _ in range(2)]
        places = asyncio.Semaphore(self.submitting)

        async def submit(batch: Sequence[Submission], seats: SeatService) -> None:
            async with places:
                outcomes = await self._record(batch)
                # After one batch in ten, the process dies between the commit and the seating of the players.
                if self.random.random() > 0.1:
                    await seats.take(batch, outcomes)

        size = max(5, min(256, len(submissions) // 20))
        await asyncio.gather(*(submit(batch, services[n % 2]) for n, batch in enumerate(chunks(submissions, size))))

    async def _record(self, batch: Sequence[Submission]) -> Sequence[Recorded | LeaderForgeError]:
        """Record a batch. Repeat it until the store answers in time, as clients do."""
        while True:
            with suppress(StoreUnavailable):
                return await self.world.database.scores.record(batch)

    async def create(self, user_ids: Sequence[int]) -> None:
        """Create players."""
        for batch in chunks(user_ids, 1000):
            await self.world.database.users.create([Player(i, f"Player {i}", None, 0) for i in batch])
        self.players += user_ids
        self.next_id = max([self.next_id, *(user_id + 1 for user_id in user_ids)])

    def _submission(self, user_id: int) -> Submission:
        self._submissions += 1
        # The scores are the greatest ones of the board's type. Long scores differ in digits that a float does not have.
        score = self.world.board.score_type.greatest - self.random.randint(0, 50)
        at = self.world.now + self._submissions % 1000
        best = self.scores.get(user_id)
        self.scores[user_id] = min((-score, at), best) if best else (-score, at)
        event = Event(user_id, UUID(int=self.world.now << 40 | self._submissions), score, at)
        return Submission([self.world.ladder], event)

    async def moderate(self, share: float) -> None:
        """Erase a share of the players, hide an equal share, and remove the scores of an equal share."""
        records, moderation = self.world.database.records, self.world.database.moderation
        entry = AuditEntry(self.world.now, "tests", "moderate")
        for user_id in list(self.players):
            chance = self.random.random()
            if chance < share:
                await records.erase(user_id, entry)
                self.players.remove(user_id)
                self.erased.append(user_id)
                for state in (self.scores, self.divisions, *(end.scores for end in self.ends)):
                    state.pop(user_id, None)
                self.hidden.discard(user_id)
            elif chance < 2 * share and user_id not in self.hidden:
                await moderation.set_player_hidden(user_id, True, entry)
                self.hidden.add(user_id)
            elif chance < 3 * share and user_id in self.scores:
                await moderation.remove_from(self.world.ladder, user_id, entry)
                del self.scores[user_id]

    async def end(self, settle: Callable[[], Any]) -> Ladder:
        """End the week, settle it, and return its ladder."""
        ladder = self.world.ladder
        weeks = (self.world.now - self.world.start) // WEEK_MS + 1
        self.world.set_now(self.world.start + weeks * WEEK_MS + 3_600_000)
        await settle()
        return ladder

    async def require_reference(self, ladder: Ladder) -> Counter[str]:
        """Compare seats and results of a settled week with the reference. Return the number of each movement."""
        assert ladder.board.league is not None
        rules, members = members_of(ladder.board.league), await self.world.members(ladder)
        names = rules["divisions"]
        # Players whose score was removed keep their seat. Therefore more players may have a seat than a score.
        assert self.scores.keys() <= members.keys() <= set(self.players)
        for user_id, (division, _, _) in members.items():
            assert names[division] == (self.divisions.get(user_id) or rules["entry"])
        results = await self.world.results(ladder)
        keys = {user_id: (*score, user_id) for user_id, score in self.scores.items()}
        expected = league_reference.results(rules, members, keys, self.hidden, self.divisions)
        assert results == expected
        self._require_sizes(results, rules["group_size"])
        self.divisions |= {user_id: result[-1] for user_id, result in expected.items()}
        outcomes = {i: (names[division], rank, movement) for i, (division, _, rank, movement, _) in results.items()}
        self.ends.append(WeekEnd(ladder, self.scores, {i: o for i, o in outcomes.items() if o[1] is not None}))
        await self.require_awards(self.ends[-1])
        assert await self.world.faults(ladder) == []
        return Counter(result[-2] for result in results.values())

    async def require_awards(self, end: "WeekEnd") -> None:
        """Compare the stored awards of a settled week with awards that the reference derives from the present ranks."""
        table = end.ladder.board.rewards
        listed = sorted((*key, user_id) for user_id, key in end.scores.items() if user_id not in self.hidden)
        rewards: Any = table.members["rewards"] if table else ()
        expected = league_reference.awards(rewards, [user_id for _, _, user_id in listed], end.outcomes)
        assert await self.world.awards(end.ladder) == expected

    def _require_sizes(self, results: dict[int, tuple[Any, ...]], size: int) -> None:
        """Fail if a group has under half of `size` players after the merges, and is not alone in its division."""
        groups = Counter(result[:2] for user_id, result in results.items() if user_id in self.scores)
        divisions = Counter(division for division, _ in groups)
        assert all(count * 2 >= size or divisions[division] == 1 for (division, _), count in groups.items())


def league(size: int, **rules: Any) -> League:
    """Return a league of five divisions that starts with the first week."""
    divisions = ("Diamond", "Gold", "Silver", "Bronze", "Iron")
    return replace(League(PeriodKind.WEEKLY, divisions, size, "Iron", since=START), **rules)
