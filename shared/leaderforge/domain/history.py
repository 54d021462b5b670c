"""Past submissions and periods, and stored data of a player."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from uuid import UUID

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder
from leaderforge.domain.standings import Event, LadderStanding


class HistoryPosition(NamedTuple):
    """Position among a player's submissions: time (ms since 1970), reception (us since 1970) and submission id.

    Submissions are ordered by time, then by reception. The time of a submission says when its score was achieved.
    """

    at: int
    received_us: int
    submission_id: UUID


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """A submission of a player, and the player's score and subscore directly after it.

    `submitted` is the submission's own score. `numbers` are its named numbers as JSON text.
    """

    position: HistoryPosition
    submitted: int
    score: int
    subscore: int
    numbers: str | None = None


@dataclass(frozen=True, slots=True)
class PlayedLadder:
    """Ladder on which a player has a standing. `hidden` is true if the standing is hidden.

    `external_id` is the external id of the player, if any. The row has this id, because this saves a query.
    """

    ladder: Ladder
    hidden: bool
    external_id: str | None


@dataclass(frozen=True, slots=True)
class KeptPeriod:
    """Stored period of a board, and its state in the period rollover.

    From `retired_at` (ms) on, the store answers reads instead of the index. From `expired_at` (ms) on, no read returns
    the period. Each time is None before.
    """

    ladder: Ladder
    retired_at: int | None = None
    expired_at: int | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """Event, and data about its storage.

    `board` is the board's slug, None for a deleted board. `recorded_at` is in ms since 1970. `void` is true if a
    moderator has voided the event.
    """

    board: str | None
    event: Event
    recorded_at: int
    void: bool


@dataclass(frozen=True, slots=True)
class Erased:
    """Result of an erasure: numbers of erased events and standings, and of anonymised audit entries (`acts`).

    `removed` has a removed standing with a higher revision in place of each erased standing. The removed standing makes
    the index ignore late updates.
    """

    events: int
    standings: int
    acts: int = 0
    removed: Sequence["LadderStanding"] = field(default=(), compare=False)
    external_id: str | None = field(default=None, compare=False)

    def noted_in(self, act: AuditEntry) -> AuditEntry:
        """Return the audit entry `act`, with these numbers added to its details."""
        counts = {"events": self.events, "standings": self.standings, "acts": self.acts}
        return replace(act, details={**act.details, **counts})
