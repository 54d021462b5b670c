"""Reports of ranks that differ between a board and the board of another service."""

import csv
from pathlib import Path

import typer

from leaderforge.cli.import_reports import print_table
from leaderforge.cli.output_files import opened_output
from leaderforge.domain.spreadsheet_cells import escaped
from leaderforge.services.rank_differences import RankComparison, RankDifference, examples_of

_HEADER = ("cause", "player_id", "player", "foreign_rank", "rank", "foreign_score", "score", "detail")


def print_comparison(title: str, comparison: RankComparison) -> None:
    """Print the numbers of equal and of differing ranks, with an example of each cause."""
    typer.echo(f"ranks compared: {title}")
    rows = [("equal rank and score", f"{comparison.equal:,}", "")]
    rows += [(cause, f"{count:,}", _example(first)) for cause, count, first in examples_of(comparison)]
    print_table(("cause", "players", "first of them"), rows)


def _example(difference: RankDifference) -> str:
    name = difference.player or difference.player_id or "a player without an external id"
    ranks = f"rank {_text(difference.foreign_rank)} there, {_text(difference.rank)} here"
    return f"{name}: {ranks}" + (f" ({difference.detail})" if difference.detail else "")


def _text(rank: int | None) -> str:
    return "none" if rank is None else str(rank)


def write_comparison(file: str, comparison: RankComparison) -> None:
    """Write all differences to a CSV file. Before a text that would run as a formula, write an apostrophe."""
    with opened_output(Path(file)) as out:
        writer = csv.writer(out)
        writer.writerow(_HEADER)
        for row in comparison.differences:
            ids = [None if text is None else escaped(text) for text in (row.player_id, row.player)]
            writer.writerow([row.cause, *ids, *row[3:7], escaped(row.detail)])
    typer.echo(f"{len(comparison.differences):,} differences written to {file}", err=True)
