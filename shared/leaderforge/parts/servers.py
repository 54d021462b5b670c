"""Parts on servers: stores in PostgreSQL, and the index in Redis Cluster or Valkey.

This module loads both drivers, therefore only processes that use them import it.
"""

from functools import partial

from leaderforge.adapters.clock import now_ms, now_us
from leaderforge.adapters.postgres.activity import PostgresActivity
from leaderforge.adapters.postgres.audit import PostgresAuditLog
from leaderforge.adapters.postgres.awards import PostgresAwards, PostgresResettlements
from leaderforge.adapters.postgres.bulk import copy_chunk
from leaderforge.adapters.postgres.challenge_store import PostgresChallengeStore
from leaderforge.adapters.postgres.derived_notices import PostgresDerivedNotices
from leaderforge.adapters.postgres.endpoint_store import PostgresEndpointStore
from leaderforge.adapters.postgres.entrants import PostgresTournaments
from leaderforge.adapters.postgres.friend_store import PostgresFriendStore
from leaderforge.adapters.postgres.history import PostgresHistoryStore
from leaderforge.adapters.postgres.key_store import PostgresKeyStore
from leaderforge.adapters.postgres.league_store import PostgresLeagueStore
from leaderforge.adapters.postgres.moderation import PostgresModeration
from leaderforge.adapters.postgres.moment_store import PostgresMoments
from leaderforge.adapters.postgres.name_claims import claim_names, release_stale_claims
from leaderforge.adapters.postgres.notice_store import PostgresNoticeStore
from leaderforge.adapters.postgres.pending_processes import PostgresPendingProcesses
from leaderforge.adapters.postgres.people import PostgresPeople
from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.player_records import PostgresPlayerRecords
from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.adapters.postgres.session_store import PostgresSessionStore
from leaderforge.adapters.postgres.settlement_store import PostgresSettlementStore
from leaderforge.adapters.postgres.signing_key_store import PostgresSigningKeyStore
from leaderforge.adapters.postgres.submission_ids import new_submission_id
from leaderforge.adapters.postgres.team_scores import PostgresTeamScores
from leaderforge.adapters.postgres.team_store import PostgresTeamStore
from leaderforge.adapters.redis.cluster import Cluster
from leaderforge.adapters.redis.feed import RedisFeed
from leaderforge.adapters.redis.index import RedisIndex
from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.adapters.redis.limiter import RedisRateLimiter
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.timing import commit_limit_s
from leaderforge.parts import Parts
from leaderforge.parts.cloud import submission_queue
from leaderforge.parts.identity import identity_provider
from leaderforge.parts.telemetry import receivers_of
from leaderforge.parts.tokens import token_signer, token_verifier
from leaderforge.parts.webhooks import notice_sender, notice_signer
from leaderforge.ports.clock import Clock
from leaderforge.ports.tracing import Tracer


def server_parts(settings: EnvironmentSettings, *, clock_us: Clock = now_us) -> Parts:
    """Return the parts for the settings, not yet connected. `clock_us` (us) is also the clock of recorded events."""
    watching = receivers_of(settings)
    cluster, pool = _cluster(settings, watching.tracer), _pool(settings, watching.tracer)
    periods = Periods(pool)
    index = RedisIndex(cluster, partitions=settings.partitions, namespace=settings.namespace)
    queue = submission_queue(settings) if settings.queue_url else None
    store = PostgresScoreStore(pool, periods=periods, clock=clock_us, record_timeout_s=commit_limit_s(pool.timeout_s))
    sender = notice_sender(settings)
    return Parts(
        store=store,
        users=PostgresPlayerStore(pool, unique_names=settings.unique_names),
        periods=PostgresPeriodStore(pool, periods),
        history=PostgresHistoryStore(pool),
        keys=PostgresKeyStore(pool),
        signing_keys=PostgresSigningKeyStore(pool),
        sessions=PostgresSessionStore(pool, unique_names=settings.unique_names),
        audit=PostgresAuditLog(pool),
        activity=PostgresActivity(pool),
        tournaments=PostgresTournaments(pool),
        awards=PostgresAwards(pool),
        resettlements=PostgresResettlements(pool),
        people=PostgresPeople(pool),
        settlements=PostgresSettlementStore(pool),
        leagues=PostgresLeagueStore(pool),
        moments=PostgresMoments(pool),
        moderation=PostgresModeration(pool, periods),
        records=PostgresPlayerRecords(pool),
        friends=PostgresFriendStore(pool),
        challenges=PostgresChallengeStore(pool),
        teams=PostgresTeamStore(pool, unique_names=settings.unique_names),
        team_scores=PostgresTeamScores(pool, periods),
        notices=PostgresNoticeStore(pool),
        derived_notices=PostgresDerivedNotices(pool),
        endpoints=PostgresEndpointStore(pool),
        notice_sender=sender,
        processes=PostgresPendingProcesses(pool),
        index=index,
        feed=RedisFeed(cluster, IndexKeys(settings.namespace, settings.partitions)),
        limiter=RedisRateLimiter(cluster, partitions=settings.partitions, namespace=settings.namespace),
        telemetry=watching.telemetry,
        tracer=watching.tracer,
        exposition=watching.exposition,
        clock=now_ms,
        clock_us=clock_us,
        new_submission_id=new_submission_id,
        tokens=token_verifier(settings),
        signer=token_signer(settings),
        notice_signer=notice_signer(settings),
        identity=identity_provider(settings),
        load_history=partial(copy_chunk, pool),
        claim_names=partial(claim_names, pool),
        release_stale_claims=partial(release_stale_claims, pool),
        queue=queue,
        opens=(pool.open,),
        # Close the queue's connection instead of probing it: calls are rare, and a new connection costs less than a
        # probe.
        renews=(pool.renew, index.renew, *([queue.close] if queue else [])),
        closes=(store.close, sender.close, pool.close, index.close, *([queue.close] if queue else []), *watching.stops),
    )


def _cluster(settings: EnvironmentSettings, tracer: Tracer | None) -> Cluster:
    password = settings.redis_password
    return Cluster(
        settings.redis_nodes,
        timeout_s=settings.index_timeout_ms / 1000,
        password=password.get_secret_value() if password else None,
        tls=settings.redis_tls,
        tracer=tracer,
    )


def _pool(settings: EnvironmentSettings, tracer: Tracer | None) -> Pool:
    return Pool(
        settings.postgres_dsn.get_secret_value(),
        max_size=settings.postgres_pool_size,
        timeout_s=settings.store_timeout_ms / 1000,
        pgbouncer=settings.pgbouncer,
        application=settings.function_name or "leaderforge",
        tracer=tracer,
    )
