"""Fixtures that the tests of the stores share."""

import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import count
from time import time_ns
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import pytest

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.awards import MemoryAwards
from leaderforge.adapters.memory.challenge_store import MemoryChallengeStore
from leaderforge.adapters.memory.friend_store import MemoryFriendStore
from leaderforge.adapters.memory.history import MemoryHistoryStore
from leaderforge.adapters.memory.league_store import MemoryLeagueStore
from leaderforge.adapters.memory.moderation import MemoryModeration
from leaderforge.adapters.memory.moment_store import MemoryMoments
from leaderforge.adapters.memory.pending_processes import MemoryPendingProcesses
from leaderforge.adapters.memory.player_records import MemoryPlayerRecords
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.session_store import MemorySessionStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.adapters.memory.signing_key_store import MemorySigningKeyStore
from leaderforge.adapters.memory.team_scores import MemoryTeamScores
from leaderforge.adapters.memory.team_store import MemoryTeamStore
from leaderforge.adapters.postgres.audit import PostgresAuditLog
from leaderforge.adapters.postgres.awards import PostgresAwards
from leaderforge.adapters.postgres.challenge_store import PostgresChallengeStore
from leaderforge.adapters.postgres.entrants import PostgresTournaments
from leaderforge.adapters.postgres.friend_store import PostgresFriendStore
from leaderforge.adapters.postgres.history import PostgresHistoryStore
from leaderforge.adapters.postgres.league_store import PostgresLeagueStore
from leaderforge.adapters.postgres.migrate import migrate
from leaderforge.adapters.postgres.moderation import PostgresModeration
from leaderforge.adapters.postgres.moment_store import PostgresMoments
from leaderforge.adapters.postgres.pending_processes import PostgresPendingProcesses
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.player_records import PostgresPlayerRecords
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.adapters.postgres.session_store import PostgresSessionStore
from leaderforge.adapters.postgres.signing_key_store import PostgresSigningKeyStore
from leaderforge.adapters.postgres.team_scores import PostgresTeamScores
from leaderforge.adapters.postgres.team_store import PostgresTeamStore
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.periods import ALL_TIME
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.ports.access import AuditLog, SigningKeyStore
from leaderforge.ports.challenges import ChallengeStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.friends import FriendStore
from leaderforge.ports.history import HistoryStore
from leaderforge.ports.moderation import Moderation
from leaderforge.ports.moments import MomentStore
from leaderforge.ports.pending import PendingProcesses
from leaderforge.ports.players import PlayerRecords, PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.sessions import SessionStore
from leaderforge.ports.teams import TeamScoreStore, TeamStore
from leaderforge.ports.tournaments import TournamentStore
from leaderforge.services.delivery import Delivery
from leaderforge.services.participation import ParticipationReader
from leaderforge.services.player_records import RecordService

CITUS = "LEADERFORGE_TEST_CITUS_DSN"
"""Variable with the DSN of a Citus cluster for tests. The tests drop the project's tables there."""

TABLES = (
    "periods, pending_processes, outbox, "
    "deliveries, delivery_attempts, endpoints, notice_log, "
    "noticed_tiers, noticed_places, noticed_tops, noticed_boards, "
    "touches, users, score_events, standings, username_claims, email_claims, "
    "external_id_claims, released_ids, shared_names, boards, api_keys, audit_log, "
    "signing_keys, device_claims, sessions, activity, minute_leaders, people, entrants, occurrences, "
    "awards, award_rules, resettlements, player_links, challenges, challenge_players, "
    "past_standings, moment_checkpoints, moment_corrections, segment_checkpoints, segment_corrections, "
    "teams, team_spans, team_contributions, team_progress, "
    "settlements, league_periods, league_divisions, league_members, league_results, schema_migrations"
)

numbers = count(1)
"""Numbers that are unique among all tests."""


class StoreClock:
    """Clock of a store, in microseconds since 1970. It returns the real time until a test sets `ms`."""

    def __init__(self) -> None:
        self.ms: int | None = None

    def __call__(self) -> int:
        return time_ns() // 1000 if self.ms is None else self.ms * 1000


@dataclass(frozen=True)
class Stores:
    """All stores of one database."""

    scores: ScoreStore
    users: PlayerStore
    audit: AuditLog
    moderation: Moderation
    records: PlayerRecords
    processes: PendingProcesses
    sessions: SessionStore
    signing_keys: SigningKeyStore
    tournaments: TournamentStore
    friends: FriendStore
    challenges: ChallengeStore
    teams: TeamStore
    team_scores: TeamScoreStore
    participation: ParticipationReader
    moments: MomentStore
    clock: "StoreClock"

    async def ladder(
        self, policy: Policy = Policy.SUM, order: Order = Order.DESC, style: RankStyle = RankStyle.ORDINAL
    ) -> Ladder:
        """Return a new, empty ladder."""
        return Ladder(await self.board(policy=policy, order=order, rank_style=style))

    async def board(self, **settings: Any) -> Board:
        """Return a new board with these settings."""
        slug = f"board-{next(numbers)}"
        return await self.scores.create_board(Board(0, slug, f"The {slug}", **settings))

    async def players(self, *user_ids: int) -> None:
        """Create players."""
        created = await self.users.create([Player(i, f"Player {i}", None, 0) for i in user_ids])
        assert [user.user_id for user in created if isinstance(user, Player)] == list(user_ids)

    def record_service(self, delivery: Delivery, clock: Clock) -> RecordService:
        """Return the service of export and erasure over these stores."""
        stores = self.records, self.users, self.audit, self.sessions, self.friends
        return RecordService(*stores, self.participation, delivery, clock)


