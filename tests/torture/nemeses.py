"""Nemeses: disturbances of the product while readers poll. Each nemesis ends with all parts running again."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from math import inf
from random import Random
from time import monotonic

from leaderforge.torture.readers import LadderReader
from leaderforge.torture.report import Report
from leaderforge.torture.writers import BASE, Writer
from tests.torture.late import LateWriter
from tests.torture.rig import API_PROCESSES, INDEX_TIMEOUT_S, Rig
from tests.waiting import until

ERASING: Mapping[str, int] = {"erase": 25, "rename": 40, "submit": 20, "hide_entry": 5, "unhide_entry": 5}
MODERATING: Mapping[str, int] = {
    "hide_entry": 20,
    "unhide_entry": 25,
    "hide_player": 10,
    "unhide_player": 15,
    "remove": 15,
    "set_score": 20,
    "rename": 15,
    "submit": 30,
}

ONCE: Mapping[str, int] = {"newcomer": 20, "erase": 40, "remove": 20, "hide_entry": 10, "unhide_entry": 10}
"""Weights of acts whose retries have no effect. If the first attempt does not reach the index, no retry repairs it."""

NOTHING: Mapping[str, int] = {"pause": 1}
RENAMING: Mapping[str, int] = {"rename": 1}

_FEWEST_PENDING = 5

_LOOKED_S = 0.05
"""Time in s between two checks of a wait that may end early."""

DAY_S, HOUR_S = 86_400, 3_600


class Stage:
    """Environment of a nemesis: the product, the clients, and the durations, which `scale` shortens.

    With `until_found`, waits end at the first violation.
    """

    def __init__(
        self,
        rig: Rig,
        writers: Sequence[Writer],
        readers: Sequence[LadderReader],
        late: LateWriter,
        report: Report,
        random: Random,
        scale: float,
        until_found: bool = False,
    ) -> None:
        self.rig, self.writers, self.readers, self.late = rig, writers, readers, late
        self.report, self.random = report, random
        self.scale, self._until_found = scale, until_found
        self.background: Mapping[str, int] = BASE
        self.nodes = range(rig.valkey.size)

    def is_over(self) -> bool:
        """Return whether the run has found a violation and may end."""
        return self._until_found and self.report.total > 0

    async def hold(self, seconds: float) -> None:
        """Wait for the duration of the nemesis: `seconds` times the scale."""
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
        """Note a step of the current nemesis."""
        self.rig.journal.note(self.rig.journal.nemesis, text)

    def act(self, weights: Mapping[str, int]) -> None:
        """Make the writers do these acts from now on."""
        for writer in self.writers:
            writer.weights = weights

    def rest(self) -> None:
        """Restore the writers' background acts."""
        self.act(self.background)

    async def acknowledged(self, count: int) -> None:
        """Return once `count` more writes were acknowledged, fewer in a shortened run."""
        goal = self.report.writes[200] + max(_FEWEST_PENDING, round(count * self.scale))
        await until(lambda: self.is_over() or self.report.writes[200] >= goal, f"{count} writes to be acknowledged")

    def write_through(self, processes: Sequence[int] = range(API_PROCESSES)) -> None:
        """Make the writers send to these processes only."""
        for writer in self.writers:
            writer.processes = processes

    def read_from(self, processes: Sequence[int] = range(API_PROCESSES)) -> None:
        """Pause the readers of all other processes."""
        for reader in self.readers:
            reader.paused = reader.process not in processes

    def process(self) -> int:
        """Return the number of a random API process."""
        return self.random.randrange(API_PROCESSES)

    def node(self) -> int:
        """Return the number of a random node of the index."""
        return self.random.choice(self.nodes)


Nemesis = Callable[[Stage], Awaitable[None]]


async def freeze_index(stage: Stage) -> None:
    """Freeze all nodes of the index."""
    stage.rig.freeze_index(stage.nodes)
    stage.step("all nodes frozen")
    await stage.freeze()
    stage.rig.thaw_index(stage.nodes)
    stage.step("thawed")


async def freeze_node(stage: Stage) -> None:
    """Freeze one node of the index."""
    node = stage.node()
    stage.rig.freeze_index([node])
    stage.step(f"node {node} frozen")
    await stage.freeze()
    stage.rig.thaw_index([node])
    stage.step("thawed")


