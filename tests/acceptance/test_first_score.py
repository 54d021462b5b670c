"""The README's commands, unchanged and in order, submit first scores with tokens, with a key, and from a file."""

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
WITH_TOKENS = "The first score without a server of your own"
WITH_KEY = "The API by example"
FROM_FILE = "Scores from elsewhere"


def paste(heading: str) -> str:
    """Return the commands in the first code block of a section of the README."""
    section = README.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    commands, *_ = re.findall(r"^```\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    return str(commands)


def clone(directory: Path, dev: Dev) -> None:
    """Put the command and the data at the paths that they have in a clone of the repository."""
    command = directory / ".venv" / "bin" / "leaderforge"
    command.parent.mkdir(parents=True)
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m leaderforge "$@"\n')
    command.chmod(0o755)
    (directory / ".leaderforge").symlink_to(dev.data)
    (directory / "docs").symlink_to(README.parent / "docs")


def pasted(directory: Path, dev: Dev, heading: str) -> str:
    """Run the commands of a section against the server of this test, and return their output."""
    text = paste(heading).replace("localhost:8000", dev.description["api"].removeprefix("http://"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEADERFORGE_")}
    shell = subprocess.run(
        ["/bin/sh", "-e"],
        input=f"{variables(dev)}\n{text}",
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert shell.returncode == 0, shell.stderr
    return shell.stdout


def variables(dev: Dev) -> str:
    """Return the line of the welcome text that sets the variables of the documentation."""
    [line] = [line for line in dev.output.splitlines() if line.startswith("API=")]
    return line


def answers(output: str) -> list[dict[str, Any]]:
    return [json.loads(answer) for answer in re.split(r"(?<=\})\s*(?=\{)", output)]


def test_players_without_a_server_get_ranks(runs: ExitStack, tmp_path: Path) -> None:
    dev = run(runs, tmp_path, "--no-demo", "--nodes", "1").ready()
    clone(tmp_path, dev)
    steam, uuid, *ranks = answers(pasted(tmp_path, dev, WITH_TOKENS))
    assert [(one["score"], one["rank"]) for one in (steam, uuid)] == [(500, 1), (400, 2)]
    assert [(one["external_id"], one["rank"], one["username"]) for one in ranks] == [
        (steam["external_id"], 1, "Ada"),
        (uuid["external_id"], 2, "Riko"),
    ]
    created, receipt = answers(pasted(tmp_path, dev, WITH_KEY))
    assert (created["user_id"], receipt["rank"]) == (receipt["user_id"], 2)
    assert created["username"] not in {"Ada", "Riko"}
    imported, verified = pasted(tmp_path, dev, FROM_FILE).splitlines()
    assert imported == "6 scores imported, 0 duplicates, 3 players created, 0 bad lines skipped"
    assert verified == "6 standings compared, 0 differ"
    # The owner closes the board to players. The next start must not open it again.
    key = {"Authorization": f"Bearer {dev.description['admin_key']}"}
    board = f"{dev.description['api']}/api/boards/default"
    assert httpx.patch(board, json={"open_to_players": False}, headers=key).status_code == 200
    assert dev.stop() == 0
    again = run(runs, tmp_path, "--no-demo", "--nodes", "1").ready()
    assert httpx.get(f"{again.description['api']}/api/boards/default").json()["open_to_players"] is False


def test_other_machines_get_no_development_tokens(runs: ExitStack, tmp_path: Path) -> None:
    dev = run(runs, tmp_path, "--no-demo", "--nodes", "1", "--host", "0.0.0.0").ready()  # noqa: S104 - the test needs a server for other machines
    assert "signing_secret" not in dev.description
    assert "token" not in dev.output
    api = f"http://127.0.0.1:{httpx.URL(dev.description['api']).port}"
    assert httpx.get(f"{api}/api/boards/default").json()["open_to_players"] is False
    assert dev.stop() == 0
