"""Checkpoints: stored counts of a ladder's entries at a moment. Reads at later moments start from these counts."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from operator import add
from struct import pack, unpack, unpack_from

from leaderforge.domain.order import USER_BYTES, user_bytes

BLOCK = 128
"""Number of states in a block: from one sort key of a new checkpoint to the next. A read counts within one block.

A block has at most this number of entries, because each entry is a state.
"""
MAX_KEYS = 8_192
"""Maximum number of sort keys that a scan chooses. A ladder of more than a million states has larger blocks."""
_MAX_MOVED_KEYS = 2 * MAX_KEYS
"""Maximum number of sort keys to which a checkpoint grows by the keys of later best entries."""
UNEVEN = 16
"""Maximum size of a block, as a multiple of the size of a new block.

If a block is larger, for example because many players begin with the same score, new keys come from a scan.
"""
_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Numbers of entries as of a revision: the total, and the number above each of some sort keys, in key order.

    `keys` has the concatenated sort keys, of `width` bytes each. `above` has the concatenated numbers of entries above
    them, of 8 bytes each.
    """

    revision: int
    total: int
    width: int
    keys: bytes
    above: bytes

    def __len__(self) -> int:
        return len(self.above) // _NUMBER_BYTES

    def key(self, i: int) -> bytes:
        """Return the sort key number `i`."""
        return self.keys[i * self.width : (i + 1) * self.width]

    def above_key(self, i: int) -> int:
        """Return the number of entries above the sort key number `i`."""
        (above,) = unpack_from(">q", self.above, i * _NUMBER_BYTES)
        return int(above)

    def numbers(self) -> Sequence[int]:
        """Return the numbers of entries above all sort keys."""
        return unpack(f">{len(self)}q", self.above)

    def block_of(self, bound: bytes) -> int:
        """Return the position in `keys` of the last sort key at or above a bound, -1 without such a key."""
        return bisect_right(range(len(self)), bound, key=self.key) - 1

    @property
    def lead(self) -> int:
        """Return the number of entries above the first sort key, or of all entries without a sort key."""
        return self.above_key(0) if len(self) else self.total

    def is_uneven(self, most: int) -> bool:
        """Return whether any block, the entries from one sort key to the next, has more than `most` entries.

        The entries above the first sort key are a block too.
        """
        return any(after - before > most for before, after in pairwise([0, *self.numbers(), self.total]))


@dataclass(frozen=True, slots=True)
class Moves:
    """Sort keys of the players whose standings changed between two moments.

    `arrivals` has the keys at the later moment, `departures` the keys at the earlier moment. Both are sorted.
    """

    arrivals: Sequence[bytes] = ()
    departures: Sequence[bytes] = ()

    def above(self, bound: bytes) -> int:
        """Return by how much the moves raise the number of entries above a bound, negative if they lower it."""
        return bisect_left(self.arrivals, bound) - bisect_left(self.departures, bound)

    @property
    def growth(self) -> int:
        """Return by how much the moves raise the number of entries, negative if they lower it."""
        return len(self.arrivals) - len(self.departures)


def checkpoint_of(revision: int, total: int, width: int, counts: Iterable[tuple[bytes, int]]) -> Checkpoint:
    """Return the checkpoint with the number of entries above each sort key of `width` bytes."""
    pairs = list(counts)
    keys, above = b"".join(key for key, _ in pairs), [n for _, n in pairs]
    return Checkpoint(revision, total, width, keys, pack(f">{len(above)}q", *above))


def moved(checkpoint: Checkpoint, moves: Moves, revision: int) -> Checkpoint:
    """Return the checkpoint at a later revision: the same sort keys, with their numbers after the moves.

    If no entry was above the first sort key, a new best entry becomes the first sort key. Without this key, all entries
    of a board whose scores only grow would soon be above the first key. Reads of the best entries also start at this
    key, and skip all states of later moments above it.
    """
    # Search for each moved key among the checkpoint's keys, because there are fewer moves than keys.
    raises = [0] * (len(checkpoint) + 1)
    for places, change in ((moves.arrivals, 1), (moves.departures, -1)):
        for place in places:
            raises[checkpoint.block_of(place) + 1] += change
    above = list(map(add, checkpoint.numbers(), accumulate(raises)))
    keys, total = checkpoint.keys, checkpoint.total + moves.growth
    best = moves.arrivals[0] if moves.arrivals and not checkpoint.lead else None
    if best is not None and checkpoint.block_of(best) < 0 and len(checkpoint) < _MAX_MOVED_KEYS:
        keys, above = best + keys, [0, *above]
    return Checkpoint(revision, total, checkpoint.width, keys, pack(f">{len(above)}q", *above))


def without_keys_of(checkpoint: Checkpoint, user_ids: Collection[int]) -> Checkpoint:
    """Return the checkpoint without the keys of some players. The other keys keep their numbers, which stay exact."""
    ends = {user_bytes(user_id) for user_id in user_ids}
    # This search in the concatenated keys is fast. A match across two keys only costs the slower search below.
    if not any(end in checkpoint.keys for end in ends):
        return checkpoint
    keys = ((checkpoint.key(i), checkpoint.above_key(i)) for i in range(len(checkpoint)))
    kept = (pair for pair in keys if pair[0][-USER_BYTES:] not in ends)
    return checkpoint_of(checkpoint.revision, checkpoint.total, checkpoint.width, kept)
