"""Benchmarks of a whole stack, beside the ceilings of the same server, all in one run.

    python -m tests.load.bench --players 1000000 --out docs/performance/results/bench.json

Starts a product of its own in a temporary directory (or --data-dir, to use the data of an earlier run), fills it with
`leaderforge populate`, runs each scenario with autocannon (closed loop, Node.js), and prints throughput with its
latencies and the ratio to the ceiling. The figures are those of this machine at this moment: compare the ratios.
"""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Annotated, Any

import psutil
import typer
from rich.console import Console
from rich.table import Table

from leaderforge.embedded.waiting import wait_until
from tests.load.report import about, write

HERE = Path(__file__).parent
CEILINGS = {"submit": "noop_post", "submit_unranked": "noop_post"}
INCOMPARABLE = {"noop_post", "noop_get", "batch"}
SCENARIOS = [
    "noop_post", "noop_get", "submit", "submit_unranked", "batch", "top", "rank", "around", "first_page", "deep_page",
]  # fmt: skip
START_S = 180.0
WARMUP_S = 2


def main(
    players: Annotated[int, typer.Option(help="Players to populate.")] = 1_000_000,
    sessions: Annotated[int | None, typer.Option(help="Submissions to populate; five a player.")] = None,
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    seconds: Annotated[int, typer.Option(help="Seconds a scenario is measured for.")] = 10,
    batch: Annotated[int, typer.Option(help="Submissions in a batch.")] = 500,
    workers: Annotated[int, typer.Option(help="API processes.")] = 1,
    nodes: Annotated[int, typer.Option(help="Index nodes.")] = 3,
    partitions: Annotated[int | None, typer.Option(help="Index partitions.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="Run only these scenarios.")] = None,
    data_dir: Annotated[Path | None, typer.Option(help="Use, and keep, this data directory.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the product on this machine."""
    console = Console()
    _install_autocannon()
    with ExitStack() as stack:
        directory = data_dir or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-bench-")))
        options = ["--workers", str(workers), "--nodes", str(nodes)]
        options += ["--partitions", str(partitions)] if partitions else []
        facts = stack.enter_context(product(directory, options))
        ceiling = stack.enter_context(ceilings(workers))
        steps = [
            step(
                "populate", ["populate", "--users", str(players), "--sessions", str(sessions or 5 * players)], directory
            ),
            step("rebuild", ["rebuild"], directory),
            step("verify", ["verify"], directory),
        ]
        memory = index_memory(facts, players)
        results = {}
        for kind in only or SCENARIOS:
            url = ceiling if kind.startswith("noop") else facts["api"]
            before = cpu_seconds(facts["pid"])
            results[kind] = scenario(
                url=url, kind=kind, connections=8 if kind == "batch" else connections, seconds=seconds, warmup=WARMUP_S,
                players=players, key=facts["submit_key"], batch=batch,
            )  # fmt: skip
            results[kind]["cpu_us"] = cpu_a_request(before, cpu_seconds(facts["pid"]), results[kind])
            console.print(f"{kind}: {results[kind]['rate']:,.0f}/s")
    report = {
        **about("tests.load.bench"),
        "players": players, "connections": connections, "workers": workers, "nodes": nodes, "batch": batch,
        "steps": steps, "index_memory": memory, "scenarios": results,
    }  # fmt: skip
    console.print(table(report))
    write(report, out)
    if any(set(r["statuses"]) != {"200"} or r["errors"] for r in results.values()):
        console.print("[red]Some requests failed; the figures do not count.[/]")
        raise typer.Exit(1)


@contextmanager
def product(directory: Path, options: list[str]) -> Iterator[dict[str, Any]]:
    """Run `leaderforge dev` in the directory and yield what its dev.json says."""
    command = [_leaderforge(), "dev", "--no-demo", "--port", "0", "--data-dir", str(directory), *options]
    facts = directory / "dev.json"
    with _running(command) as process:
        wait_until(lambda: facts.exists() or process.poll() is not None, START_S, "the start of the product")
        if process.poll() is not None:
            raise SystemExit("the product did not start")
        yield json.loads(facts.read_text())


@contextmanager
def ceilings(workers: int) -> Iterator[str]:
    """Run the no-op server and yield its URL."""
    from leaderforge.embedded.ports import free_port

    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "uvicorn", "tests.load.ceiling:app", "--port", str(port)]
    with _running([*command, "--workers", str(workers), "--no-access-log", "--log-level", "warning"]):
        wait_until(lambda: _answers(f"{url}/noop"), START_S, "the no-op server")
        yield url


def scenario(**settings: Any) -> dict[str, Any]:
    """Run one scenario of scenario.mjs and return what it measured."""
    command = ["node", str(HERE / "scenario.mjs")]
    done = subprocess.run(command, input=json.dumps(settings), capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    if settings["kind"] == "batch":
        result["scores_per_second"] = result["rate"] * settings["batch"]
    return result


def step(name: str, arguments: list[str], directory: Path) -> dict[str, Any]:
    """Run a command of the product and return how long it took."""
    started = time.perf_counter()
    subprocess.run([_leaderforge(), *arguments, "--data-dir", str(directory)], check=True)
    return {"step": name, "arguments": arguments, "seconds": round(time.perf_counter() - started, 2)}


def cpu_seconds(pid: int) -> dict[str, float]:
    """Return the processor time that the product's processes have used so far, by part."""
    spent = dict.fromkeys(("api", "database", "index"), 0.0)
    for process in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            command, times = " ".join(process.cmdline()), process.cpu_times()
            part = "index" if "valkey-server" in command else "database" if "postgres" in command else "api"
            spent[part] += times.user + times.system
    return spent


def cpu_a_request(before: dict[str, float], after: dict[str, float], result: dict[str, Any]) -> dict[str, int]:
    """Return the microseconds of processor time that each part spent on a request, the warm-up's included."""
    requests = result["rate"] * (result["seconds"] + WARMUP_S)
    return {part: round((after[part] - before[part]) / requests * 1e6) for part in after}


def index_memory(facts: dict[str, Any], players: int) -> dict[str, float]:
    """Return the bytes a player that the index's keys take, names apart."""
    from redis import Redis

    used = {"entries": 0, "standings": 0, "names": 0}
    for address in facts["redis"]:
        host, _, port = address.rpartition(":")
        with Redis(host=host, port=int(port)) as node:
            for key in node.scan_iter(count=1000):
                kind = key.decode().rpartition(":")[2]
                if kind in used:
                    used[kind] += node.memory_usage(key, samples=0) or 0
    total = used["entries"] + used["standings"]
    return {"bytes_per_player": total / players, **{f"{k}_per_player": v / players for k, v in used.items()}}


def table(report: dict[str, Any]) -> Table:
    """Return the results as a table to look at."""
    title = f"{report['players']:,} players, {report['connections']} connections, {report['workers']} worker(s)"
    cpu = "us of CPU: API, database, index"
    shown = Table("scenario", "per second", "p50 ms", "p95 ms", "p99 ms", "of ceiling", cpu, title=title)
    scenarios = report["scenarios"]
    for kind, result in scenarios.items():
        ceiling = scenarios.get(CEILINGS.get(kind, "noop_get"))
        share = "" if ceiling is None or kind in INCOMPARABLE else f"{result['rate'] / ceiling['rate']:.2f}"
        rate = result.get("scores_per_second", result["rate"])
        unit = " scores" if "scores_per_second" in result else ""
        times = [f"{result[p]:.1f}" if result[p] is not None else "" for p in ("p50", "p95", "p99")]
        spent = "" if kind.startswith("noop") else ", ".join(map(str, result["cpu_us"].values()))
        shown.add_row(kind, f"{rate:,.0f}{unit}", *times, share, spent)
    for taken in report["steps"]:
        shown.add_row(taken["step"], f"{taken['seconds']:,.1f} s")
    shown.add_row("index memory", f"{report['index_memory']['bytes_per_player']:.0f} bytes a player")
    return shown


def _install_autocannon() -> None:
    if shutil.which("node") is None:
        raise SystemExit("benchmarks need Node.js 20 or later")
    if not (HERE / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent"], cwd=HERE, check=True)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as reply:  # noqa: S310 - a loopback address of ours
            return bool(reply.status == 200)
    except OSError:
        return False


def _leaderforge() -> str:
    return str(Path(sys.executable).with_name("leaderforge"))


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


if __name__ == "__main__":
    typer.run(main)
