"""Dead letters."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """Queued submission that cannot be counted, with the reason. `receipt` identifies the message in its queue."""

    body: str
    reason: str
    receipt: str