@dataclass(frozen=True)
class Database(Stores):
    """All stores of a real database."""

    dsn: str
    pool: Pool

    async def run(self, statement: str) -> Sequence[asyncpg.Record]:
        """Run a statement on a connection of its own."""
        return await run(self.dsn, statement)


def history_store(stores: Stores) -> HistoryStore:
    """Return the store of histories that reads the scores of these stores."""
    if isinstance(stores, Database):
        return PostgresHistoryStore(stores.pool)
    assert isinstance(stores.scores, MemoryScoreStore)
    assert isinstance(stores.users, MemoryPlayerStore)
    return MemoryHistoryStore(stores.scores, stores.users)


def submit(
    ladder: Ladder,
    user_id: int,
    score: int,
    *,
    at: int = 0,
    id: int | None = None,  # noqa: A002 - a short keyword
    metadata: str | None = None,
) -> Submission:
    """Return a submission, by default with a new id."""
    event = Event(user_id, UUID(int=next(numbers) if id is None else id), score, at, metadata)
    return Submission([ladder], event)


async def run(dsn: str, statement: str, *arguments: object) -> Sequence[asyncpg.Record]:
    """Run a statement on a connection of its own."""
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(statement, *arguments)
    finally:
        await connection.close()


async def opened(dsn: str, **options: float) -> AsyncIterator[Database]:
    """Yield the stores on a migrated database and close them afterwards."""
    pool = Pool(dsn, **{"timeout_s": 30.0, **options})
    yield on_pool(pool, dsn, record_timeout_s=30)
    await pool.close()


def on_pool(pool: Pool, dsn: str, **options: float) -> Database:
    """Return the stores on a pool of connections to a migrated database. The score store gets the `options`."""
    clock, periods, challenges = StoreClock(), Periods(pool), PostgresChallengeStore(pool)
    scores, tournaments = PostgresScoreStore(pool, periods=periods, clock=clock, **options), PostgresTournaments(pool)
    teams = PostgresTeamStore(pool, clock=clock)
    return Database(
        scores=scores,
        users=PostgresPlayerStore(pool, clock=clock),
        audit=PostgresAuditLog(pool),
        moderation=PostgresModeration(pool, periods, clock=clock),
        records=PostgresPlayerRecords(pool, clock=clock),
        processes=PostgresPendingProcesses(pool, read_timeout_s=pool.timeout_s),
        sessions=PostgresSessionStore(pool, clock=clock),
        signing_keys=PostgresSigningKeyStore(pool),
        tournaments=tournaments,
        friends=PostgresFriendStore(pool),
        challenges=challenges,
        teams=teams,
        team_scores=PostgresTeamScores(pool, periods, clock=clock),
        participation=ParticipationReader(
            scores, tournaments, PostgresLeagueStore(pool), challenges, PostgresAwards(pool), teams
        ),
        moments=PostgresMoments(pool, block=2, uneven=4, new_states=20),
        clock=clock,
        dsn=dsn,
        pool=pool,
    )


def in_memory() -> Stores:
    """Return in-memory stores."""
    audit, clock = MemoryAuditLog(), StoreClock()
    users = MemoryPlayerStore(audit, clock=clock)
    scores = MemoryScoreStore(users, clock=clock)
    moderation = MemoryModeration(scores, users, audit)
    records = MemoryPlayerRecords(scores, users, audit)
    sessions, signing_keys = MemorySessionStore(users, audit), MemorySigningKeyStore(audit)
    processes, tournaments = MemoryPendingProcesses(), scores.tournaments
    friends, settlements = MemoryFriendStore(scores, users), MemorySettlementStore(scores.outbox)
    challenges = MemoryChallengeStore(scores, users, friends, audit)
    teams = MemoryTeamStore(scores, users, audit)
    participation = ParticipationReader(
        scores,
        tournaments,
        MemoryLeagueStore(scores, settlements),
        challenges,
        MemoryAwards(scores, settlements, audit),
        teams,
    )
    return Stores(
        scores,
        users,
        audit,
        moderation,
        records,
        processes,
        sessions,
        signing_keys,
        tournaments,
        friends,
        challenges,
        teams,
        MemoryTeamScores(scores, users, teams),
        participation,
        MemoryMoments(scores),
        clock,
    )


async def empty(dsn: str) -> None:
    """Drop all tables of the project."""
    await run(dsn, f"drop table if exists {TABLES} cascade")


async def emptied_citus() -> str:
    """Return the DSN of the Citus cluster, with newly created tables. Skip the test without a cluster."""
    dsn = os.environ.get(CITUS)
    if not dsn:
        pytest.skip(f"{CITUS} names no Citus cluster")
    await empty(dsn)
    await migrate(dsn)
    return dsn


def other_period(ladder: Ladder) -> Ladder:
    """Return another ladder of the same board."""
    return Ladder(ladder.board, ALL_TIME + 9)


def sibling(dsn: str, database: str) -> str:
    """Return the DSN of another database on the server of this DSN."""
    return urlsplit(dsn)._replace(path=f"/{database}").geturl()
