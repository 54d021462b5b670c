"""Every row of "What fails, and what users see" in docs/architecture.md, on real servers under load.

The tests check the answers during each failure, and the recovery after it. `make test` runs one failure of each part.
"""

import asyncio
import random
from collections.abc import Callable
from uuid import uuid4

import asyncpg
import pytest

from leaderforge.adapters.redis.keys import IndexKeys
from leaderforge.embedded import ValkeyCluster
from leaderforge.embedded.ports import LOOPBACK
from tests.acceptance.failure_kit import EITHER, INDEX, NODES, PARTITIONS, STORE, NewRig, Rig, new_rig, node, servers
from tests.acceptance.failure_load import BOARD, PLAYERS, Load, Sent
from tests.conftest import OwnValkey
from tests.waiting import until

__all__ = ["new_rig", "servers"]

OnNode = Callable[[ValkeyCluster, int], None]
"""Function that disturbs one node of a cluster."""
WORKING_STORE = {"LEADERFORGE_STORE_TIMEOUT_MS": "30000"}
"""Settings for tests in which the store works: a busy machine would exceed the short time limit of the other tests."""


class TestIndexFails:
    async def test_a_node_killed(self, new_rig: NewRig) -> None:
        rig = await new_rig(**WORKING_STORE)
        async with rig.load() as load:
            await load.goes_on()
            rig.valkey.kill(1)
            await rig.reads_from("postgres")
            await load.goes_on()
        assert not load.unserved
        assert any(answer.body["rank"] is None for answer in load.submits)
        assert {answer.source for answer in load.reads} >= EITHER
        await rig.is_exact(STORE)
        assert await rig.health() == "degraded"
        await rig.stays_exact(asyncio.to_thread(rig.valkey.restart, 1))
        await rig.verifies()

    @pytest.mark.long
    async def test_a_node_frozen(self, new_rig: NewRig) -> None:
        rig = await new_rig(**WORKING_STORE)
        async with rig.load() as load:
            await load.goes_on()
            rig.valkey.pause(0)
            await rig.reads_from("postgres")
            await load.goes_on()
        assert not load.unserved
        await rig.is_exact(STORE)
        await rig.stays_exact(asyncio.to_thread(rig.valkey.resume, 0))
        await rig.verifies()

    @pytest.mark.parametrize(
        ("lose", "bring_back"),
        [
            pytest.param(ValkeyCluster.kill, ValkeyCluster.restart, id="killed"),
            pytest.param(ValkeyCluster.pause, ValkeyCluster.resume, id="frozen", marks=pytest.mark.long),
        ],
    )
    async def test_a_primary_lost_and_its_replica_promoted(
        self, new_rig: NewRig, own_valkey: OwnValkey, lose: OnNode, bring_back: OnNode
    ) -> None:
        valkey = await asyncio.to_thread(own_valkey, nodes=NODES, replicas=1)
        rig = await new_rig(valkey, **WORKING_STORE)
        async with rig.load() as load:
            await load.goes_on()
            lose(valkey, 0)
            await load.goes_on()
            await rig.reads_from("index")
            await until(lambda: load.submits[-1].body["rank"], "exact ranks")
        assert not load.unserved
        await rig.comes_to_verify()
        async with rig.load() as load:
            await asyncio.to_thread(bring_back, valkey, 0)
            await load.goes_on()
        assert not load.unserved
        await rig.comes_to_verify()

    @pytest.mark.parametrize(
        "wiped", [pytest.param(range(NODES), marks=pytest.mark.long), [2]], ids=["all nodes", "one node"]
    )
    async def test_wiped(self, new_rig: NewRig, wiped: range | list[int]) -> None:
        rig = await new_rig(**WORKING_STORE)
        async with rig.load() as load:
            await load.goes_on()
            for _ in range(3):
                _wipe(rig, wiped)
                assert (await rig.source()) in EITHER
                await load.goes_on()
                await rig.heals()
        assert not load.unserved
        await rig.verifies()

    @pytest.mark.long
    async def test_wiped_while_no_process_reconciles(self, new_rig: NewRig) -> None:
        rig = await new_rig(**WORKING_STORE, LEADERFORGE_RECONCILE_MS="0")
        async with rig.load() as load:
            await load.goes_on()
            _wipe(rig, range(NODES))
            code, said = await rig.command("verify")
            assert (code, "the index is incomplete" in said) == (1, True), said
            assert await rig.source() == "postgres"
            code, said = await rig.command("rebuild")
            assert (code, "standings indexed" in said) == (0, True), said
            await load.goes_on()
        assert not load.unserved
        code, said = await rig.command("verify")
        assert (code, " 0 differ" in said) == (0, True), said
        await rig.verifies()

    async def test_scripts_flushed(self, new_rig: NewRig) -> None:
        rig = await new_rig(**WORKING_STORE)
        async with rig.load() as load:
            await load.goes_on()
            for number in range(NODES):
                with node(rig.valkey, number) as client:
                    client.script_flush()
            await load.goes_on()
        assert not load.unserved
        assert {answer.source for answer in (*load.submits, *load.reads)} <= {"index", "cache", None}
        await rig.verifies()

    @pytest.mark.long
    async def test_a_slot_moved_there_and_back(self, new_rig: NewRig, own_valkey: OwnValkey) -> None:
        # While only some of a slot's keys have moved, a submission waits twice: for the index, and then for the
        # declaration of its pending update. A request must outlast both waits. Raise the time limit of the database,
        # because the time limit of a request derives from it.
        rig = await new_rig(await asyncio.to_thread(own_valkey, nodes=2), **WORKING_STORE)
        slot = IndexKeys(rig.settings["LEADERFORGE_NAMESPACE"], PARTITIONS).slots[0]
        async with rig.load() as load:
            await load.goes_on()
            # While a slot moves, scripts fail if a key is missing, such as the key of names. Reads add the names of the
            # players that they return. Therefore read all players first.
            await rig.reads_from("index")
            await rig.ask(f"{BOARD}/page?rank=1&limit=1000")
            await _move(rig, slot, 0, 1, load)
            await _move(rig, slot, 1, 0, load)
        assert not load.unserved
        await rig.verifies()


