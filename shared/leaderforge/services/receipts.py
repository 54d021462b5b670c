"""Receipts of submissions, made from standings and from counts of the index."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.named_tuples import new_record
from leaderforge.domain.order import sort_key
from leaderforge.domain.ranks import rank_of
from leaderforge.domain.score_types import LongScore, ScoreType
from leaderforge.domain.standings import EarlierPlace, Event, Standing, is_improvement
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.tiebreakers import Tiebreaker
from leaderforge.domain.tiers import LadderTiers, ReachedTier
from leaderforge.domain.tournaments import Entrant
from leaderforge.ports.index import Applied, LadderUpdate


class ReceiptOptions(NamedTuple):
    """Optional parts of a receipt: the rank, the previous standing, and the standings in all periods."""

    rank: bool = True
    previous: bool = False
    periods: bool = False


WITH_RANK = ReceiptOptions()
"""Default options: the receipt has the rank, but no other optional part."""
WITHOUT_RANK = ReceiptOptions(rank=False)
_UNKNOWN_TIER = ReachedTier(None, None)


class PreviousStanding(NamedTuple):
    """A player's standing directly before a submission.

    `rank` is the rank that this standing would have now, among the other players. `rank` is None if the receipt has no
    rank, or if the standing had too few submissions.
    """

    score: int
    rank: int | None
    subscore: int | None


class PeriodReceipt(NamedTuple):
    """A player's standing in one period after a submission. Fields have the same meaning as in `Receipt`."""

    period: str
    score: int
    rank: int | None
    submissions: int
    improved: bool
    achieved_at: int
    subscore: int | None
    previous: PreviousStanding | None
    tier: ReachedTier | None


class ReceiptDetails(NamedTuple):
    """Requested parts of a receipt. `periods` is None if it was not requested.

    `previous` is None if it was not requested. It is also None for a player's first submission and for a duplicate.
    """

    has_previous: bool
    previous: PreviousStanding | None
    periods: Sequence[PeriodReceipt] | None


class Receipt(NamedTuple):
    """Reply to a submission: the player's standing after it. `rank` is None if it was not requested or is unknown.

    `rank` is also None while the player has too few submissions to be ranked. `missing_submissions` is None on boards
    without a minimum. `tier` is None on boards without tiers. Without a rank, `tier` has neither a reached nor a next
    tier. `attempts_left` is None on boards without a limit of attempts. `rank_in` has the ranks in the player's
    segments by attribute. `rank_in` is None on boards without segments, and empty without a rank. `numbers` are the
    named numbers of the submission as JSON text. On a board with `tiebreakers`, each subscore packs their numbers.
    `feeds` are the receipts of the fed submissions.
    """

    user_id: int
    score: int
    rank: int | None
    submissions: int
    improved: bool
    duplicate: bool
    submission_id: UUID
    achieved_at: int
    subscore: int | None = None
    missing_submissions: int | None = None
    details: ReceiptDetails | None = None
    tier: ReachedTier | None = None
    attempts_left: int | None = None
    rank_in: Mapping[str, int] | None = None
    numbers: str | None = None
    tiebreakers: tuple[Tiebreaker, ...] = ()
    feeds: "Sequence[FeedReceipt]" = ()


@dataclass(frozen=True, slots=True)
class FeedReceipt:
    """Receipt of a fed submission, and the slug of its board."""

    board: str
    receipt: Receipt


