from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.selection import Selection


def _select(parts: list[list[int]], rank: int) -> tuple[int | None, int, int]:
    """Return the selected key (None without such a rank), the number of rounds and the number of fetched keys."""
    selection = Selection([len(part) for part in parts], rank)
    rounds = fetched = 0
    while not selection.done:
        probes = selection.probes()
        keys = [[part[i].to_bytes(8, "big") for i in wanted] for part, wanted in zip(parts, probes, strict=True)]
        selection.narrow(probes, keys)
        rounds += 1
        fetched += sum(map(len, probes))
    return selection.key and int.from_bytes(selection.key, "big"), rounds, fetched


@given(
    st.lists(st.integers(0, 500), min_size=1, max_size=9),
    st.randoms(use_true_random=False),
    st.sampled_from(["shuffled", "sorted", "interleaved"]),
    st.floats(0, 1),
)
def test_selection_finds_the_entry_at_any_rank_of_any_distribution(sizes, random: Random, shape, where):
    total = sum(sizes)
    keys = list(range(total))
    if shape == "shuffled":
        random.shuffle(keys)
    elif shape == "interleaved":
        keys = keys[::2] + keys[1::2]
    cuts = [sum(sizes[:i]) for i in range(len(sizes) + 1)]
    parts = [sorted(keys[a:b]) for a, b in pairwise(cuts)]
    rank = int(where * (total + 1))
    key, rounds, _ = _select(parts, rank)
    assert key == (rank - 1 if 1 <= rank <= total else None)
    assert rounds <= 12


@pytest.fixture(scope="module", params=[1, 2, 8, 32, 64])
def million(request: pytest.FixtureRequest) -> list[list[int]]:
    """A million players, hashed to partitions."""
    random = Random(request.param)
    parts: list[list[int]] = [[] for _ in range(request.param)]
    for key in range(1_000_000):
        parts[random.randrange(request.param)].append(key)
    return parts


@pytest.mark.parametrize("rank", [1, 2, 12_345, 500_000, 999_999, 1_000_000])
def test_selection_among_a_million_hashed_players_fetches_few(million, rank):
    key, rounds, fetched = _select(million, rank)
    assert key == rank - 1
    assert rounds <= 6
    assert fetched <= 2_000 + 100 * len(million)


def test_partitions_that_shrink_meanwhile_end_the_search():
    selection = Selection([1000, 1000], 1500)
    while not selection.done:
        selection.narrow(selection.probes(), [[], []])
    assert selection.key is None


@pytest.mark.parametrize("rank", [-1, 0, 4])
def test_ranks_that_are_not_there_are_found_at_once(rank):
    selection = Selection([1, 2], rank)
    assert selection.done
    assert selection.key is None
