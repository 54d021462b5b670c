"""Conversion of score lines to submissions, by the rules of all submissions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from leaderforge.domain.acceptance import accept, without_limits
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.domain.feeding import accepted_again, fed_or_error
from leaderforge.domain.submissions import Submission
from leaderforge.imports.columns import Columns
from leaderforge.imports.lines import ScoreLine
from leaderforge.ports.boards import BoardStore
from leaderforge.ports.clock import Clock

ANYBODY = 0
"""Player id of a submission whose player is not known yet."""


@dataclass(frozen=True, slots=True)
class ImportRules:
    """Rules of one import: lines per batch, and the grace (ms) after the end of a period for late submissions.

    Up to `in_flight` batches are recorded at the same time, each in a lane of its own: see `PlayerLanes`.

    With `history`, lines count in all periods that the board keeps, and the board's score limits do not apply.
    `expected_lines` is an upper bound of the number of lines: lines without a time are spread over that number of ms.
    """

    batch: int = 1000
    grace_ms: int = 0
    history: bool = False
    expected_lines: int = 0
    in_flight: int = 1


def require_columns(board: Board, columns: Columns, *, history: bool) -> None:
    """Raise `Refused` if the columns do not suit the board.

    The board may forbid `subscore`, require `numbers` by its tiebreakers, or require `time` by its minimum interval.
    """
    if board.tiebreakers and columns.numbers is None:
        raise Refused(
            f"board {board.slug!r} orders by {board.tiebreakers[0].name}; name the column of the numbers by --numbers",
            board=board.slug,
        )
    if columns.subscore is not None and not board.has_subscore:
        raise Refused(f"board {board.slug!r} has no subscore; leave out --subscore", board=board.slug)
    if columns.time is None and board.limits.min_interval_ms is not None and not history:
        raise Refused(
            f"board {board.slug!r} requires {board.limits.min_interval_ms} ms between two submissions of a player, and "
            "the lines have no time; name its column by --time, or set --history to import without the board's limits",
            board=board.slug,
        )


async def targets_of(store: BoardStore, board: Board) -> Mapping[str, Board]:
    """Return the existing boards that the board feeds, by slug. Raises `StoreUnavailable`."""
    slugs = [feed.board for feed in board.feeds]
    return await store.boards_named(slugs) if slugs else {}


class LineTimes:
    """Times (ms) for lines without a time: one millisecond apart, in the order of the file.

    Among equal scores, the earlier line therefore leads. Line number `expected` gets the time of the import's start. If
    a period has just begun, all times are later, because no line may get a time in an earlier period.
    """

    def __init__(self, board: Board, start: int, expected: int) -> None:
        begun = (period.starts_at for period in board.calendar.at(start) if period.starts_at is not None)
        self._next = max(start - expected, *begun, -start)

    def __call__(self) -> int:
        """Return the time of the next line. It may be in the future if there are more lines than expected."""
        self._next += 1
        return self._next


class LineAcceptance:
    """Conversion of lines to submissions, by the rules of all submissions that need no stored data."""

    def __init__(self, rules: ImportRules, board: Board, clock: Clock, reception_clock: Clock) -> None:
        self._rules = rules
        self._clock = clock
        self._reception_clock = reception_clock
        self._times = LineTimes(board, clock(), rules.expected_lines)

    def submissions(
        self, board: Board, lines: Sequence[ScoreLine], targets: Mapping[str, Board]
    ) -> Sequence[Submission | LeaderForgeError]:
        """Return the submission of each line, with `ANYBODY` as its player, or the error that prevents the submission.

        `targets` are the existing boards that the board feeds, by slug: see `targets_of`.
        """
        now, history, grace_ms = self._clock(), self._rules.history, self._rules.grace_ms
        board, targets = self._by_rules(board, targets)
        outcomes = [self._submission(board, line, now) for line in lines]
        if board.feeds:
            outcomes = [fed_or_error(o, targets, now=now, grace_ms=grace_ms, history=history) for o in outcomes]
        return [o if line.achieved_at is not None else _untimed(o) for line, o in zip(lines, outcomes, strict=True)]

    def again(
        self, board: Board, submissions: Sequence[Submission], targets: Mapping[str, Board]
    ) -> Sequence[Submission | LeaderForgeError]:
        """Return each earlier submission as the board accepts it now, or the error that now prevents it."""
        now, history, grace_ms = self._clock(), self._rules.history, self._rules.grace_ms
        board, targets = self._by_rules(board, targets)
        return [accepted_again(s, board, targets, now=now, grace_ms=grace_ms, history=history) for s in submissions]

    def _by_rules(self, board: Board, targets: Mapping[str, Board]) -> tuple[Board, Mapping[str, Board]]:
        """Return the boards with the limits that apply to the import."""
        if not self._rules.history:
            return board, targets
        return without_limits(board), {slug: without_limits(target) for slug, target in targets.items()}

    def _submission(self, board: Board, line: ScoreLine, now: int) -> Submission | LeaderForgeError:
        try:
            return accept(
                board,
                user_id=ANYBODY,
                submission_id=line.submission_id,
                score=line.score,
                subscore=line.subscore,
                metadata=line.metadata,
                numbers=line.named_numbers,
                requested_at=self._times() if line.achieved_at is None else line.achieved_at,
                received_us=self._reception_clock(),
                now=now,
                grace_ms=self._rules.grace_ms,
                history=self._rules.history,
            )
        except LeaderForgeError as error:
            return error


def _untimed(outcome: Submission | LeaderForgeError) -> Submission | LeaderForgeError:
    """Return the submission of a line without a time: it has no requested time, and neither have its fed submissions.

    Return an error as it is.
    """
    if not isinstance(outcome, Submission):
        return outcome
    # Call the constructor, because `_replace` takes twice the time.
    fed = tuple(Submission(part.ladders, part.event) for part in outcome.fed)
    return Submission(outcome.ladders, outcome.event, None, fed)
