"""Metrics for New Relic. Importing this module loads New Relic's agent. Import it only if New Relic is configured."""

import os
from contextlib import AbstractContextManager, nullcontext
from time import perf_counter
from types import TracebackType
from typing import Any

import newrelic.agent  # type: ignore[import-untyped]  # the package has no types

_PREFIX = "Custom/LeaderForge"
_GROUP = "Function"
_PRIORITY = 100
"""Priority of the names that this module gives to transactions. It exceeds all priorities of the agent's own names."""
_IN_THE_BACKGROUND = frozenset({"reconcile"})
"""Functions that serve no web request."""


class NewRelic:
    """`Telemetry` through New Relic's agent. Each call of a function is a transaction. Metrics are custom metrics.

    The agent connects in the background, therefore no call waits for it.
    """

    def __init__(self, license_key: str, app_name: str) -> None:
        newrelic.agent.initialize(log_file=os.devnull)
        settings = newrelic.agent.global_settings()
        settings.license_key = license_key
        settings.app_name = app_name
        self._application: Any = newrelic.agent.register_application(app_name, timeout=0)

    def transaction(self, name: str) -> AbstractContextManager[None]:
        if newrelic.agent.current_transaction() is not None:
            # The agent has already started a web transaction. Rename it, because a nested transaction would be lost.
            newrelic.agent.set_transaction_name(name, group=_GROUP, priority=_PRIORITY)
            return nullcontext()
        kind = newrelic.agent.BackgroundTask if name in _IN_THE_BACKGROUND else newrelic.agent.WebTransaction
        transaction: AbstractContextManager[None] = kind(self._application, name, group=_GROUP)
        return transaction

    def timed(self, name: str) -> AbstractContextManager[None]:
        return _Timer(self, name)

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        self._record("/".join([name, *labels.values()]), {"count": value})

    def observe(self, name: str, value: float) -> None:
        self._record(name, value)

    def gauge(self, name: str, value: float) -> None:
        self._record(name, value)

    def close(self) -> None:
        """Send all pending data, for at most 2 s."""
        newrelic.agent.shutdown_agent(timeout=2.0)

    def _record(self, name: str, value: Any) -> None:
        newrelic.agent.record_custom_metric(f"{_PREFIX}/{name}", value, self._application)


class _Timer:
    """Context manager that observes its duration, in s."""

    __slots__ = ("_begin", "_name", "_to")

    def __init__(self, to: NewRelic, name: str) -> None:
        self._to = to
        self._name = name

    def __enter__(self) -> None:
        self._begin = perf_counter()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._to.observe(self._name, perf_counter() - self._begin)
