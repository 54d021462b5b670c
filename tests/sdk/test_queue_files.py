"""The file of a queue belongs to one process at a time. No fault of the disk loses or doubles a score."""

import asyncio
import resource
import sqlite3
import subprocess
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from pathlib import Path

import pytest

from tests.sdk.c import c_library
from tests.sdk.drivers import COMMANDS, LONG_ONLY, SAMPLED, Driver, Refused, driving
from tests.waiting import PATIENCE_S

LINES = frozenset(COMMANDS) - {"python-async", "python-sync"}
"""Drivers of the SDKs whose queue is a file of JSON lines. The Python SDK has a database, which recovers itself."""
ALL = [pytest.param(name, marks=[pytest.mark.long] * (name in LONG_ONLY | SAMPLED)) for name in COMMANDS]
OF_LINES = [pytest.param(name, marks=[pytest.mark.long] * (name in SAMPLED)) for name in sorted(LINES)]
NOWHERE = "http://127.0.0.1:9"
RACERS = 6
MANY = 1100
"""Number of obsolete lines in a queue's file. After so many, an SDK rewrites the file without them."""


async def open_queue(driver: Driver, queue: Path) -> None:
    await driver.do("open", url=NOWHERE, key="k", queue=str(queue))


async def enqueue(driver: Driver, score: int) -> None:
    await driver.do("call", name="enqueue", args=["board", score], options={"user_id": 7})


async def reopened(driver: Driver, queue: Path) -> list[int]:
    """Kill the process, and open the queue in a new process. Return the scores in the queue."""
    await driver.kill()
    await open_queue(driver, queue)
    return [score["body"]["score"] for score in await driver.do("queue", name="pending")]


@contextmanager
def full_disk(driver: Driver, limit: int) -> Iterator[None]:
    """Limit files of the driver to `limit` bytes in the block. A write beyond this is cut, and the next write fails."""
    for size in (limit, resource.RLIM_INFINITY):
        for process in driver.processes():
            resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        if size == limit:
            yield


@pytest.mark.parametrize("name", ALL)
async def test_a_second_process_is_refused_until_the_first_ends(tmp_path: Path, name: str) -> None:
    queue = tmp_path / "queue"
    async with driving(name) as first, driving(name) as second:
        await open_queue(first, queue)
        await enqueue(first, 5)
        for _ in range(2):  # a refused process must not release the lock of the first process
            with pytest.raises(Refused) as refused:
                await open_queue(second, queue)
            assert refused.value.error["kind"] == "QueueLocked"
        assert await reopened(first, queue) == [5]
        await first.kill()
        assert await reopened(second, queue) == [5]


@pytest.mark.parametrize("rounds", [1, pytest.param(30, marks=pytest.mark.long)])
async def test_one_of_several_processes_takes_over_the_lock_of_a_dead_one(tmp_path: Path, rounds: int) -> None:
    """Race for the lock of the TypeScript SDK. Node has no file locks: the lock is a file that names its process."""
    for attempt in range(rounds):
        queue = tmp_path / f"queue{attempt}"
        (tmp_path / f"{queue.name}.lock").write_text("99999999 1")
        async with AsyncExitStack() as running:
            racers = [await running.enter_async_context(racer(queue)) for _ in range(RACERS)]
            assert [await line_of(process) for process in racers] == ["ready"] * RACERS
            for process in racers:
                assert process.stdin is not None
                process.stdin.write(b"start\n")
            outcomes = [await line_of(process) for process in racers]
        assert sorted(outcomes) == ["QueueLocked"] * (RACERS - 1) + ["open"]


