"""Counts of a checkpoint after moves equal the counts of all keys."""

from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.checkpoints import Moves, checkpoint_of, moved

KEYS = st.sets(st.binary(min_size=3, max_size=3), max_size=40)


@given(KEYS, KEYS, st.integers(1, 5), st.binary(max_size=4))
def test_a_moved_checkpoint_counts_the_later_keys(
    before: set[bytes], after: set[bytes], block: int, bound: bytes
) -> None:
    keys, later = sorted(before), sorted(after)
    counts = [(key, i) for i, key in enumerate(keys)][::block]
    checkpoint = checkpoint_of(7, len(keys), 3, counts)
    moves = Moves(sorted(after - before), sorted(before - after))
    changed = moved(checkpoint, moves, 8)
    assert (changed.revision, changed.total, len(changed)) == (8, len(later), len(counts))
    for i in range(len(changed)):
        assert changed.above_key(i) == sum(key < changed.key(i) for key in later)
    block_start = changed.block_of(bound)
    assert [changed.key(i) <= bound for i in range(len(changed))] == [i <= block_start for i in range(len(changed))]
    sizes = [changed.above_key(i + 1) - changed.above_key(i) for i in range(len(changed) - 1)]
    sizes += [len(later) - changed.above_key(len(changed) - 1)] if len(changed) else []
    assert changed.is_uneven(3) == (max(sizes, default=len(later)) > 3)
