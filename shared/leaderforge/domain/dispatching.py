"""Planning of deliveries to an endpoint: order, retries and dead letters. Without I/O."""

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from leaderforge.domain.grouping import grouped
from leaderforge.domain.notice_log import Notice

MAX_LANES = 8
"""Maximum concurrent requests to one endpoint."""
MAX_LANE = 50
"""Maximum notices of one lane in one round. If the process is killed, at most this work is repeated."""
LONGEST_PAUSE_MS = 3_600_000
LONGEST_ENDPOINT_PAUSE_MS = 60_000
"""Maximum pause of an endpoint after rounds without a successful attempt, which bounds the delay after an outage."""
GONE = 410
"""HTTP status by which an endpoint refuses all further notices, according to Standard Webhooks."""


class RetryRules(NamedTuple):
    """Maximum number of attempts for a notice, and the first pause (ms) between them. The pauses double."""

    max_attempts: int
    first_pause_ms: int


class DispatchAttempt(NamedTuple):
    """Result of one request. `status` is None without a response, `error` is None for a success."""

    status: int | None
    error: str | None
    duration_ms: int

    @property
    def has_succeeded(self) -> bool:
        """Return whether the endpoint has accepted the notice."""
        return self.error is None


class Queued(NamedTuple):
    """Notice to send to an endpoint, with the number of failed attempts. `is_redriven` is true after a redrive."""

    notice: Notice
    attempts: int = 0
    is_redriven: bool = False


class DispatchWork(NamedTuple):
    """Work of a round. `due` has the queued notices that may be sent now, in the order of the log.

    `fresh` are the next notices of the log that the endpoint admits, up to `position`. `blocked` are the players with
    queued notices. The fresh notices of these players must wait for the queued notices.
    """

    due: Sequence[Queued]
    fresh: Sequence[Notice]
    blocked: Collection[int]
    position: int

    def with_fewer(self, fresh: int) -> "DispatchWork":
        """Return the work with at most this number of new notices. The others stay in the log."""
        if len(self.fresh) <= fresh:
            return self
        return self._replace(fresh=self.fresh[:fresh], position=self.fresh[fresh - 1].position)


class DispatchPlan(NamedTuple):
    """Plan of a round. Lanes are sent concurrently. The notices of a lane are sent in order, up to the first failure.

    `postponed` are fresh notices that wait behind earlier notices of the same player for a later round.
    """

    lanes: Sequence[Sequence[Queued]]
    postponed: Sequence[Notice]


class Sent(NamedTuple):
    """Notice of a lane, and the attempt to send it.

    The attempt is None if the lane failed at an earlier notice, or if the time of the round was over.
    """

    queued: Queued
    attempt: DispatchAttempt | None


class Waiting(NamedTuple):
    """Notice that stays queued after a round. `reason` is the last failure, if any.

    The notice is sent at `next_at` (ms). With `dead_at` (ms), the notice has been a dead letter since that time.
    """

    queued: Queued
    next_at: int
    dead_at: int | None = None
    reason: str | None = None


class DispatchResult(NamedTuple):
    """Result of a round: accepted notices, notices that stay queued, and all attempts in order."""

    accepted: Sequence[Notice]
    waiting: Sequence[Waiting]
    attempts: Sequence[Sent]

    @property
    def has_only_failed(self) -> bool:
        """Return whether there were attempts, and none succeeded."""
        return bool(self.attempts) and not self.accepted

    @property
    def is_gone(self) -> bool:
        """Return whether the endpoint has refused all further notices."""
        return any(sent.attempt is not None and sent.attempt.status == GONE for sent in self.attempts)


def plan(work: DispatchWork, *, is_suspect: bool) -> DispatchPlan:
    """Return the plan of a round. If the endpoint `is_suspect`, because its last round failed, plan few lanes."""
    # Put redriven notices in lanes of their own. They are late anyway, and must not delay the player's other notices.
    lanes = grouped(((queued.notice.user_id, queued.is_redriven), queued) for queued in work.due)
    queues = [lane[:MAX_LANE] for lane in lanes.values()]
    if is_suspect:
        queues = queues[:MAX_LANES]
    postponed = [notice for notice in work.fresh if notice.user_id in work.blocked]
    for fresh in _fresh_queues(work):
        queues.append([Queued(notice) for notice in fresh[:MAX_LANE]])
        postponed += fresh[MAX_LANE:]
    return DispatchPlan(queues, postponed)


def _fresh_queues(work: DispatchWork) -> Iterable[list[Notice]]:
    """Return the fresh notices, one list per player. Leave out the notices of blocked players."""
    return grouped((notice.user_id, notice) for notice in work.fresh if notice.user_id not in work.blocked).values()


def is_full(due: Sequence[Queued], most: int) -> bool:
    """Return whether a round with these queued notices, at most `most`, has no room for new notices."""
    return sum(not queued.is_redriven for queued in due) >= most


def result_of(
    plan: DispatchPlan, sent: Sequence[Sequence[Sent]], now: int, *, rules: RetryRules, jitter: Sequence[float]
) -> DispatchResult:
    """Return the result of a round at `now` (ms). `jitter` has a number from 0 to 1 for each lane."""
    accepted: list[Notice] = []
    waiting: list[Waiting] = []
    attempts: list[Sent] = []
    for lane, random in zip(sent, jitter, strict=True):
        for item in lane:
            queued, attempt = item
            if attempt is None:
                waiting.append(Waiting(queued, now))
                continue
            attempts.append(item)
            if attempt.has_succeeded:
                accepted.append(queued.notice)
            else:
                waiting.append(_after_failure(queued, attempt, now, rules, random))
    waiting += [Waiting(Queued(notice), now) for notice in plan.postponed]
    return DispatchResult(accepted, waiting, attempts)


def pause_ms(failures: int, jitter: float, first_ms: int, longest_ms: int = LONGEST_PAUSE_MS) -> int:
    """Return the pause (ms) after `failures` (1 or more) consecutive failures. The pause doubles with each failure.

    `jitter`, from 0 to 1, shortens the pause by up to a half. Without `jitter`, many notices that failed at once would
    all be sent again at once.
    """
    pause = min(first_ms << min(failures - 1, 30), longest_ms)
    return round(pause * (1 - jitter / 2))


def is_due(at: int, now: int, longest_ms: int) -> bool:
    """Return whether the time `at` of an attempt has come. All times are in ms.

    `longest_ms` is the longest pause before an attempt. If `at` is further ahead, the clock was set back after `at` was
    stored. The attempt is due in this case too.
    """
    return not now < at <= now + longest_ms


def _after_failure(queued: Queued, attempt: DispatchAttempt, now: int, rules: RetryRules, jitter: float) -> Waiting:
    failed = queued._replace(attempts=queued.attempts + 1)
    dead_at = now if failed.attempts >= rules.max_attempts else None
    return Waiting(failed, now + pause_ms(failed.attempts, jitter, rules.first_pause_ms), dead_at, attempt.error)
