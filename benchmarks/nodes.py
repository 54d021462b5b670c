"""What the nodes of an index have done so far, as they tell it themselves."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Self

from redis import Redis


@dataclass(frozen=True, slots=True)
class Usage:
    """One node's processor time, commands (those that scripts run included), calls from outside, and memory in use."""

    processor_s: float
    commands: int
    scripts: int
    memory_bytes: int

    def since(self, before: "Usage") -> "Usage":
        """Return what was used since then."""
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
        """Return what each node has used so far."""
        return [_usage(client) for client in self._clients]

    def empty(self) -> None:
        """Drop everything that the nodes hold."""
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
