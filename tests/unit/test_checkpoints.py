"""Counts of a checkpoint after moves equal the counts of all keys."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.checkpoints import Checkpoint, Moves, checkpoint_of, moved

KEYS = st.sets(st.binary(min_size=3, max_size=3), max_size=40)


@given(KEYS, KEYS, st.integers(1, 5), st.integers(0, 2), st.binary(max_size=4))
def test_a_moved_checkpoint_counts_the_later_keys(
    before: set[bytes], after: set[bytes], block: int, first: int, bound: bytes
) -> None:
    keys, later = sorted(before), sorted(after)
    counts = [(key, i) for i, key in enumerate(keys)][first::block]
    checkpoint = checkpoint_of(7, len(keys), 3, counts)
    moves = Moves(sorted(after - before), sorted(before - after))
    changed = moved(checkpoint, moves, 8)
    assert (changed.revision, changed.total) == (8, len(later))
    assert keys_of(changed) == new_best(checkpoint, moves) + keys_of(checkpoint)
    for i in range(len(changed)):
        assert changed.above_key(i) == sum(key < changed.key(i) for key in later)
    block_start = changed.block_of(bound)
    assert [changed.key(i) <= bound for i in range(len(changed))] == [i <= block_start for i in range(len(changed))]
    edges = [b"", *keys_of(changed), b"\xff" * 4]
    sizes = [sum(start <= key < end for key in later) for start, end in pairwise(edges)]
    assert changed.lead == sizes[0]
    assert changed.is_uneven(3) == (max(sizes) > 3)


def keys_of(checkpoint: Checkpoint) -> list[bytes]:
    return [checkpoint.key(i) for i in range(len(checkpoint))]


def new_best(checkpoint: Checkpoint, moves: Moves) -> list[bytes]:
    """Return the best arrival if it is above the first key, and no entry was above the first key. Else return none."""
    first_keys = keys_of(checkpoint)[:1]
    return [key for key in moves.arrivals[:1] if not checkpoint.lead and all(key < other for other in first_keys)]
