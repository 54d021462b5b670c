"""Plan of the slots that move between nodes of the index, so that each node has an equal share."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

NodeId = str
"""Id of a node in its cluster, 40 hexadecimal digits."""


@dataclass(frozen=True, slots=True)
class SlotMove:
    """Move of consecutive slots from one node to another node."""

    slots: range
    source: NodeId
    target: NodeId


def moves_to_balance(
    owners: Mapping[int, NodeId], nodes: Collection[NodeId], partition_slots: Collection[int]
) -> Sequence[SlotMove]:
    """Return the fewest moves that give all slots to `nodes`, in equal shares.

    `owners` has the node of each slot. First balance `partition_slots` (only these have keys), then the other slots.
    """
    targets = dict(owners)
    _balance(targets, sorted(set(partition_slots)), nodes)
    _balance(targets, sorted(targets.keys() - partition_slots), nodes, fixed=partition_slots)
    changed = [(slot, owners[slot], target) for slot, target in sorted(targets.items()) if owners[slot] != target]
    return [SlotMove(range(run[0][0], run[-1][0] + 1), *run[0][1:]) for run in _runs(changed)]


def _balance(
    targets: dict[int, NodeId], slots: Sequence[int], nodes: Collection[NodeId], fixed: Collection[int] = ()
) -> None:
    """Change the targets of `slots`, so that each of `nodes` owns equally many of `slots` and `fixed` together."""
    owned: dict[NodeId, list[int]] = {node: [] for node in nodes}
    free: list[int] = []
    for slot in slots:
        owned.get(targets[slot], free).append(slot)
    fixed_counts = {node: sum(targets[slot] == node for slot in fixed) for node in nodes}
    # The nodes with the most slots get the larger shares if shares differ by one slot. Fewer slots then move.
    ranked = sorted(nodes, key=lambda node: (-fixed_counts[node] - len(owned[node]), node))
    share, larger = divmod(len(slots) + len(fixed), len(ranked))
    shares = {node: share + (i < larger) - fixed_counts[node] for i, node in enumerate(ranked)}
    for node in ranked:
        # Take away the last slots of a node, so that its remaining slots are long ranges.
        size = max(0, shares[node])
        free += owned[node][size:]
        del owned[node][size:]
    free.sort()
    for node in ranked:
        count = shares[node] - len(owned[node])
        if count > 0:
            targets.update(dict.fromkeys(free[:count], node))
            del free[:count]


def _runs(changed: Sequence[tuple[int, NodeId, NodeId]]) -> Sequence[Sequence[tuple[int, NodeId, NodeId]]]:
    """Return the changed slots in runs. The slots of a run are consecutive, with one source and one target."""
    numbered = groupby(enumerate(changed), key=lambda pair: (pair[1][0] - pair[0], pair[1][1:]))
    return [[change for _, change in run] for _, run in numbered]
