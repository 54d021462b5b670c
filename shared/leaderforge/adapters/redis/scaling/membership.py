"""Nodes that join and leave the index's cluster."""

from collections.abc import Callable, Collection, Sequence

from leaderforge.adapters.redis.scaling.moving import (
    AtomicMoves,
    KeyMoves,
    OnSlotsMoved,
    supports_atomic_moves,
)
from leaderforge.adapters.redis.scaling.nodes import (
    ClusterView,
    Member,
    NodeClients,
    ScalingFailed,
    cluster_view,
    resolved,
    view_once,
)
from leaderforge.domain.slot_plan import NodeId, moves_to_balance


class Membership:
    """Changes of the members of a cluster. To continue an interrupted change, call the same method again.

    `seeds` are addresses of members. `partition_slots` are the slots of the index's partitions. No other slot has keys.
    Only one change may run at a time. With `key_by_key`, keys move one after another, even if the servers can move
    slots in one piece.
    """

    def __init__(
        self, clients: NodeClients, seeds: Sequence[str], partition_slots: Collection[int], *, key_by_key: bool = False
    ) -> None:
        self._clients = clients
        self._seeds = list(seeds)
        self._partition_slots = partition_slots
        self._key_by_key = key_by_key

    async def nodes(self) -> Sequence[Member]:
        """Return all members, each primary before its replicas."""
        members = (await cluster_view(self._clients, self._seeds)).members
        primaries = {node.id: members.get(node.primary or "", node).address for node in members.values()}
        return sorted(members.values(), key=lambda node: (primaries[node.id], node.is_replica, node.address))

    async def add(self, address: str, advance: OnSlotsMoved) -> int:
        """Let an empty node join, and give it an equal share of the slots. Return the number of slots that moved."""
        await self._join(address)
        return await self.balance(advance)

    async def add_replica(self, address: str, primary_address: str) -> None:
        """Let an empty node join as a replica of a primary."""
        node_id = await self._join(address)
        primary = (await cluster_view(self._clients, self._seeds)).at(await resolved(primary_address))
        if primary is None or primary.is_replica:
            raise ScalingFailed(f"{primary_address} is not a primary of the index: see `leaderforge index nodes`")
        await self._clients.ask(await resolved(address), "CLUSTER", "REPLICATE", primary.id)
        await self._view_once(lambda view: view.agrees() and view.members[node_id].primary == primary.id)

    async def remove(self, address: str, advance: OnSlotsMoved) -> int:
        """Move all slots of a node to the other nodes, and let the node leave. Return the number of moved slots."""
        node_address = await resolved(address)
        view = await cluster_view(self._clients, self._seeds)
        node = view.at(node_address)
        if node is None:
            await self._reset_forgotten(node_address, view)
            return 0
        _require_removable(node, view)
        remaining = [primary.id for primary in view.primaries if primary.id != node.id]
        moved = 0 if node.is_replica else await self._balance(remaining, advance)
        await self._forget(node)
        return moved

    async def balance(self, advance: OnSlotsMoved) -> int:
        """Give all primaries equal shares of the slots. Return the number of slots that moved."""
        view = await cluster_view(self._clients, self._seeds)
        return await self._balance([node.id for node in view.primaries], advance)

    async def _balance(self, nodes: Collection[NodeId], advance: OnSlotsMoved) -> int:
        is_atomic = await self._settle()
        view = await self._view_once(ClusterView.agrees)
        moves = moves_to_balance(view.owners, nodes, self._partition_slots)
        kind = AtomicMoves if is_atomic and not self._key_by_key else KeyMoves
        for move in moves:
            await kind(self._clients, view.members).move(move, advance)
        await self._view_once(ClusterView.agrees)
        return sum(len(move.slots) for move in moves)

    async def _settle(self) -> bool:
        """Complete the moves of interrupted calls. Return whether all nodes can move slots in one piece."""
        members = (await self._view_once(ClusterView.is_connected)).members
        await KeyMoves(self._clients, members).finish()
        if not await supports_atomic_moves(self._clients, members):
            return False
        await AtomicMoves(self._clients, members).settle()
        return True

    async def _view_once(self, is_expected: Callable[[ClusterView], bool]) -> ClusterView:
        return await view_once(self._clients, self._seeds, is_expected)

    async def _join(self, address: str) -> NodeId:
        """Let the node join unless it is a member. Return the node's id once all members know the node."""
        node_address = await resolved(address)
        node_id, own_view = await self._clients.view(node_address)
        view = await cluster_view(self._clients, self._seeds)
        if node_id not in view.members:
            await self._require_new(node_address, own_view[node_id], is_alone=len(own_view) == 1)
            host, _, port = node_address.rpartition(":")
            member = view.primaries[0].address
            await self._clients.ask(member, "CLUSTER", "MEET", host, int(port), own_view[node_id].bus_port)
        await self._view_once(lambda view: view.is_connected() and node_id in view.members)
        return node_id

    async def _require_new(self, address: str, node: Member, *, is_alone: bool) -> None:
        if not is_alone or node.slots:
            raise ScalingFailed(f"the node {address} belongs to another cluster: run `CLUSTER RESET` on it first")
        if await self._clients.ask(address, "DBSIZE"):
            raise ScalingFailed(f"the node {address} has data: start it empty, or run `FLUSHALL` on it first")

    async def _forget(self, node: Member) -> None:
        """Remove a node without slots from the views of all other nodes, then make the node forget the other nodes."""
        view = await cluster_view(self._clients, self._seeds)
        # All members must forget the node within 60 s. Otherwise, a member that still knows the node introduces it to
        # the others again.
        for member in view.members.values():
            if member.id != node.id and node.id in (await self._clients.view(member.address))[1]:
                await self._clients.ask(member.address, "CLUSTER", "FORGET", node.id)
        await self._reset(node.address)

    async def _reset(self, address: str) -> None:
        # HARD gives the node a new id. With its former id, it could not join again for a minute: each member refuses an
        # id that it has forgotten, and gossip spreads this refusal.
        await self._clients.ask(address, "CLUSTER", "RESET", "HARD")

    async def _reset_forgotten(self, address: str, view: ClusterView) -> None:
        """Reset a former member that all members have forgotten. Raises `ScalingFailed` for another node."""
        node_id, own_view = await self._clients.view(address)
        if not own_view.keys() & view.members.keys() or own_view[node_id].slots:
            raise ScalingFailed(f"the node {address} does not belong to the index: see `leaderforge index nodes`")
        await self._reset(address)


def _require_removable(node: Member, view: ClusterView) -> None:
    replicas = [other.address for other in view.members.values() if other.primary == node.id]
    if replicas:
        raise ScalingFailed(f"the node {node.address} has replicas: remove {', '.join(sorted(replicas))} first")
    if not node.is_replica and len(view.primaries) == 1:
        raise ScalingFailed(f"the node {node.address} is the only primary of the index: add another node first")
