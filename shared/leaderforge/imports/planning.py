"""Completion of a plan for a file: check of the columns, and choice of the notation of scores."""

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO, TypeAlias

from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.domain.score_texts import score_text
from leaderforge.imports.bad_lines import BadLine
from leaderforge.imports.files import FilePlan, find_notation, require_header
from leaderforge.imports.formats import ScoreNotation
from leaderforge.imports.proposals import propose_columns, sampled_rows

OnNote: TypeAlias = Callable[[str], None]
"""Callback for each remark on how a file is read."""
_EXAMPLE = 1234


def completed_plan(raw: BinaryIO, plan: FilePlan, on_note: OnNote) -> FilePlan:
    """Return the plan with the notation of the scores. If the notation was chosen here, report it to `on_note`.

    Raises `BadLine`, with a proposal of columns, if the header lacks a column. Raises `Refused` if the file cannot be
    read as planned.
    """
    try:
        require_header(raw, plan)
    except BadLine as bad:
        proposal = _proposal(raw, plan)
        raise BadLine(bad.number, f"{bad.reason}. Try {proposal}" if proposal else bad.reason) from None
    _require_constant(plan)
    if plan.notation is not None or plan.board.display.decimals == 0 or isinstance(plan.columns.score, int):
        return plan
    notation = find_notation(raw, plan)
    on_note(_notation_note(plan, notation))
    return replace(plan, notation=notation)


def _require_constant(plan: FilePlan) -> None:
    """Raise `Refused` if all lines have a constant score that the board cannot have."""
    score, score_type = plan.columns.score, plan.board.score_type
    if isinstance(score, int) and abs(score) > score_type.greatest:
        raise Refused(f"the score {score} is beyond {score_type.range_text}")


def _notation_note(plan: FilePlan, notation: ScoreNotation) -> str:
    if notation is ScoreNotation.SHOWN:
        return "scores are read as the board shows them"
    example = score_text(plan.board.display, _EXAMPLE)
    return f"scores are read as stored: {_EXAMPLE} is {example}. If that is wrong, set --scores shown"


def _proposal(raw: BinaryIO, plan: FilePlan) -> str:
    """Return the options of likely columns, empty if the file cannot be read."""
    try:
        rows = sampled_rows(raw, plan.layout)
    except LeaderForgeError:
        return ""
    return propose_columns(rows, plan.board, plan.style, plan.time_format).options
