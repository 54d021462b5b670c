"""The programs of the SDK pages run word for word. The first score takes at most ten lines."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY
from tests.sdk.c import c_program
from tests.sdk.csharp import csharp_program
from tests.sdk.drivers import SDK
from tests.sdk.godot import godot_project
from tests.waiting import PATIENCE_S

CSHARP = """using System;
using System.Threading.Tasks;

using LeaderForge;

public static class Program
{
    public static void Main()
    {
        PlayAsync().Wait();
    }

    private static async Task PlayAsync()
    {
%s
    }
}
"""
C = """#include <stdio.h>

#include "leaderforge.h"

int main(void) {
%s
    return 0;
}
"""
GODOT = """extends SceneTree


func _init():
	Engine.target_fps = 100
	get_root().call_deferred("add_child", load("res://script.gd").new())
"""
DOCS = SDK.parent / "docs"
MAX_LINES = 10
ADDRESS = "http://127.0.0.1:8000"


def programs(page: str, language: str) -> list[str]:
    """Return the programs of a page, in their order."""
    pattern = rf"^```{language} quickstart\n(.*?)^```$"
    return re.findall(pattern, (DOCS / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


def lines(program: str) -> int:
    """Return the number of lines with code."""
    return sum(bool(line.strip()) for line in program.splitlines())


async def run(folder: Path, *command: str, **environment: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=folder, env={**os.environ, **environment}, stdout=-1, stderr=-1
    )
    output, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return output.decode()


async def until_line(process: asyncio.subprocess.Process, *expected: str) -> None:
    """Read the output of a process until it has contained these lines, in any order."""
    assert process.stdout is not None
    missing = set(expected)
    async with asyncio.timeout(PATIENCE_S):
        while missing:
            line = (await process.stdout.readline()).decode()
            assert line, f"the program ended before {missing}"
            missing.discard(line.rstrip("\n"))


@asynccontextmanager
async def scene(folder: Path, script: str, runner: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run `script` as the only node of a scene of Godot 3. `runner` is the main script, which adds this node."""
    project = godot_project(folder)
    (project / "script.gd").write_text(script)
    (project / "runner.gd").write_text(runner)
    # `stdbuf` flushes each line. Godot alone flushes its output only when it ends.
    command = ["stdbuf", "-oL", "godot3-server", "--path", str(project), "-s", "runner.gd"]
    environment = {**os.environ, "HOME": str(project)}
    process = await asyncio.create_subprocess_exec(*command, env=environment, stdout=-1, stderr=-2)
    try:
        yield process
    finally:
        process.kill()
        await process.wait()


async def open_board(service: Served, board: str) -> None:
    body = {"board": board, "policy": "best", "open_to_players": True}
    assert (await service.post("/api/boards", body, ADMIN_KEY)).status_code == 201


async def test_python(service: Served, tmp_path: Path) -> None:
    await open_board(service, "arcade")
    pages = programs("sdk-python.md", "python")
    assert lines(pages[0]) <= MAX_LINES
    outputs = []
    for program in pages:
        code = program.replace(ADDRESS, service.url)
        outputs.append(await run(tmp_path, sys.executable, "-c", code, PYTHONPATH=str(SDK / "python" / "src")))
    assert outputs == ["1\n1 Nadia 500\n", "700\n", "1 700\n1\n"]


async def test_typescript(service: Served, tmp_path: Path) -> None:
    await open_board(service, "racing")
    first, second = programs("sdk-typescript.md", "js")
    assert lines(first) <= MAX_LINES
    installed = tmp_path / "node_modules" / "leaderforge-client"
    shutil.copytree(SDK / "typescript" / "dist", installed / "dist")
    shutil.copy(SDK / "typescript" / "package.json", installed)
    for program, output in ((first, "1\n1 Riko 500\n"), (second, "1 500\n1\n")):
        (tmp_path / "game.mjs").write_text(program.replace(ADDRESS, service.url))
        assert await run(tmp_path, "node", "game.mjs") == output


async def test_csharp(service: Served, tmp_path: Path) -> None:
    await open_board(service, "hill-climb")
    first, second = programs("sdk-csharp.md", "csharp")
    assert lines(first) <= MAX_LINES
    for name, program, output in (("QuickStart", first, "1\n1 Suvi 500\n"), ("Neighbours", second, "1 500\n1\n")):
        source = tmp_path / f"{name}.cs"
        source.write_text(CSHARP % program.replace(ADDRESS, service.url))
        assert await run(tmp_path, "mono", str(csharp_program(name, source))) == output


async def test_godot_3(service: Served, tmp_path: Path) -> None:
    await open_board(service, "slalom")
    [program, _] = programs("sdk-godot.md", "gdscript")
    assert lines(program) <= MAX_LINES
    async with scene(tmp_path, program.replace(ADDRESS, service.url), GODOT) as process:
        await until_line(process, "1")
        await until_line(process, "1 Aino 500")


async def test_c(service: Served, tmp_path: Path) -> None:
    await open_board(service, "downhill")
    [program] = programs("sdk-c.md", "c")
    assert lines(program) <= MAX_LINES
    source = tmp_path / "quick_start.c"
    source.write_text(C % program.replace(ADDRESS, service.url))
    assert await run(tmp_path, str(c_program(source))) == "1\n1 Vesa 500\n"
