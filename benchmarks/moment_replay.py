"""Replay of all changes of a board, in the order of their times, without code of the product.

`benchmarks.moments` compares reads at moments with it. A replay walks forward once, therefore many moments are cheap.
"""

from bisect import bisect_left, insort
from collections.abc import Mapping, Sequence
from typing import NamedTuple

COUNTRIES = 50
ACTS = ("hide", "show", "void", "remove", "set", "move")

Entry = tuple[int, int, int]
"""Negative score, time of achievement (ms), and player. The best entry is therefore the smallest."""


class Change(NamedTuple):
    """Change of a score, or one of the acts in `ACTS`, which was recorded at the time `at` (ms).

    `number` is the id of a submission or, for the act `move`, the number of the player's new country.
    """

    at: int
    act: str
    user_id: int
    number: int = 0
    score: int = 0


class Replay:
    """State of a board after all changes until a moment. `base` has the first entry of each player."""

    def __init__(self, base: Mapping[int, Entry], log: Sequence[Change]) -> None:
        self._log = log
        self._applied = 0
        self._base = base
        self._counted: dict[int, dict[int, Entry]] = {}
        self._hidden: set[int] = set()
        self._moved: dict[int, int] = {}
        self._listed: dict[int, Entry | None] = {}
        self._countries: list[list[Entry]] = [[] for _ in range(COUNTRIES)]
        for entry in sorted(base.values()):
            self._countries[entry[2] % COUNTRIES].append(entry)

    def advance(self, moment: int) -> None:
        """Apply all changes that were recorded until a moment (ms). Moments must not decrease."""
        while self._applied < len(self._log) and self._log[self._applied].at <= moment:
            self._apply(self._log[self._applied])
            self._applied += 1

    def country(self, user_id: int) -> int:
        """Return the number of a player's country."""
        return self._moved.get(user_id, user_id % COUNTRIES)

    def score(self, user_id: int) -> int | None:
        """Return the score of a player's entry, None without an entry."""
        entry = self._entry(user_id)
        return None if entry is None else -entry[0]

    def rank(self, user_id: int, country: int | None = None) -> int:
        """Return a player's rank on the board or within a country, 0 without an entry there."""
        entry = self._entry(user_id)
        if entry is None or country not in {None, self.country(user_id)}:
            return 0
        lists = self._countries if country is None else [self._countries[country]]
        return 1 + sum(bisect_left(entries, entry) for entries in lists)

    def _entry(self, user_id: int) -> Entry | None:
        return self._listed[user_id] if user_id in self._listed else self._base[user_id]

    def _apply(self, change: Change) -> None:
        user_id = change.user_id
        self._delist(user_id)
        if change.act == "move":
            self._moved[user_id] = change.number
        elif change.act in {"hide", "show"}:
            (self._hidden.add if change.act == "hide" else self._hidden.discard)(user_id)
        else:
            self._count(change, self._counted.setdefault(user_id, {0: self._base[user_id]}))
        self._list(user_id)

    def _count(self, change: Change, entries: dict[int, Entry]) -> None:
        if change.act in {"remove", "set"}:
            entries.clear()
        if change.act in {"score", "set"}:
            entries[change.number] = -change.score, change.at, change.user_id
        elif change.act == "void":
            entries.pop(change.number, None)

    def _delist(self, user_id: int) -> None:
        entry = self._entry(user_id)
        if entry is not None:
            entries = self._countries[self.country(user_id)]
            del entries[bisect_left(entries, entry)]

    def _list(self, user_id: int) -> None:
        entries = self._counted.get(user_id, {0: self._base[user_id]})
        entry = None if user_id in self._hidden or not entries else min(entries.values())
        self._listed[user_id] = entry
        if entry is not None:
            insort(self._countries[self.country(user_id)], entry)
