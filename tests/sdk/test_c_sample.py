"""The C sample: each score counts once, whatever happens to the network and to the process."""

import asyncio
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from scripts.sdk_packages import c_package
from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY
from tests.sdk.c import C, c_program
from tests.sdk.hostile import HostileProxy, Script
from tests.waiting import PATIENCE_S

NOWHERE = "http://127.0.0.1:9"
SCORES = "/api/scores/batch"
FAULTS = ("reset_after", "truncate", "double", "reset_before", "reply")
DEVICE = '{"secret": "a secret of this device with 40 letters", "user_id": 7}'


@asynccontextmanager
async def rush(url: str, queue: Path, board: str, name: str) -> AsyncIterator[asyncio.subprocess.Process]:
    program = c_program(C / "rush.c")
    process = await asyncio.create_subprocess_exec(program, url, queue, board, name, stdin=-1, stdout=-1, stderr=-2)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def answer(process: asyncio.subprocess.Process, command: str | int, lines: int = 1) -> list[str]:
    """Send a command to the sample. Return the next `lines` lines that it prints."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{command}\n".encode())
    async with asyncio.timeout(PATIENCE_S):
        return [(await process.stdout.readline()).decode().rstrip("\n") for _ in range(lines)]


async def run_once(url: str, queue: Path, *commands: str | int) -> list[str]:
    """Return all lines that a run with these commands prints."""
    async with rush(url, queue, "nowhere", "Nobody") as process, asyncio.timeout(PATIENCE_S):
        text = "".join(f"{command}\n" for command in commands)
        output, _ = await process.communicate(text.encode())
    return output.decode().splitlines()


async def open_board(service: Served, board: str) -> None:
    body = {"board": board, "policy": "sum", "max_score": 1000, "open_to_players": True}
    assert (await service.post("/api/boards", body, ADMIN_KEY)).status_code == 201


async def test_it_submits_and_reads(service: Served, tmp_path: Path) -> None:
    await open_board(service, "c-reads")
    queue = tmp_path / "queue"
    async with rush(service.url, queue, "c-reads", "Vesa") as process:
        assert await answer(process, 500, 2) == ["queued", "sent"]
        assert await answer(process, 5000, 2) == ["queued", "sent"]
        assert await answer(process, "rank") == ["1 Vesa 500"]
        assert await answer(process, "top") == ["1 Vesa 500"]
    assert queue.read_text() == ""
    [rejected] = map(json.loads, (tmp_path / "queue.rejected").read_text().splitlines())
    assert rejected["reason"] == "rule_violated"
    assert json.loads(rejected["line"])["score"] == 5000


async def test_a_killed_client_behind_a_hostile_proxy_loses_and_doubles_nothing(
    service: Served, proxy: HostileProxy, tmp_path: Path
) -> None:
    """The k-th score is k, so that a lost or doubled score changes the sum.

    Each run submits one score. Every second run is killed as soon as the queue has stored the score.
    """
    await open_board(service, "c-sum")
    url = f"http://127.0.0.1:{proxy.port}"
    for score in range(1, 11):
        fault = {"on": f"POST {SCORES}", "fault": FAULTS[score % len(FAULTS)], "status": 503, "code": "overloaded"}
        proxy.restart(Script([fault]))
        async with rush(url, tmp_path / "queue", "c-sum", "Oona") as process:
            assert await answer(process, score) == ["queued"]
            assert process.stdout is not None
            if score % 2:
                process.kill()
            else:
                assert await process.stdout.readline() == b"sent\n"
    assert (tmp_path / "queue").read_text() == ""
    [entry] = (await service.get("/api/boards/c-sum/top")).json()["entries"]
    assert (entry["username"], entry["score"], entry["submissions"]) == ("Oona", 55, 10)


async def test_a_second_process_is_refused(tmp_path: Path) -> None:
    (tmp_path / "queue.device").write_text(DEVICE)
    async with rush(NOWHERE, tmp_path / "queue", "nowhere", "Nobody") as first:
        assert (await answer(first, 5))[0] == "waits"  # the score waits for the sign-in, which needs the network
        [refusal] = await run_once(NOWHERE, tmp_path / "queue")
        assert "temporarily unavailable" in refusal


async def test_damaged_lines_are_set_aside_and_a_begun_line_is_cut_off(service: Served, tmp_path: Path) -> None:
    await open_board(service, "c-damaged")
    queue = tmp_path / "queue"
    async with rush(service.url, queue, "c-damaged", "Ilta") as process:
        assert await answer(process, 5, 2) == ["queued", "sent"]
    user_id = json.loads((tmp_path / "queue.device").read_text())["user_id"]
    waiting = {"board": "c-damaged", "user_id": user_id, "score": 6}
    waiting["submission_id"] = "0e0c8d5e-6f0a-4d6c-8a34-0d0f4f3a1b2c"
    lines = [b"\0\0\0\0", b'{"board": "c-dam', json.dumps(waiting).encode()]
    queue.write_bytes(b"\n".join(lines) + b'\n{"board": "c-da')
    async with rush(service.url, queue, "c-damaged", "Ilta") as process:
        assert await answer(process, "flush") == ["sent"]
        assert await answer(process, "rank") == ["1 Ilta 11"]
    rejected = [json.loads(line) for line in (tmp_path / "queue.rejected").read_text().splitlines()]
    assert [line["line"].strip() for line in rejected] == ["", '{"board": "c-dam']
    assert queue.read_text() == ""


async def test_a_score_that_the_service_cannot_read_holds_up_no_other(service: Served, tmp_path: Path) -> None:
    await open_board(service, "c-unreadable")
    queue = tmp_path / "queue"
    async with rush(service.url, queue, "c-unreadable", "Tuuli") as process:
        assert await answer(process, 1, 2) == ["queued", "sent"]
    user_id = json.loads((tmp_path / "queue.device").read_text())["user_id"]
    scores = [2, 3, "many", 4, 5]
    ids = [f"0e0c8d5e-6f0a-4d6c-8a34-0d0f4f3a1b2{number}" for number in range(len(scores))]
    body = {"board": "c-unreadable", "user_id": user_id}
    lines = [
        body | {"score": score, "submission_id": submission_id}
        for score, submission_id in zip(scores, ids, strict=True)
    ]
    queue.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    async with rush(service.url, queue, "c-unreadable", "Tuuli") as process:
        assert await answer(process, "flush") == ["sent"]
        assert await answer(process, "rank") == ["1 Tuuli 15"]
    [rejected] = map(json.loads, (tmp_path / "queue.rejected").read_text().splitlines())
    assert json.loads(rejected["line"])["score"] == "many"
    assert queue.read_text() == ""


async def test_a_score_that_cannot_be_written_is_no_score(tmp_path: Path) -> None:
    (tmp_path / "queue.device").write_text(DEVICE)
    (tmp_path / "queue.new").mkdir()  # a folder where the sample would write the new file of the queue
    [refusal] = await run_once(NOWHERE, tmp_path / "queue", 5)
    assert "Is a directory" in refusal


async def test_an_unreadable_queue_is_left_as_it_is(tmp_path: Path) -> None:
    queue = tmp_path / "queue"
    queue.symlink_to(queue)  # a loop of links, which not even root can open
    [refusal] = await run_once(NOWHERE, queue)
    assert "Too many levels of symbolic links" in refusal
    assert queue.is_symlink()


async def test_an_unreadable_device_is_left_as_it_is(tmp_path: Path) -> None:
    device = tmp_path / "queue.device"
    device.symlink_to(device)
    [refusal] = await run_once(NOWHERE, tmp_path / "queue")
    assert "cannot be read" in refusal
    assert device.is_symlink()


def test_the_zip_has_all_sources(tmp_path: Path) -> None:
    with zipfile.ZipFile(c_package(tmp_path)) as archive:
        names = set(archive.namelist())
    assert names == {f"leaderforge-c/{path.name}" for path in C.iterdir()} | {"leaderforge-c/LICENSE"}
