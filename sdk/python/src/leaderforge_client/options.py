"""Options of a client, and its telemetry."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TelemetryEvent:
    """Event for logs and metrics.

    `kind` is `request`, `retry`, `queued`, `delivered`, `rejected`, `session` or `stream`. `facts` have its numbers;
    they contain no key, token or secret.
    """

    kind: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Options:
    """Limits of a client. Times are in s.

    A retry waits a random time up to `backoff_s`, doubled with each try up to `longest_backoff_s`. It waits at least
    the server's `Retry-After`; if that exceeds `longest_wait_s`, the call fails instead.
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
    """Function that waits in place of the clock, for tests of a game. Its argument is in s."""

    def pause_s(self, failures: int) -> float:
        """Return the random wait after this many failures, without the server's `Retry-After`: full jitter."""
        longest = min(self.longest_backoff_s, self.backoff_s * 2**failures)
        return random.uniform(0, longest)  # noqa: S311 - spreads clients, protects nothing
