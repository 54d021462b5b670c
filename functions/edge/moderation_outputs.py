"""The wire shapes of what moderators are told, and how they are made."""

from collections.abc import Sequence
from enum import StrEnum

from pydantic import Field

from functions.edge import rendering
from functions.edge.models import StrictOut
from functions.edge.outputs import EntryOut, Integer, Period
from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import HIDDEN_ENTRY, HIDDEN_PLAYER, Standing
from leaderforge.ports import Placed
from leaderforge.services.moderation import HiddenEntry


class State(StrEnum):
    """What everyone sees of an entry."""

    LISTED = "listed"
    HIDDEN = "hidden"
    REMOVED = "removed"


class Cause(StrEnum):
    """What is hidden: the entry on that board, or the player everywhere."""

    ENTRY = "entry"
    PLAYER = "player"


class ChangedOut(StrictOut):
    """An entry that changed."""

    board: str = Field(examples=["default"])
    period: Period
    state: State


class ModeratedOut(StrictOut):
    """What an act changed: the player's entries as they are now."""

    user_id: Integer
    entries: list[ChangedOut]


class HiddenEntryOut(EntryOut):
    """A hidden entry with the rank that it would have."""

    hidden_by: list[Cause] = Field(description="What is hidden: the `entry` on this board, the `player`, or both.")


class HiddenOut(StrictOut):
    """Hidden entries of a board, by their players' ids."""

    board: str = Field(examples=["default"])
    period: Period
    entries: list[HiddenEntryOut]
    next: Integer | None = Field(description="The player after whom to go on, as `after`; null at the end.")


def moderated(user_id: int, changed: Sequence[Placed]) -> str:
    """Return what an act changed as a JSON object."""
    entries = [
        ChangedOut(board=ladder.board.slug, period=ladder.period_name, state=_state(standing))
        for ladder, standing in changed
    ]
    return ModeratedOut(user_id=user_id, entries=entries).model_dump_json()


def hidden(ladder: Ladder, entries: Sequence[HiddenEntry], following: int | None) -> str:
    """Return hidden entries, and the player after whom to go on, as an object that is not closed yet."""
    listed = ",".join(rendering.entry(one.entry, f',"hidden_by":[{_causes(one.hidden)}]') for one in entries)
    after = "null" if following is None else following
    return f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","entries":[{listed}],"next":{after}'


def _state(standing: Standing) -> State:
    if standing.removed:
        return State.REMOVED
    return State.HIDDEN if standing.hidden else State.LISTED


def _causes(hidden: int) -> str:
    causes = {Cause.ENTRY: HIDDEN_ENTRY, Cause.PLAYER: HIDDEN_PLAYER}
    return ",".join(f'"{cause}"' for cause, bit in causes.items() if hidden & bit)
