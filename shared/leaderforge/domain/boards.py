"""Boards, their rules and their ladders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from leaderforge.domain.errors import PeriodNotFound, RuleViolated
from leaderforge.domain.feeds import Feed
from leaderforge.domain.league import League
from leaderforge.domain.moments import Moments
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import ALL_TIME, Calendar, Period, PeriodKind, counting_in, number_of_name
from leaderforge.domain.reward_tables import RewardTable
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.segments import Segment
from leaderforge.domain.team_rules import TeamRules
from leaderforge.domain.tiebreakers import Tiebreaker
from leaderforge.domain.tiers import LadderTiers, Tier
from leaderforge.domain.tournaments import TournamentRules

MAX_INTEGER = ScoreType.NUMBER.greatest
"""Largest magnitude of a score or an id. Exact in JavaScript and in IEEE 754 doubles."""


class Order(StrEnum):
    """Order of scores: with `desc` the highest score leads, with `asc` the lowest."""

    DESC = "desc"
    ASC = "asc"


class Policy(StrEnum):
    """Combination of a player's events: `sum`, `best` or `latest`."""

    SUM = "sum"
    BEST = "best"
    LATEST = "latest"


class RankStyle(StrEnum):
    """Numbering of ties: ordinal 1,2,3,4 by the total order, or shared 1,2,2,4 by scores alone."""

    ORDINAL = "ordinal"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class ScoreLimits:
    """Rules that a submission must respect. None means no limit.

    `min_score` and `max_score` are bounds of every submitted score. `max_change` is the largest change of a
    standing's score, up or down, by one submission. A player's first submission is exempt from `max_change`.
    `min_interval_ms` is the shortest time between two submissions of a player.
    """

    min_score: int | None = None
    max_score: int | None = None
    max_change: int | None = None
    min_interval_ms: int | None = None

    def require_score(self, policy: Policy, score: int, score_type: ScoreType = ScoreType.NUMBER) -> None:
        """Raise `RuleViolated` if the score breaks a rule that needs no standing."""
        if self.min_score is not None and score < self.min_score:
            raise _beyond("min_score", "at least", self.min_score, score, score_type)
        if self.max_score is not None and score > self.max_score:
            raise _beyond("max_score", "at most", self.max_score, score, score_type)
        if policy is Policy.SUM:
            self.require_change(score)

    def require_change(self, change: int) -> None:
        """Raise `RuleViolated` if the change of a standing's score is larger than `max_change`."""
        if self.max_change is not None and abs(change) > self.max_change:
            raise RuleViolated(
                "max_change",
                f"one submission may change the score by at most {self.max_change}, not {abs(change)}",
                self.max_change,
            )

    def require_step(self, policy: Policy, before: int, score: int) -> None:
        """Raise `RuleViolated` if the difference between the scores `before` and `score` is larger than `max_change`.

        On `sum` boards nothing is checked here. The submitted score is itself the change, which `require_score` checks.
        """
        if policy is not Policy.SUM:
            self.require_change(score - before)

    def depend_on_standing(self, policy: Policy) -> bool:
        """Return whether the rules depend on the player's standing or previous submission."""
        return self.min_interval_ms is not None or (self.max_change is not None and policy is not Policy.SUM)


def _beyond(rule: str, bound: str, limit: int, score: int, score_type: ScoreType) -> RuleViolated:
    """Return the error for a score beyond a limit, with the limit in the JSON type of the board's scores."""
    # `!r` writes the digits of a long score without the quotes of its JSON text.
    message = f"the score must be {bound} {limit!r}, not {score!r}"
    return RuleViolated(rule, message, score_type.json_value(limit))


_DAY_MS = 86_400_000

NO_LIMITS = ScoreLimits()
FOR_ALL_TIME = Calendar()


@dataclass(frozen=True, slots=True)
class Display:
    """Display of scores: a unit such as `points` or `ms`, and the number of digits after the decimal point.

    `subscore_name` is the text after a subscore, such as `laps led`. If it is None, readers see the word for "subscore"
    in their language.
    """

    unit: str | None = None
    decimals: int = 0
    subscore_name: str | None = None


PLAIN = Display()


