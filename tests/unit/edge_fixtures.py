"""Complete HTTP edge over in-memory adapters."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from functions.edge.context import Edge
from functions.edge.http.application import Application
from functions.local import create_app
from leaderforge.adapters.memory.activity import MemoryActivity
from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.awards import MemoryAwards, MemoryResettlements
from leaderforge.adapters.memory.challenge_store import MemoryChallengeStore
from leaderforge.adapters.memory.derived_notices import MemoryDerivedNotices
from leaderforge.adapters.memory.endpoint_store import MemoryEndpointStore
from leaderforge.adapters.memory.feed import MemoryChannel, MemoryFeed
from leaderforge.adapters.memory.friend_store import MemoryFriendStore
from leaderforge.adapters.memory.history import MemoryHistoryStore
from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.key_store import MemoryKeyStore
from leaderforge.adapters.memory.league_store import MemoryLeagueStore
from leaderforge.adapters.memory.limiter import MemoryRateLimiter
from leaderforge.adapters.memory.moderation import MemoryModeration
from leaderforge.adapters.memory.moment_store import MemoryMoments
from leaderforge.adapters.memory.notice_store import MemoryNoticeStore
from leaderforge.adapters.memory.pending_processes import MemoryPendingProcesses
from leaderforge.adapters.memory.people import MemoryPeople
from leaderforge.adapters.memory.period_store import MemoryPeriodStore
from leaderforge.adapters.memory.player_records import MemoryPlayerRecords
from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.session_store import MemorySessionStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.adapters.memory.signing_key_store import MemorySigningKeyStore
from leaderforge.adapters.memory.team_scores import MemoryTeamScores
from leaderforge.adapters.memory.team_store import MemoryTeamStore
from leaderforge.adapters.telemetry.prometheus import Prometheus
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.players import Player
from leaderforge.parts import Parts
from leaderforge.parts.identity import identity_provider
from leaderforge.parts.tokens import token_signer, token_verifier
from leaderforge.parts.webhooks import notice_sender, notice_signer
from leaderforge.ports.queue import SubmissionQueue
from leaderforge.wiring import Services, assemble
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, ApiClient, connected_to_app
from tests.waiting import until

ENVIRONMENT = {
    "LEADERFORGE_REDIS_NODES": "127.0.0.1:1",
    "LEADERFORGE_POSTGRES_DSN": "postgresql://127.0.0.1:1/none",
    "LEADERFORGE_SUBMIT_KEYS": SUBMIT_KEY,
    "LEADERFORGE_ADMIN_KEYS": ADMIN_KEY,
    "LEADERFORGE_OVERLOAD_MS": "0",
}
START = 1_795_435_200_000  # 2026-11-23T12:00:00Z


class Ticks:
    """Clock that the test sets."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> int:
        return self.now


@dataclass(frozen=True)
class Api(ApiClient):
    """Running application, its client and its in-memory adapters."""

    app: Application
    services: Services
    store: MemoryScoreStore
    index: MemoryIndex
    keys: MemoryKeyStore
    limiter: MemoryRateLimiter
    clock: Ticks

    async def players(self, *user_ids: int) -> None:
        """Create players."""
        await self.services.parts.users.create([Player(i, f"player {i}", f"{i}@example.org", START) for i in user_ids])

    async def ranked(self, scores: Mapping[int, int], board: str = "default") -> None:
        """Create players and submit their scores to a board, a millisecond apart."""
        await self.players(*scores)
        for user_id, score in scores.items():
            self.clock.now += 1
            answer = await self.post(f"/api/boards/{board}/scores", {"user_id": user_id, "score": score})
            assert answer.status_code == 200, answer.text

    @property
    def edge(self) -> Edge:
        """Return the state of the edge."""
        return self.app.edge

    async def change_board(self, slug: str = "default", **rules: Any) -> None:
        """Change settings of a board in the store, and invalidate the edge's cached board."""
        change = AuditEntry(self.clock(), "tests", "board.change")
        await self.store.change_board(slug, lambda board: replace(board, **rules), change)
        self.edge.board_changed(slug)


@asynccontextmanager
async def serving(queue: SubmissionQueue | None = None, **environment: str) -> AsyncIterator[Api]:
    """Serve over empty in-memory adapters with a complete index. `environment` adds or replaces settings."""
    audit, prometheus, clock = MemoryAuditLog(), Prometheus(), Ticks()
    users, feed = MemoryPlayerStore(audit), MemoryFeed(MemoryChannel())
    store, index = MemoryScoreStore(users, clock=lambda: clock() * 1000, audit=audit), MemoryIndex(3)
    settlements = MemorySettlementStore(store.outbox)
    keys, limiter = MemoryKeyStore(audit), MemoryRateLimiter(lambda: clock() * 1000)
    settings = EnvironmentSettings.from_environment({**ENVIRONMENT, **environment})
    tokens = token_verifier(settings)
    teams = MemoryTeamStore(store, users, audit)
    notices, friends = MemoryNoticeStore(store.outbox), MemoryFriendStore(store, users)
    parts = Parts(
        store=store,
        users=users,
        periods=MemoryPeriodStore(store),
        history=MemoryHistoryStore(store, users),
        keys=keys,
        signing_keys=MemorySigningKeyStore(audit),
        sessions=MemorySessionStore(users, audit),
        audit=audit,
        activity=MemoryActivity(store),
        tournaments=store.tournaments,
        awards=MemoryAwards(store, settlements, audit),
        resettlements=MemoryResettlements(store, settlements),
        people=MemoryPeople(audit),
        settlements=settlements,
        leagues=MemoryLeagueStore(store, settlements),
        moments=MemoryMoments(store),
        moderation=MemoryModeration(store, users, audit),
        records=MemoryPlayerRecords(store, users, audit),
        friends=friends,
        challenges=MemoryChallengeStore(store, users, friends, audit),
        teams=teams,
        team_scores=MemoryTeamScores(store, users, teams),
        notices=notices,
        derived_notices=MemoryDerivedNotices(notices),
        endpoints=MemoryEndpointStore(notices, audit),
        notice_sender=notice_sender(settings),
        processes=MemoryPendingProcesses(),
        index=index,
        feed=feed,
        limiter=limiter,
        telemetry=prometheus,
        exposition=prometheus.exposition,
        clock=clock,
        clock_us=lambda: clock() * 1000,
        tokens=tokens,
        signer=token_signer(settings),
        notice_signer=notice_signer(settings),
        identity=identity_provider(settings),
        queue=queue,
    )
    services = assemble(settings, parts)
    await services.maintain.reconcile()
    await until(services.trust.is_believed, "the index to be believed")
    app = create_app(services)
    async with connected_to_app(app) as client:
        yield Api(client, app, services, store, index, keys, limiter, clock)
    await services.teams.scores.settle()
    await services.trust.close()
    await parts.notice_sender.close()
