"""Past moments on the wire: `at`, `since`, and the movement of entries."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Annotated, TypeAlias

from pydantic import Field

from functions.edge.wire.bodies import number_json, truth_json
from functions.edge.wire.fields import IntegerOut, RankOut, TimeIn, TimeOut
from functions.edge.wire.models import StrictOut
from functions.edge.wire.periods import LadderQuery
from functions.edge.wire.rules import Omittable, Rule
from functions.edge.wire.scores import ScoreValueOut
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import PeriodNotFound, Refused
from leaderforge.domain.periods import number_of_name
from leaderforge.domain.times import moment_of, time_text
from leaderforge.services.entries import Entry
from leaderforge.services.movement import RankMovement

_DURATION = re.compile(r"P(?=.)(?:(\d{1,4})W|(?:(\d{1,4})D)?(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,8})S)?)?)")
_UNITS_MS = (604_800_000, 86_400_000, 3_600_000, 60_000, 1_000)
"""Lengths in ms of a week, a day, an hour, a minute and a second, in the order of the groups of `_DURATION`."""

SinceText = Annotated[
    str,
    Field(min_length=2, max_length=40, examples=["P1D"]),
    Rule("must be a duration such as P1D, a period such as weekly or 2026-W48, or a time"),
]
MovementRenderer: TypeAlias = Callable[[Entry], str]
"""Function that returns the JSON members of an entry's movement, each with a comma before it. "" without `since`."""


class MomentQuery(LadderQuery):
    at: Omittable[TimeIn] = Field(
        None,
        description="A time in the past: the answer is the one of then. The board needs `moment_days`. A `segment` has "
        "the players who were in it then.",
    )


class MovementQuery(MomentQuery):
    since: Omittable[SinceText] = Field(
        None,
        description="An earlier moment to compare with: a duration such as `P1D` or `PT6H`, a period such as `weekly` "
        "or `2026-W48` (its start), or a time. Each entry then has its previous rank and score, `moved` and `new`.",
    )


class MovementOut(StrictOut):
    """Members of an entry that are present with `since` only."""

    previous_rank: RankOut | None = Field(
        None, description="The rank at the moment `since`; null without an entry then. Only with `since`."
    )
    previous_score: ScoreValueOut | None = Field(
        None, description="The score at the moment `since`; null without an entry then. Only with `since`."
    )
    moved: IntegerOut | None = Field(
        None,
        description="The places gained since then, negative for lost ones; null for new entries. Only with `since`.",
    )
    new: bool = Field(False, description="Whether there was no entry at the moment `since`. Only with `since`.")


def since_of(text: str, board: Board, now: int) -> int:
    """Return the moment (ms) in a text: a time, the start of a period, or `now` (ms) minus a duration.

    Raises `PeriodNotFound` or `Refused`.
    """
    if match := _DURATION.fullmatch(text):
        # Round down to whole seconds, so that concurrent readers compare with the same moment.
        return (now - sum(int(n) * ms for n, ms in zip(match.groups("0"), _UNITS_MS, strict=True))) // 1000 * 1000
    time = _time_in(text)
    if time is None:
        return _start_of_period(text, board, now)
    if time.tzinfo is None:
        raise Refused(f"since: {text!r} has no time zone; add Z or an offset")
    return round(time.timestamp() * 1000)


def _time_in(text: str) -> datetime | None:
    """Return the time in a text, None for a text that is no time, such as the name of a period."""
    with suppress(ValueError):
        return moment_of(text) if "T" in text and not text.startswith("season") else None
    return None


def _start_of_period(name: str, board: Board, now: int) -> int:
    current = next((period for period in board.calendar.at(now) if period.kind == name), None)
    number = None if current is not None else number_of_name(board.calendar, name)
    period = current if number is None else board.calendar.numbered(number)
    if period is None:
        raise PeriodNotFound(
            f"since: {name!r} is neither a duration such as P1D, nor a time, nor a period of board {board.slug!r}",
            board=board.slug,
            period=name,
        )
    if period.starts_at is None:
        raise Refused(f"since: period {name!r} has no start; use a duration such as P1D or a time")
    return period.starts_at


def movement_json(movement: RankMovement | None) -> MovementRenderer:
    """Return the function that renders the movement of an entry."""
    if movement is None:
        return lambda _: ""
    previous = movement.previous

    def render(entry: Entry) -> str:
        before = previous.get(entry.user_id)
        rank, score = (None, None) if before is None else (before.rank, before.score)
        moved = None if rank is None else rank - entry.rank
        return (
            f',"previous_rank":{number_json(rank)},"previous_score":{number_json(score)},"moved":{number_json(moved)},'
            f'"new":{truth_json(before is None)}'
        )

    return render


def since_member(movement: RankMovement | None) -> str:
    """Return the JSON member `since` of a response with a comma before it, or an empty text without a movement."""
    return "" if movement is None else f',"since":"{time_text(movement.since)}"'


SinceOut = Annotated[TimeOut, Field(description="The moment of the previous ranks. Only with `since`.")]
