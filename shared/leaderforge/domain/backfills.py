"""Backfills that boards need after changes of their period kinds, and their end."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from leaderforge.domain.boards import Backfill, Board
from leaderforge.domain.periods import PeriodKind
from leaderforge.domain.timing import PROPAGATION_MS

MAX_PAST_BACKFILLS = 20
"""Maximum number of ended backfills that a board keeps, for reads at past moments."""


def with_backfills(changed: Board, before: Board, now: int) -> Board:
    """Return a changed board with the backfills of `before`, and with one that a change at `now` (ms) needs."""
    pending = _changed_backfill(before, changed.calendar.kinds, now)
    return replace(changed, backfill=pending, past_backfills=before.past_backfills)


def _changed_backfill(board: Board, kinds: tuple[PeriodKind, ...], now: int) -> Backfill | None:
    """Return the backfill that a board needs after its period kinds are changed to `kinds`, None if it needs none."""
    before = board.backfill
    added = tuple(kind for kind in kinds if kind not in board.calendar.kinds)
    if not added:
        return before
    until = now + PROPAGATION_MS
    if before is None:
        return Backfill(added, now, until)
    # A second change during a backfill extends the pending backfill: keep the early start, and add the new kinds.
    return Backfill(tuple(dict.fromkeys((*before.kinds, *added))), before.since, until)


def without_backfill(board: Board, now: int) -> Board:
    """Return the board after the end of its pending backfill, if any, at `now` (ms)."""
    if board.backfill is None:
        return board
    past = (*board.past_backfills, replace(board.backfill, ended_at=now))[-MAX_PAST_BACKFILLS:]
    return replace(board, backfill=None, past_backfills=past)


def backfills_text(backfills: Sequence[Backfill]) -> str | None:
    """Return backfills as a JSON list, None without any."""
    return json.dumps(list(map(asdict, backfills))) if backfills else None


def backfills_of(objects: Iterable[Mapping[str, Any]]) -> tuple[Backfill, ...]:
    """Return the backfills in a JSON list of `backfills_text`."""
    return tuple(Backfill(**{**members, "kinds": tuple(map(PeriodKind, members["kinds"]))}) for members in objects)
