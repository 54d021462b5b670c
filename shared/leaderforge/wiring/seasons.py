"""Construction of the services of periods, leagues, tournaments, awards and challenges."""

from dataclasses import dataclass

from leaderforge.config import EnvironmentSettings
from leaderforge.parts import Parts
from leaderforge.ports.settlement import SettlementPart
from leaderforge.services.award_settlement import AWARDS, AwardPart
from leaderforge.services.awards import AwardService
from leaderforge.services.challenge_results import CHALLENGE_TTL_MS, ChallengeResults
from leaderforge.services.challenges import ChallengeService
from leaderforge.services.league_reading import LeagueQueryService
from leaderforge.services.league_settlement import LeagueMovements
from leaderforge.services.leagues import SeatService
from leaderforge.services.periods import PeriodService
from leaderforge.services.query import QueryService
from leaderforge.services.resettlement import ResettlementService
from leaderforge.services.rollover import RolloverService
from leaderforge.services.settlement import SettlementService
from leaderforge.services.tournaments import TournamentService


@dataclass(frozen=True, slots=True)
class SeasonServices:
    """Periods, their settlement with leagues, tournaments and awards, and challenges."""

    periods: PeriodService
    rollover: RolloverService
    settlement: SettlementService
    resettlement: ResettlementService
    awards: AwardService
    seats: SeatService
    leagues: LeagueQueryService
    tournaments: TournamentService
    challenges: ChallengeService


def season_services(settings: EnvironmentSettings, parts: Parts, query: QueryService) -> SeasonServices:
    """Return the services of seasons."""
    grace_ms = settings.late_grace_ms
    stores = parts.store, parts.periods, parts.settlements, parts.leagues
    seats = SeatService(*stores, parts.index, parts.clock, grace_ms=grace_ms)
    settlement = _settlement(settings, parts, seats)
    return SeasonServices(
        periods=PeriodService(parts.periods, parts.clock, grace_ms=grace_ms),
        rollover=_rollover(settings, parts, settlement),
        settlement=settlement,
        resettlement=ResettlementService(parts.store, parts.settlements, parts.resettlements, parts.clock, part=AWARDS),
        awards=AwardService(parts.store, parts.awards, parts.clock),
        seats=seats,
        leagues=LeagueQueryService(parts.leagues, parts.settlements, seats, query, parts.clock),
        tournaments=TournamentService(parts.tournaments, parts.clock),
        challenges=_challenges(settings, parts),
    )


def _challenges(settings: EnvironmentSettings, parts: Parts) -> ChallengeService:
    results = ChallengeResults(parts.challenges, parts.users, ttl_ms=CHALLENGE_TTL_MS)
    stores = parts.challenges, parts.store, results
    return ChallengeService(*stores, parts.clock, settings.challenge_limits, grace_ms=settings.late_grace_ms)


def _rollover(settings: EnvironmentSettings, parts: Parts, settlement: SettlementService) -> RolloverService:
    return RolloverService(
        parts.store,
        parts.periods,
        parts.index,
        parts.clock,
        parts.telemetry,
        index_ms=settings.period_index_hours * 3_600_000,
        grace_ms=settings.late_grace_ms,
        awaited=settlement.awaited,
    )


def _settlement(settings: EnvironmentSettings, parts: Parts, seats: SeatService) -> SettlementService:
    """Return the settlement with all its parts, in their order of execution."""
    settled: list[SettlementPart] = [
        LeagueMovements(parts.leagues, seats, parts.clock),
        AwardPart(parts.store, parts.awards, parts.leagues, parts.tournaments, parts.clock),
    ]
    stores = parts.store, parts.periods, parts.settlements
    return SettlementService(
        *stores,
        settled,
        parts.index,
        parts.clock,
        parts.telemetry,
        grace_ms=settings.late_grace_ms,
        team_scores=parts.team_scores,
    )
