"""Real servers for the tests, and a check that no process is left."""

import ctypes
import gc
import os
import sys
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from leaderforge.embedded import PostgresServer, ValkeyCluster
from leaderforge.embedded.tree import lives
from leaderforge.embedded.waiting import wait_until
from tests.waiting import PATIENCE_S

PR_SET_CHILD_SUBREAPER = 36
_PAUSE_S = 0.5
"""Pause in s between two checks of the last worker whether it may begin."""

# No deadline, because a busy machine must not fail a property test.
settings.register_profile("long", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("short", settings.get_profile("long"), max_examples=50)


def pytest_configure(config: pytest.Config) -> None:
    """Give property tests half of Hypothesis's 100 examples, unless the long cases are selected too."""
    settings.load_profile("short" if config.option.markexpr == "not long" else "long")


OwnValkey = Callable[..., ValkeyCluster]
"""Function that starts a cluster, with the keyword arguments of `ValkeyCluster`."""

OwnPostgres = Callable[..., PostgresServer]
"""Function that starts a server, with the keyword arguments of `PostgresServer`."""


LONGEST_FIRST = ("sdk", "acceptance", "browser", "contract", "torture", "fuzz")
"""Order of the folders. The short modules of `unit` run last, and therefore all workers end at about the same time."""

LAST_LANE = "LAST_LANE"
"""Variable of `scripts/run_parts.py`: the path of a file that exists once no checks run beside the tests."""


class ByModule(LoadScopeScheduling):  # type: ignore[misc]
    """Scheduler that runs tests with shared parts on one worker.

    The tests of a module share its fixtures, and all tests on Citus share a database.

    As long as checks run beside the tests, they occupy a core. Therefore the last worker waits for their end before it
    collects the tests. The scheduler begins without this worker, and gives it tests once it has collected them.
    """

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        if LAST_LANE in os.environ and self.numnodes > 1:
            self.numnodes -= 1

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node in self.registered_collections:
            super()._assign_work_unit(node)

    def _split_scope(self, nodeid: str) -> str:
        on_citus = "citus" in nodeid and "LEADERFORGE_TEST_CITUS_DSN" in os.environ
        return "citus" if on_citus else nodeid.partition("::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByModule:
    # With pytest 9.2, the scheduler of `--dist loadgroup` ignores the marks of groups. Therefore replace this
    # scheduler.
    return ByModule(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Collect without garbage collections: nearly all new objects live as long as the process.

    The collection of 9,000 tests takes 8 s of CPU, and took 17 s with them. Each later one skips the frozen objects.
    """
    if LAST_LANE in os.environ and _is_last_worker(session.config):
        _await(Path(os.environ[LAST_LANE]))
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def _is_last_worker(config: pytest.Config) -> bool:
    worker: dict[str, Any] = getattr(config, "workerinput", {"workercount": 1})
    count = worker["workercount"]
    return bool(count > 1 and worker["workerid"] == f"gw{count - 1}")


def _await(path: Path) -> None:
    """Return once the file exists. Also return if its directory is gone, because then the run has ended."""
    while path.parent.exists() and not path.exists():
        time.sleep(_PAUSE_S)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _position(item.path.parent.name))


def _position(folder: str) -> int:
    return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)


@dataclass(frozen=True)
class ExistingCluster:
    """Cluster that the tests did not start."""

    addresses: list[str]


@pytest.fixture(scope="session", autouse=True)
def no_process_left() -> Iterator[None]:
    """Fail the run if a process outlives the tests, including orphans."""
    if sys.platform == "linux":  # become the parent of orphaned processes, because the check finds only children
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    before = set(psutil.Process().children(recursive=True))
    yield
    wait_until(lambda: not _left(before), PATIENCE_S, f"the end of processes that tests started: {_left(before)}")


@pytest.fixture(scope="session")
def valkey(
    no_process_left: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ValkeyCluster | ExistingCluster]:
    """Cluster of three nodes, shared by all tests. Each test must use its own key names, and stop no node.

    If LEADERFORGE_TEST_REDIS has addresses (host:port, separated by commas), use the existing cluster there.
    """
    existing = os.environ.get("LEADERFORGE_TEST_REDIS")
    if existing:
        yield ExistingCluster(existing.split(","))
    else:
        with ValkeyCluster(tmp_path_factory.mktemp("valkey")) as cluster:
            yield cluster


@pytest.fixture(scope="session")
def postgres(no_process_left: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """PostgreSQL server for all tests. Its role may create databases. The server may lose data if the machine fails."""
    fast = {"fsync": "off", "full_page_writes": "off"}
    with PostgresServer(tmp_path_factory.mktemp("postgres"), settings=fast) as server:
        yield server


@pytest.fixture
def own_valkey(no_process_left: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnValkey]:
    """Factory of clusters for one test. The test may break them."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(ValkeyCluster(tmp_path_factory.mktemp("own-valkey"), **options))


@pytest.fixture
def own_postgres(no_process_left: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    """Factory of PostgreSQL servers for one test. The test may break them."""
    with ExitStack() as stack:
        yield lambda **options: stack.enter_context(PostgresServer(tmp_path_factory.mktemp("own-postgres"), **options))


def _left(before: set[psutil.Process]) -> list[str]:
    children = set(psutil.Process().children(recursive=True)) - before
    return [described for child in children if (described := _describe(child))]


def _describe(process: psutil.Process) -> str | None:
    try:
        command = " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return None
    if not lives(process) or "resource_tracker" in command:  # multiprocessing's tracker ends with Python
        return None
    return f"{process.pid} {command}"
