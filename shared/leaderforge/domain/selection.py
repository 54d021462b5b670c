"""Selection of the entry at a rank of the whole ladder, from sorted partitions. Each round probes a few positions.

This is multi-way selection by pivots, after Frederickson and Johnson (The complexity of selection and ranking in X+Y
and matrices with sorted columns, 1982). In each partition, every probed key bounds the number of entries before it. The
sums of these bounds show which keys are before and after the target. Only entries between such keys are candidates.

Players are hashed to partitions, and the target is therefore probably near the same fraction of each partition. Probes
are densest there. Their distances grow geometrically, which reduces the candidates by a constant factor per round for
any distribution.
"""

from bisect import bisect_left
from collections.abc import Sequence
from math import isqrt

from leaderforge.domain.merge import nth

FEW = 160
"""Average number of candidates per partition up to which reading all of them costs less than another round."""


class Selection:
    """Search for the entry with `rank` - 1 entries above it.

    `sizes` are the numbers of entries of the partitions. Call `probes` and `narrow` in turn until `done`. Then `key` is
    the entry's sort key. `key` is None if no entry has this rank, for example because partitions have lost entries
    meanwhile.
    """

    def __init__(self, sizes: Sequence[int], rank: int) -> None:
        self._target = rank - 1
        self._low = [0] * len(sizes)
        self._high = list(sizes)
        self.key: bytes | None = None
        self.done = not 0 <= self._target < sum(sizes)

    def probes(self) -> list[list[int]]:
        """Return the local positions (from 0, ascending) to read next, for each partition."""
        candidates = sum(self._high) - sum(self._low)
        if candidates <= FEW * len(self._low):
            return [list(range(low, high)) for low, high in zip(self._low, self._high, strict=True)]
        offset = self._target - sum(self._low)
        return [
            _spread(low, high, low + offset * (high - low) // candidates)
            for low, high in zip(self._low, self._high, strict=True)
        ]

    def narrow(self, probes: Sequence[Sequence[int]], keys: Sequence[Sequence[bytes]]) -> None:
        """Narrow the search by the keys at the probed positions. If keys are missing, the partition has shrunk."""
        if all(len(p) == high - low for p, low, high in zip(probes, self._low, self._high, strict=True)):
            self.key = nth(keys, self._target - sum(self._low))
            self.done = True
            return
        self._high = [
            min(high, positions[len(part)]) if len(part) < len(positions) else high
            for high, positions, part in zip(self._high, probes, keys, strict=True)
        ]
        pivots = sorted(key for part in keys for key in part)
        past = bisect_left(pivots, True, key=lambda key: sum(self._least(key, probes, keys)) > self._target)
        upto = bisect_left(pivots, True, key=lambda key: sum(self._most(key, probes, keys)) > self._target) - 1
        low = self._least(pivots[upto], probes, keys) if upto >= 0 else self._low
        high = self._most(pivots[past], probes, keys) if past < len(pivots) else self._high
        self._low, self._high = low, high
        # The lower and the upper bound of this pivot are equal: exactly `target` entries precede it.
        if upto >= 0 and sum(low) == self._target == sum(self._most(pivots[upto], probes, keys)):
            self.key = pivots[upto]
            self.done = True
        # Entries were removed meanwhile, and no entry has this rank any more.
        elif not sum(low) <= self._target < sum(high):
            self.done = True

    def _least(self, key: bytes, probes: Sequence[Sequence[int]], keys: Sequence[Sequence[bytes]]) -> list[int]:
        """Return, for each partition, a lower bound of the number of its entries that precede `key`."""
        return [
            _preceding(part, key, positions, low) for low, positions, part in zip(self._low, probes, keys, strict=True)
        ]

    def _most(self, key: bytes, probes: Sequence[Sequence[int]], keys: Sequence[Sequence[bytes]]) -> list[int]:
        """Return, for each partition, an upper bound of the number of its entries that precede `key`."""
        return [
            positions[i] if (i := bisect_left(part, key)) < len(part) else high
            for high, positions, part in zip(self._high, probes, keys, strict=True)
        ]


def _preceding(part: Sequence[bytes], key: bytes, positions: Sequence[int], low: int) -> int:
    """Return a lower bound of the number of entries of one partition that precede `key`."""
    i = bisect_left(part, key)
    if i < len(part) and part[i] == key:
        return positions[i]
    return positions[i - 1] + 1 if i else low


def _spread(low: int, high: int, centre: int) -> list[int]:
    """Return positions in [low, high): dense around the centre, geometrically wider beyond."""
    positions = {low, centre, high - 1}
    deviation = max(4, isqrt(high - low))
    step = deviation // 4
    while step < high - low:
        positions |= {centre - step, centre + step}
        step = step * 3 // 2 + 1 if step < 2 * deviation else step * 4
    return sorted(p for p in positions if low <= p < high)
