"""Results of submissions."""

from dataclasses import dataclass, field
from typing import Any

from leaderforge_client.types import QueuedOut, ReceiptOut


@dataclass(frozen=True, slots=True)
class QueuedScore:
    """Score in the queue. `position` is higher than the positions of all earlier scores in the queue's file."""

    position: int
    submission_id: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class RejectedScore(QueuedScore):
    """Score that the service refused. The score stays in the queue's file until `requeue` or `discard`."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Submitted:
    """Durable submission. `receipt` is None if the submission still waits in the queue."""

    submission_id: str
    receipt: ReceiptOut | QueuedOut | None


@dataclass(frozen=True, slots=True)
class Flushed:
    """Result of a flush: receipts by submission id, the refused scores, and the number of scores that still wait."""

    receipts: dict[str, ReceiptOut | QueuedOut] = field(default_factory=dict)
    rejected: list[RejectedScore] = field(default_factory=list)
    pending: int = 0
