"""Brute-force reference of boards with feeds, without code of the product."""

from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_COINS = 40
SETTINGS: Mapping[str, dict[str, object]] = {
    "coins": {"policy": "sum", "max_score": MAX_COINS},
    "deaths": {"policy": "best", "order": "asc"},
    "runs": {"policy": "latest"},
    "laps": {
        "policy": "best",
        "order": "asc",
        "feeds": [{"board": "coins", "number": "coins"}, {"board": "deaths", "number": "deaths"}, {"board": "runs"}],
    },
}
"""Settings of the boards by slug, in the order of their creation."""
_ASCENDING = {"laps", "deaths"}


@dataclass(frozen=True)
class Sent:
    """Submission of a test. `at` is its time (ms): unique and increasing, except in repeats of earlier submissions."""

    board: str
    user_id: int
    number: int
    score: int
    numbers: Mapping[str, int]
    at: int

    def on_targets(self) -> dict[str, int]:
        """Return the scores on the boards that `laps` feeds, by slug."""
        if self.board != "laps":
            return {}
        named = {name: self.numbers[name] for name in ("coins", "deaths") if name in self.numbers}
        return {**named, "runs": self.score}


@dataclass
class Counted:
    """Stored submission to one board."""

    score: int
    content: object
    at: int
    removed: bool = False
    removed_with_lap: bool = False


@dataclass
class FeedReference:
    """All stored submissions by board, player and id."""

    stored: dict[tuple[str, int, int], Counted] = field(default_factory=dict)

    def submit(self, sent: Sent) -> tuple[str, list[str]]:
        """Return `new`, `duplicate` or the code of the error, and the targets in the receipt."""
        key = sent.board, sent.user_id, sent.number
        content = sent.score, dict(sent.numbers), sent.at
        if (first := self.stored.get(key)) is not None:
            return self._repeated(sent, first, content)
        if sent.board == "coins" and sent.score > MAX_COINS:
            return "rule_violated", []
        targets = sent.on_targets()
        if any((slug, *key[1:]) in self.stored for slug in targets):
            return "conflict", []
        self.stored[key] = Counted(sent.score, content, sent.at)
        for slug, score in targets.items():
            self.stored[slug, *key[1:]] = Counted(score, (score, {}, sent.at), sent.at)
        return "new", list(targets)

    def refuses(self, sent: Sent) -> bool:
        """Return whether a rule refuses the submission without a look at stored data."""
        return max(sent.on_targets().get("coins", 0), sent.score if sent.board == "coins" else 0) > MAX_COINS

    def _repeated(self, sent: Sent, first: Counted, content: object) -> tuple[str, list[str]]:
        if first.removed:
            return "conflict", []
        if first.content != content:
            return "submission_conflict", []
        shown = []
        for slug in sent.on_targets():
            fed = self.stored.get((slug, sent.user_id, sent.number))
            if fed is not None and not fed.removed:
                shown.append(slug)
        return "duplicate", shown

    def set_removed(self, board: str, user_id: int, number: int, removed: bool) -> None:
        """Remove or restore a submission with its fed submissions, except any that were removed separately."""
        own = self.stored[board, user_id, number]
        fed = [self.stored.get((slug, user_id, number)) for slug in ("coins", "deaths", "runs") if board == "laps"]
        if own.removed != removed:
            for part in fed:
                if part is not None and (not part.removed if removed else part.removed_with_lap):
                    part.removed = part.removed_with_lap = removed
        own.removed, own.removed_with_lap = removed, False

    def ranking(self, board: str) -> list[tuple[int, int, int, int]]:
        """Return rank, player, score and number of submissions of each entry of a board, best first."""
        entries = []
        for user_id in {user for slug, user, _ in self.stored if slug == board}:
            own = [c for (slug, user, _), c in self.stored.items() if (slug, user) == (board, user_id)]
            if counted := [c for c in own if not c.removed]:
                score, at = self._standing(board, counted)
                order = score if board in _ASCENDING else -score
                entries.append((order, at, user_id, score, len(counted)))
        return [(rank, user, score, n) for rank, (_, _, user, score, n) in enumerate(sorted(entries), 1)]

    def _standing(self, board: str, counted: list[Counted]) -> tuple[int, int]:
        """Return the score of an entry, and the time of its run."""
        if board == "coins":
            scored = [c.at for c in counted if c.score]
            return sum(c.score for c in counted), max(scored) if scored else min(c.at for c in counted)
        if board == "runs":
            last = max(counted, key=lambda c: c.at)
            return last.score, last.at
        best = min(counted, key=lambda c: (c.score, c.at))
        return best.score, best.at