@dataclass(frozen=True, slots=True)
class Backfill:
    """Backfill of period kinds that were added to a board.

    Periods of these kinds that overlap `since` to `until` (ms) are incomplete until the backfill is done. From `until`
    on, every process counts new submissions in these periods. The backfill starts only then, because it would otherwise
    miss submissions. `ended_at` (ms) is None while the backfill is pending.
    """

    kinds: tuple[PeriodKind, ...]
    since: int
    until: int
    ended_at: int | None = None

    def concerns(self, period: Period) -> bool:
        """Return whether the period is incomplete until this backfill is done."""
        has_begun = period.starts_at is None or period.starts_at <= self.until
        return period.kind in self.kinds and has_begun and (period.ends_at is None or self.since < period.ends_at)


@dataclass(frozen=True, slots=True)
class EarlierSettings:
    """Settings that a board had until a change at `until` (ms). Answers at earlier moments depend on these settings."""

    until: int
    rank_style: RankStyle
    tiers: tuple[Tier, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """Board and its rules. `board_settings` defines which rules may change.

    Entries have a second score only with a `subscore_order`. On a board with `tiebreakers`, the second score is the
    packed numbers, with the order `asc`. Reading a `private` board needs a key, or a token with the read scope. Player
    tokens may submit only to boards that are `open_to_players`. Past periods are kept for `keep_days`, or permanently
    without `keep_days`. Players with fewer than `min_submissions` in a period are not ranked in it. `tiers` are in
    order, the best first. `events` are the types of notices that the board asks for. Periods of one kind are played by
    the rules of `league`, if any. `segments` names the attributes whose values divide the players into segments. A
    board with `team` ranks teams by the scores of another board. With `moments`, past standings are kept, and can be
    read. After `frozen_at` (ms), only callers of the console see further changes. Submissions also count on the targets
    of `feeds`. `score_type` says whether scores are numbers or long scores. `earlier_settings` has the settings from
    before each change of the rank style or the tiers, the earliest first (see `as_of`). `past_backfills` have ended.
    """

    id: int
    slug: str
    name: str
    policy: Policy = Policy.SUM
    order: Order = Order.DESC
    rank_style: RankStyle = RankStyle.ORDINAL
    subscore_order: Order | None = None
    limits: ScoreLimits = NO_LIMITS
    calendar: Calendar = FOR_ALL_TIME
    keep_days: int | None = None
    display: Display = PLAIN
    private: bool = False
    open_to_players: bool = False
    min_submissions: int = 1
    tiers: tuple[Tier, ...] = ()
    events: tuple[NoticeType, ...] = ()
    tournament: TournamentRules | None = None
    rewards: RewardTable | None = None
    league: League | None = None
    segments: tuple[str, ...] = ()
    team: TeamRules | None = None
    backfill: Backfill | None = None
    moments: Moments | None = None
    frozen_at: int | None = None
    tiebreakers: tuple[Tiebreaker, ...] = ()
    feeds: tuple[Feed, ...] = ()
    score_type: ScoreType = ScoreType.NUMBER
    earlier_settings: tuple[EarlierSettings, ...] = ()
    past_backfills: tuple[Backfill, ...] = ()

    def __hash__(self) -> int:
        # Use only the id: boards are part of the keys of caches during submissions, and a hash of all fields would cost
        # too much.
        return self.id

    @property
    def has_subscore(self) -> bool:
        """Return whether clients send and read a subscore. Tiebreakers use the subscore's place for packed numbers."""
        return self.subscore_order is not None and not self.tiebreakers

    @property
    def referenced(self) -> list[str]:
        """Return the slugs of boards that this board needs: targets of its feeds, and the source of a team board."""
        return [feed.board for feed in self.feeds] + ([] if self.team is None else [self.team.source])

    def missing_submissions(self, submissions: int) -> int:
        """Return how many more submissions a player with this number of submissions needs to be ranked."""
        # With a minimum of 1, every standing is ranked. This includes rows with 0 submissions, whose real number the
        # index has lost.
        return max(0, self.min_submissions - submissions) if self.min_submissions > 1 else 0

    def period_number(self, name: str) -> int:
        """Return the number of the period with this name. Raises `PeriodNotFound`."""
        number = number_of_name(self.calendar, name)
        if number is None:
            raise PeriodNotFound(f"board {self.slug!r} has no period {name!r}", board=self.slug, period=name)
        return number

    def as_of(self, moment: int) -> "Board":
        """Return the board with the rank style and the tiers that it had at a moment (ms)."""
        settings = next((earlier for earlier in self.earlier_settings if moment < earlier.until), None)
        return self if settings is None else replace(self, rank_style=settings.rank_style, tiers=settings.tiers)

    def without_tiers(self) -> "Board":
        """Return the board without tiers, for reads of a segment: tiers depend on the ranks among all players."""
        return replace(self, tiers=()) if self.tiers else self

    def tiers_among(self, total: int) -> LadderTiers:
        """Return the tiers of a ladder with `total` ranked players."""
        return LadderTiers(self.tiers, total, descending=self.order is Order.DESC, score_type=self.score_type)

    def ladders_at(self, time: int) -> "tuple[Ladder, ...]":
        """Return the ladders of the periods that contain `time` (ms)."""
        return tuple(Ladder(self, period.number) for period in self.calendar.at(time))

    def ladders_kept(self, time: int, now: int) -> "tuple[Ladder, ...]":
        """Return the ladders of the periods that contain the time (ms) and have not expired at `now` (ms)."""
        kept_from = None if self.keep_days is None else now - self.keep_days * _DAY_MS
        periods = self.calendar.at(time)
        return tuple(
            Ladder(self, p.number) for p in periods if kept_from is None or p.ends_at is None or p.ends_at > kept_from
        )

    def ladders_counting(self, time: int, now: int, grace_ms: int) -> "tuple[Ladder, ...]":
        """Return the ladders that count a submission with the time `time` at `now`. All times are in ms.

        See `periods.counting_in`.
        """
        # Skip the calendar in the most common case, because submissions must be fast.
        if self.calendar.kinds == FOR_ALL_TIME.kinds:
            return (Ladder(self),)
        return tuple(Ladder(self, p.number) for p in counting_in(self.calendar, time, now, grace_ms))

    def ladders_to_backfill(self) -> "tuple[Ladder, ...]":
        """Return the ladders of the incomplete periods."""
        return tuple(Ladder(self, period.number) for period in self._incomplete())

    def _incomplete(self) -> Iterator[Period]:
        if self.backfill is not None:
            for kind in self.backfill.kinds:
                calendar = replace(self.calendar, kinds=(kind,))
                time: int | None = self.backfill.since
                while time is not None and time <= self.backfill.until:
                    [period] = calendar.at(time)
                    yield period
                    time = period.ends_at


class Ladder(NamedTuple):
    """One board in one period: the unit of ranking.

    A past period is retired some time after its end. From then on, its ladder is not `indexed`, and the store answers
    reads. With a `segment`, only its players are ranked. With `at` (ms), the ladder is as it was at this moment.
    """

    board: Board
    period: int = ALL_TIME
    indexed: bool = True
    segment: Segment | None = None
    at: int | None = None

    @property
    def period_name(self) -> str:
        """Return the period's name, as used in paths."""
        return self._period.name

    def is_over(self, now: int) -> bool:
        """Return whether the period has ended at `now` (ms)."""
        ends_at = self._period.ends_at
        return ends_at is not None and ends_at <= now

    def as_of(self, moment: int) -> "Ladder":
        """Return the ladder at a moment (ms), with the rank style and the tiers of then. Segments have no tiers."""
        board = self.board.as_of(moment)
        return self._replace(board=board if self.segment is None else board.without_tiers(), at=moment)

    @property
    def segment_position(self) -> int:
        """Return the position of the segment's attribute in `Board.segments`. Raises `ValueError` without a segment."""
        return self.board.segments.index(self.segment.attribute if self.segment is not None else "")

    @property
    def incomplete(self) -> bool:
        """Return whether the ladder may lack earlier scores, because a backfill of its period is pending."""
        backfill = self.board.backfill
        return backfill is not None and backfill.concerns(self._period)

    def complete_from(self, moment: int) -> int:
        """Return the first moment (ms), from `moment` on, at which the ladder has all scores: the end of a backfill."""
        period = self._period
        if period.starts_at is not None and moment < period.starts_at:
            return moment
        return max([moment, *(past.ended_at or 0 for past in self.board.past_backfills if past.concerns(period))])

    @property
    def _period(self) -> Period:
        return self.board.calendar.numbered(self.period)


@dataclass(frozen=True, slots=True)
class DeletedBoard:
    """Deleted board, the time (ms) of its deletion, and the ladders that it may have had."""

    board: Board
    ladders: Sequence[Ladder]
    deleted_at: int
