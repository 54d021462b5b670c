"""Visible states of a ladder that are possible between two moments."""

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import inf

from leaderforge.torture.history import NOBODY, State, StateHistory, StateStep

REMEMBERED_S = 60.0
"""Time in s that superseded states are kept: longer than any read takes."""


class LadderModel:
    """Players of one ladder: their histories, and the sort keys of their last states, in order."""

    def __init__(self, board: str, period: str | None = None) -> None:
        self.board, self.period = board, period
        self.histories: dict[int, StateHistory] = {}
        self._keys: list[float] = []
        self._players: dict[float, int] = {}
        self._open: dict[int, int] = {}
        self._changes: deque[tuple[float, int]] = deque()

    def state(self, user_id: int) -> State:
        """Return the state after the player's last step."""
        history = self.histories.get(user_id)
        return NOBODY if history is None else history.last

    def begin(self, user_id: int, state: State, now: float) -> StateStep:
        """Record that a change of the player was sent."""
        history = self.histories.setdefault(user_id, StateHistory())
        self._replace(user_id, history.last.key, state.key)
        self._open[user_id] = self._open.get(user_id, 0) + 1
        return history.begin(state, now)

    def acknowledge(self, user_id: int, step: StateStep, now: float) -> None:
        """Record that a change was acknowledged. From now on, earlier states are impossible."""
        step.acknowledged = now
        self._open[user_id] -= 1
        if not self._open[user_id]:
            del self._open[user_id]
        self._changes.append((now, user_id))
        self.histories[user_id].forget(now - REMEMBERED_S)
        while self._changes[0][0] < now - REMEMBERED_S:
            self._changes.popleft()

    def refuse(self, user_id: int, step: StateStep, now: float) -> None:
        """Record that a change was refused. Its state was possible until now, and the previous state is valid again."""
        history = self.histories[user_id]
        before = history.steps[history.steps.index(step) - 1].state
        self.acknowledge(user_id, step, now)
        self.acknowledge(user_id, self.begin(user_id, before, step.begun), now)

    def recent(self, count: int) -> Sequence[int]:
        """Return up to `count` players that changed last."""
        return [self._changes[-i][1] for i in range(1, min(count, len(self._changes)) + 1)]

    def view(self, since: float, until: float) -> "LadderView":
        """Return the possible results of a read between these times."""
        unsettled = set(self._open)
        for acknowledged, user_id in reversed(self._changes):
            if acknowledged <= since:
                break
            unsettled.add(user_id)
        ranges = {}
        for user_id in unsettled:
            history = self.histories[user_id]
            keys = [state.key for state in history.possible(since, until)]
            ranges[user_id] = Range(history.last.key, min(keys, default=inf), max(keys, default=inf))
        return LadderView(self, since, until, ranges, self._keys, self._players)

    def _replace(self, user_id: int, old: float, new: float) -> None:
        if old == new:
            return
        if old != inf:
            del self._keys[bisect_left(self._keys, old)]
            del self._players[old]
        if new != inf:
            insort(self._keys, new)
            self._players[new] = user_id


@dataclass(frozen=True, slots=True)
class Range:
    """Possible sort keys of a changing player: the key after the last step, the best key, and the worst key."""

    last: float
    best: float
    worst: float


class LadderView:
    """Possible results of a read between two moments. The view is valid only until the model changes."""

    def __init__(
        self,
        ladder: LadderModel,
        since: float,
        until: float,
        unsettled: dict[int, Range],
        keys: list[float],
        players: dict[float, int],
    ) -> None:
        self.since, self.until, self.unsettled = since, until, unsettled
        self._ladder, self._keys, self._players = ladder, keys, players
        self._last = sorted(keys.last for keys in unsettled.values())
        self._best = sorted(keys.best for keys in unsettled.values())
        self._worst = sorted(keys.worst for keys in unsettled.values())

    def states(self, user_id: int) -> Sequence[State]:
        """Return the player's possible states, none for a player that was never created."""
        history = self._ladder.histories.get(user_id)
        return [] if history is None else history.possible(self.since, self.until)

    def above(self, key: float) -> tuple[int, int]:
        """Return the minimum and the maximum possible number of players above a key."""
        settled = bisect_left(self._keys, key) - bisect_left(self._last, key)
        return settled + bisect_left(self._worst, key), settled + bisect_left(self._best, key)

    def total(self) -> tuple[int, int]:
        """Return the minimum and the maximum number of ranked players."""
        return self.above(inf)

    def within(self, first: float, last: float) -> tuple[int, int]:
        """Return the minimum and the maximum number of players with a key from `first` to `last`, both included."""
        settled = bisect_right(self._keys, last) - bisect_left(self._keys, first)
        settled -= bisect_right(self._last, last) - bisect_left(self._last, first)
        sure = sum(first <= keys.best and keys.worst <= last for keys in self.unsettled.values())
        return settled + sure, settled + sum(self._may_be_in(i, first, last) for i in self.unsettled)

    def surely_between(self, first: float, last: float) -> Iterator[int]:
        """Yield the players whose key surely lies between two keys, both excluded."""
        for key in self._keys[bisect_right(self._keys, first) : bisect_left(self._keys, last)]:
            user_id = self._players[key]
            if user_id not in self.unsettled:
                yield user_id
        for user_id, keys in self.unsettled.items():
            if first < keys.best and keys.worst < last:
                yield user_id

    def _may_be_in(self, user_id: int, first: float, last: float) -> bool:
        return any(first <= state.key <= last and state.ranked for state in self.states(user_id))
