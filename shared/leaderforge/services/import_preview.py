"""Preview of an import: its lines as they would count, without recording any line."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.standings import Event
from leaderforge.imports.lines import ScoreLine
from leaderforge.services.imported_lines import LineAcceptance

_CHUNK = 1000
"""Number of lines that are checked together."""


@dataclass(slots=True)
class ImportPreview:
    """First lines of an import as they would count, and the number of all lines that would count."""

    first: list[tuple[ScoreLine, Event]] = field(default_factory=list)
    counting: int = 0


def preview_lines(
    lines: Iterable[ScoreLine],
    board: Board,
    targets: Mapping[str, Board],
    acceptance: LineAcceptance,
    refused: Callable[[int, str], None],
    *,
    limit: int,
) -> ImportPreview:
    """Return the preview, with up to `limit` lines. `refused` receives the number of each bad line, and the reason.

    `targets` are the boards that the board feeds, by slug. Rules that depend on stored scores are not checked.
    """
    preview = ImportPreview()
    iterator = iter(lines)
    while chunk := list(islice(iterator, _CHUNK)):
        for line, outcome in zip(chunk, acceptance.submissions(board, chunk, targets), strict=True):
            if isinstance(outcome, LeaderForgeError):
                refused(line.number, outcome.message)
                continue
            preview.counting += 1
            if len(preview.first) < limit:
                preview.first.append((line, outcome.event))
    return preview
