"""Reports of `leaderforge import`: bad lines, the preview of a dry run, the summary and the exit code."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import TYPE_CHECKING, BinaryIO
from zoneinfo import ZoneInfo

import typer

from leaderforge.domain.boards import Board
from leaderforge.domain.score_texts import score_text

if TYPE_CHECKING:
    from leaderforge.domain.standings import Event
    from leaderforge.imports.bad_lines import BadLine
    from leaderforge.imports.files import FilePlan
    from leaderforge.imports.lines import ScoreLine
    from leaderforge.services.file_imports import FileImports
    from leaderforge.services.importing import ImportTally

_REPORTED = 20
"""Maximum number of bad lines that are printed."""
_PREVIEWED = 10
"""Maximum number of lines that a dry run shows."""
SOME_BAD = 3
"""Exit code if some lines are bad."""
NONE_IMPORTED = 4
"""Exit code if no line is imported, and at least one line is bad."""


class BadLines:
    """Collector of bad lines. With `stop`, the first bad line raises its error. With `quiet`, it prints nothing."""

    def __init__(self, *, stop: bool = False, quiet: bool = False) -> None:
        self._stop = stop
        self._quiet = quiet
        self.count = 0
        self.first: list[BadLine] = []

    def __call__(self, bad: "BadLine") -> None:
        if self._stop:
            raise bad
        self.count += bad.count
        if len(self.first) < _REPORTED:
            self.first.append(bad)
            self._print(bad.message)
        elif len(self.first) == _REPORTED:
            self.first.append(bad)
            self._print("further bad lines are counted and not shown")

    def refused(self, number: int, reason: str) -> None:
        """Report a valid line that cannot be counted."""
        from leaderforge.imports.bad_lines import BadLine

        self(BadLine(number, reason))

    def _print(self, message: str) -> None:
        if not self._quiet:
            typer.echo(message, err=True)

    @contextmanager
    def counted(self, tally: "ImportTally") -> Iterator[None]:
        """If the block raises an error, print the number of scores recorded before. These scores stay recorded."""
        try:
            yield
        except BaseException:
            if tally.recorded or tally.duplicates:
                typer.echo(
                    f"stopped after {tally.recorded:,} new scores; run the same command again to continue", err=True
                )
            raise


def print_tally(tally: "ImportTally", bad: BadLines) -> None:
    """Print the summary of an import."""
    replaced = f"{tally.replaced:,} replaced, " if tally.replaced else ""
    typer.echo(
        f"{tally.recorded:,} scores imported, {tally.duplicates:,} duplicates, {replaced}"
        f"{tally.players_created:,} players created, {bad.count:,} bad lines skipped"
    )
    for remark in _remarks(tally):
        typer.echo(remark, err=True)


def require_no_bad_line(tally: "ImportTally", bad: BadLines) -> None:
    """Raise `typer.Exit` with the exit code if any line is bad."""
    if bad.count:
        has_imported = tally.recorded or tally.duplicates or tally.replaced
        raise typer.Exit(SOME_BAD if has_imported else NONE_IMPORTED)


def _remarks(tally: "ImportTally") -> Iterator[str]:
    """Yield remarks on lines whose effect may not be what the user expects."""
    if tally.duplicates and tally.recorded:
        yield _duplicates(tally)
    if tally.conflicts:
        yield f"lines that are stored with other content: {tally.conflicts:,}. To correct them, set --replace"
    if tally.clamped:
        yield f"lines with a time in the future, which count as of now: {tally.clamped:,}"
    if tally.closed:
        yield f"lines that do not count in past periods: {tally.closed:,}. To count them there too, set --history"
    if tally.index_behind:
        yield (
            "the index could not be reached: a running API updates it; without one, run `leaderforge rebuild` when it "
            "is available"
        )


def _duplicates(tally: "ImportTally") -> str:
    """Return the remark on duplicates, with the options that make the command count exactly these lines.

    `--source` without `--lines` would also count the lines of this import a second time.
    """
    from leaderforge.imports.line_ranges import MAX_RANGES

    remark = f"lines that equal imported ones of this or another file and do not count again: {tally.duplicates:,}"
    if len(tally.duplicate_ranges) > MAX_RANGES:
        first = ", ".join(map(str, tally.duplicate_lines))
        return f"{remark} (lines {first}, ...). To count equal lines of two files, set --source at their first imports"
    return f"{remark}. If they are new scores, add: --lines {tally.duplicate_ranges} --source NAME_OF_THIS_FILE"


def print_note(note: str) -> None:
    """Print a note about an import, apart from its results."""
    typer.echo(note, err=True)


async def print_preview(
    imports: "FileImports", raw: BinaryIO, plan: "FilePlan", bad: BadLines, *, history: bool
) -> None:
    """Print the first lines as they would count, and the first bad lines. Raises `typer.Exit` if any line is bad."""
    from leaderforge.imports.block_parsing import spare_processes

    preview = await imports.preview(
        raw, plan, bad, print_note, history=history, limit=_PREVIEWED, processes=spare_processes()
    )
    board, zone = plan.board, plan.time_zone or plan.board.calendar.time_zone
    rows = [_cells(board, zone, line, event) for line, event in preview.first]
    print_table(("line", "player", "score", "time"), rows)
    if bad.count:
        typer.echo()
        print_table(("line", "problem"), [(str(line.number), line.reason) for line in bad.first[:_REPORTED]])
    typer.echo()
    typer.echo(f"lines that would count: {preview.counting:,}, bad lines: {bad.count:,}. Nothing was changed")
    if bad.count:
        raise typer.Exit(SOME_BAD if preview.counting else NONE_IMPORTED)


def _cells(board: Board, zone: str, line: "ScoreLine", event: "Event") -> Sequence[str]:
    unit = board.display.unit
    text = score_text(board.display, event.score)
    score = text if unit is None or ":" in text else f"{text} {unit}"
    player = line.player if line.external_id is None else f"{line.player or ''} ({line.external_id})".strip()
    return str(line.number), player or "", score, _time_text(event.achieved_at, zone)


def _time_text(time: int, zone: str) -> str:
    with suppress(ValueError, OverflowError, OSError):
        return f"{datetime.fromtimestamp(time // 1000, ZoneInfo(zone)):%Y-%m-%d %H:%M:%S}.{time % 1000:03} {zone}"
    return f"{time} ms"


def print_table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table with aligned columns."""
    widths = [max(len(row[i]) for row in (header, *rows)) for i in range(len(header))]
    for row in (header, *rows):
        typer.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
