"""Past standings of the in-memory stores."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from leaderforge.domain.standings import Standing


class PastStandings(dict[int, Standing]):
    """Standings of a ladder by player. `states` has all states of each standing, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.states: defaultdict[int, list[Standing]] = defaultdict(list)

    def __setitem__(self, user_id: int, standing: Standing) -> None:
        super().__setitem__(user_id, standing)
        self.states[user_id].append(standing)

    def __delitem__(self, user_id: int) -> None:
        super().__delitem__(user_id)
        self.states.pop(user_id, None)

    def pop(self, user_id: int, *default: Any) -> Any:
        self.states.pop(user_id, None)
        return super().pop(user_id, *default)

    def at(self, revision: int) -> Iterable[Standing]:
        """Yield the state of each standing as of a revision. Standings that began later are left out."""
        for states in self.states.values():
            state = max((s for s in states if s.revision <= revision), key=lambda s: s.revision, default=None)
            if state is not None:
                yield state
