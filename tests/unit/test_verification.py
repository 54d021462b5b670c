"""Verification of a few players per round, over in-memory adapters."""

import pytest

from leaderforge.adapters.telemetry.prometheus import Prometheus
from leaderforge.domain.boards import Ladder
from leaderforge.domain.survey import VerificationState
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.services import comparing
from leaderforge.services.verification import VerificationService
from tests.unit.test_maintain import LADDER, World

PLAYERS = range(1, 8)
A_ROUND = 3


class Inspected(World):
    """World with a verification service that compares a few players per round."""

    def __init__(self) -> None:
        super().__init__()
        self.repaired: list[Ladder | None] = []
        self.telemetry = Prometheus()
        self.verification = self.inspecting()

    def inspecting(self) -> VerificationService:
        """Return the verification service of another process."""
        parts = self.store, self.users, self.index, lambda: self.now, self.telemetry, self.repaired.append
        return VerificationService(*parts, players_a_round=A_ROUND)

    async def scored(self) -> None:
        """Give every player a score in store and index."""
        for user_id in PLAYERS:
            await self.commit(user_id, user_id)
        self.now += SETTLE_MS + 1
        await self.maintain.reconcile()


@pytest.fixture
async def world(monkeypatch: pytest.MonkeyPatch) -> Inspected:
    monkeypatch.setattr(comparing, "RETRY_S", 0)
    made = Inspected()
    await made.maintain.reconcile()
    await made.scored()
    return made


async def test_rounds_go_over_all_players_and_then_begin_anew(world: Inspected) -> None:
    seen = []
    for _ in range(4):
        await world.inspecting().run()
        seen.append(await world.index.verification())
        world.now += 1
    now = world.now - 4
    assert seen == [
        VerificationState(now, 3, 0, 3),
        VerificationState(now + 1, 6, 0, 6),
        VerificationState(now + 2, 7, 0, None),
        VerificationState(now + 3, 3, 0, 3),
    ]
    assert world.repaired == []


@pytest.mark.parametrize("wrong", ["missing", "other"])
async def test_what_differs_is_counted_and_mended(world: Inspected, wrong: str) -> None:
    standing = world.index.lose(LADDER, 5)
    if wrong != "missing":
        # A load would not repair this standing, because the wrong value has the same revision as the stored one.
        world.index.overwrite(LADDER, standing._replace(score=99))
    for _ in range(3):
        await world.verification.run()
    inspection = await world.index.verification()
    assert inspection is not None
    assert (inspection.checked, inspection.differing) == (7, 1)
    assert (await world.maintain.verify()).clean
    assert (await world.index.rows(LADDER, [5]))[5].label == "player 5"
    assert world.repaired == [LADDER]
    exposition, _ = world.telemetry.exposition()
    for line in ("standings_verified_total 7.0", "standings_mended_total 1.0", "standings_differing 1.0"):
        assert f"leaderforge_{line}" in exposition.decode()


async def test_what_is_on_its_way_does_not_differ(world: Inspected, monkeypatch: pytest.MonkeyPatch) -> None:
    late = world.index.lose(LADDER, 2)
    differences = world.index.differences

    async def arriving(*asked: object) -> object:
        found = await differences(*asked)
        world.index.overwrite(LADDER, late)
        return found

    monkeypatch.setattr(world.index, "differences", arriving)
    await world.verification.run()
    assert await world.index.verification() == VerificationState(world.now, 3, 0, 3)


async def test_an_incomplete_index_awaits_its_rebuild(world: Inspected) -> None:
    world.index.wipe()
    assert await world.verification.run_if_due() == 0
    assert await world.index.verification() is None
    await world.maintain.reconcile()
    assert await world.verification.run_if_due() == 3


async def test_there_is_one_round_a_minute_whoever_asks(world: Inspected) -> None:
    assert await world.verification.run_if_due() == 3
    assert await world.verification.run_if_due() == 0
    assert await world.inspecting().run_if_due() == 0
