"""Resource use of the nodes of an index, as they report it."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from redis import Redis


@dataclass(frozen=True, slots=True)
class Usage:
    """Resource use of one node: processor time, commands (including commands of scripts), calls of scripts, and memory
    in bytes.
    """

    processor_s: float
    commands: int
    scripts: int
    memory_bytes: int

    def since(self, before: "Usage") -> "Usage":
        """Return the use since `before`."""
        return Usage(
            self.processor_s - before.processor_s,
            self.commands - before.commands,
            self.scripts - before.scripts,
            self.memory_bytes - before.memory_bytes,
        )


class Nodes(ExitStack):
    """Connections to the nodes of a cluster."""

    def __init__(self, addresses: Sequence[str]) -> None:
        super().__init__()
        self._addresses = addresses

    def __enter__(self) -> Self:
        parts = [address.rpartition(":") for address in self._addresses]
        self._clients = [self.enter_context(Redis(host=host, port=int(port))) for host, _, port in parts]
        return super().__enter__()

    def usage(self) -> list[Usage]:
        """Return the use of each node so far."""
        return [_usage(client) for client in self._clients]

    def empty(self) -> None:
        """Delete all data of the nodes."""
        for client in self._clients:
            client.execute_command("FLUSHALL", "SYNC")


def _usage(client: "Redis") -> Usage:
    told = client.info("everything")
    calls = {name: int(stats["calls"]) for name, stats in told.items() if name.startswith("cmdstat_")}
    return Usage(
        processor_s=float(told["used_cpu_user"]) + float(told["used_cpu_sys"]),
        commands=sum(calls.values()),
        scripts=sum(calls.get(f"cmdstat_{name}", 0) for name in ("evalsha", "eval", "evalsha_ro", "eval_ro")),
        memory_bytes=int(told["used_memory"]),
    )
