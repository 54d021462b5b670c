"""`leaderforge import`: scores from a file."""

from typing import TYPE_CHECKING, BinaryIO

import typer

from leaderforge.cli import import_options as options
from leaderforge.cli.import_reports import BadLines, print_preview, report_tally
from leaderforge.cli.progress import progress_bar
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, BoardOption, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.errors import Refused

if TYPE_CHECKING:
    from leaderforge.cli.import_request import ImportRequest
    from leaderforge.services.importing import ImportTally


_PREVIEWED = 10
"""Maximum number of lines that a dry run shows."""


def import_(
    file: options.FileArgument,
    *,
    player: options.PlayerOption = None,
    score: options.ScoreOption = None,
    time: options.TimeOption = None,
    id_: options.IdOption = None,
    player_id: options.PlayerIdOption = None,
    user_id: options.UserIdOption = None,
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
    # The parameters have the names of the fields of `ImportRequest`.
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
    from leaderforge.cli.outages import completed, prepare
    from leaderforge.cli.target import board_named, services
    from leaderforge.imports.block_parsing import spare_processes
    from leaderforge.services.importing import ImportTally

    async with services(request.data_dir) as product:
        board = await board_named(product, request.board)
        options = request.options
        plan = options.plan(board, options.columns())
        plan = product.imports.check(raw, plan, _print_note, history=request.history)
        await prepare(product)
        tally = ImportTally()
        size = request.file.stat().st_size
        with (
            bad.counted(tally),
            progress_bar(f"Importing {request.file.name}", size, data=True) as advance,
        ):
            processes = spare_processes()
            await product.imports.run(raw, plan, request.terms, tally, bad, _print_note, advance, processes)
        tally.index_behind = not await completed(product)
        # Invalidate the cached tops again: they may have been loaded before the index received the last scores.
        product.changes.board(board.id)
        return tally


async def _preview(request: "ImportRequest", raw: BinaryIO, bad: BadLines) -> None:
    from leaderforge.cli.target import board_named, services
    from leaderforge.imports.block_parsing import spare_processes

    async with services(request.data_dir) as product:
        board = await board_named(product, request.board)
        options = request.options
        plan = options.plan(board, product.imports.columns(raw, options, board, _print_note))
        plan = product.imports.check(raw, plan, _print_note, history=request.history)
        preview = product.imports.preview(
            raw,
            plan,
            bad,
            _print_note,
            history=request.history,
            limit=_PREVIEWED,
            processes=spare_processes(),
        )
    print_preview(board, plan.time_zone or board.calendar.time_zone, preview, bad)


def _print_note(note: str) -> None:
    typer.echo(note, err=True)