class TestDatabaseFails:
    async def test_killed(self, new_rig: NewRig) -> None:
        rig = await new_rig()
        await self._fails(rig, rig.postgres.kill, rig.postgres.restart)

    @pytest.mark.long
    async def test_frozen(self, new_rig: NewRig) -> None:
        rig = await new_rig()
        await self._fails(rig, rig.postgres.pause, rig.postgres.resume)

    async def _fails(self, rig: Rig, fail: Callable[[], None], mend: Callable[[], None]) -> None:
        async with rig.load() as load:
            await load.goes_on()
        oracle = await rig.verifies()
        async with rig.load() as load:
            fail()
            await load.goes_on()
            assert await rig.health() == "degraded"
            unserved = [answer for answer in load.submits if answer.status != 200]
            assert unserved
            assert all(answer.refused_well for answer in unserved)
            await rig.is_exact(INDEX, oracle)
            assert {answer.status for answer in load.reads} <= {200, 404}
            await asyncio.to_thread(mend)
            await rig.heals()
        await rig.verifies()


class TestProcessKilled:
    @pytest.mark.long
    async def test_at_any_moment(self, new_rig: NewRig) -> None:
        rig = await new_rig()
        async with rig.load() as load:
            for _ in range(4):
                await load.goes_on(random.randint(1, 20))
                rig.kill_api()
                await rig.start_api()
        await rig.heals()
        await rig.comes_to_verify()

    async def test_between_commit_and_index_update(self, new_rig: NewRig) -> None:
        rig = await new_rig()
        async with rig.load() as load:
            await load.goes_on()
        for number in range(NODES):
            rig.valkey.pause(number)
        missed = [Sent(user_id, uuid4(), 1000) for user_id in PLAYERS[:40]]
        answers = [await rig.submit(one) for one in missed]
        assert {(answer.status, answer.body["rank"]) for answer in answers} == {(200, None)}
        in_flight = [asyncio.create_task(rig.submit_until_acknowledged(Sent(i, uuid4(), 2000))) for i in PLAYERS[-20:]]
        await until(lambda: _recorded(rig, 2000, len(in_flight)), "commits that nobody was told of")
        rig.kill_api()
        for number in range(NODES):
            rig.valkey.resume(number)
        assert not (await rig.compared()).clean
        await rig.start_api()
        await asyncio.gather(*in_flight)
        await rig.heals()
        await rig.comes_to_verify()


class TestBothFail:
    @pytest.mark.long
    async def test_and_come_back(self, new_rig: NewRig) -> None:
        rig = await new_rig()
        async with rig.load() as load:
            await load.goes_on()
            for number in range(NODES):
                rig.valkey.kill(number)
            rig.postgres.kill()
            await until(lambda: load.reads[-1].status == 503, "reads to be refused")
            await load.goes_on()
            unserved = [answer for answer in (*load.submits, *load.reads) if answer.status not in {200, 404}]
            assert all(answer.refused_well for answer in unserved)
            health = await rig.ask("/api/health")
            assert (health.status, health.body["status"]) == (503, "unavailable")
            for number in range(NODES):
                await asyncio.to_thread(rig.valkey.restart, number, wait=False)
            await asyncio.to_thread(rig.postgres.restart)
            await rig.heals()
        await rig.verifies()


def _wipe(rig: Rig, nodes: range | list[int]) -> None:
    for number in nodes:
        with node(rig.valkey, number) as client:
            client.flushall()


async def _recorded(rig: Rig, score: int, number: int) -> bool:
    connection = await asyncpg.connect(rig.settings["LEADERFORGE_POSTGRES_DSN"])
    try:
        found = await connection.fetchval("select count(*) from score_events where score = $1", score)
    finally:
        await connection.close()
    return bool(found == number)


async def _move(rig: Rig, slot: int, source: int, target: int, load: Load) -> None:
    """Move a slot: first one of its keys, then all others. Run the load at every stage."""
    port = int(rig.valkey.addresses[target].split(":")[1])
    with node(rig.valkey, source) as old, node(rig.valkey, target) as new:
        ids = [client.execute_command("CLUSTER MYID").decode() for client in (old, new)]
        new.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[0])
        old.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[1])
        await load.goes_on()
        for number in (1, 1000):
            keys = old.execute_command("CLUSTER GETKEYSINSLOT", slot, number)
            assert keys
            old.execute_command("MIGRATE", LOOPBACK, port, "", 0, 5000, "KEYS", *keys)
            await load.goes_on()
        await rig.reads_from("index")  # the old node still owns the slot, and redirects to the new node
        for client in (new, old):
            client.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[1])
        await rig.reads_from("index")
        await load.goes_on()
