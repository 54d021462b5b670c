"""Possible states of a player at any time, as far as clients can know them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import inf
from typing import NamedTuple


class State(NamedTuple):
    """State of a player on one ladder: profile and standing. `score` is None without a standing."""

    exists: bool = False
    name: str = ""
    score: int | None = None
    submissions: int = 0
    entry_hidden: bool = False
    player_hidden: bool = False

    @property
    def ranked(self) -> bool:
        """Return whether the player has a visible entry."""
        return self.exists and self.score is not None and not self.entry_hidden and not self.player_hidden

    @property
    def key(self) -> float:
        """Return the sort key, infinity without an entry. Smaller is better."""
        return -self.score if self.ranked and self.score is not None else inf


NOBODY = State()
"""State of a player who does not exist."""


@dataclass(slots=True)
class StateStep:
    """Change of a state, sent at `begun` and acknowledged at `acknowledged` (s, monotonic, infinity until then)."""

    state: State
    begun: float
    acknowledged: float = inf


@dataclass(slots=True)
class StateHistory:
    """States of one player in order. Only one client changes the player, and sends one step after another."""

    steps: list[StateStep] = field(default_factory=lambda: [StateStep(NOBODY, -inf, -inf)])

    @property
    def last(self) -> State:
        """Return the state after the last step, acknowledged or not."""
        return self.steps[-1].state

    def begin(self, state: State, now: float) -> StateStep:
        """Record that the change to this state was sent. From now on, the state is possible."""
        self.steps.append(StateStep(state, now))
        return self.steps[-1]

    def possible(self, since: float, until: float) -> Sequence[State]:
        """Return the states that a read between these times may show, the newest first.

        A state is possible if its step began before `until` and no later step was acknowledged before `since`.
        """
        states = []
        for step in reversed(self.steps):
            if step.begun <= until:
                states.append(step.state)
            if step.acknowledged <= since:
                break
        return states

    def forget(self, before: float) -> None:
        """Drop the steps that were superseded before this time."""
        while len(self.steps) > 1 and self.steps[1].acknowledged <= before:
            del self.steps[0]
