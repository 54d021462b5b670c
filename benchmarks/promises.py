"""Propagation of changes to another process, compared with the documented upper bounds.

    python -m benchmarks.promises --out docs/performance/results/promises.json

Two API processes share an index and a database. After a change through one process, the other process is polled without
pause, until its response shows the change.
"""

import asyncio
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from random import Random
from statistics import median
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.backing import backing
from benchmarks.report import about, write
from leaderforge.embedded.api import ApiServer
from leaderforge.embedded.ports import LOOPBACK, free_port
from leaderforge.embedded.waiting import wait_until

KEY = "admin-key-of-the-benchmark"
LONGEST_S = 60.0
"""Time limit in s after which a change counts as lost."""
LONGEST_REST_S = 2.0
"""Maximum random pause in s before a change. The age of the other process's cached values therefore varies."""

Condition = Callable[[], object]


@dataclass(frozen=True)
class Line:
    """Propagation times of the changes of one kind, in s, and their upper bound."""

    what: str
    promised_s: float
    taken_s: list[float]


def main(
    times: Annotated[int, typer.Option(help="Changes of each kind.", min=1)] = 30,
    out: Annotated[Path | None, typer.Option(help="Write the results here as JSON.")] = None,
) -> None:
    """Measure the propagation of changes on this machine."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        settings = {**stack.enter_context(backing(folder)), "LEADERFORGE_ADMIN_KEYS": KEY}
        one, other = (stack.enter_context(client(folder / name, settings)) for name in ("one", "other"))
        lines = measure(Changes(one, other), times)
    Console().print(table(lines))
    write({**about("benchmarks.promises"), "times": times, "lines": [asdict(line) for line in lines]}, out)


@contextmanager
def client(folder: Path, settings: Mapping[str, str]) -> Iterator[httpx.Client]:
    """Run an API process and yield a client of it with an admin key."""
    folder.mkdir()
    server = ApiServer(folder, folder / "log", host=LOOPBACK, port=free_port(), workers=1)
    server.start(settings)
    try:
        asyncio.run(server.wait_healthy())
        with httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {KEY}"}, timeout=LONGEST_S) as made:
            yield made
    finally:
        server.stop()


class Changes:
    """Changes through one process. Each method makes a change, and returns a condition: it holds once the other process
    shows the change.
    """

    def __init__(self, one: httpx.Client, other: httpx.Client) -> None:
        self._one, self._other = one, other
        self._numbers = count(1)
        self._random = Random(1)

    def score(self) -> Condition:
        """Let a new player take the lead."""
        user_id = next(self._numbers)
        told(self._one.post("/api/users", json={"user_id": user_id, "username": f"Player {user_id}"}))
        self._first()
        self._rest()
        told(self._one.post("/api/scores", json={"user_id": user_id, "score": user_id}))
        return lambda: self._first().get("user_id") == user_id

    def name(self) -> Condition:
        """Rename the first player."""
        number = next(self._numbers)
        wait_for(self.score())
        self._rest()
        told(self._one.patch(f"/api/users/{self._first()['user_id']}", json={"username": f"Renamed {number}"}))
        return lambda: self._first().get("username") == f"Renamed {number}"

    def key(self) -> Condition:
        """Revoke a key that both processes have cached."""
        name = f"key-{next(self._numbers)}"
        made = told(self._one.post("/api/admin/keys", json={"name": name, "scopes": ["read"]}))
        wait_for(self._answers(200, "/api/boards", made["key"]))
        self._rest()
        told(self._one.delete(f"/api/admin/keys/{name}"))
        return self._answers(401, "/api/boards", made["key"])

    def board(self) -> Condition:
        """Make a board private. Both processes have cached the public board."""
        board = f"board-{next(self._numbers)}"
        told(self._one.post("/api/boards", json={"board": board}))
        wait_for(self._answers(200, f"/api/boards/{board}/top"))
        self._rest()
        told(self._one.patch(f"/api/boards/{board}", json={"private": True}))
        return self._answers(401, f"/api/boards/{board}/top")

    def _first(self) -> Any:
        entries = told(self._other.get("/api/leaderboard/top?limit=1"))["entries"]
        return entries[0] if entries else {}

    def _rest(self) -> None:
        time.sleep(self._random.uniform(0, LONGEST_REST_S))

    def _answers(self, status: int, path: str, key: str | None = None) -> Condition:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        request = httpx.Request("GET", self._other.base_url.join(path), headers=headers)
        return lambda: self._other.send(request).status_code == status


def measure(changes: Changes, times: int) -> list[Line]:
    """Make changes of each kind, in turns, and return their propagation times."""
    lines = {
        changes.score: Line("a score on the first page", 1, []),
        changes.name: Line("a name on the first page", 1, []),
        changes.key: Line("the end of a key", 5, []),
        changes.board: Line("a board's settings", 5, []),
    }
    for _ in track(range(times), "changes"):
        for change, line in lines.items():
            holds = change()
            begin = time.perf_counter()
            wait_for(holds)
            line.taken_s.append(round(time.perf_counter() - begin, 4))
    return list(lines.values())


def wait_for(holds: Condition) -> None:
    """Return once the condition holds."""
    wait_until(holds, LONGEST_S, "a change to be known", every=0.001)


def told(answer: httpx.Response) -> Any:
    """Return the body of a response. Fails unless the response is a success."""
    answer.raise_for_status()
    return answer.json() if answer.content else None


def table(lines: Sequence[Line]) -> Table:
    """Return the lines as a table."""
    shown = Table("a change", "median s", "longest s", "promised s", title="How soon a change holds in another process")
    for line in lines:
        shown.add_row(line.what, f"{median(line.taken_s):.3f}", f"{max(line.taken_s):.3f}", f"{line.promised_s:g}")
    return shown


if __name__ == "__main__":
    typer.run(main)
