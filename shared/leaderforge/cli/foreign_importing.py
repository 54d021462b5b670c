"""`leaderforge import --from`: scores of another service, and the ranks that differ afterwards."""

import asyncio
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, BinaryIO

from leaderforge.cli.board_texts import text_of
from leaderforge.cli.foreign_boards import opened_foreign_board
from leaderforge.cli.import_reports import BadLines, print_note, print_preview, print_tally
from leaderforge.cli.outages import completed, prepare
from leaderforge.cli.progress import progress_bar
from leaderforge.cli.rank_reports import print_comparison, write_comparison
from leaderforge.cli.target import board_named, services
from leaderforge.domain.board_settings import settings_of
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import BoardNotFound, Refused
from leaderforge.imports.block_parsing import spare_processes
from leaderforge.imports.files import FilePlan
from leaderforge.imports.foreign.boards import ForeignBoard, ForeignFacts, Rows
from leaderforge.imports.foreign.snapshot import ScoreScale, snapshot_plan, write_snapshot
from leaderforge.services.file_imports import ImportTerms
from leaderforge.services.foreign_places import foreign_places, local_places
from leaderforge.services.importing import ImportTally
from leaderforge.services.ladders import Ladders
from leaderforge.services.rank_differences import compare_ranks

if TYPE_CHECKING:
    from leaderforge.cli.import_request import ImportRequest
    from leaderforge.imports.bad_lines import BadLine
    from leaderforge.wiring import Services

_COMPARED = ("policy", "subscore_order", "season")
"""Settings that are compared between the board here and the board proposed for the foreign scores.

Differences are reported.
"""


@dataclass(slots=True)
class Snapshots:
    """File with the rows to import, and file with the ranking. Both are the same file if the rows are the ranking."""

    facts: ForeignFacts
    scores: BinaryIO
    ranking: BinaryIO | None


@dataclass(slots=True)
class Refusals:
    """Collector of the reasons for refused lines, by line number. It also reports each refused line to `bad`."""

    bad: BadLines
    reasons: dict[int, str] = field(default_factory=dict)

    def __call__(self, bad: "BadLine") -> None:
        self.reasons[bad.number] = bad.reason
        self.bad(bad)


async def import_foreign(request: "ImportRequest", bad: BadLines) -> ImportTally | None:
    """Import a board of another service, and report the ranks that differ. Return None if nothing was imported."""
    async with services(request.data_dir) as product:
        board = await _board(product, request)
        _require_no_tiebreakers(board)
        with _temporary_files() as (scores, ranking):
            async with opened_foreign_board(request, board.order, product.clock()) as foreign:
                snapshots = await _read(request, board, foreign, scores, ranking)
            plan = snapshot_plan(
                board, snapshots.facts, scores=request.scores, time_zone=request.time_zone, as_of=request.as_of
            )
            # A comparison records nothing. Check its rows as a history, because no score limits apply to a history.
            history = request.history or request.compare_only
            plan = product.imports.check(scores, plan, print_note, history=history)
            if request.dry_run:
                await print_preview(product.imports, scores, plan, bad, history=request.history)
                return None
            refusals = Refusals(bad)
            tally = None
            if not request.compare_only:
                tally = await _import(product, request, snapshots, plan, refusals)
                print_tally(tally, bad)
            await _compare(product, request, snapshots, plan, refusals)
            return tally


async def _board(product: "Services", request: "ImportRequest") -> Board:
    """Return the board here. Raises `BoardNotFound`; its message has a command that creates such a board."""
    try:
        return await board_named(product, request.board)
    except BoardNotFound:
        async with opened_foreign_board(request, "desc", product.clock()) as foreign:
            facts = await foreign.facts()
    words = shlex.join(f"{name}={value}" for name, value in facts.settings.items())
    notes = "".join(f"; {remark}" for remark in facts.remarks)
    raise BoardNotFound(
        f"there is no board {request.board!r}. Create it: leaderforge boards create {request.board} {words}{notes}",
        board=request.board,
    )