async def kill_node(stage: Stage) -> None:
    """Kill a node of the index and start it again, empty."""
    node = stage.node()
    stage.rig.valkey.kill(node)
    stage.step(f"node {node} killed")
    await stage.freeze(0.1, 2.0)
    await asyncio.to_thread(stage.rig.valkey.restart, node)
    stage.step(f"node {node} back")


async def flush_node(stage: Stage) -> None:
    """Empty a node of the index."""
    node = stage.node()
    await asyncio.to_thread(stage.rig.flush, node)
    stage.step(f"node {node} flushed")


async def wipe_partition(stage: Stage) -> None:
    """Delete all data of one partition of the index at once."""
    partition = stage.random.randrange(stage.rig.partitions)
    await asyncio.to_thread(stage.rig.wipe_partition, partition)
    stage.step(f"partition {partition} wiped")


async def kill_api(stage: Stage) -> None:
    """Kill one API process and start it again."""
    await _restart(stage, [stage.process()])


async def kill_apis(stage: Stage) -> None:
    """Kill both API processes and start them again."""
    await _restart(stage, range(API_PROCESSES))


async def freeze_api(stage: Stage) -> None:
    """Freeze one API process."""
    number = stage.process()
    stage.rig.apis[number].process.pause()
    stage.step(f"process {number} frozen")
    await stage.freeze(0.5)
    stage.rig.apis[number].process.resume()
    stage.step("resumed")


async def crash_in_outage(stage: Stage) -> None:
    """Kill API processes while the index is frozen and acknowledged scores are pending."""
    numbers = stage.random.choice(([0], [1], [0, 1], [0, 1]))
    stage.rig.freeze_index(stage.nodes)
    stage.step("all nodes frozen")
    await stage.acknowledged(20)
    stage.rig.kill_apis(numbers)
    stage.step(f"processes {numbers} killed")
    stage.rig.thaw_index(stage.nodes)
    await _start(stage, numbers)
    if stage.random.random() < 0.5:  # no writes, because each would repair its player in the index
        stage.act(NOTHING)
        await stage.hold(5)
        stage.rest()


async def crash_at_outage(stage: Stage) -> None:
    """Kill both API processes after commits that they have neither delivered nor declared."""
    stage.act(ONCE)
    stage.rig.freeze_index(stage.nodes)
    stage.step("all nodes frozen")
    await stage.pause(stage.random.uniform(0.2, 0.9) * INDEX_TIMEOUT_S)  # end before the processes declare updates
    stage.rig.kill_apis()
    stage.step("both processes killed")
    stage.rig.thaw_index(stage.nodes)
    await _start(stage, range(API_PROCESSES))
    stage.act(NOTHING)
    await stage.hold(3)
    stage.rest()


async def crash_beside_frozen(stage: Stage) -> None:
    """Kill the process that has pending updates while the other one is frozen and misses the outage.

    The frozen process has no call in flight, because a call that fails afterwards would make it doubt the index.
    """
    frozen = stage.process()
    crashing = [number for number in range(API_PROCESSES) if number != frozen]
    stage.act(stage.random.choice((RENAMING, RENAMING, BASE)))
    stage.write_through(crashing)
    await stage.pause(INDEX_TIMEOUT_S)  # wait for the responses of earlier writes
    stage.read_from(crashing)
    await stage.pause(0.1)
    stage.rig.apis[frozen].process.pause()
    stage.rig.freeze_index(stage.nodes)
    stage.step(f"process {frozen} and all nodes frozen")
    await stage.acknowledged(20)
    stage.rig.kill_apis(crashing)
    stage.rig.thaw_index(stage.nodes)
    stage.rig.apis[frozen].process.resume()
    stage.read_from()
    stage.step(f"processes {crashing} killed, {frozen} resumed")
    stage.act(NOTHING)
    stage.write_through()
    await stage.hold(3)
    stage.rest()
    await _start(stage, crashing)


async def rebuild(stage: Stage) -> None:
    """Rebuild the index by the command."""
    stage.step("command")
    await stage.rig.command("rebuild")
    stage.step("rebuilt")


