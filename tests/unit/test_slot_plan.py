"""Plans of slot moves, by their properties."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.sharding import SLOTS, hash_tags, slot_of
from leaderforge.domain.slot_plan import moves_to_balance


def even(nodes: int) -> dict[int, str]:
    """Return the owners in a new cluster: each node has consecutive slots."""
    return {slot: f"node {slot * nodes // SLOTS}" for slot in range(SLOTS)}


def moved(owners: dict[int, str], nodes: set[str], partition_slots: set[int]) -> dict[int, str]:
    """Return the owners after the planned moves. Fails if a move has a wrong source."""
    after = dict(owners)
    for move in moves_to_balance(owners, nodes, partition_slots):
        for slot in move.slots:
            assert after[slot] == move.source
            after[slot] = move.target
    return after


def slots_of(partitions: int) -> set[int]:
    return {slot_of(tag) for tag in hash_tags(partitions)}


def spread(owners: dict[int, str], nodes: set[str], slots: set[int]) -> int:
    """Return the difference between the largest and the smallest share of the slots."""
    counts = Counter(dict.fromkeys(nodes, 0)) + Counter()
    counts.update(owners[slot] for slot in slots)
    shares = [counts[node] for node in nodes]
    assert sum(shares) == len(slots)
    return max(shares) - min(shares)


@pytest.mark.parametrize("partitions", [1, 3, 8, 64])
@pytest.mark.parametrize("nodes", [1, 3, 6])
def test_an_added_node_takes_an_equal_share_and_no_other_slot_moves(nodes: int, partitions: int) -> None:
    owners, members = even(nodes), {f"node {i}" for i in range(nodes + 1)}
    after = moved(owners, members, slots_of(partitions))
    assert spread(after, members, set(range(SLOTS))) <= 1
    assert spread(after, members, slots_of(partitions)) <= 1
    assert {after[slot] for slot in after if after[slot] != owners[slot]} == {f"node {nodes}"}
    assert moves_to_balance(after, members, slots_of(partitions)) == []


@pytest.mark.parametrize("partitions", [1, 3, 8, 64])
@pytest.mark.parametrize("nodes", [2, 3, 6])
def test_the_slots_of_a_removed_node_spread_over_the_others(nodes: int, partitions: int) -> None:
    owners, members = even(nodes), {f"node {i}" for i in range(nodes - 1)}
    after = moved(owners, members, slots_of(partitions))
    assert spread(after, members, set(range(SLOTS))) <= 1
    assert spread(after, members, slots_of(partitions)) <= 1


@given(
    st.lists(st.integers(0, 4), min_size=64, max_size=64),
    st.sets(st.integers(0, 6), min_size=1),
    st.sets(st.integers(0, 63)),
)
def test_any_layout_is_balanced(layout: list[int], members: set[int], partition_slots: set[int]) -> None:
    owners = {slot: f"node {node}" for slot, node in enumerate(layout)}
    nodes = {f"node {i}" for i in members}
    after = moved(owners, nodes, partition_slots)
    assert spread(after, nodes, partition_slots) <= 1
    assert spread(after, nodes, set(range(64))) <= 1
    assert moves_to_balance(after, nodes, partition_slots) == []
