"""Construction of the services over their adapters (`Parts`)."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import structlog

from leaderforge.adapters.telemetry import logs
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.errors import LeaderForgeError, Unavailable
from leaderforge.domain.timing import submission_wait_s, top_ttl_ms
from leaderforge.parts import Parts
from leaderforge.ports.clock import Clock
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.activity import ActivityService
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
from leaderforge.services.moment_comparison import MomentComparison
from leaderforge.services.moment_maintenance import MomentMaintenance
from leaderforge.services.movement import MovementService
from leaderforge.services.names import NameSync
from leaderforge.services.query import QueryService
from leaderforge.services.rank_history import RankHistoryService
from leaderforge.services.reading import Reader
from leaderforge.services.reception import ReceptionClock
from leaderforge.services.submit import SubmitService
from leaderforge.services.trust import IndexTrust
from leaderforge.services.verification import VerificationService
from leaderforge.wiring.access import AccessServices, access_services
from leaderforge.wiring.events import EventServices, event_services
from leaderforge.wiring.players import PlayerServices, player_services
from leaderforge.wiring.seasons import SeasonServices, season_services
from leaderforge.wiring.teams import TeamServices, team_services

if TYPE_CHECKING:
    from leaderforge.services.file_imports import FileImports

_OPENING_S = 5.0
_SETTLING_S = 1.0


@dataclass(frozen=True, slots=True)
class Services:
    """All services and their adapters (`parts`). Make all calls from the event loop that runs `open`."""

    settings: EnvironmentSettings
    parts: Parts
    access: AccessServices
    players: PlayerServices
    seasons: SeasonServices
    teams: TeamServices
    events: EventServices
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
    history: HistoryService
    movement: MovementService
    rank_history: RankHistoryService
    moment_maintenance: MomentMaintenance
    moment_comparison: MomentComparison
    moderation: ModerationService
    activity: ActivityService
    boards: BoardService
    board_maintenance: BoardMaintenance
    reception_clock: ReceptionClock

    @property
    def telemetry(self) -> Telemetry:
        return self.parts.telemetry

    @property
    def clock(self) -> Clock:
        return self.parts.clock

    @property
    def imports(self) -> "FileImports":
        """Return the service that imports files. Its modules load on first use: few Lambda functions need them."""
        from leaderforge.services.file_imports import FileImports

        return FileImports(
            self.parts.store,
            self.parts.users,
            self.delivery,
            self.moderation,
            self.parts.audit,
            self.changes,
            self.parts.clock,
            self.reception_clock,
            grace_ms=self.settings.late_grace_ms,
            names=self.players.name_rules,
            teams=self.parts.teams,
        )

    async def open(self) -> None:
        """Connect all adapters concurrently. An adapter that cannot connect now does so on its first use.

        In a new installation, build the index, so that the first submission has a rank.
        """
        steps = (*self.parts.opens, self._build_new_index)
        opening = [asyncio.wait_for(step(), _OPENING_S) for step in steps]
        for failure in await asyncio.gather(*opening, return_exceptions=True):
            if isinstance(failure, Unavailable | TimeoutError):
                structlog.get_logger().warning("part_unavailable", error=str(failure))
            elif isinstance(failure, BaseException):
                raise failure

    async def _build_new_index(self) -> None:
        try:
            await self.maintain.build_new_index()
        except LeaderForgeError as error:
            # Continue without the index, because maintenance builds it later. For example, the tables may not exist
            # yet.
            structlog.get_logger().warning("index_not_built", error=str(error))

    async def renew(self) -> None:
        """Close connections that do not respond. After a long pause the network may have dropped them silently."""
        await asyncio.gather(*(renew() for renew in self.parts.renews))

    async def settle(self) -> None:
        """Finish the background work of the previous requests, before the process may be frozen."""
        await self.teams.scores.settle()
        await self.changes.settle()

    async def close(self) -> None:
        """Deliver or declare pending updates for up to `_SETTLING_S`, then disconnect all adapters."""
        with suppress(Unavailable, TimeoutError):
            async with asyncio.timeout(_SETTLING_S):
                await self.teams.scores.settle()
                await self.delivery.settle()
        await self.trust.close()
        await self.changes.close()
        await asyncio.gather(*(disconnect() for disconnect in self.parts.closes), return_exceptions=True)


def build(settings: EnvironmentSettings, *, logs_to: TextIO | None = None) -> Services:
    """Return the services over PostgreSQL and Redis Cluster, or Valkey. `open` connects them.

    Logs go to standard output by default.
    """
    from leaderforge.parts.servers import server_parts

    logs.configure(settings.log_level, logs_to)
    return assemble(settings, server_parts(settings))


def assemble(settings: EnvironmentSettings, parts: Parts) -> Services:
    """Return the services over these adapters."""
    time_limit_s = submission_wait_s(settings.store_timeout_ms / 1000)
    declaration = Declaration(parts.processes)
    # On Lambda, check the index during the call, because a concurrent task would need another database connection.
    renews = settings.function_name is None
    trust = IndexTrust(parts.index, parts.processes, declaration, parts.clock, parts.telemetry, renews=renews)
    reader = Reader(parts.index, trust, parts.store, parts.users, parts.moments, parts.clock, parts.telemetry)
    query = _query(settings, parts, reader, time_limit_s)
    changes = Changes(parts.feed, query.tops, parts.clock, parts.telemetry, trust.is_believed)
    stores_all = settings.index_names == "all"
    names = NameSync(parts.index, parts.users, stores_all=stores_all)
    delivery = Delivery(parts.index, parts.store, names, declaration, changes, parts.telemetry)
    indexed = parts.store, parts.users, parts.index
    maintain = MaintainService(
        *indexed, parts.processes, parts.clock, parts.telemetry, changes.note_repair, stores_all_names=stores_all
    )
    trust.repair_with(delivery.deliver_pending, maintain.catch_up)
    players = player_services(settings, parts, delivery, reader, query)
    changes.on_players(players.ids.invalidate)
    seasons = season_services(settings, parts, query)
    teams = team_services(parts, delivery, players, seasons.seats)
    submit = SubmitService(
        parts.store,
        delivery,
        trust,
        parts.telemetry,
        tracer=parts.tracer,
        seats=seasons.seats,
        teams=parts.teams,
        time_limit_s=time_limit_s,
    )
    reception_clock = ReceptionClock(parts.clock_us)
    return Services(
        settings=settings,
        parts=parts,
        access=access_services(settings, parts, delivery, players.name_rules),
        players=players,
        seasons=seasons,
        teams=teams,
        events=event_services(settings, parts, query),
        changes=changes,
        delivery=delivery,
        trust=trust,
        submit=submit,
        ingest=IngestService(parts.queue, submit, parts.telemetry),
        query=query,
        live=Hub(parts.telemetry, most=settings.max_listeners, most_an_address=settings.address_listeners),
        distributions=DistributionService(reader),
        maintain=maintain,
        verification=VerificationService(*indexed, parts.clock, parts.telemetry, changes.note_repair),
        movement=MovementService(reader),
        rank_history=RankHistoryService(query, parts.clock),
        moment_maintenance=_moment_maintenance(settings, parts),
        moment_comparison=MomentComparison(parts.store, parts.moments),
        history=HistoryService(parts.history, query, parts.clock),
        moderation=ModerationService(
            parts.moderation, delivery, reader, parts.clock, reception_clock, teams=parts.teams
        ),
        activity=ActivityService(parts.activity, parts.store, parts.index, parts.clock),
        boards=BoardService(parts.store, parts.clock, segments=settings.segments),
        board_maintenance=BoardMaintenance(parts.store, parts.index, parts.clock, parts.telemetry, changes.note_repair),
        reception_clock=reception_clock,
    )


def _moment_maintenance(settings: EnvironmentSettings, parts: Parts) -> MomentMaintenance:
    return MomentMaintenance(
        parts.store, parts.moments, parts.index, parts.clock, parts.telemetry, changes=settings.moment_changes
    )


def _query(settings: EnvironmentSettings, parts: Parts, reader: Reader, time_limit_s: float) -> QueryService:
    return QueryService(
        reader,
        parts.clock,
        parts.telemetry,
        tracer=parts.tracer,
        top_ttl_ms=top_ttl_ms(settings.top_cache_ms),
        time_limit_s=time_limit_s,
    )


async def migrate(dsn: str) -> Sequence[str]:
    """Apply the missing migrations to the database and return their names."""
    from leaderforge.adapters.postgres.migrate import migrate as run

    return await run(dsn)


async def enable_name_search(dsn: str) -> bool:
    """Build the indexes for search inside names. Return False if the indexes existed."""
    from leaderforge.adapters.postgres.name_search import enable_name_search as run

    return await run(dsn)


async def disable_name_search(dsn: str) -> bool:
    """Drop the indexes for search inside names. Return False if there were none."""
    from leaderforge.adapters.postgres.name_search import disable_name_search as run

    return await run(dsn)
