"""Every SDK behaves as sdk/conformance/cases.json says, behind a proxy that breaks the network."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.api_fixtures import connected_to_server
from tests.acceptance.test_dev import run
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, ApiClient
from tests.sdk.cases import CASES, Trial
from tests.sdk.conftest import OPEN
from tests.sdk.drivers import COMMANDS, LONG_ONLY, Driver, driving
from tests.sdk.hostile import HostileProxy
from tests.tokens import SIGNING, TOKENS

_numbers = count(1)


def features(case: Mapping[str, Any]) -> set[str]:
    """Return the features of a case: its faults, steps, acts in the steps, and expectations, each by its kind."""
    faults = {f"fault {fault['fault']}" for fault in case.get("faults", [])}
    steps = {kind for step in case["steps"] for kind in step}
    meanwhile = {f"meanwhile {kind}" for step in case["steps"] for event in step.get("meanwhile", []) for kind in event}
    return faults | steps | meanwhile | (case.keys() - {"name"})


def sampled() -> set[str]:
    """Return the names of the cases that `make test` runs with all drivers but `COMPLETE`.

    Each of these cases has a feature that no earlier case has. Together, they have all features.
    """
    names, covered = set(), set[str]()
    for case in CASES:
        if not features(case) <= covered:
            names.add(case["name"])
            covered |= features(case)
    return names


SAMPLE = sampled()
COMPLETE = "python-async"
"""Driver with which `make test` runs all cases. With the others, it runs the sample."""
PARAMS = [
    pytest.param(
        name,
        case,
        id=f"{name}-{case['name']}".replace(" ", "-"),
        marks=[pytest.mark.long] * (name in LONG_ONLY or (name != COMPLETE and case["name"] not in SAMPLE)),
    )
    for name in COMMANDS
    for case in CASES
]


@dataclass(frozen=True)
class DevelopmentStack(ApiClient):
    """Running `leaderforge dev`, and a client of its API."""

    url: str


@pytest.fixture(scope="module")
async def service(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[DevelopmentStack]:
    """Replace the service of the other tests by `leaderforge dev`."""
    directory = tmp_path_factory.mktemp("dev")
    data = directory / "data"
    data.mkdir(mode=0o711)
    # Write the files that an earlier start would have left. The command then uses the API keys in them.
    (data / "leaderforge.lock").touch()
    (data / "keys.json").write_text(json.dumps({"submit_key": SUBMIT_KEY, "admin_key": ADMIN_KEY}))
    settings = {**TOKENS, **SIGNING, **OPEN, "LEADERFORGE_CREATE_PLAYERS": "0", "LEADERFORGE_OVERLOAD_MS": "0"}
    with ExitStack() as runs:
        dev = run(runs, directory, "--no-demo", "--nodes", "1", environment=settings).ready()
        async with connected_to_server(dev.description["api"]) as client:
            yield DevelopmentStack(client, dev.description["api"])
        assert dev.stop() == 0


@pytest.fixture(scope="module")
async def driver_of() -> AsyncIterator[Callable[[str], Awaitable[Driver]]]:
    """Yield a function that returns a driver by its name. All cases share a driver, because a start takes a second."""
    async with AsyncExitStack() as stack:
        drivers: dict[str, Driver] = {}

        async def started(name: str) -> Driver:
            if name not in drivers:
                drivers[name] = await stack.enter_async_context(driving(name))
            return drivers[name]

        yield started


def test_there_are_enough_cases_with_unique_names() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "case"), PARAMS)
async def test_case(
    service: DevelopmentStack,
    proxy: HostileProxy,
    driver_of: Callable[[str], Awaitable[Driver]],
    tmp_path: Path,
    name: str,
    case: Mapping[str, Any],
) -> None:
    await Trial(case, next(_numbers), service, proxy, await driver_of(name), tmp_path / "queue").run()