class LadderGroup:
    """Newest standings of a batch on one ladder by player id, and the numbers of entries above them."""

    def __init__(self, ladder: Ladder, *, counted: bool) -> None:
        self._ladder = ladder
        board = ladder.board
        # Read these settings of the board only once per group. A receipt needs the settings of up to three groups.
        self._has_subscore = board.subscore_order is not None
        self._ranks_all = board.min_submissions == 1
        self._has_tiers = bool(board.tiers)
        self._has_long_scores = board.score_type is ScoreType.INT64
        self.counted = counted
        self._earlier: dict[int, list[EarlierPlace]] = {}
        self._rank_of_earlier: dict[EarlierPlace, int] = {}
        self.newest: dict[int, Standing] = {}
        self._ranks: dict[int, int | None] = {}
        self._total: int | None = None
        self._above_within: dict[int, Sequence[int | None]] = {}

    @cached_property
    def period_name(self) -> str:
        """Name of the period, computed only once: this costs as much as all other values of a receipt together."""
        return self._ladder.period_name

    @cached_property
    def _tiers(self) -> LadderTiers:
        """Tiers of the ladder after the update. If the tiers depend on the total, the index has returned the total."""
        return self._ladder.board.tiers_among(self._total or 0)

    def add(self, standing: Standing) -> None:
        """Add a standing unless the player has a newer standing."""
        if self._has_long_scores:
            standing = standing._replace(score=LongScore(standing.score))
        user_id = standing.user_id
        previous = self.newest.get(user_id)
        if previous is None or previous.revision < standing.revision:
            self.newest[user_id] = standing

    def add_earlier(self, earlier: EarlierPlace) -> None:
        """Add a player's earlier place, above which entries are counted. Skip a place that has no rank."""
        if self.counted and (self._ranks_all or not self._ladder.board.missing_submissions(earlier.submissions)):
            self._earlier.setdefault(earlier.user_id, []).append(earlier)

    def update(self) -> LadderUpdate:
        board = self._ladder.board
        earlier = {user_id: [sort_key(board, place) for place in places] for user_id, places in self._earlier.items()}
        return LadderUpdate(self._ladder, list(self.newest.values()), self.counted, earlier)

    def note(self, applied: Sequence[Applied | None], *, believed: bool) -> None:
        """Store the results of an index update. Counts are exact only if the index was current (`believed`)."""
        for user_id, result in zip(self.newest, applied, strict=True):
            if result is None or not believed:
                self._ranks[user_id] = None
                continue
            self._total = result.total
            self._ranks[user_id] = None if result.above is None else rank_of(result.above)
            if result.above_within:
                self._above_within[user_id] = result.above_within
            if result.above_earlier:
                self._rank_of_earlier |= zip(self._earlier[user_id], map(rank_of, result.above_earlier), strict=True)

    def rank(self, user_id: int) -> int | None:
        """Return the exact rank of the player's newest standing, None if it is unknown."""
        return self._ranks[user_id]

    def rank_in(self, user_id: int) -> Mapping[str, int]:
        """Return the ranks in the player's segments by attribute. The mapping is empty if the ranks are unknown."""
        names = self._ladder.board.segments
        above = self._above_within.get(user_id) or [None] * len(names)
        return {name: rank_of(count) for name, count in zip(names, above, strict=True) if count is not None}

    def tier(self, standing: Standing) -> ReachedTier | None:
        """Return the tier of a standing, None on a board without tiers.

        If the rank is unknown, the result names neither a reached nor a next tier.
        """
        if not self._has_tiers:
            return None
        rank = self.rank(standing.user_id)
        return _UNKNOWN_TIER if rank is None else self._tiers.reached(standing.score, rank)

    def missing_submissions(self, standing: Standing) -> int | None:
        """Return how many submissions a standing still needs for a rank, None on a board without a minimum."""
        return None if self._ranks_all else self._ladder.board.missing_submissions(standing.submissions)

    def subscore(self, standing: Standing) -> int | None:
        """Return the subscore of a standing, None on a board without subscores."""
        return standing.subscore if self._has_subscore else None

    def previous(self, earlier: EarlierPlace | None) -> PreviousStanding | None:
        """Return the standing at an earlier place, with the rank that it would have among the other players now."""
        if earlier is None:
            return None
        rank = self._rank_of_earlier.get(earlier)
        subscore = earlier.subscore if self._has_subscore else None
        score = LongScore(earlier.score) if self._has_long_scores else earlier.score
        return new_record(PreviousStanding, (score, rank, subscore))

    def period_receipt(self, event: Event, recorded: Standing, earlier: EarlierPlace | None) -> PeriodReceipt:
        """Return the period's part of a receipt. `recorded` is the standing directly after the event."""
        standing = self.newest[recorded.user_id]
        return new_record(
            PeriodReceipt,
            (
                self.period_name,
                standing.score,
                self._ranks[standing.user_id],
                standing.submissions,
                is_improvement(self._ladder.board, event, recorded),
                standing.achieved_at,
                standing.subscore if self._has_subscore else None,
                self.previous(earlier),
                self.tier(standing),
            ),
        )


def receipt_of(
    submission: Submission, recorded: Recorded, groups: Sequence[LadderGroup], options: ReceiptOptions
) -> Receipt:
    """Return the receipt of a recorded submission. `groups` has a group for each ladder of the submission, in order."""
    main, user_id = groups[0], submission.event.user_id
    standing, board = main.newest[user_id], submission.board
    return new_record(
        Receipt,
        (
            user_id,
            standing.score,
            main.rank(user_id),
            standing.submissions,
            recorded.improved,
            recorded.duplicate,
            submission.event.submission_id,
            standing.achieved_at,
            main.subscore(standing),
            main.missing_submissions(standing),
            _details(submission, recorded, groups, options) if options.previous or options.periods else None,
            main.tier(standing),
            None if recorded.entrant is None else _attempts_left(board, recorded.entrant),
            main.rank_in(user_id) if board.segments else None,
            submission.event.numbers,
            board.tiebreakers,
            (),
        ),
    )


def _attempts_left(board: Board, entrant: Entrant) -> int | None:
    return None if board.tournament is None else entrant.attempts_left(board.tournament)


def _details(
    submission: Submission, recorded: Recorded, groups: Sequence[LadderGroup], options: ReceiptOptions
) -> ReceiptDetails:
    earlier = recorded.previous or [None] * len(groups)
    if not options.periods:
        return new_record(ReceiptDetails, (options.previous, groups[0].previous(earlier[0]), None))
    members = zip(groups, recorded.standings, earlier, strict=True)
    periods = [group.period_receipt(submission.event, standing, place) for group, standing, place in members]
    return new_record(ReceiptDetails, (options.previous, periods[0].previous, periods))
