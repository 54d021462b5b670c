"""Cold start of a function: its process, its modules, its first response.

    python -m benchmarks.coldstart --out docs/performance/results/coldstart.json

Each start is a new process of the packaged code, as Lambda runs it, on real servers of this machine. A bare FastAPI
application under Mangum, from the same package, shows how much of the time the framework takes. The same application
with the drivers of both databases is the lower bound for a function: every function loads these drivers for its first
response. One function also starts with a stand-in for FastAPI, to show what a lazy import of FastAPI could save.
"""

import json
import platform
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Annotated, Any
from zipfile import ZipFile

import typer
from rich.console import Console
from rich.progress import track

from benchmarks.backing import backing
from benchmarks.report import about, write
from deploy.packaging.__main__ import package
from deploy.packaging.contents import ARCHITECTURES, find_python

_START = """
import json, os, resource, sys, time
began = int(sys.argv[1])
def since():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return (time.time_ns() - began) / 1e6, (used.ru_utime + used.ru_stime) * 1e3
marks = {"process": since()}
exec(sys.argv[2])
marks["ready"] = since()
event = json.loads(sys.argv[3])
answer = handler(event, None)
assert answer.get("statusCode", 200) in {200, 404}, answer
marks["first answer"] = since()
handler(event, None)
began = time.time_ns()
handler(event, None)
marks["warm answer"] = since()[0], 0
print(json.dumps(marks))
"""
_BARE = """
from fastapi import FastAPI
from mangum import Mangum
app = FastAPI()
@app.get("/{path:path}")
async def answer(path: str) -> dict[str, str]:
    return {}
handler = Mangum(app, lifespan="off")
"""
_BARE_WITH_DRIVERS = (
    _BARE
    + """
import asyncpg
from redis.asyncio import RedisCluster
"""
)
_WITHOUT_FASTAPI = Path(__file__).with_name("without_fastapi.py").read_text(encoding="utf-8")
_FLOOR = "bare FastAPI"
MARKS = ("process", "ready", "first answer", "warm answer")


def _get(path: str) -> dict[str, Any]:
    """Return the Lambda event of a GET request to a function URL."""
    raw, _, query = path.partition("?")
    request = {"http": {"method": "GET", "path": raw, "sourceIp": "192.0.2.7"}, "domainName": "x", "stage": "$default"}
    return {"version": "2.0", "rawPath": raw, "rawQueryString": query, "headers": {}, "requestContext": request}


_HANDLERS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    _FLOOR: (_BARE, _get("/")),
    "bare FastAPI, with drivers": (_BARE_WITH_DRIVERS, _get("/")),
    "submit": ("from functions.submit import handler", _get("/api/nowhere")),
    "submit, without FastAPI": (f"{_WITHOUT_FASTAPI}\nfrom functions.submit import handler", _get("/api/nowhere")),
    "queries": ("from functions.queries import handler", _get("/api/leaderboard/top")),
    "boards": ("from functions.boards import handler", _get("/api/boards")),
    "admin": ("from functions.admin import handler", _get("/api/health")),
    "ingest": ("from functions.ingest import handler", {"Records": []}),
    "maintain": ("from functions.maintain import handler", {}),
}


