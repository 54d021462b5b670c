from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.sharding import MAX_PARTITIONS, SLOTS, hash_tags, mix64, partition_of, slot_of
from tests.strategies import user_ids

# Published in docs/architecture.md. The first two are the outputs of SplitMix64 for the seeds 0 and 1.
VECTORS = {
    0: 0xE220A8397B1DCDAF,
    1: 0x910A2DEC89025CC1,
    2: 0x975835DE1C9756CE,
    123: 0xB4DC9BD462DE412B,
    -1: 0xE4D971771B652C20,
    2**53 - 1: 0x24B94FACEFB6559F,
}


def test_the_hash_matches_its_published_vectors():
    assert {n: mix64(n) for n in VECTORS} == VECTORS


@given(user_ids, st.integers(1, MAX_PARTITIONS))
def test_every_player_has_one_partition(user_id, partitions):
    assert 0 <= partition_of(user_id, partitions) < partitions


@pytest.mark.parametrize("step", [1, 2, 8, 1000, 4096])
@pytest.mark.parametrize("partitions", [2, 3, 8, 64])
def test_players_spread_evenly_however_their_ids_are_made(step, partitions):
    players = 20_000
    sizes = Counter(partition_of(i * step, partitions) for i in range(players))
    mean = players / partitions
    # Allow partitions to differ from the mean by six standard deviations of a uniform distribution.
    assert all(abs(sizes[p] - mean) < 6 * mean**0.5 for p in range(partitions))


def test_the_slot_is_the_one_that_the_cluster_computes():
    # The example of the cluster specification: CRC16 of "123456789" is 0x31C3.
    assert slot_of("123456789") == 0x31C3


@pytest.mark.parametrize("partitions", [1, 2, 3, 6, 8, 32, 64, 100, MAX_PARTITIONS])
def test_tags_lie_in_the_middle_of_equal_shares_of_the_slots(partitions):
    slots = [slot_of(tag) for tag in hash_tags(partitions)]
    assert slots == [(2 * i + 1) * SLOTS // (2 * partitions) for i in range(partitions)]


@pytest.mark.parametrize("nodes", [1, 2, 3, 6, 12])
@pytest.mark.parametrize("partitions", [12, 24, 64])
def test_any_even_split_of_the_slots_spreads_the_partitions_evenly(nodes, partitions):
    owners = Counter(slot_of(tag) * nodes // SLOTS for tag in hash_tags(partitions))
    assert max(owners.values()) - min(owners[n] for n in range(nodes)) <= 1


@pytest.mark.parametrize("partitions", [0, -1, MAX_PARTITIONS + 1])
def test_impossible_numbers_of_partitions_are_refused(partitions):
    with pytest.raises(ValueError, match="partitions"):
        hash_tags(partitions)
