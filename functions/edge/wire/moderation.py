"""Moderation on the wire: hide, remove and set scores, and list hidden entries."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import ConfigDict, Field, RootModel, WrapValidator, model_validator

from functions.edge.wire.batches import exclude_each_other, validate_item
from functions.edge.wire.bodies import JsonBody, number_json
from functions.edge.wire.entries import EntryOut, render_entry
from functions.edge.wire.errors import ErrorOut
from functions.edge.wire.external_ids import external_id_of
from functions.edge.wire.fields import (
    NO_CONTROL,
    ExternalIdIn,
    ExternalIdOut,
    IntegerIn,
    IntegerOut,
    PageLimit,
    PlayerIdIn,
    UserIdText,
)
from functions.edge.wire.metadata import MetadataIn
from functions.edge.wire.models import LongIn, QueryIn, StrictIn, StrictOut
from functions.edge.wire.numbers import NumbersIn
from functions.edge.wire.periods import PeriodNameIn, PeriodNameOut, PeriodQuery
from functions.edge.wire.rules import Omittable, Rule
from functions.edge.wire.scores import ScoreValueIn
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.standings import HIDDEN_ENTRY, HIDDEN_PLAYER, LadderStanding, Standing, is_listed
from leaderforge.services.moderation import HiddenPage, ScoreToSet

MAX_REMOVALS = 1000
MAX_SCORES = 1000

Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=500,
        pattern=rf"^[^\s\x00-\x1f\x7f-\x9f]{NO_CONTROL}*$",
        description="The reason, for the audit log: 1 to 500 characters without a leading blank.",
        examples=["scores that nobody can reach"],
    ),
    Rule("must be a reason of 1 to 500 characters, without control characters or a leading blank"),
]


class ReasonIn(StrictIn):
    """The reason for an action."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "scores that nobody can reach"}]})

    reason: Reason


class _NewScoreIn(StrictIn):
    score: ScoreValueIn = Field(description="The score. The board's score limits do not apply.")
    subscore: IntegerIn | None = Field(
        None, description="The second score. Defaults to 0. Only allowed on boards that have one."
    )
    metadata: MetadataIn | None = Field(None, description="Metadata to return with the score.")
    numbers: NumbersIn | None = Field(
        None,
        description="Up to 8 named integers of the run. On a board with tiebreakers, their numbers are required.",
    )
    submission_id: UUID | None = Field(
        None, description="The client's own id of the action. A retry with the same id and content changes nothing."
    )

    def for_player(self, user_id: int) -> ScoreToSet:
        """Return the score to set for a player."""
        return ScoreToSet(user_id, self.score, self.subscore, self.metadata, self.submission_id, self.numbers)


class ScoreIn(_NewScoreIn, ReasonIn):
    """The score to set for a player."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"score": 500, "reason": "lost in an outage"}]})


class PlayerScoreIn(_NewScoreIn):
    """A score to set, and its player."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": 123, "score": 500}]})

    user_id: PlayerIdIn | None = Field(None, description="The player's id. Required without `external_id`.")
    external_id: ExternalIdIn | None = Field(
        None, description="The player's id in another system, instead of `user_id`."
    )


