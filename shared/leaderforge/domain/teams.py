"""Teams, their members, and the scores of teams."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.boards import MAX_INTEGER, Board
from leaderforge.domain.order import ranked_score
from leaderforge.domain.standings import Standing, removed_standing
from leaderforge.domain.team_rules import MAX_COUNTED_MEMBERS, TeamFunction, TeamRules

MAX_TEAM_SIZE = MAX_COUNTED_MEMBERS
"""Maximum number of members that a team may allow."""
DEFAULT_TEAM_SIZE = 50


def is_team_id(user_id: int) -> bool:
    """Return whether an id may be a team's: it is negative. Player ids that a game chose may be negative too."""
    return user_id < 0


def new_team_id(user_id: int) -> int:
    """Return the id of a new team: the negated `user_id`, which was generated as for a new player."""
    return -user_id


class Joining(StrEnum):
    """Callers who may add members to a team, beside the keys of game servers, which always may.

    `open`: the players themselves. `captain`: the captain. `server`: nobody else.
    """

    OPEN = "open"
    CAPTAIN = "captain"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Team:
    """A team. Its id is a player id, and its name is the username of that player.

    `captain_id` is the appointed captain, who may have left: see `Roster.captain_id`.
    """

    team_id: int
    captain_id: int | None = None
    max_members: int = DEFAULT_TEAM_SIZE
    joining: Joining = Joining.SERVER


class TeamSpan(NamedTuple):
    """Time of a player in a team, from `joined_at` up to, not including, `left_at` (ms), None for a present member.

    The spans of a player do not overlap.
    """

    user_id: int
    team_id: int
    joined_at: int
    left_at: int | None = None

    def holds(self, time: int) -> bool:
        """Return whether the player was in the team at a time (ms)."""
        return self.joined_at <= time and (self.left_at is None or time < self.left_at)


def next_span(earlier: Collection[TeamSpan], user_id: int, team_id: int, at: int) -> TeamSpan:
    """Return a new span from `at` (ms) on, or from the end of the player's `earlier` spans if they end later.

    Spans must not overlap, even after a clock was set back.
    """
    return TeamSpan(user_id, team_id, max([at, *(span.left_at or span.joined_at for span in earlier)]))


@dataclass(frozen=True, slots=True)
class Roster:
    """A team with its present members, in the order of joining."""

    team: Team
    members: Sequence[TeamSpan]

    @property
    def captain_id(self) -> int | None:
        """Return the appointed captain, or the first member if the appointed captain has left. None without members."""
        ids = [span.user_id for span in self.members]
        if self.team.captain_id in ids:
            return self.team.captain_id
        return ids[0] if ids else None

    @property
    def present_team(self) -> Team:
        """Return the team with its present captain as the appointed one.

        Store it before a player joins. Otherwise, an appointed captain who has left and comes back would become the
        captain again.
        """
        return replace(self.team, captain_id=self.captain_id)

    @property
    def is_full(self) -> bool:
        """Return whether the team has its maximum number of members."""
        return len(self.members) >= self.team.max_members


def joining_order(span: TeamSpan) -> tuple[int, int]:
    """Return the value by which a roster sorts its members: time of joining, then player id."""
    return span.joined_at, span.user_id


class Contribution(NamedTuple):
    """Contribution of a member in one period: the fold of the events from the member's time in the team.

    The fields about the run have the same meaning as in `Standing`. A hidden contribution does not count.
    """

    user_id: int
    score: int
    achieved_at: int
    received_us: int
    run_id: UUID
    submissions: int
    hidden: bool = False


def stale_members(
    stored: Mapping[tuple[int, int], Contribution], folded: Mapping[tuple[int, int], Contribution]
) -> Mapping[int, Collection[int]]:
    """Return the members, by team, whose stored contribution differs from the fold of their events.

    The key of both mappings is the pair of team id and player id. A contribution in only one mapping differs too.
    """
    by_team: defaultdict[int, set[int]] = defaultdict(set)
    for team_id, user_id in stored.keys() | folded.keys():
        if stored.get((team_id, user_id)) != folded.get((team_id, user_id)):
            by_team[team_id].add(user_id)
    return by_team


def counted_contributions(board: Board, rules: TeamRules, contributions: Sequence[Contribution]) -> list[Contribution]:
    """Return the contributions that count, best first."""
    visible = sorted(
        (c for c in contributions if not c.hidden),
        key=lambda c: (ranked_score(board.order, c.score), c.achieved_at, c.user_id),
    )
    if rules.function is TeamFunction.BEST:
        return visible[: rules.members]
    if rules.function is TeamFunction.MEAN and len(visible) < (rules.members or 0):
        return []
    return visible


def team_standing(board: Board, team_id: int, contributions: Sequence[Contribution], revision: int) -> Standing:
    """Return the standing of a team. It is removed if no contribution counts.

    The time and the run are those of the latest contribution that counts. A sum beyond the range of scores is clamped.
    Raises `ValueError` if the board is no team board.
    """
    if board.team is None:
        raise ValueError(f"board {board.slug!r} is no team board")
    counted = counted_contributions(board, board.team, contributions)
    if not counted:
        return removed_standing(board, team_id, revision)
    last = max(counted, key=lambda c: (c.achieved_at, c.received_us, c.user_id))
    score = _score(board.team.function, [c.score for c in counted])
    return Standing(
        user_id=team_id,
        score=score,
        achieved_at=last.achieved_at,
        run_id=last.run_id,
        metadata=None,
        scored=score != 0,
        submissions=sum(c.submissions for c in counted),
        revision=revision,
        received_us=last.received_us,
    )


def is_same_result(standing: Standing | None, new: Standing) -> bool:
    """Return whether a stored standing has the same numbers as a new standing. None equals a removed standing."""
    if standing is None or standing.removed or new.removed:
        return new.removed and (standing is None or standing.removed)
    return _numbers(standing) == _numbers(new)


def _numbers(standing: Standing) -> tuple[object, ...]:
    return standing.score, standing.achieved_at, standing.received_us, standing.run_id, standing.submissions


def _score(function: TeamFunction, scores: Sequence[int]) -> int:
    """Return the score of a team. A mean is rounded to the nearest integer, and halves are rounded up."""
    total = sum(scores)
    if function is TeamFunction.MEAN:
        return (2 * total + len(scores)) // (2 * len(scores))
    return max(-MAX_INTEGER, min(MAX_INTEGER, total))
