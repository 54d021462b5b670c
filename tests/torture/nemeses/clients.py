"""Nemeses by clients: many changes of one kind at once, also during an outage of the index."""

from collections.abc import Mapping

from leaderforge.torture.writers import BASE
from tests.torture.deliveries import deliver, ingesting
from tests.torture.stage import Stage

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

_MESSAGES = 10
"""Number of queued submissions of each `LedgerWriter` in one delivery."""


async def newcomers(stage: Stage) -> None:
    """Create players, submit for them and rename them at once. Wait until reconciliation has read these changes."""
    stage.act({**BASE, "newcomer": 60})
    stage.step("created")
    await stage.hold(4)
    stage.rest()
    stage.step("settling")
    await stage.hold(9)  # wait for reconciliation, which reads a change 7 s after its commit


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
    """Erase players while clients repeat submissions for them."""
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


async def overlaps(stage: Stage) -> None:
    """Send batches that overlap with their retries, without pause."""
    stage.hurry_ledger(hurried=True)
    stage.step("batches twice at once")
    await stage.hold(5)
    stage.hurry_ledger(hurried=False)


async def deliveries(stage: Stage) -> None:
    """Make the ingest function count queued submissions, each delivered twice and out of order."""
    stage.step("delivering")
    async with ingesting(stage.rig) as edge:
        for _ in range(max(1, round(20 * stage.scale))):
            attempts = [writer.new_attempt() for writer in stage.ledger_writers for _ in range(_MESSAGES)]
            if attempts:
                await deliver(edge, attempts, stage.random)
            await stage.hold(0.2)
