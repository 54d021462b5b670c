"""The wire shapes of all there is about a player, and how they are made."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from uuid import UUID

from pydantic import Field

from functions.edge import rendering
from functions.edge.models import StrictOut
from functions.edge.outputs import ActOut, Count, Integer, Metadata, Period, Time, UserOut
from leaderforge.domain.standings import HIDDEN_ENTRY, HIDDEN_PLAYER
from leaderforge.ports import Kept, Placed
from leaderforge.services.player_records import Erasure, Record


class StandingOut(StrictOut):
    """A player's standing on a board in a period."""

    board: str = Field(examples=["default"])
    period: Period
    score: Integer
    subscore: Integer
    submissions: Count
    achieved_at: Time
    metadata: Metadata
    hidden: bool = Field(False, description="True where the standing is hidden; only admins are told.")


class EventOut(StrictOut):
    """A score that the player submitted."""

    board: str | None = Field(description="Null where the board is no more.", examples=["default"])
    submission_id: UUID
    score: Integer
    subscore: Integer
    achieved_at: Time
    recorded_at: Time
    metadata: Metadata
    counts: bool = Field(description="False where a moderator removed it.")


class ExportOut(StrictOut):
    """Everything about a player."""

    player: UserOut
    standings: list[StandingOut]
    acts: list[ActOut] = Field([], description="What moderators and operators did to the player; only for admins.")
    events: list[EventOut]


class ErasureOut(StrictOut):
    """How much was erased, and the id by which the audit log knows it."""

    erasure_id: UUID = Field(description="Keep it as the proof: the audit log has it, with who did it and when.")
    events: Count
    standings: Count
    acts: Count = Field(description="How many acts in the audit log do not tell any more whom they concerned.")


async def export(
    record: Record, events: AsyncIterator[Sequence[Kept]], *, for_admin: bool
) -> AsyncGenerator[bytes, None]:
    """Yield everything about a player as the pieces of a JSON object.

    The player itself is not told what moderators did: what is hidden is to stay so.
    """
    player = rendering.user(record.user, email=True)
    standings = ",".join(_standing(one, for_admin=for_admin) for one in record.standings)
    acts = f'"acts":[{",".join(map(rendering.act, record.acts))}],' if for_admin else ""
    yield f'{{"player":{player},"standings":[{standings}],{acts}"events":['.encode()
    separator = ""
    async for chunk in events:
        yield (separator + ",".join(map(_event, chunk))).encode()
        separator = ","
    yield b"]}"


def erasure(one: Erasure) -> str:
    """Return an erasure as a JSON object."""
    erased = one.erased
    return ErasureOut(
        erasure_id=one.id, events=erased.events, standings=erased.standings, acts=erased.acts
    ).model_dump_json()


def _standing(placed: Placed, *, for_admin: bool) -> str:
    ladder, one = placed
    hidden = ',"hidden":true' if for_admin and one.hidden & (HIDDEN_ENTRY | HIDDEN_PLAYER) else ""
    return (
        f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","score":{one.score},'
        f'"subscore":{one.subscore},"submissions":{one.submissions},'
        f'"achieved_at":"{rendering.time_text(one.achieved_at)}","metadata":{one.metadata or "null"}{hidden}}}'
    )


def _event(one: Kept) -> str:
    event = one.event
    return (
        f'{{"board":{rendering.string(one.board)},"submission_id":"{event.submission_id}","score":{event.score},'
        f'"subscore":{event.subscore},"achieved_at":"{rendering.time_text(event.achieved_at)}",'
        f'"recorded_at":"{rendering.time_text(one.recorded_at)}","metadata":{event.metadata or "null"},'
        f'"counts":{"false" if one.void else "true"}}}'
    )
