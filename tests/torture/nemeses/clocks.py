"""Nemeses of the clock. They need libfaketime."""

from tests.torture.rig import API_PROCESSES
from tests.torture.stage import NOTHING, Stage, start

DAY_S, HOUR_S = 86_400, 3_600


async def clock_day(stage: Stage) -> None:
    """Set the clock a day ahead, then an hour behind. Kill the API processes while acknowledged scores are pending."""
    stage.rig.clock.set(DAY_S)
    stage.step("a day ahead")
    await stage.hold(13)  # wait until watermarks are a day ahead, after about 7 s
    stage.rig.clock.set(-HOUR_S)
    stage.step("an hour behind")
    await stage.hold(1)
    stage.rig.freeze_index(stage.nodes)
    await stage.acknowledged(20)
    stage.rig.kill_apis()
    stage.rig.thaw_index(stage.nodes)
    await start(stage, range(API_PROCESSES))
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
