"""`leaderforge import`: scores from a file."""

from typing import TYPE_CHECKING, Any, BinaryIO

from leaderforge.cli import foreign_options as foreign
from leaderforge.cli import import_options as options
from leaderforge.cli.import_reports import BadLines, print_note, print_preview, print_tally, require_no_bad_line
from leaderforge.cli.progress import progress_bar
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, BoardOption, DataDir
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.errors import Refused

if TYPE_CHECKING:
    from leaderforge.cli.import_request import ImportRequest
    from leaderforge.services.importing import ImportTally


_STORE_MS = "5000"
"""Time limit of store calls in ms, equal to the time limit of a commit. With a longer limit, each batch would need a
transaction with its own time limit, which costs two more round trips to the database.
"""
EPILOG = (
    "Exit codes: 0 all lines are imported or were before, 3 some lines are bad, 4 nothing is imported and lines are "
    "bad, 1 the import stopped, 2 the command is wrong.\n\n"
    "Example: leaderforge import goals.csv --player scorer --score =1 --time date --where own_goal=FALSE"
)


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
    numbers: options.NumbersOption = None,
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
    lines: options.LinesOption = None,
    source: options.SourceOption = None,
    replace: options.ReplaceOption = False,
    history: options.HistoryOption = False,
    dry_run: options.DryRunOption = False,
    on_bad_line: options.OnBadLineOption = "skip",
    batch: options.BatchOption = 2000,
    from_: foreign.FromOption = None,
    key: foreign.KeyOption = None,
    names: foreign.NamesOption = None,
    divisor: foreign.DivisorOption = 1,
    round_: foreign.RoundOption = False,
    as_of: foreign.AsOfOption = None,
    report: foreign.ReportOption = None,
    compare_only: foreign.CompareOnlyOption = False,
    board: BoardOption = DEFAULT_BOARD,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Import scores from a file, or from another service. Each line is a submission, by the same rules as over HTTP.

    An import is idempotent: lines that were imported before change nothing. Run an interrupted import again to continue
    it. Bad lines are reported with their line numbers. Begin with --dry-run.
    """
    # Pass all parameters: they have the names of the fields of `ImportRequest`.
    _run(locals())


def _run(parameters: dict[str, Any]) -> None:
    from leaderforge.cli.import_request import ImportRequest

    request = ImportRequest(**parameters)
    request.check()
    bad = BadLines(stop=request.on_bad_line == "stop" and not request.dry_run, quiet=request.dry_run)
    if request.from_ is None:
        _run_on_file(request, bad)
    else:
        _run_on_foreign_board(request, bad)


def _run_on_foreign_board(request: "ImportRequest", bad: BadLines) -> None:
    from leaderforge.cli.foreign_importing import import_foreign

    tally = run_until_stopped(import_foreign(request, bad))
    if tally is not None:
        require_no_bad_line(tally, bad)


def _run_on_file(request: "ImportRequest", bad: BadLines) -> None:
    if not request.path.is_file():
        raise Refused(f"{request.file} is not a file" if request.path.exists() else f"there is no file {request.file}")
    with request.path.open("rb") as raw:
        if request.dry_run:
            run_until_stopped(_preview(request, raw, bad))
        else:
            tally = run_until_stopped(_import(request, raw, bad))
            print_tally(tally, bad)
            require_no_bad_line(tally, bad)


async def _import(request: "ImportRequest", raw: BinaryIO, bad: BadLines) -> "ImportTally":
    from leaderforge.cli.outages import completed, prepare
    from leaderforge.cli.target import board_named, services
    from leaderforge.imports.block_parsing import spare_processes
    from leaderforge.services.importing import ImportTally

    async with services(request.data_dir, LEADERFORGE_STORE_TIMEOUT_MS=_STORE_MS) as product:
        board = await board_named(product, request.board)
        options = request.options
        plan = options.plan(board, options.columns())
        plan = product.imports.check(raw, plan, print_note, history=request.history)
        await prepare(product)
        tally = ImportTally()
        size = request.path.stat().st_size
        with bad.counted(tally), progress_bar(f"Importing {request.path.name}", size, data=True) as advance:
            processes = spare_processes()
            await product.imports.run(raw, plan, request.terms, tally, bad, print_note, advance, processes)
        tally.index_behind = not await completed(product)
        # Invalidate the cached top entries again: they may have been loaded before the index received the last scores.
        product.changes.discard_board(board.id)
        return tally


async def _preview(request: "ImportRequest", raw: BinaryIO, bad: BadLines) -> None:
    from leaderforge.cli.target import board_named, services

    async with services(request.data_dir) as product:
        board = await board_named(product, request.board)
        options = request.options
        plan = options.plan(board, product.imports.columns(raw, options, board, print_note))
        plan = product.imports.check(raw, plan, print_note, history=request.history)
        await print_preview(product.imports, raw, plan, bad, history=request.history)
