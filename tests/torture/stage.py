"""Environment of nemeses: the product, its clients, and the durations."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from time import monotonic

from leaderforge.torture.client import PATIENCE_S
from leaderforge.torture.readers import LadderReader
from leaderforge.torture.report import Report
from leaderforge.torture.writers import BASE, Writer
from tests.torture.api_writer import ApiWriter
from tests.torture.late import LateWriter
from tests.torture.ledger_writers import LedgerWriter
from tests.torture.network import Disturbance, Relay
from tests.torture.plan import Plan
from tests.torture.rig import API_PROCESSES, Rig
from tests.waiting import until

NOTHING: Mapping[str, int] = {"pause": 1}

_FEWEST_PENDING = 5

_FROZEN_S = PATIENCE_S / 2
"""Maximum wait in s for acknowledged writes while parts are frozen. Clients give up after `PATIENCE_S`."""

_LOOKED_S = 0.05
"""Pause in s between two checks whether a wait may end early."""


class Stage:
    """Environment of a nemesis. `plan.scale` shortens its durations.

    With `plan.until_found`, waits end at the first violation.
    """

    def __init__(
        self,
        rig: Rig,
        writers: Sequence[Writer],
        readers: Sequence[LadderReader],
        late: LateWriter,
        ledger_writers: Sequence[LedgerWriter],
        own_board_writers: Sequence[ApiWriter],
        report: Report,
        plan: Plan,
    ) -> None:
        self.rig, self.writers, self.readers, self.late = rig, writers, readers, late
        self.ledger_writers, self._own_board_writers, self.report = ledger_writers, own_board_writers, report
        self.random, self.scale, self._until_found = Random(plan.seed), plan.scale, plan.until_found
        self.away_s = plan.away_s
        self.background: Mapping[str, int] = BASE
        self.nodes = range(rig.valkey.size)

    def is_over(self) -> bool:
        """Return whether the run has found a violation and may end."""
        return self._until_found and self.report.total > 0

    async def hold(self, seconds: float) -> None:
        """Wait for `seconds` times the scale, as a part of a nemesis."""
        await self.pause(seconds * self.scale)

    async def pause(self, seconds: float) -> None:
        """Wait for `seconds`, regardless of the scale."""
        ends = monotonic() + seconds
        while not self.is_over() and (remaining := ends - monotonic()) > 0:  # noqa: ASYNC110 - any reader may end the wait
            await asyncio.sleep(min(remaining, _LOOKED_S) if self._until_found else remaining)

    async def freeze(self, least: float = 0.3, most: float = 5.0) -> None:
        """Wait for a random time from `least` to `most` (s), times the scale."""
        await self.hold(self.random.uniform(least, most))

    def step(self, text: str) -> None:
        """Record a step of the current nemesis in the report."""
        self.rig.journal.note(self.rig.journal.nemesis, text)

    def act(self, weights: Mapping[str, int]) -> None:
        """Make the writers do these acts from now on."""
        for writer in self.writers:
            writer.weights = weights

    def rest(self) -> None:
        """Make the writers do their usual acts again, as between two nemeses."""
        self.act(self.background)

    async def acknowledged(self, count: int) -> None:
        """Wait until `count` more writes, times the scale, were acknowledged. Wait for `_FROZEN_S` at most."""
        goal, ends_at = (
            self.report.writes[200] + max(_FEWEST_PENDING, round(count * self.scale)),
            monotonic() + _FROZEN_S,
        )
        await until(
            lambda: self.is_over() or self.report.writes[200] >= goal or monotonic() >= ends_at,
            f"{count} writes to be acknowledged",
        )

    def hurry_ledger(self, *, hurried: bool) -> None:
        """Make each `LedgerWriter` send overlapping batches without pause, or act as usual if not `hurried`."""
        for writer in self.ledger_writers:
            writer.hurried = hurried

    def write_through(self, processes: Sequence[int] = range(API_PROCESSES)) -> None:
        """Make the writers send to these processes only."""
        for writers in (self.writers, self.ledger_writers, self._own_board_writers):
            for writer in writers:
                writer.processes = processes

    def read_from(self, processes: Sequence[int] = range(API_PROCESSES)) -> None:
        """Make the readers of these processes read, and pause all other readers."""
        for reader in self.readers:
            reader.paused = reader.process not in processes

    def process(self) -> int:
        """Return the number of a random API process."""
        return self.random.randrange(API_PROCESSES)

    def node(self) -> int:
        """Return the number of a random node of the index."""
        return self.random.choice(self.nodes)

    def pid_or_all(self) -> int | None:
        """Return the process id of a random API process. In half of all cases, return None, which stands for all
        processes.
        """
        return self.random.choice((None, self.rig.apis[self.process()].process.pid))

    async def disturb(self, relays: Sequence[Relay], disturbance: Disturbance, seconds: float) -> None:
        """Disturb the network for a time. In half of all cases, break the affected connections afterwards."""
        for relay in relays:
            relay.disturb(disturbance)
        self.step(str(disturbance))
        await self.hold(seconds)
        self.rig.network.mend(reset=self.random.random() < 0.5)
        self.step("mended")


class Skipped(Exception):
    """Error for a nemesis that is impossible here. The message is the reason."""


async def restart(stage: Stage, numbers: Sequence[int]) -> None:
    """Kill API processes and start them again."""
    stage.rig.kill_apis(numbers)
    stage.step(f"processes {list(numbers)} killed")
    await stage.freeze(0.0, 1.0)
    await start(stage, numbers)


async def start(stage: Stage, numbers: Sequence[int]) -> None:
    """Start API processes, and return once they are healthy."""
    await asyncio.to_thread(stage.rig.start_apis, numbers)
    await stage.rig.healthy(numbers)
    stage.step(f"processes {list(numbers)} back")
