"""Dead letters."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A queued submission that was not counted, and why. `receipt` names it to its queue."""

    body: str
    reason: str
    receipt: str
