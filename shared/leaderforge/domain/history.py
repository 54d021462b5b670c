"""Past submissions and periods, and what is stored about a player."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Event, LadderStanding


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """A submission of a player, and the score and subscore that it and those of earlier times amount to.

    `submitted` is its own score; `at` is its time in ms since 1970.
    """

    at: int
    submission_id: UUID
    submitted: int
    score: int
    subscore: int


@dataclass(frozen=True, slots=True)
class PlayedLadder:
    """A ladder that a player has a standing on, and whether that is hidden."""

    ladder: Ladder
    hidden: bool


@dataclass(frozen=True, slots=True)
class KeptPeriod:
    """A period's ladder, and how far its end has come.

    Since `retired_at` the index is not asked for it any more, and since `expired_at` nobody reads it, in ms since 1970.
    """

    ladder: Ladder
    retired_at: int | None = None
    expired_at: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An event as the store keeps it: its board's name, when it was recorded, and whether a moderator voided it.

    The board is None where it is no more.
    """

    board: str | None
    event: Event
    recorded_at: int
    void: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """Numbers of erased events and standings, and of anonymised audit entries.

    `removed` has the erased standings as removed ones, with higher revisions: in the index they keep late updates away.
    """

    events: int
    standings: int
    acts: int
    removed: Sequence["LadderStanding"] = field(default=(), compare=False)

    def noted_in(self, act: AuditEntry) -> AuditEntry:
        """Return the act with these numbers among its details."""
        counts = {"events": self.events, "standings": self.standings, "acts": self.acts}
        return replace(act, details={**act.details, **counts})
