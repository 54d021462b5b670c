"""Traces of requests."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol


class Tracer(Protocol):
    """Recorder of the steps that a request waits for. Processes without traces have no tracer."""

    def caller(self) -> Any:
        """Return a reference to the current request, for `batch`. Return None if the request is not recorded."""
        ...

    def batch(self, name: str, callers: Sequence[Any]) -> AbstractContextManager[None]:
        """Record the block as the common work of these callers."""
        ...

    def exchange(self, server: str, address: str, requests: int = 1) -> AbstractContextManager[None]:
        """Record the block as an exchange of this many requests with a server, such as "valkey", at an address.

        The address is `host:port`, `host` or empty.
        """
        ...
