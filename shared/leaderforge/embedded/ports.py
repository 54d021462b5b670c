"""Free ports on the loopback address."""

import random
import socket
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
BUS_OFFSET = 10_000
"""A cluster node's bus listens at its port plus this."""

LAST = 65_535

_LOWEST, _HIGHEST = 10_000, 22_000
"""Where to look by default: these, and their bus ports, lie below the range that systems give to outgoing
connections, so that a server finds its port still free when it is started again."""


def try_to_listen(port: int, host: str = LOOPBACK) -> None:
    """Raise the `OSError` that a server would meet that wanted to listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a server could listen on the port."""
    try:
        try_to_listen(port, host)
    except OSError:
        return False
    return True


def free_port(first: int | None = None) -> int:
    """Return the first free port from the given one on, or any."""
    return _search(1, first, (0,))[0]


def free_node_ports(count: int, first: int | None = None) -> list[int]:
    """Return as many ports that are free together with their bus ports."""
    return _search(count, first, (0, BUS_OFFSET))


def _search(count: int, first: int | None, offsets: Collection[int]) -> list[int]:
    start = random.randrange(_LOWEST, _HIGHEST) if first is None else first  # noqa: S311 - only spreads parallel runs
    found: list[int] = []
    for port in range(start, LAST + 1 - max(offsets)):
        if all(is_free(port + offset) for offset in offsets):
            found.append(port)
        if len(found) == count:
            return found
    raise OSError(f"there are no {count} free ports from {start} on")
