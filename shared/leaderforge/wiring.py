"""Construction of the services over their parts."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

import structlog

from leaderforge.adapters.telemetry import logs
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.errors import LeaderForgeError, Unavailable
from leaderforge.domain.name_rules import NameRules
from leaderforge.domain.people import RoleRules
from leaderforge.domain.timing import submission_wait_s, top_ttl_ms
from leaderforge.event_wiring import dispatch_service, endpoint_service
from leaderforge.parts import Parts
from leaderforge.parts.name_rules import name_rules
from leaderforge.player_wiring import device_service, record_service
from leaderforge.ports.access import TokenVerifier
from leaderforge.ports.clock import Clock
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.activity import ActivityService
from leaderforge.services.api_keys import KeyService
from leaderforge.services.award_settlement import AWARDS, AwardPart
from leaderforge.services.awards import AwardService
from leaderforge.services.board_maintenance import BoardMaintenance
from leaderforge.services.boards import BoardService
from leaderforge.services.changes import Changes
from leaderforge.services.declaring import Declaration
from leaderforge.services.delivery import Delivery
from leaderforge.services.devices import DeviceService
from leaderforge.services.dispatching import DispatchService
from leaderforge.services.distribution import DistributionService
from leaderforge.services.endpoints import EndpointService
from leaderforge.services.friend_ranking import FriendRankingService
from leaderforge.services.friends import FriendService
from leaderforge.services.history import HistoryService
from leaderforge.services.ingest import IngestService
from leaderforge.services.league_reading import LeagueQueryService
from leaderforge.services.league_settlement import LeagueMovements
from leaderforge.services.leagues import SeatService
from leaderforge.services.live import Hub
from leaderforge.services.maintain import MaintainService
from leaderforge.services.moderation import ModerationService
from leaderforge.services.names import NameSync
from leaderforge.services.notice_feed import NoticeFeed
from leaderforge.services.people import PeopleService
from leaderforge.services.periods import PeriodService
from leaderforge.services.player_ids import PlayerIds
from leaderforge.services.player_records import RecordService
from leaderforge.services.players import PlayerService
from leaderforge.services.query import QueryService
from leaderforge.services.reading import Reader
from leaderforge.services.reception import ReceptionClock
from leaderforge.services.resettlement import ResettlementService
from leaderforge.services.roles import RoleService
from leaderforge.services.rollover import RolloverService
from leaderforge.services.settlement import SettlementService
from leaderforge.services.signing_keys import SigningKeyService
from leaderforge.services.standings import StandingService
from leaderforge.services.submit import SubmitService
from leaderforge.services.tournaments import TournamentService
from leaderforge.services.trust import IndexTrust
from leaderforge.services.verification import VerificationService

if TYPE_CHECKING:
    from leaderforge.services.file_imports import FileImports

_OPENING_S = 5.0
_SETTLING_S = 1.0


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
    settlement: SettlementService
    resettlement: ResettlementService
    awards: AwardService
    seats: SeatService
    leagues: LeagueQueryService
    periods: PeriodService
    history: HistoryService
    standings: StandingService
    users: PlayerService
    name_rules: NameRules
    player_ids: PlayerIds
    moderation: ModerationService
    records: RecordService
    friends: FriendService
    friend_ranks: FriendRankingService
    keys: KeyService
    activity: ActivityService
    tournaments: TournamentService
    people: PeopleService
    roles: RoleService
    signing_keys: SigningKeyService
    devices: DeviceService
    dispatch: DispatchService
    endpoints: EndpointService
    feed: NoticeFeed
    tokens: TokenVerifier | None
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
        """Return the service that imports files. Its modules are loaded on first use: functions do not need them."""
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
            names=self.name_rules,
        )

    async def open(self) -> None:
        """Connect to all parts concurrently. A part that is unavailable connects on its first use instead.

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
            # Maintenance builds it later. The tables may not have been created yet.
            structlog.get_logger().warning("index_not_built", error=str(error))

    async def renew(self) -> None:
        """Close connections that do not respond. After a long pause the network may have dropped them silently."""
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
    from leaderforge.parts.servers import server_parts

    logs.configure(settings.log_level, logs_to)
    return assemble(settings, server_parts(settings))


