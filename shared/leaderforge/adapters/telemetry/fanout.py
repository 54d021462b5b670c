"""Distribution of metrics to several receivers, or to none."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from types import TracebackType

from leaderforge.ports.telemetry import Telemetry


class Fanout:
    """`Telemetry` that forwards each call to all receivers."""

    def __init__(self, receivers: Sequence[Telemetry]) -> None:
        self._receivers = tuple(receivers)

    def transaction(self, name: str) -> AbstractContextManager[None]:
        return _Together([receiver.transaction(name) for receiver in self._receivers])

    def timed(self, name: str) -> AbstractContextManager[None]:
        return _Together([receiver.timed(name) for receiver in self._receivers])

    def count(self, name: str, value: int = 1, **labels: str) -> None:
        for receiver in self._receivers:
            receiver.count(name, value, **labels)

    def observe(self, name: str, value: float) -> None:
        for receiver in self._receivers:
            receiver.observe(name, value)

    def gauge(self, name: str, value: float) -> None:
        for receiver in self._receivers:
            receiver.gauge(name, value)


class _Together:
    """Context manager that enters several contexts and leaves them in reverse order."""

    __slots__ = ("_contexts",)

    def __init__(self, contexts: Sequence[AbstractContextManager[None]]) -> None:
        self._contexts = contexts

    def __enter__(self) -> None:
        for context in self._contexts:
            context.__enter__()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for context in reversed(self._contexts):
            context.__exit__(kind, error, at)
