"""All data of a player on the wire."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from functools import partial
from typing import TypeVar
from uuid import UUID

from pydantic import Field

from functions.edge.wire.audit import ActOut, act_out
from functions.edge.wire.bodies import string_json, truth_json
from functions.edge.wire.fields import CountOut, IntegerOut, RankOut, TimeOut
from functions.edge.wire.metadata import MetadataOut
from functions.edge.wire.models import StrictOut
from functions.edge.wire.numbers import NumbersOut, TiebreakersOut, numbers_member
from functions.edge.wire.periods import PeriodNameOut
from functions.edge.wire.players import UserOut, user_out
from functions.edge.wire.rewards import AwardOut, award_json
from functions.edge.wire.scores import ScoreValueOut
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.challenges import PlayedChallenge
from leaderforge.domain.friends import Blocked, Followed
from leaderforge.domain.history import Kept
from leaderforge.domain.league import Movement
from leaderforge.domain.league_places import LeaguePlace
from leaderforge.domain.players import Player
from leaderforge.domain.sessions import SignInRecord
from leaderforge.domain.standings import HIDDEN_ENTRY, HIDDEN_PLAYER, LadderStanding
from leaderforge.domain.teams import TeamSpan
from leaderforge.domain.tiebreakers import subscore_json
from leaderforge.domain.times import time_text
from leaderforge.domain.tournaments import Entrant
from leaderforge.services.participation import Participation
from leaderforge.services.player_records import PlayerExport

T = TypeVar("T")


class StandingOut(StrictOut):
    """A player's standing on a board in a period."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    score: ScoreValueOut
    subscore: IntegerOut = Field(description="The second score; 0 on boards with tiebreakers.")
    tiebreakers: TiebreakersOut = Field({})
    submissions: CountOut
    achieved_at: TimeOut
    metadata: MetadataOut
    hidden: bool = Field(False, description="True if the standing is hidden. Shown to admins only.")


class EventOut(StrictOut):
    """A submission of the player."""

    board: str | None = Field(description="The board; null if it was deleted.", examples=["default"])
    submission_id: UUID
    score: ScoreValueOut
    subscore: IntegerOut = Field(description="The second score; 0 on boards with tiebreakers.")
    achieved_at: TimeOut
    received_us: CountOut = Field(
        description="When the service received the submission, in us since 1970. It decides between equal times. 0 for "
        "submissions before version 0.3."
    )
    recorded_at: TimeOut
    metadata: MetadataOut
    numbers: NumbersOut = Field({})
    counts: bool = Field(description="False if a moderator removed the submission.")


class SessionTimesOut(StrictOut):
    """A session of a signed-in device."""

    started_at: TimeOut
    refreshed_at: TimeOut
    ends_at: TimeOut = Field(description="The end of the session unless it is refreshed before.")


class ExportedFriendOut(StrictOut):
    """A player whom the player follows or has blocked."""

    user_id: IntegerOut
    since: TimeOut


class ExportedEntrantOut(StrictOut):
    """An occurrence of a tournament that the player joined."""

    board: str = Field(examples=["cup"])
    period: PeriodNameOut
    joined_at: TimeOut
    number: RankOut = Field(description="The position in the order of joining.")
    attempts: CountOut


