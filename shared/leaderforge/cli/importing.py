"""`leaderforge import`: scores from a file."""

from dataclasses import replace as changed
from typing import TYPE_CHECKING, BinaryIO

import typer

from leaderforge.cli import import_options as options
from leaderforge.cli.import_reports import BadLines, print_preview, report_tally
from leaderforge.cli.progress import progress_bar
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, BoardOption, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.domain.score_texts import score_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from leaderforge.cli.import_request import ImportRequest
    from leaderforge.domain.boards import Board
    from leaderforge.domain.errors import SubmissionConflict
    from leaderforge.domain.submissions import Submission
    from leaderforge.imports.files import FilePlan
    from leaderforge.services.importing import Importer, ImportTally, Replace
    from leaderforge.wiring import Services


_PREVIEWED = 10
"""Lines that a dry run shows."""


def import_(
    file: options.FileArgument,
    *,
    player: options.PlayerOption = None,
    score: options.ScoreOption = None,
    time: options.TimeOption = None,
    id_: options.IdOption = None,
    player_id: options.PlayerIdOption = None,
    subscore: options.SubscoreOption = None,
    time_of_day: options.TimeOfDayOption = None,
    metadata: options.MetadataOption = None,
    member: options.MemberOption = None,
    scores: options.ScoresOption = None,
    thousands: options.ThousandsOption = None,
    decimal: options.DecimalOption = ".",
    time_format: options.TimeFormatOption = None,
    time_zone: options.TimeZoneOption = None,
    missing: options.MissingOption = None,
    format_: options.FormatOption = None,
    separator: options.SeparatorOption = None,
    header: options.HeaderOption = None,
    encoding: options.EncodingOption = None,
    list_path: options.ListPathOption = "",
    where: options.WhereOption = None,
    source: options.SourceOption = None,
    replace: options.ReplaceOption = False,
    history: options.HistoryOption = False,
    dry_run: options.DryRunOption = False,
    on_bad_line: options.OnBadLineOption = "skip",
    batch: options.BatchOption = 1000,
    board: BoardOption = DEFAULT_BOARD,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Import scores from a file. Each line is a submission, by the same rules as over HTTP.

    An import is idempotent: lines that were imported before change nothing. Run an interrupted import again to continue
    it. Bad lines are reported with their line numbers. Begin with --dry-run.

    Exit codes: 0 all lines are imported or were before, 3 some lines are bad, 4 nothing is imported and lines are bad,
    1 the import stopped, 2 the command is wrong.

    Example: leaderforge import goals.csv --player scorer --score =1 --time date --where own_goal=FALSE
    """
    # The parameters have the names of the fields.
    parameters = locals()
    from leaderforge.cli.import_request import ImportRequest

    request = ImportRequest(**parameters)
    if not file.is_file():
        raise Refused(f"{file} is not a file" if file.exists() else f"there is no file {file}")
    bad = BadLines(stop=on_bad_line == "stop" and not dry_run, quiet=dry_run)
    with file.open("rb") as raw:
        if dry_run:
            run_until_stopped(_preview(request, raw, bad))
        else:
            report_tally(run_until_stopped(_import(request, raw, bad)), bad)


async def _import(request: "ImportRequest", raw: BinaryIO, bad: BadLines) -> "ImportTally":
    from leaderforge.cli.target import board_named, services
    from leaderforge.imports.files import opened_scores

    async with services(request.data_dir) as product:
        board = await board_named(product, request.board)
        plan = _checked_plan(request, raw, board)
        importer = _importer(request, raw, product, plan, bad)
        await _audit(request, product)
        size = request.file.stat().st_size
        try:
            with (
                bad.counted(importer.tally),
                progress_bar(f"Importing {request.file.name}", size, data=True) as advance,
                opened_scores(raw, plan) as scores,
            ):
                _print_notes(scores.notes)
                return await importer.run(scores.lines(bad, advance))
        finally:
            product.changes.board(board.id)


def _importer(
    request: "ImportRequest", raw: BinaryIO, product: "Services", plan: "FilePlan", bad: BadLines
) -> "Importer":
    from leaderforge.imports.streams import count_lines
    from leaderforge.services.importing import Importer

    parts = product.parts
    expected = 0 if plan.columns.time is not None else count_lines(raw)
    return Importer(
        parts.store,
        parts.users,
        product.delivery,
        parts.clock,
        product.reception_clock,
        plan.board,
        request.rules(product.settings.late_grace_ms, expected),
        refused=bad.refused,
        replace=_replacement(request, product) if request.replace else None,
    )


def _checked_plan(request: "ImportRequest", raw: BinaryIO, board: "Board") -> "FilePlan":
    """Return the plan for the file. Raises `Refused` or `BadLine` if no line could count as the file means it."""
    from leaderforge.imports.bad_lines import BadLine
    from leaderforge.services.imported_lines import require_columns

    plan = request.plan(board, request.columns())
    require_columns(board, plan.columns, history=request.history)
    try:
        return _with_notation(request, raw, plan)
    except BadLine as bad:
        proposal = _proposal(request, raw, board)
        hint = f". Try {proposal}, or --dry-run" if proposal else ""
        raise BadLine(bad.number, f"{bad.reason}{hint}") from None


def _with_notation(request: "ImportRequest", raw: BinaryIO, plan: "FilePlan") -> "FilePlan":
    """Return the plan with the notation of the scores, and say which one it is where there are two."""
    from leaderforge.imports.files import ScoreNotation, find_notation, require_header

    require_header(raw, plan)
    display = plan.board.display
    if request.scores is not None or display.decimals == 0 or isinstance(plan.columns.score, int):
        return plan
    notation = find_notation(raw, plan)
    if notation is ScoreNotation.SHOWN:
        _print_notes(["scores are read as the board shows them"])
    else:
        _print_notes([f"scores are read as stored: 1234 is {score_text(display, 1234)}. If not, set --scores shown"])
    return changed(plan, notation=notation)


def _proposal(request: "ImportRequest", raw: BinaryIO, board: "Board") -> str:
    """Return the options of likely columns, empty if the file cannot be read."""
    from leaderforge.imports.proposals import propose_columns, sampled_rows

    try:
        rows = sampled_rows(raw, request.layout)
    except LeaderForgeError:
        return ""
    return propose_columns(rows, board, request.style, request.time_format).options


async def _audit(request: "ImportRequest", product: "Services") -> None:
    """Write an audit entry for an import that may break the board's rules."""
    from leaderforge.domain.audit import AuditEntry
    from leaderforge.domain.callers import COMMAND

    if request.history or request.replace:
        details = {"history": request.history, "replace": request.replace}
        entry = AuditEntry(product.clock(), COMMAND.actor, "scores.import", request.board, details=details)
        await product.parts.audit.record(entry)


async def _preview(request: "ImportRequest", raw: BinaryIO, bad: BadLines) -> None:
    from leaderforge.cli.target import board_named, services
    from leaderforge.imports.files import opened_scores
    from leaderforge.services.import_preview import preview_lines
    from leaderforge.services.imported_lines import LineAcceptance

    async with services(request.data_dir) as product:
        board = await board_named(product, request.board)
        plan = _preview_plan(request, raw, board)
        rules = request.rules(product.settings.late_grace_ms, 0)
        acceptance = LineAcceptance(rules, board, product.clock, product.reception_clock)
        with opened_scores(raw, plan) as scores:
            _print_notes(scores.notes)
            preview = preview_lines(scores.lines(bad), board, acceptance, bad.refused, limit=_PREVIEWED)
    print_preview(board, plan.time_zone or board.calendar.time_zone, preview, bad)


def _preview_plan(request: "ImportRequest", raw: BinaryIO, board: "Board") -> "FilePlan":
    """Return the plan for the file, with proposed columns where no option names any, and say which."""
    from leaderforge.imports.proposals import propose_columns, sampled_rows
    from leaderforge.services.imported_lines import require_columns

    columns = request.columns()
    if not request.names_columns:
        proposal = propose_columns(sampled_rows(raw, request.layout), board, request.style, request.time_format)
        columns = request.columns(proposal)
        _print_notes([f"no columns are named. Proposed: {proposal.options}"])
    require_columns(board, columns, history=request.history)
    return _with_notation(request, raw, request.plan(board, columns))


def _replacement(request: "ImportRequest", product: "Services") -> "Replace":
    """Return the function that replaces stored submissions, each with an audit entry."""
    from leaderforge.domain.callers import COMMAND
    from leaderforge.services.moderation import AuditContext

    grounds = AuditContext(COMMAND.actor, "corrected by an import")

    async def replace(submission: "Submission", conflict: "SubmissionConflict") -> None:
        replaced = conflict.stored_values
        await product.moderation.replace_submission(submission, replaced, grounds, in_past=request.history)

    return replace


def _print_notes(notes: "Iterable[str]") -> None:
    for note in notes:
        typer.echo(note, err=True)
