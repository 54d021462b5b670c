"""Construction of the services of teams."""

from dataclasses import dataclass

from leaderforge.parts import Parts
from leaderforge.services.delivery import Delivery
from leaderforge.services.leagues import SeatService
from leaderforge.services.team_scores import TeamScores
from leaderforge.services.teams import TeamService
from leaderforge.wiring.players import PlayerServices


@dataclass(frozen=True, slots=True)
class TeamServices:
    """Teams with their members (`rosters`), and their scores."""

    rosters: TeamService
    scores: TeamScores


def team_services(parts: Parts, delivery: Delivery, players: PlayerServices, seats: SeatService) -> TeamServices:
    """Return the services of teams. They update the scores of teams after each change that `delivery` delivers."""
    scores = TeamScores(parts.store, parts.team_scores, delivery, parts.index, parts.clock, seats=seats)
    delivery.on_changed = scores.note
    rosters = TeamService(
        parts.teams,
        parts.team_scores,
        scores,
        parts.users,
        players.users,
        delivery,
        parts.clock,
        rules=players.name_rules,
    )
    return TeamServices(rosters, scores)
