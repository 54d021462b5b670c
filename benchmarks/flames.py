"""Flame graphs of the API process under load, one for each kind of request.

    python -m benchmarks.flames --out docs/performance/flames

py-spy samples the process from outside, 200 times a second, while 64 connections keep it busy. The width of a function
is its share of the samples in which the process was working. Needs the right to inspect processes, which root has.
"""

import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console

from benchmarks.bench import api_process, product, step
from benchmarks.open_loop import busy_loop
from benchmarks.requests import requests_of

KINDS = ["submit", "top", "rank"]
SAMPLES_A_SECOND = 200
SLACK_S = 60.0
TITLE = re.compile(r'(<text id="title"[^>]*>)[^<]*')


def main(
    players: Annotated[int, typer.Option(help="Players to populate.")] = 100_000,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    seconds: Annotated[int, typer.Option(help="Seconds that each kind is sampled for.")] = 10,
    out: Annotated[Path, typer.Option(help="The folder for the SVG files.")] = Path("docs/performance/flames"),
) -> None:
    """Record flame graphs of the API's processor time."""
    out.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-flames-")))
        facts = stack.enter_context(product(directory, ["--workers", "1"]))
        step("populate", ["populate", "--users", str(players), "--sessions", str(5 * players)], directory)
        for kind in KINDS:
            record(facts, kind, players, connections, seconds, out / f"{kind}.svg")
            Console().print(f"{kind}: {out / kind}.svg")


def record(facts: Mapping[str, Any], kind: str, players: int, connections: int, seconds: int, svg: Path) -> None:
    """Write the flame graph of one kind of request. Raises `CalledProcessError` if py-spy fails."""
    command = [str(Path(sys.executable).with_name("py-spy")), "record", "--pid", str(api_process(facts["pid"]).pid)]
    command += ["--duration", str(seconds), "--rate", str(SAMPLES_A_SECOND), "--function", "--output", str(svg)]
    requests = requests_of(facts["api"], facts["submit_key"], players, {kind: 1})
    uvloop.run(busy_loop(facts["api"], requests, 1, connections))
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as spy:
        uvloop.run(busy_loop(facts["api"], requests, seconds, connections))
        _, errors = spy.communicate(timeout=SLACK_S)
    if spy.returncode != 0:
        raise SystemExit(f"py-spy failed: {errors.strip()}")
    title = f"{kind}: {connections} connections, {players:,} players"
    svg.write_text(
        TITLE.sub(rf"\g<1>{title}", svg.read_text())
    )  # replaces py-spy's title, a command with this machine's paths


if __name__ == "__main__":
    typer.run(main)
