"""Construction of adapters and services. No other module builds adapters."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TextIO

import structlog

from leaderforge.adapters.telemetry import logs
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.config import VARIABLES, CloudSettings, EnvironmentSettings, SettingsError
from leaderforge.domain.errors import Unavailable
from leaderforge.domain.timing import commit_limit_s, submission_wait_s, top_ttl_ms
from leaderforge.ports.access import AuditLog, KeyStore, RateLimiter, TokenVerifier
from leaderforge.ports.changes import ChangeFeed
from leaderforge.ports.clock import Clock
from leaderforge.ports.history import HistoryLoader, HistoryStore
from leaderforge.ports.index import RankIndex
from leaderforge.ports.moderation import Moderation
from leaderforge.ports.pending import PendingProcesses
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.players import PlayerRecords, PlayerStore
from leaderforge.ports.queue import SubmissionQueue
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.api_keys import KeyService
from leaderforge.services.board_maintenance import BoardMaintenance
from leaderforge.services.boards import BoardService
from leaderforge.services.changes import Changes
from leaderforge.services.declaring import Declaration
from leaderforge.services.delivery import Delivery
from leaderforge.services.distribution import DistributionService
from leaderforge.services.history import HistoryService
from leaderforge.services.ingest import IngestService
from leaderforge.services.live import Hub
from leaderforge.services.maintain import MaintainService
from leaderforge.services.moderation import ModerationService
from leaderforge.services.names import NameSync
from leaderforge.services.periods import PeriodService
from leaderforge.services.player_records import RecordService
from leaderforge.services.players import PlayerService
from leaderforge.services.query import QueryService
from leaderforge.services.reading import Reader
from leaderforge.services.rollover import RolloverService
from leaderforge.services.submit import SubmitService
from leaderforge.services.trust import IndexTrust
from leaderforge.services.verification import VerificationService

if TYPE_CHECKING:
    from leaderforge.adapters.aws.client import AwsAccess
    from leaderforge.adapters.tokens.sources import KeySource

Exposition = Callable[[], tuple[bytes, str]]
"""Returns all metrics and their content type."""

Close = Callable[[], Awaitable[object]]

_OPENING_S = 5.0
_SETTLING_S = 1.0
_QUEUE_S = 5.0


@dataclass(frozen=True, slots=True)
class Parts:
    """Adapters that the services use.

    `opens` connect, `closes` disconnect, and `renews` drop broken connections.
    """

    store: ScoreStore
    users: PlayerStore
    periods: PeriodStore
    history: HistoryStore
    keys: KeyStore
    audit: AuditLog
    moderation: Moderation
    records: PlayerRecords
    processes: PendingProcesses
    index: RankIndex
    feed: ChangeFeed
    limiter: RateLimiter
    telemetry: Telemetry
    exposition: Exposition
    clock: Clock
    tokens: TokenVerifier | None = None
    load_history: HistoryLoader | None = None
    queue: SubmissionQueue | None = None
    opens: Sequence[Callable[[], Awaitable[object]]] = ()
    renews: Sequence[Callable[[], Awaitable[object]]] = ()
    closes: Sequence[Close] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """All services and their parts. Make all calls from the event loop that runs `open`."""

    settings: EnvironmentSettings
    parts: Parts
    changes: Changes
    delivery: Delivery
    trust: IndexTrust
    submit: SubmitService
    ingest: IngestService
    query: QueryService
    live: Hub
    distributions: DistributionService
    maintain: MaintainService
    verification: VerificationService
    rollover: RolloverService
    periods: PeriodService
    history: HistoryService
    users: PlayerService
    moderation: ModerationService
    records: RecordService
    keys: KeyService
    boards: BoardService
    board_maintenance: BoardMaintenance

    @property
    def telemetry(self) -> Telemetry:
        return self.parts.telemetry

    @property
    def clock(self) -> Clock:
        return self.parts.clock

    async def open(self) -> None:
        """Connect to all parts concurrently. A part that is unavailable connects on its first use instead."""
        opening = [asyncio.wait_for(connect(), _OPENING_S) for connect in self.parts.opens]
        for failure in await asyncio.gather(*opening, return_exceptions=True):
            if isinstance(failure, Unavailable | TimeoutError):
                structlog.get_logger().warning("part_unavailable", error=str(failure))
            elif isinstance(failure, BaseException):
                raise failure

    async def renew(self) -> None:
        """Drop connections that do not respond. After a long pause the network may have closed them silently."""
        await asyncio.gather(*(renew() for renew in self.parts.renews))

    async def close(self) -> None:
        """Deliver and announce pending updates for up to `_SETTLING_S`, then disconnect from all parts."""
        with suppress(Unavailable, TimeoutError):
            await asyncio.wait_for(self.delivery.settle(), _SETTLING_S)
        await self.trust.close()
        await self.changes.close()
        await asyncio.gather(*(disconnect() for disconnect in self.parts.closes), return_exceptions=True)


def build(settings: EnvironmentSettings, *, logs_to: TextIO | None = None) -> Services:
    """Return the services over PostgreSQL and Redis Cluster, or Valkey. `open` connects them.

    Logs go to standard output by default.
    """
    from leaderforge.adapters.postgres.audit import PostgresAuditLog
    from leaderforge.adapters.postgres.bulk import copy_chunk
    from leaderforge.adapters.postgres.history import PostgresHistoryStore
    from leaderforge.adapters.postgres.key_store import PostgresKeyStore
    from leaderforge.adapters.postgres.moderation import PostgresModeration
    from leaderforge.adapters.postgres.pending_processes import PostgresPendingProcesses
    from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
    from leaderforge.adapters.postgres.player_records import PostgresPlayerRecords
    from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
    from leaderforge.adapters.postgres.pool import Pool
    from leaderforge.adapters.postgres.score_store import PostgresScoreStore
    from leaderforge.adapters.redis.cluster import Cluster
    from leaderforge.adapters.redis.feed import RedisFeed
    from leaderforge.adapters.redis.index import RedisIndex
    from leaderforge.adapters.redis.keys import IndexKeys
    from leaderforge.adapters.redis.limiter import RedisRateLimiter

    logs.configure(settings.log_level, logs_to)
    password = settings.redis_password
    cluster = Cluster(
        settings.redis_nodes,
        timeout_s=settings.index_timeout_ms / 1000,
        password=password.get_secret_value() if password else None,
        tls=settings.redis_tls,
    )
    index = RedisIndex(cluster, partitions=settings.partitions, namespace=settings.namespace)
    pool = Pool(
        settings.postgres_dsn.get_secret_value(),
        max_size=settings.postgres_pool_size,
        timeout_s=settings.store_timeout_ms / 1000,
        pgbouncer=settings.pgbouncer,
        application=settings.function_name or "leaderforge",
    )
    queue = submission_queue(settings) if settings.queue_url else None
    telemetry, exposition, stop_telemetry = _telemetry(settings)
    parts = Parts(
        store=PostgresScoreStore(pool, record_timeout_s=commit_limit_s(settings.store_timeout_ms / 1000)),
        users=PostgresPlayerStore(pool),
        periods=PostgresPeriodStore(pool),
        history=PostgresHistoryStore(pool),
        keys=PostgresKeyStore(pool),
        audit=PostgresAuditLog(pool),
        moderation=PostgresModeration(pool),
        records=PostgresPlayerRecords(pool),
        processes=PostgresPendingProcesses(pool),
        index=index,
        feed=RedisFeed(cluster, IndexKeys(settings.namespace, settings.partitions)),
        limiter=RedisRateLimiter(cluster, partitions=settings.partitions, namespace=settings.namespace),
        telemetry=telemetry,
        exposition=exposition,
        clock=now_ms,
        tokens=token_verifier(settings),
        load_history=partial(copy_chunk, pool),
        queue=queue,
        opens=(pool.open, index.watermarks),
        # Queue calls are rare: a new connection is cheaper than a check of the old one.
        renews=(pool.renew, index.renew, *([queue.close] if queue else [])),
        closes=(pool.close, index.close, *([queue.close] if queue else []), *stop_telemetry),
    )
    return assemble(settings, parts)


def assemble(settings: EnvironmentSettings, parts: Parts) -> Services:
    """Return the services over the parts."""
    time_limit_s = submission_wait_s(settings.store_timeout_ms / 1000)
    declaration = Declaration(parts.processes)
    # A function checks the index when it is called: a task beside the call would need another connection.
    renews = settings.function_name is None
    trust = IndexTrust(parts.index, parts.processes, declaration, parts.clock, parts.telemetry, renews=renews)
    reader = Reader(parts.index, trust, parts.store, parts.users, parts.clock, parts.telemetry)
    query = QueryService(
        reader, parts.clock, parts.telemetry, top_ttl_ms=top_ttl_ms(settings.top_cache_ms), time_limit_s=time_limit_s
    )
    changes = Changes(parts.feed, query.tops, parts.clock, parts.telemetry, trust.is_believed)
    names = NameSync(parts.index, parts.users)
    delivery = Delivery(parts.index, parts.store, names, declaration, changes, parts.telemetry)
    maintain = MaintainService(
        parts.store,
        parts.users,
        parts.index,
        parts.processes,
        parts.clock,
        parts.telemetry,
        changes.repaired,
    )
    trust.repair_with(delivery.deliver_pending, maintain.catch_up)
    submit = SubmitService(parts.store, delivery, trust, parts.telemetry, time_limit_s=time_limit_s)
    return Services(
        settings=settings,
        parts=parts,
        changes=changes,
        delivery=delivery,
        trust=trust,
        submit=submit,
        ingest=IngestService(parts.queue, submit, parts.telemetry),
        query=query,
        live=Hub(parts.telemetry, most=settings.max_listeners),
        distributions=DistributionService(reader),
        maintain=maintain,
        verification=VerificationService(
            parts.store, parts.users, parts.index, parts.clock, parts.telemetry, changes.repaired
        ),
        rollover=RolloverService(
            parts.store,
            parts.periods,
            parts.index,
            parts.clock,
            parts.telemetry,
            index_ms=settings.period_index_hours * 3_600_000,
            grace_ms=settings.late_grace_ms,
        ),
        periods=PeriodService(parts.periods, parts.clock, grace_ms=settings.late_grace_ms),
        history=HistoryService(parts.history, query, parts.clock),
        users=PlayerService(parts.users, delivery, parts.clock),
        moderation=ModerationService(parts.moderation, delivery, reader, parts.clock),
        records=RecordService(parts.records, parts.users, parts.audit, delivery, parts.clock),
        keys=KeyService(parts.keys, parts.clock),
        boards=BoardService(parts.store, parts.clock),
        board_maintenance=BoardMaintenance(parts.store, parts.index, parts.clock, parts.telemetry, changes.repaired),
    )


def read_settings(environment: Mapping[str, str]) -> EnvironmentSettings:
    """Return the settings from the variables and from the secret in LEADERFORGE_SECRET_ID. Raises `SettingsError`."""
    cloud = CloudSettings.from_environment(environment)
    if cloud.secret_id is None:
        return EnvironmentSettings.from_environment(environment)
    from leaderforge.adapters.aws.client import AwsError
    from leaderforge.adapters.aws.secrets import read_secret

    try:
        secret = read_secret(_access(cloud), cloud.secret_id)
    except (AwsError, ValueError) as error:
        raise SettingsError(f"the secret in LEADERFORGE_SECRET_ID is unusable: {error}") from error
    return EnvironmentSettings.from_environment({**secret, **environment})


def submission_queue(settings: CloudSettings) -> SubmissionQueue:
    """Return the unconnected queue of submissions. Raises `SettingsError` without LEADERFORGE_QUEUE_URL."""
    if settings.queue_url is None:
        raise SettingsError(f"LEADERFORGE_QUEUE_URL is required: {VARIABLES['LEADERFORGE_QUEUE_URL']}")
    from leaderforge.adapters.aws.queue import SqsQueue

    return SqsQueue(_access(settings), settings.queue_url, settings.dead_letters_url, timeout_s=_QUEUE_S)


async def migrate(dsn: str) -> Sequence[str]:
    """Apply the missing migrations to the database and return their names."""
    from leaderforge.adapters.postgres.migrate import migrate as run

    return await run(dsn)


def now_ms() -> int:
    """Return the current time in ms since 1970 UTC."""
    return time.time_ns() // 1_000_000


def _access(settings: CloudSettings) -> "AwsAccess":
    from leaderforge.adapters.aws.client import AwsAccess
    from leaderforge.adapters.aws.signature import AwsCredentials

    secret, token = settings.aws_secret_access_key, settings.aws_session_token
    credentials = AwsCredentials(
        settings.aws_access_key_id or "",
        secret.get_secret_value() if secret else "",
        token.get_secret_value() if token else None,
    )
    return AwsAccess(settings.aws_region or "", credentials, settings.aws_endpoint_url)


def token_verifier(settings: EnvironmentSettings) -> TokenVerifier | None:
    """Return the verifier of player tokens, None without token settings. Raises `SettingsError` for invalid keys."""
    if not settings.accepts_tokens:
        return None
    from leaderforge.adapters.tokens.verifier import JwtVerifier, TokenRules

    rules = TokenRules(settings.token_issuer or "", settings.token_audience or "", settings.token_leeway_s)
    return JwtVerifier(_token_keys(settings), rules, now_ms)


def _token_keys(settings: EnvironmentSettings) -> "KeySource":
    from leaderforge.adapters.tokens.sources import FixedKeys, PublishedKeys, fetch_from
    from leaderforge.adapters.tokens.trusted import of_pem, of_secret

    if settings.token_jwks is not None:
        return PublishedKeys(fetch_from(settings.token_jwks))
    if settings.token_secret is not None:
        return FixedKeys(of_secret(settings.token_secret.get_secret_value()))
    try:
        return FixedKeys(of_pem(settings.token_public_keys or ""))
    except ValueError as error:
        name = "LEADERFORGE_TOKEN_PUBLIC_KEYS"
        raise SettingsError(f"{name} is wrong ({error}): {VARIABLES[name]}") from None


def _telemetry(settings: EnvironmentSettings) -> tuple[Telemetry, Exposition, Sequence[Close]]:
    from leaderforge.adapters.telemetry.prometheus import Prometheus

    prometheus = Prometheus(multiprocess=settings.metrics_directory is not None)
    receivers: list[Telemetry] = [prometheus]
    stops: list[Close] = []
    if settings.function_name is not None:
        from leaderforge.adapters.telemetry.cloudwatch import CloudWatch

        receivers.append(CloudWatch(settings.function_name))
    if settings.new_relic_license_key is not None:
        from leaderforge.adapters.telemetry.newrelic import NewRelic

        new_relic = NewRelic(settings.new_relic_license_key.get_secret_value(), settings.new_relic_app_name)
        receivers.append(new_relic)
        stops.append(partial(asyncio.to_thread, new_relic.close))
    telemetry = prometheus if len(receivers) == 1 else Fanout(receivers)
    return telemetry, prometheus.exposition, stops
