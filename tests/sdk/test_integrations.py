"""The programs of docs/integrate.md run word for word, except for the address of the service."""

import asyncio
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from leaderforge.embedded.ports import free_node_ports
from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.sdk.csharp import csharp_program
from tests.sdk.drivers import SDK
from tests.sdk.test_quick_starts import ADDRESS, run, scene, until_line
from tests.waiting import until

GODOT_ROUND = """extends SceneTree

var script_node = load("res://script.gd").new()


func _init():
	Engine.target_fps = 100
	script_node.client.connect("telemetry", self, "_note")
	get_root().call_deferred("add_child", script_node)


func _note(kind, facts):
	if kind == "stream" and facts.state == "connected":
		script_node.finish(99990)
"""
SCENES = Path(__file__).parent
PAGE = (SDK.parent / "docs" / "integrate.md").read_text(encoding="utf-8")


def program(language: str) -> str:
    """Return the program of the page in this language."""
    [text] = re.findall(rf"^```{language} game\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    return str(text)


@pytest.fixture(scope="module")
async def rush(service: Served) -> Served:
    """Service with the board that the programs of the page use."""
    [words] = re.findall(r"leaderforge boards create rush (.*)", PAGE)
    assert words == "policy=best max_score=100000 open_to_players=yes"
    board = {"board": "rush", "policy": "best", "max_score": 100000, "open_to_players": True}
    assert (await service.post("/api/boards", board, ADMIN_KEY)).status_code == 201
    return service


async def entries(service: Served) -> list[tuple[str | None, int]]:
    top = (await service.get("/api/boards/rush/top?limit=10")).json()["entries"]
    return [(entry["username"], entry["score"]) for entry in top]


async def test_javascript_follows_the_board(rush: Served, tmp_path: Path) -> None:
    installed = tmp_path / "node_modules" / "leaderforge-client"
    shutil.copytree(SDK / "typescript" / "dist", installed / "dist")
    shutil.copy(SDK / "typescript" / "package.json", installed)
    (tmp_path / "game.mjs").write_text(program("js").replace(ADDRESS, rush.url))
    running = asyncio.create_task(run(tmp_path, "node", "game.mjs"))

    async def has_score() -> bool:
        return ("Ferro", 700) in await entries(rush)

    await until(has_score, "the game's score")
    other = {"user_id": 26001, "username": "Rival"}
    assert (await rush.post("/api/users", other)).status_code == 201
    await rush.post("/api/boards/rush/scores", {"user_id": 26001, "score": 950})
    output = (await running).splitlines()
    assert output[0] == "rank 1"
    assert output[-2:] == ["1 Rival 950", "2 Ferro 700"]


@asynccontextmanager
async def game_server(folder: Path, environment: Mapping[str, str]) -> AsyncIterator[None]:
    (folder / "server.py").write_text(program("python"))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "server.py", cwd=folder, env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        yield
    finally:
        process.terminate()
        await process.wait()


async def test_a_python_server_submits_for_its_players(rush: Served, tmp_path: Path) -> None:
    await rush.post("/api/users", {"external_id": "steam-123", "username": "Steamer"})
    [port] = free_node_ports(1)
    environment = {
        "API": rush.url, "KEY": SUBMIT_KEY, "PORT": str(port), "PYTHONPATH": str(SDK / "python" / "src"),
    }  # fmt: skip
    async with game_server(tmp_path, environment), httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:

        async def answers() -> bool:
            try:
                return (await client.get("/")).is_success
            except httpx.TransportError:
                return False

        await until(answers, "the game's server")
        answer = await client.post("/", json={"player": "steam-123", "score": 99_000})
        assert answer.json() == {"rank": 1}
        assert (await client.get("/")).json()[0]["external_id"] == "steam-123"


async def test_the_unity_script_submits_and_follows_the_board(rush: Served, tmp_path: Path) -> None:
    """The script is the sample of the package, word for word. It runs with a stand-in for Unity."""
    sample = SDK / "csharp" / "Samples~" / "Rush" / "Rush.cs"
    assert program("csharp") == sample.read_text(encoding="utf-8")
    scene = csharp_program("UnityScene", sample, *(SCENES / name for name in ("UnityEngine.cs", "UnityScene.cs")))
    process = await asyncio.create_subprocess_exec("mono", scene, rush.url, cwd=tmp_path, stdin=-1, stdout=-1)
    assert process.stdin is not None
    rival = {"user_id": 26002, "username": "Saimaa"}
    assert (await rush.post("/api/users", rival)).status_code == 201
    await rush.post("/api/boards/rush/scores", {"user_id": 26002, "score": 99_500})
    await until_line(process, "1 Saimaa 99500")
    process.stdin.write(b"\n")
    await until_line(process, "1 Kaamos 99900")
    process.stdin.write(b"\n")
    assert await process.wait() == 0


async def test_the_godot_script_submits_and_follows_the_board(rush: Served, tmp_path: Path) -> None:
    """The script is the sample of the addon, word for word. The runner ends a round once the script reads the board."""
    sample = (SDK / "godot" / "samples" / "godot3" / "rush.gd").read_text(encoding="utf-8")
    assert program("gdscript") == sample
    async with scene(tmp_path, sample.replace(ADDRESS, rush.url), GODOT_ROUND) as process:
        await until_line(process, "rank 1", "1 Tuuli 99990")
