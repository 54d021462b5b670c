"""Feeds: the submissions of a client to a board that feeds others, and the events that the store must have for them."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from leaderforge.torture.checks import Problem
from tests.torture.ledger import StoredEvent

SOURCE, COINS, DEPTH = "runs", "run-coins", "run-depth"
FED_BOARDS: Mapping[str, Mapping[str, Any]] = {
    COINS: {"policy": "sum"},
    DEPTH: {"policy": "best", "score_type": "int64"},
    SOURCE: {
        "policy": "best",
        "order": "asc",
        "feeds": [{"board": COINS, "number": "coins"}, {"board": DEPTH, "number": "depth"}],
    },
}
"""Settings of the boards by slug, in the order of their creation."""


@dataclass(slots=True)
class Run:
    """Submission to `SOURCE`. `scores` has its score on each board on which it counts, by slug.

    `is_acknowledged` and `is_removed` say which requests the API has answered with success.
    """

    user_id: int
    submission_id: UUID
    scores: Mapping[str, int]
    is_acknowledged: bool = False
    is_removed: bool = False

    @property
    def body(self) -> dict[str, Any]:
        """Body of the request."""
        numbers = {slug.removeprefix("run-"): score for slug, score in self.scores.items() if slug != SOURCE}
        content = {"user_id": self.user_id, "score": self.scores[SOURCE], "submission_id": str(self.submission_id)}
        return {**content, "numbers": numbers} if numbers else content


@dataclass(slots=True)
class Runs:
    """All runs that the client has sent, by submission id."""

    sent: dict[UUID, Run] = field(default_factory=dict)

    def partial(self, events: Sequence[StoredEvent]) -> Iterator[Problem]:
        """Yield the runs that count on some of their boards only, at any moment. Events are from one state."""
        boards: defaultdict[UUID, Counter[str]] = defaultdict(Counter)
        voids: defaultdict[UUID, set[bool]] = defaultdict(set)
        for event in events:
            boards[event.submission_id][event.board] += 1
            voids[event.submission_id].add(event.void)
        for submission_id, slugs in boards.items():
            run = self.sent.get(submission_id)
            if run is None:
                yield Problem("unknown submission", "only sent runs", str(submission_id))
            elif slugs != Counter(list(run.scores)):
                yield Problem("fed partly", str(run), str(dict(slugs)), run.user_id)
            elif len(voids[submission_id]) > 1:
                yield Problem("removed partly", str(run), "removed on some boards only", run.user_id)

    def problems(self, events: Sequence[StoredEvent]) -> Iterator[Problem]:
        """Yield the differences between the runs and the events on their boards, when no request is in flight."""
        yield from self.partial(events)
        stored = {(event.submission_id, event.board): event for event in events}
        for run in self.sent.values():
            of_run = {slug: stored.get((run.submission_id, slug)) for slug in run.scores}
            if run.is_acknowledged and None in of_run.values():
                yield Problem("lost submission", str(run), str(of_run), run.user_id)
            for slug, event in of_run.items():
                sent = run.user_id, run.scores[slug], run.is_removed
                if event is not None and (event.user_id, event.score, event.void) != sent:
                    yield Problem("wrong event", f"{slug}: {run}", str(event), run.user_id)


def receipt_problems(run: Run, receipt: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem unless a receipt has the fed boards of a run that no moderator has removed."""
    expected = [slug for slug in (COINS, DEPTH) if slug in run.scores]
    shown = [fed["board"] for fed in receipt.get("feeds", ())]
    if shown != expected:
        yield Problem("wrong receipt", f"{expected} for {run}", str(receipt), run.user_id)
