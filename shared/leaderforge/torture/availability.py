"""Times that clients had to wait or to retry, and times until the product was healthy again."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from leaderforge.torture.client import Reply


@dataclass(slots=True)
class Availability:
    """Longest outages by nemesis, in s.

    `reads_down_s`: from a process's first refused read to the process's next answer, or from a read to its answer.
    `writes_down_s`: from the first attempt of a write to its acknowledgement.
    `healed_after_s`: from the end of a nemesis until all processes answer from the index.
    """

    acknowledged: Counter[str] = field(default_factory=Counter)
    reads_down_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    writes_down_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    healed_after_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    _refused_since: dict[int, float] = field(default_factory=dict)

    def on_read(self, nemesis: str, process: int, answer: Reply) -> None:
        """Record a read of a process."""
        if 200 <= answer.status < 500:
            since = self._refused_since.pop(process, answer.sent)
            _raise(self.reads_down_s, nemesis, answer.came - since)
        else:
            self._refused_since.setdefault(process, answer.sent)

    def on_write(self, nemesis: str, answer: Reply, began: float | None) -> None:
        """Record an attempt of a write. The first attempt of the write was sent at `began` (s, monotonic)."""
        if 200 <= answer.status < 500:
            self.acknowledged[nemesis] += 1
            _raise(self.writes_down_s, nemesis, answer.came - (answer.sent if began is None else began))

    def on_healed(self, nemesis: str, seconds: float) -> None:
        """Record the time until the product was healthy after a nemesis."""
        _raise(self.healed_after_s, nemesis, seconds)

    def row(self, nemesis: str) -> str:
        """Return the outages of a nemesis as columns of a table."""
        healed = f"{self.healed_after_s[nemesis]:.1f}" if nemesis in self.healed_after_s else "-"
        return f"{self.reads_down_s[nemesis]:>15.1f}{self.writes_down_s[nemesis]:>15.1f}{healed:>17}"


def _raise(longest: defaultdict[str, float], nemesis: str, seconds: float) -> None:
    longest[nemesis] = round(max(longest[nemesis], seconds), 2)
