"""Boards, their rules, and the ladders on them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from leaderforge.domain.errors import RuleViolated
from leaderforge.domain.periods import ALL_TIME, Calendar, Kind, Period, counting_in

MAX_INTEGER = 2**53 - 1
"""Largest magnitude of a score or an id: exact in JavaScript and in IEEE 754 doubles."""


class Order(StrEnum):
    """Which scores lead."""

    DESC = "desc"
    ASC = "asc"


class Policy(StrEnum):
    """What a player's events amount to."""

    SUM = "sum"
    BEST = "best"
    LATEST = "latest"


class RankStyle(StrEnum):
    """How ties are numbered: ordinal 1,2,3,4 by the total order, or shared 1,2,2,4 by score and subscore alone."""

    ORDINAL = "ordinal"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a board accepts; None is no limit.

    The bounds hold for every score submitted. `max_change` is the most that one submission may move a standing by,
    either way; a player's first may be any. `min_interval_ms` lies between any two submissions of a player.
    """

    min_score: int | None = None
    max_score: int | None = None
    max_change: int | None = None
    min_interval_ms: int | None = None

    def require_score(self, policy: Policy, score: int) -> None:
        """Raise `RuleViolated` for a score that breaks a rule whatever the player's standing."""
        if self.min_score is not None and score < self.min_score:
            raise RuleViolated("min_score", f"the score must be at least {self.min_score}", self.min_score)
        if self.max_score is not None and score > self.max_score:
            raise RuleViolated("max_score", f"the score must be at most {self.max_score}", self.max_score)
        if policy is Policy.SUM:
            self.require_change(score)

    def require_change(self, change: int) -> None:
        """Raise `RuleViolated` for a change of a standing's score that is too large."""
        if self.max_change is not None and abs(change) > self.max_change:
            raise RuleViolated(
                "max_change", f"one submission may change the score by at most {self.max_change}", self.max_change
            )

    def require_step(self, policy: Policy, before: int, score: int) -> None:
        """Raise `RuleViolated` where a score changes a standing's by too much; sums change by the score itself."""
        if policy is not Policy.SUM:
            self.require_change(score - before)

    def depend_on_standing(self, policy: Policy) -> bool:
        """Whether a submission cannot be judged without what the player submitted before."""
        return self.min_interval_ms is not None or (self.max_change is not None and policy is not Policy.SUM)


_A_DAY_MS = 86_400_000

NO_LIMITS = Limits()
FOR_ALL_TIME = Calendar()


@dataclass(frozen=True, slots=True)
class Display:
    """How a board's scores are shown: a unit such as `points` or `ms`, and how many of the digits are decimals."""

    unit: str | None = None
    decimals: int = 0


PLAIN = Display()


@dataclass(frozen=True, slots=True)
class Backfill:
    """Kinds of periods that a board was given when it may have had scores already, from which they are completed.

    Their periods that overlap the time from `since` to `until` (ms since 1970) are incomplete until that is done:
    not before `until` does every process surely count in them.
    """

    kinds: tuple[Kind, ...]
    since: int
    until: int

    def concerns(self, period: Period) -> bool:
        """Whether the period is one of those that are incomplete."""
        begun = period.starts_at is None or period.starts_at <= self.until
        return period.kind in self.kinds and begun and (period.ends_at is None or self.since < period.ends_at)


@dataclass(frozen=True, slots=True)
class Board:
    """A board and its rules; which of them may change is for `board_settings` to say.

    Without a `subscore_order` entries have no second score. Only those with a key read a `private` board; players with
    a token of their own submit to those that are `open_to_players`. Past periods are kept for `keep_days`, None is for
    ever.
    """

    id: int
    slug: str
    name: str
    policy: Policy = Policy.SUM
    order: Order = Order.DESC
    rank_style: RankStyle = RankStyle.ORDINAL
    subscore_order: Order | None = None
    limits: Limits = NO_LIMITS
    calendar: Calendar = FOR_ALL_TIME
    keep_days: int | None = None
    display: Display = PLAIN
    private: bool = False
    open_to_players: bool = False
    backfill: Backfill | None = None

    def __hash__(self) -> int:
        return self.id

    def ladders_at(self, time: int) -> "tuple[Ladder, ...]":
        """Return the ladders of the periods that a time in ms since 1970 lies in."""
        return tuple(Ladder(self, period.number) for period in self.calendar.at(time))

    def ladders_kept(self, time: int, now: int) -> "tuple[Ladder, ...]":
        """Return the ladders of those of the periods that a time lies in that are still kept."""
        kept_from = None if self.keep_days is None else now - self.keep_days * _A_DAY_MS
        periods = self.calendar.at(time)
        return tuple(
            Ladder(self, p.number) for p in periods if kept_from is None or p.ends_at is None or p.ends_at > kept_from
        )

    def ladders_counting(self, time: int, now: int, grace_ms: int) -> "tuple[Ladder, ...]":
        """Return the ladders that a submission of this time counts in now (see `periods.counting_in`)."""
        if self.calendar.kinds == FOR_ALL_TIME.kinds:
            return (Ladder(self),)
        return tuple(Ladder(self, p.number) for p in counting_in(self.calendar, time, now, grace_ms))

    def ladders_to_backfill(self) -> "tuple[Ladder, ...]":
        """Return the ladders of the periods that are incomplete."""
        return tuple(Ladder(self, period.number) for period in self._incomplete())

    def _incomplete(self) -> Iterator[Period]:
        if self.backfill is not None:
            for kind in self.backfill.kinds:
                alone = replace(self.calendar, kinds=(kind,))
                time: int | None = self.backfill.since
                while time is not None and time <= self.backfill.until:
                    [period] = alone.at(time)
                    yield period
                    time = period.ends_at


class Ladder(NamedTuple):
    """One board in one period: the list within which players are ranked.

    The index of a past period is retired some time after its end: then it is not `indexed` and the store answers.
    """

    board: Board
    period: int = ALL_TIME
    indexed: bool = True

    @property
    def period_name(self) -> str:
        """The period's name in addresses."""
        return self._period.name

    def is_over(self, now: int) -> bool:
        """Whether the period ended by a time in ms since 1970."""
        ends_at = self._period.ends_at
        return ends_at is not None and ends_at <= now

    @property
    def incomplete(self) -> bool:
        """Whether the ladder still lacks scores that were submitted before the board had such periods."""
        backfill = self.board.backfill
        return backfill is not None and backfill.concerns(self._period)

    @property
    def _period(self) -> Period:
        return self.board.calendar.numbered(self.period)
