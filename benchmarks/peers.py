"""Comparison of another server with the product. Both are loaded in turns, in one run.

    python -m benchmarks.peers benchmarks/peer-example.toml --out peers.json

A TOML file describes the requests of the other server, which must be running and filled. The product is started and
filled here. Both are then loaded in turns, in short rounds whose order changes. Other load on the machine affects both.
Therefore compare the ratios. The table shows their median and quartiles over the rounds.
"""

import tempfile
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from itertools import product as pairs
from pathlib import Path
from random import Random
from statistics import median
from string import Template
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer
import uvloop
from pydantic import BaseModel, ConfigDict, ValidationError
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.bench import WARMUP_S, loaded, product, step
from benchmarks.closed_loop import Latency
from benchmarks.open_loop import Request, busy_loop
from benchmarks.report import about, finish, quartiles
from benchmarks.requests import KINDS

Samples = dict[str, dict[str, list[dict[str, Any]]]]
"""Measurements by kind of request and server, one per round."""

_SERVERS = ("product", "peer")


class PeerRequest(BaseModel):
    """Request of the other server. `$player`, `$score` and `$rank` in path and body are random numbers."""

    model_config = ConfigDict(extra="forbid")

    method: str = "GET"
    path: str
    body: str = ""


class Peer(BaseModel):
    """Other server to compare with: its address, the headers of all requests, and its requests.

    For each kind of the product's requests, `requests` has the equivalent request to this server.
    """

    model_config = ConfigDict(extra="forbid")

    name: str
    url: str
    players: int
    headers: Mapping[str, str] = {}
    requests: Mapping[str, PeerRequest]

    def maker(self, kind: str) -> Callable[[], Request]:
        """Return a function that creates the next request of a kind."""
        request, random, host = self.requests[kind], Random(1), urlsplit(self.url).netloc
        path, body = Template(request.path), Template(request.body)
        headers = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())

        def next_request() -> Request:
            values = {
                "player": random.randrange(1, self.players + 1),
                "score": random.randrange(1, 101),
                "rank": random.randrange(1, self.players + 1),
            }
            content = body.substitute(values).encode()
            head = f"{request.method} {path.substitute(values)} HTTP/1.1\r\nHost: {host}\r\n{headers}"
            length = f"Content-Length: {len(content)}\r\n" if content else ""
            return kind, f"{head}{length}\r\n".encode() + content

        return next_request


def main(
    description: Annotated[Path, typer.Argument(help="TOML file of the other server.", exists=True, dir_okay=False)],
    connections: Annotated[int, typer.Option(help="Connections kept busy.")] = 64,
    rounds: Annotated[int, typer.Option(help="How often each server is loaded, at least twice.", min=2)] = 10,
    seconds: Annotated[float, typer.Option(help="Seconds a round, after a warm-up of two.")] = 3,
    url: Annotated[str | None, typer.Option(help="Address of the other server, instead of the file's.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure another server, and the product with the same number of players."""
    console = Console()
    peer = read_peer(description, url)
    samples: Samples = {kind: {server: [] for server in _SERVERS} for kind in peer.requests}
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="leaderforge-peers-")))
        facts = stack.enter_context(product(directory, []))
        step("populate", ["populate", "--users", str(peer.players), "--sessions", str(2 * peer.players)], directory)
        load: dict[str, Any] = {"players": peer.players, "connections": connections, "seconds": seconds}
        for turn, kind in track(list(pairs(range(rounds), samples)), "Measuring", console=console):
            for server in _SERVERS if turn % 2 else _SERVERS[::-1]:
                is_product = server == "product"
                result = loaded(facts, kind, facts["api"], **load) if is_product else peer_loaded(peer, kind, **load)
                samples[kind][server].append(result)
    report = {
        **about("benchmarks.peers"),
        "peer": peer.name, **load, "ratios": {kind: ratio(of_kind) for kind, of_kind in samples.items()},
        "samples": samples,
    }  # fmt: skip
    finish(
        report,
        table(report),
        out,
        [result for kinds in samples.values() for results in kinds.values() for result in results],
    )


def read_peer(path: Path, url: str | None = None) -> Peer:
    """Return the description of the other server. Exits with a message if it is invalid."""
    try:
        peer = Peer.model_validate(tomllib.loads(path.read_text()) | ({"url": url} if url else {}))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise typer.BadParameter(f"{path}: {error}") from None
    unknown = sorted(peer.requests.keys() - KINDS.keys())
    if unknown:
        raise typer.BadParameter(f"{path}: unknown kinds {', '.join(unknown)}: choose from {', '.join(KINDS)}")
    return peer


def peer_loaded(peer: Peer, kind: str, *, players: int, connections: int, seconds: float) -> dict[str, Any]:
    """Load the other server with one kind of request after a warm-up, and return its figures. Times are in ms.

    Each successful status of the other server, such as 201, counts as 200: the product's successful responses have 200.
    """
    requests = peer.maker(kind)
    uvloop.run(busy_loop(peer.url, requests, WARMUP_S, connections))
    outcome = uvloop.run(busy_loop(peer.url, requests, seconds, connections))
    latency = Latency.of(outcome.taken[kind])
    statuses: dict[str, int] = {}
    for status, count in outcome.statuses.items():
        name = "200" if 200 <= status < 300 else str(status)
        statuses[name] = statuses.get(name, 0) + count
    return {
        "players": players, "rate": outcome.per_second, "p50": latency.p50_ms, "p95": latency.p95_ms,
        "p99": latency.p99_ms, "statuses": statuses,
    }  # fmt: skip


def ratio(samples: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    """Return the product's rate, divided by the peer's rate, and the p99 of both servers in ms.

    The ratio is [lower quartile, median, upper quartile].
    """
    rounds = zip(samples["product"], samples["peer"], strict=True)
    return {
        "rate": quartiles([own["rate"] / other["rate"] for own, other in rounds]),
        "p99": {server: median(result["p99"] for result in results) for server, results in samples.items()},
    }


def table(report: Mapping[str, Any]) -> Table:
    """Return the ratios as a table."""
    title = f"The product / {report['peer']}: medians (quartiles); {report['players']:,} players"
    shown = Table("request", "requests a second", "p99 of the product, ms", "p99 of the other, ms", title=title)
    for kind, of_kind in report["ratios"].items():
        low, middle, high = of_kind["rate"]
        times = (f"{of_kind['p99'][server]:.1f}" for server in _SERVERS)
        shown.add_row(kind, f"{middle:.2f} ({low:.2f} to {high:.2f})", *times)
    return shown


if __name__ == "__main__":
    typer.run(main)
