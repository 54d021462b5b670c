"""Sort keys and their positions in earlier reads. A position may have changed since then.

Most entries keep their position between two reads, or move little. A known entry near a rank is therefore a good start
of the search for the entry at this rank.
"""

from bisect import bisect_left, bisect_right

from leaderforge.domain.order import FIRST

_MAX_LANDMARKS = 1024
"""Maximum landmarks of a ladder. A search among 1,000,000 entries then starts some 250 entries from its target."""


class Landmarks:
    """Landmarks of one ladder: sort keys, each with the number of entries above it at its last observation.

    Sort keys and numbers ascend together. A new observation replaces landmarks that contradict it or are close to it.
    """

    def __init__(self) -> None:
        self._keys = [FIRST]
        self._above = [0]

    def nearest(self, position: int) -> tuple[bytes, int]:
        """Return the landmark closest to a position (from 0): its key, and the number of entries above it."""
        i = bisect_left(self._above, position)
        if i == len(self._above) or (i and position - self._above[i - 1] < self._above[i] - position):
            i -= 1
        return self._keys[i], self._above[i]

    def observe(self, key: bytes, above: int, total: int) -> None:
        """Store the observation that `above` of the ladder's `total` entries are above a sort key."""
        distance = total // _MAX_LANDMARKS
        i = bisect_left(self._keys, key)
        low = bisect_left(self._above, above - distance, hi=i)
        # If entries above the key have left, its former landmark is not among the close ones. Replace it too: otherwise
        # it would stay the nearest one of its former position, and mislead each search there.
        is_stored = i < len(self._keys) and self._keys[i] == key
        high = max(bisect_right(self._above, above + distance, lo=i), i + is_stored)
        self._keys[low:high] = [key]
        self._above[low:high] = [above]