def _require_no_tiebreakers(board: Board) -> None:
    """Raise `Refused` if the board has tiebreakers: rows of other services have a score and a subscore only."""
    if board.tiebreakers:
        raise Refused(
            f"board {board.slug!r} has tiebreakers, which --from does not read; import a file with --numbers",
            board=board.slug,
        )


@contextmanager
def _temporary_files() -> Iterator[tuple[BinaryIO, BinaryIO]]:
    with TemporaryFile() as scores, TemporaryFile() as ranking:
        yield scores, ranking


async def _read(
    request: "ImportRequest", board: Board, foreign: ForeignBoard, scores: BinaryIO, ranking: BinaryIO
) -> Snapshots:
    """Copy the rows of the foreign board to the files. Raises `Refused` if the orders of the two boards differ."""
    facts = await foreign.facts()
    if facts.settings["order"] != board.order:
        raise Refused(f"{facts.title} has order={facts.settings['order']}, and board {board.slug!r} has {board.order}")
    for note in (*_differing_settings(board, facts), *facts.remarks):
        print_note(note)
    scale = ScoreScale(board.display.decimals, request.divisor, request.round_)
    rows = foreign.ranking()

    async def copy(rows: Rows, file: BinaryIO, total: int | None) -> None:
        with progress_bar(f"Reading {facts.title}", total) as advance:
            await write_snapshot(rows, file, scale, advance, request.as_of)

    await copy(foreign.scores(), scores, facts.count)
    if rows is not None:
        await copy(rows, ranking, None)
    return Snapshots(facts, scores, (scores if rows is None else ranking) if facts.has_ranking else None)


def _differing_settings(board: Board, facts: ForeignFacts) -> Iterator[str]:
    settings = settings_of(board)
    for name in _COMPARED:
        proposed = facts.settings.get(name)
        if proposed is not None and (present := text_of(getattr(settings, name))) != proposed:
            yield f"board {board.slug} has {name}={present}; proposed for {facts.title}: {name}={proposed}"


async def _import(
    product: "Services", request: "ImportRequest", snapshots: Snapshots, plan: FilePlan, refusals: Refusals
) -> ImportTally:
    await prepare(product)
    tally = ImportTally()
    terms = request.terms
    if snapshots.facts.replaces:
        terms = ImportTerms(terms.actor, terms.history, replace=True, batch=terms.batch)
    size = snapshots.scores.seek(0, 2)
    snapshots.scores.seek(0)
    with refusals.bad.counted(tally), progress_bar(f"Importing {snapshots.facts.title}", size, data=True) as advance:
        await product.imports.run(
            snapshots.scores, plan, terms, tally, refusals, print_note, advance, spare_processes()
        )
    tally.index_behind = not await completed(product)
    product.changes.discard_board(plan.board.id)
    return tally


async def _compare(
    product: "Services", request: "ImportRequest", snapshots: Snapshots, plan: FilePlan, refusals: Refusals
) -> None:
    """Print the ranks that differ in the board's current period, and write them to the report."""
    if snapshots.ranking is None:
        print_note(f"{snapshots.facts.title}: its ranking is unknown, so no ranks are compared")
        return
    is_ranking = snapshots.ranking is snapshots.scores
    period = plan.board.calendar.at(product.clock())[0]
    places = await asyncio.to_thread(foreign_places, snapshots.ranking, plan, refusals.reasons if is_ranking else {})
    again = partial(Ladders(product.parts.store, product.clock).again, board=plan.board)
    here = await local_places(product.query, Ladder(plan.board, period.number), again)
    comparison = compare_ranks(places, here, tie_rule=snapshots.facts.tie_rule)
    print_comparison(f"{snapshots.facts.title}, board {plan.board.slug}, {period.name}", comparison)
    if request.report is not None:
        write_comparison(request.report, comparison)
