"""Nemeses of API processes: crashes and pauses, also during an outage of the index."""

from collections.abc import Mapping

from leaderforge.torture.writers import BASE
from tests.torture.network import Disturbance
from tests.torture.rig import API_PROCESSES, INDEX_TIMEOUT_S
from tests.torture.stage import NOTHING, Stage, restart, start

ONCE: Mapping[str, int] = {"newcomer": 20, "erase": 40, "remove": 20, "hide_entry": 10, "unhide_entry": 10}
"""Weights of acts that take effect only once: if the first attempt does not reach the index, no retry updates it."""

RENAMING: Mapping[str, int] = {"rename": 1}


async def kill_api(stage: Stage) -> None:
    """Kill one API process and start it again."""
    await restart(stage, [stage.process()])


async def kill_apis(stage: Stage) -> None:
    """Kill both API processes and start them again."""
    await restart(stage, range(API_PROCESSES))


async def freeze_api(stage: Stage) -> None:
    """Freeze one API process."""
    number = stage.process()
    stage.rig.apis[number].process.pause()
    stage.step(f"process {number} frozen")
    await stage.freeze(0.5)
    stage.rig.apis[number].process.resume()
    stage.step("resumed")


async def receiver_away(stage: Stage) -> None:
    """Make the receiver of events refuse connections, and kill both API processes meanwhile."""
    await stage.rig.receiver.stop()
    stage.step("receiver away")
    await stage.hold(2)
    await restart(stage, range(API_PROCESSES))
    await stage.pause(stage.away_s)
    await stage.rig.receiver.start()
    stage.step("receiver back")


async def crash_in_outage(stage: Stage) -> None:
    """Kill API processes while the index is frozen and acknowledged scores are pending."""
    numbers = stage.random.choice(([0], [1], [0, 1], [0, 1]))
    stage.rig.freeze_index(stage.nodes)
    stage.step("all nodes frozen")
    await stage.acknowledged(20)
    stage.rig.kill_apis(numbers)
    stage.step(f"processes {numbers} killed")
    stage.rig.thaw_index(stage.nodes)
    await start(stage, numbers)
    if stage.random.random() < 0.5:  # no writes, because each would repair its player in the index
        stage.act(NOTHING)
        await stage.hold(5)
        stage.rest()


async def crash_in_cut(stage: Stage) -> None:
    """Kill both API processes while they are cut off the index. All bytes that they sent since the cut are lost."""
    for relay in stage.rig.network.index:
        relay.disturb(Disturbance(is_cut=True))
    stage.step("cut off the index")
    await stage.acknowledged(20)
    stage.rig.kill_apis()
    stage.rig.network.mend(reset=True)
    stage.step("both processes killed")
    stage.act(NOTHING)
    await start(stage, range(API_PROCESSES))
    await stage.hold(3)
    stage.rest()


async def crash_at_outage(stage: Stage) -> None:
    """Kill both API processes after commits whose index updates they have neither delivered nor declared."""
    stage.act(ONCE)
    stage.rig.freeze_index(stage.nodes)
    stage.step("all nodes frozen")
    await stage.pause(stage.random.uniform(0.2, 0.9) * INDEX_TIMEOUT_S)  # the processes must declare nothing yet
    stage.rig.kill_apis()
    stage.step("both processes killed")
    stage.rig.thaw_index(stage.nodes)
    await start(stage, range(API_PROCESSES))
    stage.act(NOTHING)
    await stage.hold(3)
    stage.rest()


async def crash_beside_frozen(stage: Stage) -> None:
    """Kill a process with pending updates while the other process is frozen, and therefore does not notice the outage.

    The frozen process has no call in flight. Otherwise the call would fail, and the process would check the index.
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
    await start(stage, crashing)
