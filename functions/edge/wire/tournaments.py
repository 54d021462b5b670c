"""Tournaments and entrants on the wire."""

from typing import Annotated

from pydantic import Field

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.entries import EntryOut
from functions.edge.wire.fields import CountOut, IntegerOut, RankOut, TimeOut
from functions.edge.wire.models import QueryIn, StrictOut
from functions.edge.wire.periods import ExactPeriodName, PeriodNameOut
from functions.edge.wire.ranks import compared_entries
from functions.edge.wire.rules import FROM_TEXT, Omittable
from leaderforge.domain.tournament_rules import MAX_ENTRANTS
from leaderforge.domain.tournaments import TournamentState
from leaderforge.services.entries import Lookup
from leaderforge.services.tournaments import BracketView, EntrantView, TournamentView


class OccurrenceQuery(QueryIn):
    period: Omittable[ExactPeriodName] = Field(
        None,
        description="The period of the occurrence. Defaults to the open occurrence, without one to the next, and "
        "without a next one to the last.",
    )


class TournamentOut(StrictOut):
    """A tournament's state, its times, and its number of entrants."""

    board: str = Field(examples=["cup"])
    period: PeriodNameOut
    state: TournamentState = Field(
        description="`upcoming` before the start, `open` until the end, then `closed`, and `settled` once no late "
        "submission can change the result."
    )
    starts_at: TimeOut
    ends_at: TimeOut = Field(description="The end. Scores of this time do not count.")
    late_until: TimeOut = Field(description="The time from which late submissions of earlier scores are refused.")
    settled_at: TimeOut = Field(description="The time from which the state is `settled`.")
    next_starts_at: TimeOut | None = Field(description="The start of the next occurrence; null if there is none.")
    join_required: bool
    entrants: CountOut = Field(description="The number of players who have joined.")
    max_entrants: CountOut | None
    max_attempts: CountOut | None
    attempt_window_s: CountOut | None
    bracket_size: CountOut | None = Field(description="The number of players in a bracket; null without brackets.")
    now: TimeOut = Field(description="The time of this answer, for countdowns.")


class EntrantOut(StrictOut):
    """A player who has joined a tournament, with the attempts."""

    board: str = Field(examples=["cup"])
    period: PeriodNameOut
    user_id: IntegerOut
    joined_at: TimeOut
    number: RankOut = Field(description="The position in the order of joining.")
    bracket: RankOut | None = Field(description="The number of the player's bracket; null without brackets.")
    attempts: CountOut = Field(description="The number of submissions that counted.")
    attempts_left: CountOut | None = Field(
        description="The number of further submissions that may count; null without a limit."
    )
    window_ends_at: TimeOut | None = Field(
        description="The end of the player's window of attempts; null without one or before the first attempt."
    )


class BracketEntryOut(EntryOut):
    """An entry of a bracket. `rank` is the rank in the whole tournament."""

    bracket_rank: RankOut = Field(description="The rank in the bracket.")


class BracketOut(StrictOut):
    """A bracket of a tournament: the entries of its players, best first."""

    board: str = Field(examples=["cup"])
    period: PeriodNameOut
    state: TournamentState = Field(
        description="The state of the tournament. The brackets are final once it is settled."
    )
    bracket: RankOut = Field(description="The number of the bracket, in the order of joining.")
    brackets: RankOut = Field(description="The number of brackets.")
    bracket_size: RankOut
    entries: list[BracketEntryOut]
    missing: list[IntegerOut] = Field(description="The players of the bracket without an entry.")
    total: CountOut = Field(description="The number of ranked players of the tournament.")
    as_of: TimeOut


BracketNumber = Annotated[
    int,
    Field(ge=1, le=MAX_ENTRANTS, description="The number of the bracket, in the order of joining.", examples=[1]),
    FROM_TEXT,
]


def render_tournament(view: TournamentView) -> JsonBody:
    """Return the body that describes the state of a tournament."""
    occurrence, rules = view.occurrence, view.rules
    model = TournamentOut(
        board=view.board.slug,
        period=view.board.calendar.numbered(occurrence.period).name,
        state=view.state,
        starts_at=occurrence.starts_at,
        ends_at=occurrence.ends_at,
        late_until=occurrence.late_until,
        settled_at=occurrence.settled_at,
        next_starts_at=view.next_starts_at,
        join_required=rules.join_required,
        entrants=view.entrants,
        max_entrants=rules.max_entrants,
        max_attempts=rules.max_attempts,
        attempt_window_s=rules.attempt_window_s,
        bracket_size=rules.bracket_size,
        now=view.now,
    )
    return JsonBody.of(model, view.now)


def render_entrant(view: EntrantView) -> JsonBody:
    """Return an entrant."""
    entrant, rules = view.entrant, view.rules
    model = EntrantOut(
        board=view.board.slug,
        period=view.board.calendar.numbered(view.occurrence.period).name,
        user_id=entrant.user_id,
        joined_at=entrant.joined_at,
        number=entrant.number,
        bracket=view.bracket,
        attempts=entrant.attempts,
        attempts_left=entrant.attempts_left(rules),
        window_ends_at=entrant.window_ends_at(rules),
    )
    return JsonBody.of(model)


def render_bracket(view: BracketView, lookup: Lookup, *, marks_hidden: bool = False) -> JsonBody:
    """Return the body with a bracket and the entries of its players."""
    entries = ",".join(
        compared_entries(view.board, lookup.entries, lookup.total, "bracket_rank", marks_hidden=marks_hidden)
    )
    missing = ",".join(map(str, lookup.missing))
    return JsonBody(
        f'{{"board":"{view.board.slug}","period":"{view.period_name}","state":"{view.state}",'
        f'"bracket":{view.number},"brackets":{view.brackets.count},"bracket_size":{view.brackets.size},'
        f'"entries":[{entries}],"missing":[{missing}],"total":{lookup.total}}}'
    )
