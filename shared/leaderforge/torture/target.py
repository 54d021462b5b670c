"""Deployment that the clients use: its API processes, its keys, and the board of the run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from time import monotonic

from leaderforge.torture.client import Client


@dataclass(slots=True)
class Journal:
    """Current nemesis, the time of its last step, and the time of the database's last restart (s, monotonic)."""

    nemesis: str = "start"
    step: str = ""
    since: float = field(default_factory=monotonic)
    database_back: float = 0.0

    def note(self, nemesis: str, step: str) -> None:
        """Record the current nemesis and its step, which begins now."""
        self.nemesis, self.step, self.since = nemesis, step, monotonic()


@dataclass(frozen=True, slots=True)
class Target:
    """API processes by their URLs, with an admin key, a submit key and the slug of the board.

    `shares_clock` returns whether the clock of the API processes is the clock of this process.
    """

    urls: Sequence[str]
    admin_key: str
    submit_key: str
    board: str
    journal: Journal = field(default_factory=Journal)
    shares_clock: Callable[[], bool] = field(default=lambda: False)

    @property
    def processes(self) -> Sequence[int]:
        """Numbers of the API processes."""
        return range(len(self.urls))

    def client(self, process: int, key: str = "") -> Client:
        """Return a client of one API process. Without a key, its requests are anonymous."""
        return Client(self.urls[process], key)
