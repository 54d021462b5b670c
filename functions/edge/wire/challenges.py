"""Private challenges on the wire."""

from collections.abc import Iterable
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StrictInt

from functions.edge.wire.bodies import JsonBody, string_json
from functions.edge.wire.entries import EntryOut, render_entry
from functions.edge.wire.fields import BoardName, CountOut, ExternalIdOut, IntegerOut, PlayerIdIn, RankOut, TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import FROM_NUMBER, Rule
from leaderforge.domain.boards import Board
from leaderforge.domain.challenges import (
    MAX_CHALLENGE_PLAYERS,
    MIN_CHALLENGE_PLAYERS,
    MIN_CHALLENGE_S,
    Challenge,
    PlayedChallenge,
)
from leaderforge.domain.players import Player
from leaderforge.domain.times import time_text
from leaderforge.domain.tournament_rules import MAX_LENGTH_S
from leaderforge.domain.tournaments import TournamentState
from leaderforge.services.challenges import ChallengeView

Invitation = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9_-]{22}$",
        description="The challenge's invitation, a part of its link.",
        examples=["q3vK0mZ8Tn2aYx5Jr7Lw1Q"],
    ),
    Rule("must be the invitation of a challenge: 22 characters"),
]
_State = Annotated[
    TournamentState,
    Field(
        description="`open` until the end, then `closed`, and `settled` once no late submission can change the result."
    ),
]


class ChallengeIn(StrictIn):
    """A challenge on a board. It starts at once."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "board": "default",
                    "user_id": 123,
                    "length_s": 3600,
                    "max_players": 4,
                    "challenge_id": "9b0c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f",
                }
            ]
        }
    )

    board: BoardName = Field(examples=["default"])
    user_id: PlayerIdIn = Field(description="The player who creates the challenge, and its first player.")
    length_s: Annotated[StrictInt, Field(ge=MIN_CHALLENGE_S, le=MAX_LENGTH_S), FROM_NUMBER] = Field(
        description="The length of the challenge, in seconds."
    )
    max_players: Annotated[StrictInt, Field(ge=MIN_CHALLENGE_PLAYERS, le=MAX_CHALLENGE_PLAYERS), FROM_NUMBER] = Field(
        description="The maximum number of players, including the creator."
    )
    challenge_id: UUID = Field(
        description="The client's own id of the challenge. A retry with the same id returns the same challenge.",
        examples=["9b0c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f"],
    )


class _ChallengeTimesOut(StrictOut):
    invitation: str = Field(
        description="The part of the challenge's link that nobody can guess. Whoever has it sees the challenge.",
        examples=["q3vK0mZ8Tn2aYx5Jr7Lw1Q"],
    )
    board: str = Field(examples=["default"])
    state: _State
    starts_at: TimeOut
    ends_at: TimeOut = Field(description="The end. Scores of this time do not count.")
    late_until: TimeOut = Field(description="The time until which late submissions of earlier scores count.")
    settled_at: TimeOut = Field(description="The time from which the state is `settled`.")
    players: CountOut = Field(description="The number of players who have joined, including the creator.")
    max_players: CountOut


class UnscoredPlayerOut(StrictOut):
    """A player of a challenge without a score."""

    user_id: IntegerOut
    username: str | None = Field(description="The player's name; null if it has none.", examples=["ada"])
    external_id: ExternalIdOut = ""


class ChallengeOut(_ChallengeTimesOut):
    """A challenge with its players and their scores since its start."""

    entries: list[EntryOut] = Field(
        description="The players with a score, best first. Ranks and scores are in the challenge, not on the board."
    )
    unscored: list[UnscoredPlayerOut] = Field(description="The players without a score, in the order of joining.")
    now: TimeOut = Field(description="The time of this answer, for countdowns.")


class ListedChallengeOut(_ChallengeTimesOut):
    """A challenge of a player."""

    number: RankOut = Field(description="The player's position in the order of joining, 1 for the creator.")
    joined_at: TimeOut


class ChallengesOut(StrictOut):
    """The challenges of a player, the latest end first."""

    user_id: IntegerOut
    challenges: list[ListedChallengeOut]


class RemovedChallengeOut(StrictOut):
    """The result of a removal."""

    removed: bool


def render_challenge(view: ChallengeView, *, marks_hidden: bool = False) -> JsonBody:
    """Return the body that describes a challenge and its players."""
    entries = ",".join([render_entry(entry, marks_hidden=marks_hidden) for entry in view.entries])
    unscored = ",".join(map(_player, view.unscored))
    return JsonBody(
        f'{{{_members(view.board, view.challenge, view.now)},"entries":[{entries}],"unscored":[{unscored}]}}', view.now
    )


def render_challenges(user_id: int, played: Iterable[tuple[Board, PlayedChallenge]], now: int) -> JsonBody:
    """Return the body with the challenges of a player, as they are at `now` (ms)."""
    challenges = ",".join([f"{{{played_members(board, item, now)}}}" for board, item in played])
    return JsonBody(f'{{"user_id":{user_id},"challenges":[{challenges}]}}')


def played_members(board: Board, played: PlayedChallenge, now: int) -> str:
    """Return the JSON members that describe a player's challenge at `now` (ms), without the braces of an object."""
    members, player = _members(board, played.challenge, now), played.player
    return f'{members},"number":{player.number},"joined_at":"{time_text(player.joined_at)}"'


def _members(board: Board, challenge: Challenge, now: int) -> str:
    return (
        f'"invitation":"{challenge.invitation}","board":"{board.slug}","state":"{challenge.state(now)}",'
        f'"starts_at":"{time_text(challenge.starts_at)}","ends_at":"{time_text(challenge.ends_at)}",'
        f'"late_until":"{time_text(challenge.late_until)}","settled_at":"{time_text(challenge.settled_at)}",'
        f'"players":{challenge.players},"max_players":{challenge.max_players}'
    )


def _player(player: Player) -> str:
    external = "" if player.external_id is None else f',"external_id":{string_json(player.external_id)}'
    return f'{{"user_id":{player.user_id},"username":{string_json(player.username)}{external}}}'
