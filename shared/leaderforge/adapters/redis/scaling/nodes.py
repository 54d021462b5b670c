"""Connections to all nodes of a cluster, and each node's view of the cluster."""

import asyncio
import re
import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from leaderforge.domain.addresses import host_and_port
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.slot_plan import NodeId

_REPLY_S = 120.0
"""Time limit of a command in s. A node may need long to move a large key."""
_AGREEMENT_S = 60.0
"""Time limit in s for all nodes to have the same view. Agreement usually takes 1 to 2 s."""
_PAUSE_S = 0.2
_UNUSABLE = frozenset({"handshake", "noaddr", "fail", "fail?"})
_OPEN_SLOT = re.compile(r"\[(\d+)-([<>])-(\w+)\]")


class ScalingFailed(LeaderForgeError):
    """Error for a change of the cluster that did not finish. To continue the change, run the same command again."""

    code = "scaling_failed"


@dataclass(frozen=True, slots=True)
class Member:
    """Node of the cluster, as another node or the node itself sees it.

    `address` is host:port. `primary` is the id of the primary of a replica.
    """

    id: NodeId
    address: str
    bus_port: int
    flags: frozenset[str]
    primary: NodeId | None
    slots: frozenset[int]
    migrating: Mapping[int, NodeId]
    """Slots of this node that have begun to move away, and their targets. Only the node's own view has them."""
    importing: Mapping[int, NodeId]
    """Slots that have begun to move to this node, and their sources."""

    @property
    def is_replica(self) -> bool:
        return self.primary is not None


MemberView = Mapping[NodeId, Member]
"""View of the cluster that one node has: all nodes that it knows, by id."""


@dataclass(frozen=True, slots=True)
class Access:
    """Access to the nodes: their password (None without a password), and whether they use TLS."""

    password: str | None = None
    tls: bool = False


class NodeClients:
    """Clients of single nodes, by address. `close` closes all of them."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self._clients: dict[str, Redis] = {}

    async def ask(self, address: str, *command: bytes | int | str) -> Any:
        """Return the reply of a node. Raises `ScalingFailed`."""
        [reply] = await self.ask_all(address, [command])
        return reply

    async def ask_all(self, address: str, commands: Sequence[Sequence[bytes | int | str]]) -> Sequence[Any]:
        """Send commands in one write, and return the replies in order. Raises `ScalingFailed` on the first error."""
        pipeline = self._client(address).pipeline(transaction=False)
        for command in commands:
            # Pass the words of a command as separate arguments. If `CLUSTER NODES` were one argument, redis-py would
            # parse the reply.
            pipeline.execute_command(*command)
        try:
            # Let redis-py return errors: in an error that it raises, it repeats the arguments of the command. The
            # arguments of `MIGRATE` contain the password.
            replies: Sequence[Any] = await pipeline.execute(raise_on_error=False)
        except (RedisError, OSError, TimeoutError) as error:
            raise ScalingFailed(f"the index node {address} did not answer: {error or type(error).__name__}") from error
        for command, reply in zip(commands, replies, strict=True):
            if isinstance(reply, RedisError):
                raise ScalingFailed(f"the index node {address} refused {command[0]!r}: {reply}") from reply
        return replies

    async def view(self, address: str) -> tuple[NodeId, MemberView]:
        """Return a node's own id, and its view. Raises `ScalingFailed`."""
        text = (await self.ask(address, "CLUSTER", "NODES")).decode()
        nodes = [_node(line, address) for line in text.splitlines()]
        [own_id] = [node.id for node in nodes if "myself" in node.flags]
        return own_id, {node.id: node for node in nodes}

    async def close(self) -> None:
        """Close all connections."""
        await asyncio.gather(*(client.aclose() for client in self._clients.values()))

    def _client(self, address: str) -> Redis:
        if address not in self._clients:
            host, _, port = address.rpartition(":")
            self._clients[address] = Redis(
                host=host,
                port=int(port),
                password=self.access.password,
                ssl=self.access.tls,
                socket_timeout=_REPLY_S,
                retry=Retry(NoBackoff(), 0),
            )
        return self._clients[address]