def assemble(settings: EnvironmentSettings, parts: Parts) -> Services:
    """Return the services over the parts."""
    reception_clock = ReceptionClock(parts.clock_us)
    time_limit_s = submission_wait_s(settings.store_timeout_ms / 1000)
    declaration = Declaration(parts.processes)
    # On Lambda, check the index during the call, because a concurrent task would need another database connection.
    renews = settings.function_name is None
    trust = IndexTrust(parts.index, parts.processes, declaration, parts.clock, parts.telemetry, renews=renews)
    reader = Reader(parts.index, trust, parts.store, parts.users, parts.clock, parts.telemetry)
    query = QueryService(
        reader,
        parts.clock,
        parts.telemetry,
        tracer=parts.tracer,
        top_ttl_ms=top_ttl_ms(settings.top_cache_ms),
        time_limit_s=time_limit_s,
    )
    changes = Changes(parts.feed, query.tops, parts.clock, parts.telemetry, trust.is_believed)
    names = NameSync(parts.index, parts.users)
    delivery = Delivery(parts.index, parts.store, names, declaration, changes, parts.telemetry)
    maintain = MaintainService(
        parts.store, parts.users, parts.index, parts.processes, parts.clock, parts.telemetry, changes.repaired
    )
    rules = name_rules(settings)
    player_ids = PlayerIds(parts.users, delivery, parts.clock, capacity=settings.cached_players, rules=rules)
    changes.on_players(player_ids.invalidate)
    trust.repair_with(delivery.deliver_pending, maintain.catch_up)
    signing_keys = SigningKeyService(
        parts.signing_keys, parts.signer, parts.clock, max_valid_s=settings.erased_hours * 3600
    )
    seats = _seats(settings, parts)
    friends = FriendService(parts.friends, parts.users, parts.clock, settings.friends)
    submit = SubmitService(
        parts.store, delivery, trust, parts.telemetry, tracer=parts.tracer, seats=seats, time_limit_s=time_limit_s
    )
    return Services(
        settings=settings,
        parts=parts,
        changes=changes,
        delivery=delivery,
        trust=trust,
        submit=submit,
        ingest=IngestService(parts.queue, submit, parts.telemetry),
        query=query,
        live=Hub(parts.telemetry, most=settings.max_listeners, most_an_address=settings.address_listeners),
        distributions=DistributionService(reader),
        maintain=maintain,
        verification=VerificationService(
            parts.store, parts.users, parts.index, parts.clock, parts.telemetry, changes.repaired
        ),
        rollover=_rollover(settings, parts),
        resettlement=ResettlementService(parts.store, parts.periods, parts.resettlements, parts.clock, part=AWARDS),
        awards=AwardService(parts.store, parts.awards, parts.clock),
        settlement=_settlement(settings, parts, seats),
        seats=seats,
        leagues=LeagueQueryService(parts.leagues, parts.settlements, seats, query, parts.clock),
        periods=PeriodService(parts.periods, parts.clock, grace_ms=settings.late_grace_ms),
        history=HistoryService(parts.history, query, parts.clock),
        standings=StandingService(parts.history, parts.users, query, parts.clock),
        users=PlayerService(parts.users, delivery, parts.clock, rules=rules, segments=settings.segments),
        name_rules=rules,
        player_ids=player_ids,
        moderation=ModerationService(parts.moderation, delivery, reader, parts.clock, reception_clock),
        records=record_service(settings, parts, delivery),
        friends=friends,
        friend_ranks=FriendRankingService(friends, reader),
        keys=KeyService(parts.keys, parts.clock),
        activity=ActivityService(parts.activity, parts.store, parts.index, parts.clock),
        tournaments=TournamentService(parts.tournaments, parts.clock),
        people=PeopleService(
            parts.identity,
            parts.people,
            RoleRules(settings.oidc_claim, settings.oidc_roles or {}),
            parts.clock,
            session_ms=settings.oidc_session_minutes * 60_000,
        ),
        roles=RoleService(parts.keys, parts.people, parts.audit, parts.clock),
        signing_keys=signing_keys,
        devices=device_service(settings, parts, delivery, signing_keys, rules),
        dispatch=dispatch_service(settings, parts, query),
        feed=NoticeFeed(parts.notices),
        endpoints=endpoint_service(settings, parts),
        tokens=_tokens(parts, signing_keys),
        boards=BoardService(parts.store, parts.clock, segments=settings.segments),
        board_maintenance=BoardMaintenance(parts.store, parts.index, parts.clock, parts.telemetry, changes.repaired),
        reception_clock=reception_clock,
    )


def _rollover(settings: EnvironmentSettings, parts: Parts) -> RolloverService:
    return RolloverService(
        parts.store,
        parts.periods,
        parts.index,
        parts.clock,
        parts.telemetry,
        index_ms=settings.period_index_hours * 3_600_000,
        grace_ms=settings.late_grace_ms,
    )


def _seats(settings: EnvironmentSettings, parts: Parts) -> SeatService:
    stores = parts.store, parts.periods, parts.settlements, parts.leagues
    return SeatService(*stores, parts.index, parts.clock, grace_ms=settings.late_grace_ms)


def _settlement(settings: EnvironmentSettings, parts: Parts, seats: SeatService) -> SettlementService:
    """Return the settlement with all its parts, in the order in which they run."""
    return SettlementService(
        parts.store,
        parts.periods,
        parts.settlements,
        [
            LeagueMovements(parts.leagues, seats, parts.clock),
            AwardPart(parts.store, parts.awards, parts.leagues, parts.clock),
        ],
        parts.index,
        parts.clock,
        parts.telemetry,
        grace_ms=settings.late_grace_ms,
    )


def _tokens(parts: Parts, signing_keys: SigningKeyService) -> TokenVerifier | None:
    """Return the verifier of all accepted player tokens, None if none are accepted."""
    return parts.tokens if parts.signer is None else parts.signer.verifier(signing_keys.accepts, parts.tokens)


async def migrate(dsn: str) -> Sequence[str]:
    """Apply the missing migrations to the database and return their names."""
    from leaderforge.adapters.postgres.migrate import migrate as run

    return await run(dsn)


async def enable_name_search(dsn: str) -> bool:
    """Build the indexes for search inside names. Return False if they existed."""
    from leaderforge.adapters.postgres.name_search import enable_name_search as run

    return await run(dsn)


async def disable_name_search(dsn: str) -> bool:
    """Drop the indexes for search inside names. Return False if there were none."""
    from leaderforge.adapters.postgres.name_search import disable_name_search as run

    return await run(dsn)
