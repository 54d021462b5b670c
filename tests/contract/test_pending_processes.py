"""Contract of declarations of pending index updates: one suite over the in-memory adapter and the real one."""

from uuid import UUID, uuid4

from tests.contract.store_fixtures import Stores


async def declared(stores: Stores) -> set[UUID]:
    return {process.process_id for process in await stores.processes.declared()}


async def test_processes_declare_themselves_and_withdraw(stores: Stores) -> None:
    one, other = uuid4(), uuid4()
    assert await declared(stores) == set()
    await stores.processes.declare(one)
    await stores.processes.declare(other)
    await stores.processes.declare(one)
    assert await declared(stores) == {one, other}
    await stores.processes.withdraw([one, uuid4()])
    assert await declared(stores) == {other}
    await stores.processes.withdraw([])
    await stores.processes.withdraw([other])
    assert await declared(stores) == set()


async def test_only_declarations_that_are_old_enough_are_withdrawn(stores: Stores) -> None:
    """A declaration that its process has renewed meanwhile stays."""
    process_id = uuid4()
    await stores.processes.declare(process_id)
    await stores.processes.withdraw([process_id], older_than_ms=3_600_000)
    [process] = await stores.processes.declared()
    assert process.process_id == process_id
    assert 0 <= process.age_ms < 3_600_000
