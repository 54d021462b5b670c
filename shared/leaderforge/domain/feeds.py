"""Feeds: rules by which a submission to a board also counts on other boards."""

from collections.abc import Mapping
from dataclasses import dataclass

MAX_FEEDS = 4
"""Maximum feeds of a board. One transaction counts a submission on the board and on the targets of all its feeds."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Feed of a board. Submissions to this board count on the target, the board with the slug `board`, too.

    The score on the target is the submission's named number `number` or, if this is None, the submission's score.
    """

    board: str
    number: str | None = None

    @property
    def members(self) -> dict[str, str]:
        """Return the feed as a JSON object."""
        return {"board": self.board} if self.number is None else {"board": self.board, "number": self.number}

    def score(self, score: int, numbers: Mapping[str, int]) -> int | None:
        """Return the score on the target for a submission with this score and these numbers.

        Return None for a submission without the number of the feed. Such a submission does not count on the target.
        """
        return score if self.number is None else numbers.get(self.number)