class ScoresIn(LongIn, ReasonIn):
    """Scores to set together, at most one per player."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"scores": [{"user_id": 123, "score": 500}], "reason": "results of the tournament"}]
        }
    )

    scores: list[Annotated[PlayerScoreIn, WrapValidator(validate_item)]] = Field(min_length=1, max_length=MAX_SCORES)


class RemovalsIn(LongIn, ReasonIn):
    """The players whose entries are removed, by either kind of id: at least one, at most 1000."""

    max_bytes: ClassVar[int] = 262_144  # 1000 external ids of 128 characters need 131,000 bytes

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_ids": [123], "reason": "left the guild"}]})

    user_ids: list[PlayerIdIn] = Field([], max_length=MAX_REMOVALS)
    external_ids: list[ExternalIdIn] = Field([], max_length=MAX_REMOVALS, description="Ids in another system.")

    @model_validator(mode="after")
    def _require_some(self) -> Self:
        count = len(self.user_ids) + len(self.external_ids)
        if not 1 <= count <= MAX_REMOVALS:
            raise ValueError(f"must have 1 to {MAX_REMOVALS} user_ids and external_ids, not {count}")
        return self


class ReasonQuery(QueryIn):
    reason: Reason


class RemovalQuery(ReasonQuery):
    period: Omittable[PeriodNameIn] = Field(
        None,
        description="Remove the entry of this period only. If absent, all submissions so far stop counting.",
    )


class HiddenQuery(PeriodQuery):
    limit: PageLimit = 50
    after: Omittable[UserIdText] = Field(None, description="A page's `next`.")


class EntryState(StrEnum):
    """The public state of an entry. An `unranked` one has too few submissions for its board."""

    LISTED = "listed"
    HIDDEN = "hidden"
    UNRANKED = "unranked"
    REMOVED = "removed"


class HidingCause(StrEnum):
    """The cause of a hidden entry: a moderator hid the entry, or hid its player on all boards."""

    ENTRY = "entry"
    PLAYER = "player"


_CAUSES = {HidingCause.ENTRY: HIDDEN_ENTRY, HidingCause.PLAYER: HIDDEN_PLAYER}


class ChangedOut(StrictOut):
    """An entry that changed."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    state: EntryState


class ModeratedOut(StrictOut):
    """The changes of an action: the player's entries after it."""

    user_id: IntegerOut
    external_id: ExternalIdOut = ""
    entries: list[ChangedOut]


class RemovalResult(RootModel[ModeratedOut | ErrorOut]):
    """The changes of a player's entries, or the error."""

    model_config = ConfigDict(json_schema_extra=exclude_each_other)


class RemovalsOut(StrictOut):
    """The changes or an error for each player, in the order sent: first for `user_ids`, then for `external_ids`."""

    results: list[RemovalResult]


class ScoresOut(StrictOut):
    """The changes or an error for each score, in the order sent."""

    results: list[RemovalResult]


class HiddenEntryOut(EntryOut):
    """A hidden entry with the rank that it would have if it were visible."""

    hidden_by: list[HidingCause] = Field(description="The causes: the `entry` on this board, the `player`, or both.")


class HiddenOut(StrictOut):
    """Hidden entries of a board, ordered by player id."""

    board: str = Field(examples=["default"])
    period: PeriodNameOut
    entries: list[HiddenEntryOut]
    next: IntegerOut | None = Field(description="Send it as `after` for the entries that follow; null at the end.")


def render_moderated(user_id: int, changes: Sequence[LadderStanding], external_ids: Mapping[int, str]) -> JsonBody:
    """Return the body with the changes of an action. `external_ids` maps player ids to external ids."""
    entries = [
        ChangedOut(board=ladder.board.slug, period=ladder.period_name, state=_state(ladder.board, standing))
        for ladder, standing in changes
    ]
    return JsonBody.of(ModeratedOut(user_id=user_id, **external_id_of(user_id, external_ids), entries=entries))


def render_hidden(ladder: Ladder, page: HiddenPage) -> JsonBody:
    """Return the body with hidden entries, marked as hidden. Only admins may receive it."""
    entries = ",".join(
        [
            render_entry(hidden.entry, f',"hidden_by":[{_causes_json(hidden.hidden)}]', marks_hidden=True)
            for hidden in page.entries
        ]
    )
    return JsonBody(
        f'{{"board":"{ladder.board.slug}","period":"{ladder.period_name}","entries":[{entries}],'
        f'"next":{number_json(page.next)}}}'
    )


def _state(board: Board, standing: Standing) -> EntryState:
    if standing.removed:
        return EntryState.REMOVED
    if standing.hidden:
        return EntryState.HIDDEN
    return EntryState.LISTED if is_listed(board, standing) else EntryState.UNRANKED


def _causes_json(flags: int) -> str:
    return ",".join(f'"{cause}"' for cause, flag in _CAUSES.items() if flags & flag)
