"""README's first score: players who do not exist submit with tokens, by the page's commands word for word."""

import json
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from tests.acceptance.test_dev import Dev, run, runs

__all__ = ["runs"]

README = Path(__file__).parents[2] / "README.md"
HEADING = "## The first score without a server of your own"


def paste() -> str:
    """Return the commands of the page."""
    section = README.read_text().partition(HEADING)[2].partition("\n## ")[0]
    [commands] = re.findall(r"^```\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return str(commands)


def clone(directory: Path, dev: Dev) -> None:
    """Put the command and the data where they are in a clone."""
    command = directory / ".venv" / "bin" / "leaderforge"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m leaderforge "$@"\n')
    command.chmod(0o755)
    (directory / ".leaderforge").symlink_to(dev.data)


def pasted(directory: Path, dev: Dev) -> list[dict[str, Any]]:
    """Run the commands against the address of this test, and return their answers."""
    text = paste().replace("localhost:8000", dev.description["api"].removeprefix("http://"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADERFORGE_")}
    shell = subprocess.run(
        ["/bin/sh", "-e"], input=text, cwd=directory, env=environment, capture_output=True, text=True, check=False
    )
    assert shell.returncode == 0, shell.stderr
    return [json.loads(answer) for answer in re.split(r"(?<=\})\s*(?=\{)", shell.stdout)]


def test_players_without_a_server_get_ranks(runs: ExitStack, tmp_path: Path) -> None:
    dev = run(runs, tmp_path, "--no-demo", "--nodes", "1").ready()
    clone(tmp_path, dev)
    steam, uuid, *ranks = pasted(tmp_path, dev)
    assert [(one["score"], one["rank"]) for one in (steam, uuid)] == [(500, 1), (400, 2)]
    assert [(one["external_id"], one["rank"], one["username"]) for one in ranks] == [
        (steam["external_id"], 1, "Ada"),
        (uuid["external_id"], 2, "Riko"),
    ]
    # The owner closes the board, and a restart leaves it closed.
    key = {"Authorization": f"Bearer {dev.description['admin_key']}"}
    board = f"{dev.description['api']}/api/boards/default"
    assert httpx.patch(board, json={"open_to_players": False}, headers=key).status_code == 200
    assert dev.stop() == 0
    again = run(runs, tmp_path, "--no-demo", "--nodes", "1").ready()
    assert httpx.get(f"{again.description['api']}/api/boards/default").json()["open_to_players"] is False


def test_other_machines_get_no_development_tokens(runs: ExitStack, tmp_path: Path) -> None:
    dev = run(runs, tmp_path, "--no-demo", "--nodes", "1", "--host", "0.0.0.0").ready()  # noqa: S104 - refused here
    assert "signing_secret" not in dev.description
    assert "token" not in dev.output
    api = f"http://127.0.0.1:{httpx.URL(dev.description['api']).port}"
    assert httpx.get(f"{api}/api/boards/default").json()["open_to_players"] is False
    assert dev.stop() == 0
