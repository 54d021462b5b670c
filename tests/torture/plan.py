"""Plan of a run."""

from collections.abc import Sequence
from dataclasses import dataclass

PROMISED_S = 30.0
"""Time limit in s, from the last disturbance until the index must equal the standings: the propagation time."""

LEDGER_WRITERS = 2

AWAY_S = 6.0
"""Time in s for which the receiver of events is away in the nemesis `receiver_away`."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Plan of a run. `scale` shortens the nemeses.

    `settle_s` is the time between nemeses, `warm_s` the time before the first nemesis, `calm_s` the time at the end, in
    s.

    With `rounds`, the run ends after `rounds` rounds of all nemeses. In a round, each nemesis acts once or, with
    `each_s`, again and again for this time (s). With `until_found`, the run ends at the first violation. With `heals`,
    each nemesis is followed by a wait until all processes answer from the index. `mutation` is the fault of the API
    processes, if any. Without `all_acts`, writers create and erase players only in nemeses that ask for it. After a
    nemesis and at the end, the index must equal the standings within `promised_s` (s). `ledger_writers` is the number
    of clients of the ledger's boards. A tournament begins every `cup_pace_s` (s), challenges every `challenge_pace_s`
    (s). The client of the league submits every `league_pace_s` (s), the client of teams acts every `team_pace_s` (s),
    the client of feeds every `feed_pace_s` (s). In the nemesis `receiver_away`, the receiver of events is away for
    `away_s` (s).
    """

    seconds: float
    seed: int
    nodes: int = 3
    citus: str | None = None
    nemeses: Sequence[str] = ()
    players: int = 240
    writers: int = 8
    readers: int = 3
    ledger_writers: int = LEDGER_WRITERS
    write_pace_s: float = 0.06
    ledger_pace_s: float = 0.15
    cup_pace_s: float = 12.0
    league_pace_s: float = 0.6
    challenge_pace_s: float = 6.0
    team_pace_s: float = 0.2
    feed_pace_s: float = 0.2
    away_s: float = AWAY_S
    read_pace_s: float = 0.006
    scale: float = 1.0
    settle_s: float = 6.0
    warm_s: float = 2.0
    calm_s: float = 10.0
    rounds: int | None = None
    each_s: float = 0.0
    promised_s: float = PROMISED_S
    heals: bool = False
    mutation: str | None = None
    all_acts: bool = True
    until_found: bool = False
