"""The file of a queue belongs to one process at a time."""

from pathlib import Path

import pytest

from tests.sdk.drivers import COMMANDS, LONG_ONLY, Refused, driving

NAMES = [pytest.param(name, marks=[pytest.mark.long] if name in LONG_ONLY else []) for name in COMMANDS]
NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize("name", NAMES)
async def test_a_second_process_is_refused_until_the_first_ends(tmp_path: Path, name: str) -> None:
    queue = str(tmp_path / "queue")
    async with driving(name) as first, driving(name) as second:
        await first.do("open", url=NOWHERE, key="k", queue=queue)
        await first.do("call", name="enqueue", args=["board", 5], options={"user_id": 7})
        with pytest.raises(Refused) as refused:
            await second.do("open", url=NOWHERE, key="k", queue=queue)
        assert refused.value.error["kind"] == "QueueLocked"
        await first.kill()
        await second.do("open", url=NOWHERE, key="k", queue=queue)
        [waiting] = await second.do("queue", name="pending")
        assert waiting["body"]["score"] == 5


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"python-async", "python-sync"}))
async def test_a_line_that_a_killed_process_began_is_cut_off(tmp_path: Path, name: str) -> None:
    """The queue of the Python SDK is a database, which recovers itself."""
    queue = tmp_path / "queue"
    async with driving(name) as driver:
        await driver.do("open", url=NOWHERE, key="k", queue=str(queue))
        await driver.do("call", name="enqueue", args=["board", 5], options={"user_id": 7})
        await driver.kill()
        with queue.open("ab") as file:
            file.write(b'{"add": {"position": 2, "subm')
        await driver.do("open", url=NOWHERE, key="k", queue=str(queue))
        await driver.do("call", name="enqueue", args=["board", 6], options={"user_id": 7})
        await driver.kill()
        await driver.do("open", url=NOWHERE, key="k", queue=str(queue))
        pending = await driver.do("queue", name="pending")
    assert [(score["position"], score["body"]["score"]) for score in pending] == [(1, 5), (2, 6)]
