"""Places of players on a foreign board and on the board here, to compare them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, BinaryIO

from leaderforge.domain.boards import Ladder
from leaderforge.imports.bad_lines import BadLine
from leaderforge.imports.files import FilePlan, opened_scores
from leaderforge.imports.foreign.snapshot import SnapshotRow, snapshot_rows
from leaderforge.services.exporting import Again, pages
from leaderforge.services.rank_differences import ForeignPlace, LocalPlace

if TYPE_CHECKING:
    from leaderforge.services.query import QueryService


def foreign_places(file: BinaryIO, plan: FilePlan, refusals: Mapping[int, str]) -> Sequence[ForeignPlace]:
    """Return the places in a snapshot of a ranking. `refusals` has the reasons for refused lines by line number."""
    reasons = dict(refusals)

    def refused(bad: BadLine) -> None:
        reasons[bad.number] = bad.reason

    with opened_scores(file, plan) as scores:
        lines = {line.number: (line.score, line.subscore or 0) for line in scores.lines(refused)}
    return [_place(row, lines.get(row.number), reasons.get(row.number)) for row in snapshot_rows(file)]


def _place(row: SnapshotRow, scores: tuple[int, int] | None, refusal: str | None) -> ForeignPlace:
    """Return the place of a row. `scores` are the score and the subscore of its line, None for a refused line."""
    score, subscore = scores or (None, 0)
    return ForeignPlace(
        rank=row.number,
        player_id=row.player_id,
        player=row.player,
        exact=row.exact,
        score=score,
        subscore=subscore,
        excluded=row.excluded,
        refusal=refusal,
    )


async def local_places(query: "QueryService", ladder: Ladder, again: Again) -> Sequence[LocalPlace]:
    """Return the places of all entries of a ladder, best first."""
    places: list[LocalPlace] = []
    async for page in pages(query, ladder, again):
        for entry in page.entries:
            rank = len(places) + 1
            places.append(LocalPlace(rank, entry.external_id, entry.username, entry.score, entry.subscore or 0))
    return places