def main(
    starts: Annotated[int, typer.Option(min=1, help="How many starts of each.")] = 7,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure cold starts on this machine."""
    with ExitStack() as running:
        scratch = Path(running.enter_context(tempfile.TemporaryDirectory()))
        python = find_python()
        packages = [path for one in ARCHITECTURES for path in package(one, python, scratch / "packages")]
        code = _unpacked(packages, scratch / "code")
        # Lambda sets the function's name. Without it, the application would refuse the benchmark's events.
        function = {"AWS_LAMBDA_FUNCTION_NAME": "coldstart", "LEADERFORGE_POSTGRES_POOL_SIZE": "1"}
        settings = {**running.enter_context(backing(scratch)), **function}
        results = measured(python, code, settings, starts)
        sizes = {path.name: path.stat().st_size for path in packages}
    show(results, sizes)
    facts = {"functions_python": _version(python), "starts": starts, "package_bytes": sizes, "results": results}
    write({**about("benchmarks.coldstart"), **facts}, out)


def _version(python: str) -> str:
    return subprocess.run([python, "--version"], check=True, capture_output=True, text=True).stdout.split()[-1]


def measured(python: str, code: Path, settings: Mapping[str, str], starts: int) -> dict[str, dict[str, Any]]:
    """Return, for each handler, the median time and processor time from its start to each of `MARKS`, in ms.

    The handlers take turns, because a slow phase of the machine should affect all of them. `ready_to_bare` is the
    median ratio of a handler's time to the bare handler's time in the same turn.
    """
    runs: dict[str, list[dict[str, tuple[float, float]]]] = {name: [] for name in _HANDLERS}
    for _ in track(range(starts + 1), "Starting", console=Console(stderr=True)):
        for name, (source, event) in _HANDLERS.items():
            runs[name].append(_started(python, code, settings, source, event))
    taken = {name: {mark: [run[mark] for run in own[1:]] for mark in MARKS} for name, own in runs.items()}
    return {
        name: {
            **{mark: _medians(times) for mark, times in marks.items()},
            "ready_to_bare": _ratio(marks["ready"], taken[_FLOOR]["ready"]),
        }
        for name, marks in taken.items()
    }


def _medians(marks: Sequence[tuple[float, float]]) -> dict[str, float]:
    times, cpu_times = zip(*marks, strict=True)
    return {"ms": round(median(times), 1), "cpu_ms": round(median(cpu_times), 1)}


def _ratio(marks: Sequence[tuple[float, float]], floors: Sequence[tuple[float, float]]) -> float:
    return round(median(time / floor for (time, _), (floor, _) in zip(marks, floors, strict=True)), 2)


def show(results: Mapping[str, Mapping[str, Any]], sizes: Mapping[str, int]) -> None:
    """Print the table of docs/performance/README.md, and the packages' sizes."""
    lines = [*markdown(results), "", *(f"{name}  {size / 10**6:.1f} MB" for name, size in sizes.items())]
    Console().print("\n".join(lines), soft_wrap=True, highlight=False)


def markdown(results: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the lines of a table of times in ms, with the processor's times in brackets."""
    lines = ["| handler | ready | to bare | first answer | warm |", "|---|---|---|---|---|"]
    for name, marks in results.items():
        ready, first, warm = marks["ready"], marks["first answer"], marks["warm answer"]
        ratio = f"{marks['ready_to_bare']:.2f}"
        lines.append(f"| {name} | {_cell(ready)} | {ratio} | {_cell(first)} | {warm['ms']:.1f} |")
    return lines


def _cell(times: Mapping[str, float]) -> str:
    return f"{times['ms']:.0f} ({times['cpu_ms']:.0f})"


def _started(
    python: str, code: Path, settings: Mapping[str, str], source: str, event: Mapping[str, Any]
) -> dict[str, tuple[float, float]]:
    environment = {"PYTHONPATH": str(code), "PYTHONDONTWRITEBYTECODE": "1", **settings}
    command = [python, "-S", "-c", _START, str(time.time_ns()), source, json.dumps(event)]
    done = subprocess.run(command, cwd=code, env=environment, check=True, capture_output=True, text=True)
    marks: dict[str, tuple[float, float]] = json.loads(done.stdout.splitlines()[-1])
    return marks


def _unpacked(packages: Sequence[Path], code: Path) -> Path:
    """Unpack the package of the functions that fits this machine into the folder `code`, and return the folder."""
    arm = platform.machine() in {"arm64", "aarch64"}
    [functions] = [path for path in packages if path.name == f"functions-{'arm64' if arm else 'x86_64'}.zip"]
    with ZipFile(functions) as zipped:
        zipped.extractall(code)
    return code


if __name__ == "__main__":
    typer.run(main)