class ExportedLeaguePlaceOut(StrictOut):
    """The player's place in a period of a league."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    division: RankOut = Field(description="The number of the division, 1 for the top.")
    group: RankOut | None = Field(description="The number of the group; null in a settled period without an entry.")
    group_rank: RankOut | None = Field(description="The final rank in the group; null before the settlement.")
    movement: Movement | None = Field(description="The final movement; null before the settlement.")


class ExportedChallengeOut(StrictOut):
    """A private challenge that the player created or joined."""

    board: str = Field(examples=["default"])
    invitation: str = Field(examples=["q3vK0mZ8Tn2aYx5Jr7Lw1Q"])
    starts_at: TimeOut
    ends_at: TimeOut
    joined_at: TimeOut
    number: RankOut = Field(description="The position in the order of joining, 1 for the creator.")


class ExportedTeamOut(StrictOut):
    """A team in which the player is or was."""

    team_id: IntegerOut
    joined_at: TimeOut
    left_at: TimeOut | None = Field(description="The time at which the player left; null for a member.")


class ExportOut(StrictOut):
    """All data of a player."""

    player: UserOut
    standings: list[StandingOut]
    acts: list[ActOut] = Field(
        [], description="The actions of moderators and operators on the player. Shown to admins only."
    )
    devices: CountOut = Field(0, description="The number of devices that can sign the player in. Absent if none can.")
    sessions: list[SessionTimesOut] = Field([], description="The sessions of signed-in devices. Absent without any.")
    friends: list[ExportedFriendOut] = Field([], description="The players whom the player follows. Absent without any.")
    blocked: list[ExportedFriendOut] = Field(
        [], description="The players whom the player has blocked. Absent without any."
    )
    tournaments: list[ExportedEntrantOut] = Field(
        [], description="The tournaments that the player joined. Absent without any."
    )
    leagues: list[ExportedLeaguePlaceOut] = Field([], description="The player's places in leagues. Absent without any.")
    challenges: list[ExportedChallengeOut] = Field(
        [], description="The challenges that the player created or joined. Absent without any."
    )
    teams: list[ExportedTeamOut] = Field([], description="The teams in which the player is or was. Absent without any.")
    awards: list[AwardOut] = Field([], description="The player's awards. Absent without any.")
    events: list[EventOut]


async def render_export(
    record: PlayerExport,
    acts: AsyncGenerator[Sequence[AuditEntry], None] | None,
    events: AsyncGenerator[Sequence[Kept], None],
) -> AsyncGenerator[bytes, None]:
    """Yield all data of a player as the pieces of a JSON object.

    With `acts`, the audit entries, mark hidden standings too. Players must see neither of them.
    """
    player = user_out(record.user, with_email=True).model_dump_json(exclude_unset=True)
    standings = ",".join([_render_standing(placed, marks_hidden=acts is not None) for placed in record.standings])
    yield f'{{"player":{player},"standings":[{standings}],'.encode()
    if acts is not None:
        async for piece in _list("acts", acts, partial(_render_act, record.user)):
            yield piece
        yield b","
    yield (_render_sign_ins(record.sign_ins) + _render_links("friends", record.followed)).encode()
    yield (_render_links("blocked", record.blocked) + _render_participation(record.participation)).encode()
    async for piece in _list("events", events, _render_event):
        yield piece
    yield b"}"


async def _list(
    name: str, chunks: AsyncGenerator[Sequence[T], None], render: Callable[[T], str]
) -> AsyncGenerator[bytes, None]:
    """Yield a JSON member with a list, in pieces."""
    yield f'"{name}":['.encode()
    separator = ""
    async with aclosing(chunks):
        async for chunk in chunks:
            yield (separator + ",".join(map(render, chunk))).encode()
            separator = ","
    yield b"]"


def _render_act(player: Player, entry: AuditEntry) -> str:
    external_ids = {} if player.external_id is None else {player.user_id: player.external_id}
    return act_out(entry, external_ids).model_dump_json(exclude_unset=True)


def _render_standing(placed: LadderStanding, *, marks_hidden: bool) -> str:
    ladder, standing = placed
    hidden = ',"hidden":true' if marks_hidden and standing.hidden & (HIDDEN_ENTRY | HIDDEN_PLAYER) else ""
    score = ladder.board.score_type.typed(standing.score)
    return (
        f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","score":{score},'
        f'{_subscores(ladder.board, standing.subscore)}"submissions":{standing.submissions},'
        f'"achieved_at":"{time_text(standing.achieved_at)}","metadata":{standing.metadata or "null"}{hidden}}}'
    )


def _subscores(board: Board, subscore: int) -> str:
    """Return the JSON member `subscore` of a standing and the members of tiebreakers, each with a comma after it."""
    if not board.tiebreakers:
        return f'"subscore":{subscore},'
    return f'"subscore":0,{subscore_json(board.tiebreakers, subscore)}'


def _render_event(stored: Kept) -> str:
    event = stored.event
    return (
        f'{{"board":{string_json(stored.board)},"submission_id":"{event.submission_id}","score":{event.score},'
        f'"subscore":{event.subscore},"achieved_at":"{time_text(event.achieved_at)}",'
        f'"received_us":{event.received_us},"recorded_at":"{time_text(stored.recorded_at)}",'
        f'"metadata":{event.metadata or "null"}{numbers_member(event.numbers)},"counts":{truth_json(not stored.void)}}}'
    )


def _render_links(name: str, links: Sequence[Followed | Blocked]) -> str:
    """Return the JSON member `name` with the players to whom the links lead, or an empty text without links."""
    players = [f'{{"user_id":{link.user_id},"since":"{time_text(link.since)}"}}' for link in links]
    return f'"{name}":[{",".join(players)}],' if players else ""


def _render_sign_ins(record: SignInRecord) -> str:
    """Return the JSON members about devices and sessions, or an empty text for a player without either."""
    sessions = [
        SessionTimesOut(started_at=times.started_at, refreshed_at=times.refreshed_at, ends_at=times.ends_at)
        for times in record.sessions
    ]
    devices = f'"devices":{record.devices},' if record.devices else ""
    return devices + (f'"sessions":[{",".join(out.model_dump_json() for out in sessions)}],' if sessions else "")


def _render_participation(participation: Participation) -> str:
    """Return the JSON members about tournaments, leagues, challenges, teams and awards. Empty members are absent."""
    members = {
        "tournaments": [_entrant_json(ladder, entrant) for ladder, entrant in participation.entrants],
        "leagues": [_league_place_json(ladder, place) for ladder, place in participation.league_places],
        "challenges": [_challenge_json(board, played) for board, played in participation.challenges],
        "teams": [_team_json(span) for span in participation.teams],
        "awards": [award_json(award) for award in participation.awards],
    }
    return "".join(f'"{name}":[{",".join(values)}],' for name, values in members.items() if values)


def _entrant_json(ladder: Ladder, entrant: Entrant) -> str:
    return ExportedEntrantOut(
        board=ladder.board.slug,
        period=ladder.period_name,
        joined_at=entrant.joined_at,
        number=entrant.number,
        attempts=entrant.attempts,
    ).model_dump_json()


def _league_place_json(ladder: Ladder, place: LeaguePlace) -> str:
    return ExportedLeaguePlaceOut(
        board=ladder.board.slug,
        period=ladder.period_name,
        division=place.division + 1,
        group=place.group,
        group_rank=place.rank,
        movement=place.movement,
    ).model_dump_json()


def _team_json(span: TeamSpan) -> str:
    left_at = "null" if span.left_at is None else f'"{time_text(span.left_at)}"'
    return f'{{"team_id":{span.team_id},"joined_at":"{time_text(span.joined_at)}","left_at":{left_at}}}'


def _challenge_json(board: Board, played: PlayedChallenge) -> str:
    challenge, player = played
    return ExportedChallengeOut(
        board=board.slug,
        invitation=challenge.invitation,
        starts_at=challenge.starts_at,
        ends_at=challenge.ends_at,
        joined_at=player.joined_at,
        number=player.number,
    ).model_dump_json()