@pytest.fixture
def contained() -> Sequence[str]:
    """Command that runs another one in its own PID namespace, as in a container. It does not see other processes."""
    command = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if subprocess.run([*command, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this machine lets no process have its own PID namespace")
    return command


async def test_a_process_in_another_container_is_refused(tmp_path: Path, contained: Sequence[str]) -> None:
    for name, inner, outer in (("outside", (), contained), ("inside", contained, ())):
        queue = tmp_path / name
        async with racer(queue, inner) as first, racer(queue, outer) as second:
            assert await outcome_of(first) == "open"
            assert await outcome_of(second) == "QueueLocked"


@pytest.mark.long
async def test_the_lock_of_a_process_that_ended_in_another_container_is_taken_over(
    tmp_path: Path, contained: Sequence[str]
) -> None:
    queue = tmp_path / "queue"
    async with racer(queue, contained) as first:
        assert await outcome_of(first) == "open"
    async with racer(queue) as second, racer(queue, contained) as third:
        assert await outcome_of(second) == "open"
        assert await outcome_of(third) == "QueueLocked"


@asynccontextmanager
async def racer(queue: Path, launcher: Sequence[str] = ()) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a process during the block. It opens the queue at its first input."""
    program = Path(__file__).with_name("lock_race.mjs")
    command = [*launcher, "node", str(program), str(queue)]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def outcome_of(process: asyncio.subprocess.Process) -> str:
    """Let a racer open the queue, and return the outcome."""
    assert await line_of(process) == "ready"
    assert process.stdin is not None
    process.stdin.write(b"start\n")
    return await line_of(process)


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE_S):
        return (await process.stdout.readline()).decode().strip()


@pytest.mark.parametrize("name", ALL)
async def test_a_full_disk_refuses_a_score_and_loses_none(tmp_path: Path, name: str) -> None:
    queue = tmp_path / "queue"
    async with driving(name) as driver:
        await open_queue(driver, queue)
        await enqueue(driver, 5)
        with full_disk(driver, queue.stat().st_size + 20 if name in LINES else 100):
            for _ in range(2):
                with pytest.raises(Refused) as refused:
                    await enqueue(driver, 6)
                assert refused.value.error["kind"] == "QueueUnwritable"
        await enqueue(driver, 7)
        assert await reopened(driver, queue) == [5, 7]


@pytest.mark.parametrize("name", OF_LINES)
async def test_half_a_line_that_cannot_be_cut_off_spoils_no_later_score(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue, obstacle = tmp_path / "queue", tmp_path / "obstacle"
    monkeypatch.setenv("LD_PRELOAD", str(c_library(Path(__file__).with_name("no_truncate.c"))))
    monkeypatch.setenv("NO_TRUNCATE", str(obstacle))
    async with driving(name) as driver:
        await open_queue(driver, queue)
        await enqueue(driver, 5)
        obstacle.touch()
        with full_disk(driver, queue.stat().st_size + 20), pytest.raises(Refused) as refused:
            await enqueue(driver, 6)
        assert refused.value.error["kind"] == "QueueUnwritable"
        obstacle.unlink()
        await enqueue(driver, 7)
        assert await reopened(driver, queue) == [5, 7]
    assert not (tmp_path / "queue.damaged").exists()


@pytest.mark.parametrize("name", OF_LINES)
async def test_a_score_is_added_once_although_its_file_cannot_be_rewritten(tmp_path: Path, name: str) -> None:
    queue = tmp_path / "queue"
    queue.write_text('{"discard": "0"}\n' * MANY)
    obstacle = tmp_path / "queue.new"
    obstacle.mkdir()
    async with driving(name) as driver:
        await open_queue(driver, queue)
        await enqueue(driver, 5)
        obstacle.rmdir()
        assert await reopened(driver, queue) == [5]
        await enqueue(driver, 6)
        assert len(queue.read_text().splitlines()) < MANY
        assert await reopened(driver, queue) == [5, 6]


@pytest.mark.parametrize("name", OF_LINES)
async def test_a_damaged_line_is_set_aside_and_all_others_stay(tmp_path: Path, name: str) -> None:
    queue = tmp_path / "queue"
    async with driving(name) as driver:
        await open_queue(driver, queue)
        for score in (5, 6, 7):
            await enqueue(driver, score)
        await driver.kill()
        lines = queue.read_text().splitlines()
        damaged = lines[-2][:40]
        queue.write_text("\n".join([*lines[:-2], damaged, lines[-1], ""]))
        assert await reopened(driver, queue) == [5, 7]
        await enqueue(driver, 8)
        assert await reopened(driver, queue) == [5, 7, 8]
    assert (tmp_path / "queue.damaged").read_text() == f"{damaged}\n"


@pytest.mark.parametrize("name", ALL)
async def test_an_unreadable_queue_is_left_as_it_is(tmp_path: Path, name: str) -> None:
    queue = tmp_path / "queue"
    queue.symlink_to(queue)  # a loop of links, which not even root can open
    async with driving(name) as driver:
        for _ in range(2):
            with pytest.raises(Refused) as refused:
                await open_queue(driver, queue)
            assert refused.value.error["kind"] == "QueueUnwritable"
    assert queue.is_symlink()


@pytest.mark.parametrize("damaged", [b"\0\0\0\0", b'{"add": "\xff\xc3'])
@pytest.mark.parametrize("name", OF_LINES)
async def test_bytes_that_are_no_text_damage_their_line_only(tmp_path: Path, name: str, damaged: bytes) -> None:
    """Damage a line, for example by zero bytes, as a loss of power can. Some engines end a text at such a byte."""
    queue = tmp_path / "queue"
    async with driving(name) as driver:
        await open_queue(driver, queue)
        for score in (5, 6, 7):
            await enqueue(driver, score)
        await driver.kill()
        lines = queue.read_bytes().splitlines(keepends=True)
        queue.write_bytes(b"".join([*lines[:-2], damaged, b"\n", lines[-1], b'{"add": "\xc3']))
        assert await reopened(driver, queue) == [5, 7]
        await enqueue(driver, 8)
        assert await reopened(driver, queue) == [5, 7, 8]


async def test_a_damaged_database_is_left_as_it_is(tmp_path: Path) -> None:
    queue = tmp_path / "queue"
    queue.write_bytes(b"no database" * 1000)
    async with driving("python-async") as driver:
        with pytest.raises(Refused) as refused:
            await open_queue(driver, queue)
    assert refused.value.error["kind"] == "QueueDamaged"
    assert queue.read_bytes() == b"no database" * 1000


async def test_a_read_only_database_is_unwritable(tmp_path: Path) -> None:
    queue = tmp_path / "queue"
    sqlite3.connect(queue).close()
    (tmp_path / "queue-journal").mkdir()
    async with driving("python-async") as driver:
        with pytest.raises(Refused) as refused:
            await open_queue(driver, queue)
    assert refused.value.error["kind"] == "QueueUnwritable"


@pytest.mark.parametrize("name", OF_LINES)
async def test_a_line_that_a_killed_process_began_is_cut_off(tmp_path: Path, name: str) -> None:
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
