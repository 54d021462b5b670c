"""Free ports on the loopback address."""

import random
import socket
from collections.abc import Collection

LOOPBACK = "127.0.0.1"
BUS_OFFSET = 10_000
"""Difference between the port of a cluster node and the port of its bus."""

LAST = 65_535

_LOWEST, _HIGHEST = 10_000, 22_000
"""Range of default ports. These ports and their bus ports are below the range of ports for outgoing connections.

Therefore, no outgoing connection can take the port of a server that is restarting.
"""


def try_to_listen(port: int, host: str = LOOPBACK) -> None:
    """Bind to the port and release it. Raises `OSError` if a server cannot listen there."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Return whether a server can listen on the port."""
    try:
        try_to_listen(port, host)
    except OSError:
        return False
    return True


def free_port(first: int | None = None) -> int:
    """Return the first free port at or above `first`, or above a random one. Raises `OSError` if there is none."""
    return _search(1, first, (0,))[0]


def free_node_ports(count: int, first: int | None = None) -> list[int]:
    """Return `count` ports that are free together with their bus ports. Raises `OSError` if there are fewer."""
    return _search(count, first, (0, BUS_OFFSET))


def _search(count: int, first: int | None, offsets: Collection[int]) -> list[int]:
    start = random.randrange(_LOWEST, _HIGHEST) if first is None else first  # noqa: S311 - only separates parallel runs
    ports: list[int] = []
    for port in range(start, LAST + 1 - max(offsets)):
        if all(is_free(port + offset) for offset in offsets):
            ports.append(port)
        if len(ports) == count:
            return ports
    raise OSError(f"fewer than {count} free ports from {start}")