class ClusterView:
    """Views of all members of a cluster at one moment."""

    def __init__(self, members: MemberView, views: Mapping[NodeId, MemberView], *, all_serve: bool) -> None:
        self.members = members
        """Each member, with its own view of its slots."""
        self._views = views
        self._all_serve = all_serve

    @property
    def primaries(self) -> Sequence[Member]:
        """Members that are not replicas."""
        return [node for node in self.members.values() if not node.is_replica]

    @property
    def owners(self) -> Mapping[int, NodeId]:
        """Owner of each slot."""
        return {slot: node.id for node in self.primaries for slot in node.slots}

    def is_connected(self) -> bool:
        """Return whether all members reach each other and serve keys. A new member refuses keys for the first 2 s."""
        return self._all_serve and all(
            view.keys() == self.members.keys() and not any(node.flags & _UNUSABLE for node in view.values())
            for view in self._views.values()
        )

    def agrees(self) -> bool:
        """Return whether all members can reach each other, and agree on the owner of each slot."""
        slots = {node.id: node.slots for node in self.primaries}
        return self.is_connected() and all(
            {node.id: node.slots for node in view.values() if not node.is_replica} == slots
            for view in self._views.values()
        )

    def at(self, address: str) -> Member | None:
        """Return the member at an address, None if no member has the address."""
        return next((node for node in self.members.values() if node.address == address), None)


async def cluster_view(clients: NodeClients, seeds: Sequence[str]) -> ClusterView:
    """Return the views of all nodes that any reachable seed knows. Raises `ScalingFailed` if a node does not answer."""
    _, nodes = await _first_view(clients, seeds)
    addresses = [node.address for node in nodes.values() if "noaddr" not in node.flags]
    views = [await clients.view(address) for address in addresses]
    states = [await clients.ask(address, "CLUSTER", "INFO") for address in addresses]
    all_serve = all(b"cluster_state:ok" in state for state in states)
    return ClusterView({own_id: view[own_id] for own_id, view in views}, dict(views), all_serve=all_serve)


async def view_once(
    clients: NodeClients, seeds: Sequence[str], is_expected: Callable[[ClusterView], bool]
) -> ClusterView:
    """Return the views as soon as `is_expected` returns true for them. Raises `ScalingFailed` after 60 s."""
    deadline = monotonic() + _AGREEMENT_S
    while True:
        view = await cluster_view(clients, seeds)
        if is_expected(view):
            return view
        if monotonic() > deadline:
            raise ScalingFailed(
                f"the nodes of the index have not agreed on their slots within {_AGREEMENT_S:.0f} s: look for a failed "
                "node in their logs, then run the command again"
            )
        await asyncio.sleep(_PAUSE_S)


async def resolved(address: str) -> str:
    """Return host:port with an IP address, because `CLUSTER MEET` takes no names. Raises `ScalingFailed`."""
    try:
        host, port = host_and_port(address)
    except ValueError as error:
        raise ScalingFailed(f"{address!r} is not the address of a node: {error}") from None
    try:
        addresses = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise ScalingFailed(f"the address {address!r} cannot be resolved: {error}") from error
    return f"{addresses[0][4][0]}:{port}"


async def _first_view(clients: NodeClients, seeds: Sequence[str]) -> tuple[NodeId, MemberView]:
    """Return the view of the first seed that belongs to a cluster."""
    failure = ScalingFailed("LEADERFORGE_REDIS_NODES names no node of a cluster: set it to nodes of the index")
    for seed in seeds:
        try:
            own_id, view = await clients.view(seed)
        except ScalingFailed as error:
            failure = error
            continue
        # Skip a node that knows only itself: it was removed from the cluster, although the settings may still list it.
        if len(view) > 1 or view[own_id].slots:
            return own_id, view
    raise failure


def _node(line: str, source: str) -> Member:
    """Return the node that a line of `CLUSTER NODES` describes. The node at the address `source` has sent the line."""
    node_id, address, flags, primary, _, _, _, _, *slots = line.split()
    endpoint, _, bus = address.partition(",")[0].partition("@")
    host, _, port = endpoint.rpartition(":")
    opened = [match.groups() for match in map(_OPEN_SLOT.fullmatch, slots) if match]
    return Member(
        id=node_id,
        # A node that has not met another node does not report its own host. Use the host of the address `source`.
        address=f"{host or source.rpartition(':')[0]}:{port}",
        bus_port=int(bus),
        flags=frozenset(flags.split(",")),
        primary=None if primary == "-" else primary,
        slots=frozenset(slot for part in slots if not part.startswith("[") for slot in _slots(part)),
        migrating={int(slot): node for slot, sign, node in opened if sign == ">"},
        importing={int(slot): node for slot, sign, node in opened if sign == "<"},
    )


def _slots(part: str) -> range:
    first, _, last = part.partition("-")
    return range(int(first), int(last or first) + 1)
