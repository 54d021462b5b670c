"""Options of a client, and its telemetry."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TelemetryEvent:
    """Event for logs and metrics.

    `kind` is `request`, `retry`, `queued`, `delivered`, `rejected`, `session` or `stream`. `facts` has the event's
    details by name; it contains no key, token or secret.
    """

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """Limits of a client. Times are in s.

    Before a retry, the client waits the server's `Retry-After`, if any, and a random time. The random time is at most
    `backoff_s` after the first try. This limit doubles with each try, up to `longest_backoff_s`. If `Retry-After`
    exceeds `longest_wait_s`, the call fails without a retry.
    """

    timeout_s: float = 10.0
    tries: int = 5
    backoff_s: float = 0.25
    longest_backoff_s: float = 10.0
    longest_wait_s: float = 60.0
    queue_capacity: int = 10_000
    batch_size: int = 50
    on_event: Callable[[TelemetryEvent], None] | None = None
    sleep: Callable[[float], None] | None = None
    """Function that replaces the waits of the client, for tests of a game. Its argument is the duration in s."""

    def pause_s(self, failures: int) -> float:
        """Return a random wait in s after this number of failures (full jitter), without the server's `Retry-After`."""
        longest = min(self.longest_backoff_s, self.backoff_s * 2**failures)
        return random.uniform(0, longest)  # noqa: S311 - spreads clients, protects nothing
