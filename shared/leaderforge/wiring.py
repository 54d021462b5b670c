"""The only place that builds adapters and hands them to the services."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import structlog

from leaderforge.adapters.telemetry import logs
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.config import Settings
from leaderforge.domain.errors import Unavailable
from leaderforge.ports import COMMIT_LIMIT_MS, Clock, HistoryLoader, RankIndex, ScoreStore, Telemetry, UserStore
from leaderforge.services.maintain import MaintainService
from leaderforge.services.query import QueryService
from leaderforge.services.reading import Reader
from leaderforge.services.spread import SpreadService
from leaderforge.services.submit import SubmitService
from leaderforge.services.users import UserService

Exposition = Callable[[], tuple[bytes, str]]
"""Returns all metrics and their content type."""

Close = Callable[[], Awaitable[object]]

_OPENING_S = 5.0


@dataclass(frozen=True, slots=True)
class Parts:
    """What the services stand on. `opens` and `closes` are what there is to connect and to disconnect."""

    store: ScoreStore
    users: UserStore
    index: RankIndex
    telemetry: Telemetry
    exposition: Exposition
    clock: Clock
    load_history: HistoryLoader | None = None
    opens: Sequence[Callable[[], Awaitable[object]]] = ()
    closes: Sequence[Close] = ()


@dataclass(frozen=True, slots=True)
class Services:
    """The product, put together. All calls belong to the event loop that runs `open`."""

    settings: Settings
    parts: Parts
    submit: SubmitService
    query: QueryService
    spread: SpreadService
    maintain: MaintainService
    users: UserService

    @property
    def telemetry(self) -> Telemetry:
        return self.parts.telemetry

    @property
    def clock(self) -> Clock:
        return self.parts.clock

    async def open(self) -> None:
        """Connect to all parts at once. One that is down is connected to when it is first needed and up again."""
        opening = [asyncio.wait_for(connect(), _OPENING_S) for connect in self.parts.opens]
        for failure in await asyncio.gather(*opening, return_exceptions=True):
            if isinstance(failure, Unavailable | TimeoutError):
                structlog.get_logger().warning("part_unavailable", error=str(failure))
            elif isinstance(failure, BaseException):
                raise failure

    async def close(self) -> None:
        """Disconnect from all parts."""
        await asyncio.gather(*(disconnect() for disconnect in self.parts.closes), return_exceptions=True)


def build(settings: Settings) -> Services:
    """Return the product over PostgreSQL and Redis Cluster, or Valkey. Connects to nothing yet."""
    from leaderforge.adapters.postgres.bulk import copy_chunk
    from leaderforge.adapters.postgres.pool import Pool
    from leaderforge.adapters.postgres.score_store import PostgresScoreStore
    from leaderforge.adapters.postgres.user_store import PostgresUserStore
    from leaderforge.adapters.redis.cluster import Cluster
    from leaderforge.adapters.redis.index import RedisIndex

    logs.configure(settings.log_level)
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
    )
    telemetry, exposition, stop_telemetry = _telemetry(settings)
    parts = Parts(
        store=PostgresScoreStore(pool, record_timeout_s=min(settings.store_timeout_ms, COMMIT_LIMIT_MS) / 1000),
        users=PostgresUserStore(pool),
        index=index,
        telemetry=telemetry,
        exposition=exposition,
        clock=now_ms,
        load_history=partial(copy_chunk, pool),
        opens=(pool.open, index.watermarks),
        closes=(pool.close, index.close, *stop_telemetry),
    )
    return assemble(settings, parts)


def assemble(settings: Settings, parts: Parts) -> Services:
    """Return the services over these parts."""
    # A call may wait for the batch in flight before it and then for its own.
    time_limit_s = 2 * settings.store_timeout_ms / 1000
    reader = Reader(parts.index, parts.store, parts.users, parts.telemetry)
    query = QueryService(
        reader, parts.clock, parts.telemetry, top_ttl_ms=settings.top_cache_ms, time_limit_s=time_limit_s
    )
    return Services(
        settings=settings,
        parts=parts,
        submit=SubmitService(parts.store, parts.index, query.tops, parts.telemetry, time_limit_s=time_limit_s),
        query=query,
        spread=SpreadService(reader, parts.clock),
        maintain=MaintainService(parts.store, parts.index, parts.clock, parts.telemetry),
        users=UserService(parts.users, parts.index, parts.clock),
    )


async def migrate(dsn: str) -> Sequence[str]:
    """Bring the database's tables up to this version and return the names of the migrations applied."""
    from leaderforge.adapters.postgres.migrate import migrate as run

    return await run(dsn)


def now_ms() -> int:
    """Return the time now, in milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _telemetry(settings: Settings) -> tuple[Telemetry, Exposition, Sequence[Close]]:
    from leaderforge.adapters.telemetry.prometheus import Prometheus

    prometheus = Prometheus(multiprocess=settings.metrics_directory is not None)
    if settings.new_relic_license_key is None:
        return prometheus, prometheus.exposition, ()
    from leaderforge.adapters.telemetry.newrelic import NewRelic

    new_relic = NewRelic(settings.new_relic_license_key.get_secret_value(), settings.new_relic_app_name)
    return Fanout([prometheus, new_relic]), prometheus.exposition, (partial(asyncio.to_thread, new_relic.close),)
