"""Ledger: submissions by many clients for the same players, and the state that the store must have at the end."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from leaderforge.torture.checks import Problem

TALLY, TURNS, RECENT = "tally", "turns", "recent"
"""Slugs of the boards.

Submissions are removed from `TALLY` only. The other boards have periods, and past periods keep removed submissions.
"""

BOARDS: tuple[dict[str, Any], ...] = (
    {"board": TALLY, "policy": "sum", "order": "desc"},
    {"board": TURNS, "policy": "best", "order": "asc", "periods": ["all-time", "season"], "season": "* * * * *"},
    {"board": RECENT, "policy": "latest", "order": "desc", "periods": ["daily", "all-time"]},
)


@dataclass(slots=True)
class Attempt:
    """Submission that a client sends until it is acknowledged or refused."""

    submission_id: UUID
    board: str
    user_id: int
    score: int
    counted: int = 0
    """Number of receipts that do not call the submission a duplicate."""
    is_acknowledged: bool = False
    is_removed: bool = False
    """Whether a moderator has removed the submission."""

    @property
    def body(self) -> dict[str, Any]:
        """Body of the request."""
        content = {"user_id": self.user_id, "score": self.score, "submission_id": str(self.submission_id)}
        return {"board": self.board, **content}


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """Row of `score_events`."""

    user_id: int
    board: str
    submission_id: UUID
    score: int
    achieved_at: int
    received_us: int
    void: bool


@dataclass(slots=True)
class Ledger:
    """All submissions to the boards of the ledger, and the players who were erased meanwhile."""

    attempts: dict[UUID, Attempt] = field(default_factory=dict)
    erased: set[int] = field(default_factory=set)
    acknowledged: Counter[tuple[str, int]] = field(default_factory=Counter)
    """Number of acknowledged submissions by board and player."""

    def begin(self, board: str, user_id: int, score: int, submission_id: UUID) -> Attempt:
        """Record that a submission is about to be sent."""
        attempt = self.attempts[submission_id] = Attempt(submission_id, board, user_id, score)
        return attempt

    def acknowledge(self, attempt: Attempt, receipt: dict[str, Any]) -> Iterator[Problem]:
        """Record a receipt. Yield a problem if the submission counted twice, or if its id or player is wrong."""
        if not attempt.is_acknowledged:
            attempt.is_acknowledged = True
            self.acknowledged[attempt.board, attempt.user_id] += 1
        attempt.counted += not receipt["duplicate"]
        if attempt.counted > 1:
            yield Problem("counted twice", "one receipt that is no duplicate", str(receipt), attempt.user_id)
        if receipt["submission_id"] != str(attempt.submission_id) or receipt["user_id"] != attempt.user_id:
            yield Problem("wrong receipt", str(attempt.body), str(receipt), attempt.user_id)

    def problems(self, events: list[StoredEvent]) -> Iterator[Problem]:
        """Yield the differences between the history and the stored events of the ledger's boards."""
        stored = {event.submission_id: event for event in events}
        if len(stored) < len(events):
            yield Problem("counted twice", "each submission id once", f"{len(events) - len(stored)} more events")
        for attempt in self.attempts.values():
            event = stored.pop(attempt.submission_id, None)
            if event is not None:
                yield from self._compare(attempt, event)
            elif attempt.is_acknowledged and attempt.user_id not in self.erased:
                yield Problem("lost submission", str(attempt), "no event", attempt.user_id)
        for event in stored.values():
            yield Problem("unknown submission", "only sent submissions", str(event), event.user_id)

    def _compare(self, attempt: Attempt, event: StoredEvent) -> Iterator[Problem]:
        if attempt.user_id in self.erased:
            yield Problem("erased is back", f"no event of player {attempt.user_id}", str(event), attempt.user_id)
        sent = (attempt.board, attempt.user_id, attempt.score, attempt.is_removed)
        if sent != (event.board, event.user_id, event.score, event.void):
            yield Problem("wrong event", str(attempt), str(event), attempt.user_id)
