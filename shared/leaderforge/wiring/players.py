"""Construction of the services for players, their stored data, and their friends."""

from dataclasses import dataclass

from leaderforge.config import EnvironmentSettings
from leaderforge.domain.name_rules import NameRules
from leaderforge.parts import Parts
from leaderforge.parts.name_rules import name_rules
from leaderforge.services.delivery import Delivery
from leaderforge.services.friend_ranking import FriendRankingService
from leaderforge.services.friends import FriendService
from leaderforge.services.participation import ParticipationReader
from leaderforge.services.player_ids import PlayerIds
from leaderforge.services.player_records import RecordService
from leaderforge.services.players import PlayerService
from leaderforge.services.query import QueryService
from leaderforge.services.reading import Reader
from leaderforge.services.standings import StandingService


@dataclass(frozen=True, slots=True)
class PlayerServices:
    """Players: their names and ids, their data (`records`), their friends, and their standings on all boards."""

    users: PlayerService
    ids: PlayerIds
    name_rules: NameRules
    records: RecordService
    friends: FriendService
    friend_ranks: FriendRankingService
    standings: StandingService


def player_services(
    settings: EnvironmentSettings, parts: Parts, delivery: Delivery, reader: Reader, query: QueryService
) -> PlayerServices:
    """Return the services of players."""
    rules = name_rules(settings)
    friends = FriendService(parts.friends, parts.users, parts.clock, settings.friends)
    return PlayerServices(
        users=PlayerService(parts.users, delivery, parts.clock, rules=rules, segments=settings.segments),
        ids=PlayerIds(parts.users, delivery, parts.clock, capacity=settings.cached_players, rules=rules),
        name_rules=rules,
        records=_records(settings, parts, delivery),
        friends=friends,
        friend_ranks=FriendRankingService(friends, reader),
        standings=StandingService(parts.history, parts.users, query, parts.clock),
    )


def _records(settings: EnvironmentSettings, parts: Parts, delivery: Delivery) -> RecordService:
    stores = parts.records, parts.users, parts.audit, parts.sessions, parts.friends
    played = parts.tournaments, parts.leagues, parts.challenges
    participation = ParticipationReader(parts.store, *played, parts.awards, parts.teams)
    return RecordService(*stores, participation, delivery, parts.clock, settings.erased_ms)