async def clock_day(stage: Stage) -> None:
    """Set the clock a day ahead, then an hour behind, and crash with acknowledged scores pending."""
    stage.rig.clock.set(DAY_S)
    stage.step("a day ahead")
    await stage.hold(13)  # wait for watermarks a day ahead, which takes 7 s
    stage.rig.clock.set(-HOUR_S)
    stage.step("an hour behind")
    await stage.hold(1)
    stage.rig.freeze_index(stage.nodes)
    await stage.acknowledged(20)
    stage.rig.kill_apis()
    stage.rig.thaw_index(stage.nodes)
    await _start(stage, range(API_PROCESSES))
    stage.act(NOTHING)
    await stage.hold(15)
    stage.rest()
    stage.rig.clock.set(0)
    stage.step("right again")


async def clock_steps(stage: Stage) -> None:
    """Set the clock 10 s ahead and back, several times."""
    for offset in (10, 0, -10, 0, 10, -10, 0):
        stage.rig.clock.set(offset)
        stage.step(f"{offset:+d} s")
        await stage.hold(1)


async def newcomers(stage: Stage) -> None:
    """Create players, submit and rename them at once. Readers poll until reconciliation has read the changes."""
    stage.act({**BASE, "newcomer": 60})
    stage.step("created")
    await stage.hold(4)
    stage.rest()
    stage.step("settling")
    await stage.hold(9)  # reconciliation reads a change after 7 s


async def erase_in_outage(stage: Stage) -> None:
    """Erase and rename players while the index is frozen."""
    stage.rig.freeze_index(stage.nodes)
    stage.act(ERASING)
    stage.step("all nodes frozen")
    await stage.acknowledged(20)
    stage.rest()
    stage.rig.thaw_index(stage.nodes)
    stage.step("thawed")
    await stage.hold(3)


async def recreate(stage: Stage) -> None:
    """Erase players and create them again with the same ids."""
    stage.act({**BASE, "recreate": 60})
    stage.step("acts")
    await stage.hold(5)
    stage.rest()


async def duels(stage: Stage) -> None:
    """Erase players while other clients retry their submissions."""
    stage.act({**BASE, "duel": 80})
    stage.step("acts")
    await stage.hold(5)
    stage.rest()


async def moderation(stage: Stage) -> None:
    """Hide, unhide, remove, set scores and rename without pause."""
    stage.act(MODERATING)
    stage.step("acts")
    await stage.hold(5)
    stage.rest()


async def late_scores(stage: Stage) -> None:
    """Submit to past seasons."""
    seasons = max(1, round(5 * stage.scale))
    for number in range(seasons):
        stage.step(f"season {number + 1} of {seasons}")
        await stage.late.write(5)
        await stage.hold(1)


async def restart_postgres(stage: Stage) -> None:
    """Restart PostgreSQL."""
    if stage.rig.postgres is None:
        raise Skipped("the Citus cluster is somebody else's")
    stage.step("restarting")
    stage.rig.journal.database_back = inf
    await asyncio.to_thread(stage.rig.postgres.restart)
    stage.rig.journal.database_back = monotonic()
    stage.step("back")


class Skipped(Exception):
    """Error for a nemesis that is impossible here. The message is the reason."""


NEMESES: Mapping[str, Nemesis] = {
    nemesis.__name__.replace("_", "-"): nemesis
    for nemesis in (
        newcomers,
        freeze_index,
        freeze_node,
        kill_node,
        flush_node,
        kill_api,
        kill_apis,
        crash_in_outage,
        crash_at_outage,
        crash_beside_frozen,
        freeze_api,
        rebuild,
        wipe_partition,
        clock_day,
        clock_steps,
        erase_in_outage,
        recreate,
        duels,
        moderation,
        late_scores,
        restart_postgres,
    )
}
CLOCKS = {"clock-day", "clock-steps"}
"""Nemeses that need libfaketime."""


async def _restart(stage: Stage, numbers: Sequence[int]) -> None:
    stage.rig.kill_apis(numbers)
    stage.step(f"processes {list(numbers)} killed")
    await stage.freeze(0.0, 1.0)
    await _start(stage, numbers)


async def _start(stage: Stage, numbers: Sequence[int]) -> None:
    await asyncio.to_thread(stage.rig.start_apis, numbers)
    await stage.rig.healthy(numbers)
    stage.step(f"processes {list(numbers)} back")
