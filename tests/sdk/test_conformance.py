"""Every SDK behaves as sdk/conformance/cases.json says, behind a proxy that breaks the network."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.api_fixtures import Served
from tests.sdk.cases import CASES, Trial
from tests.sdk.drivers import COMMANDS, LONG_ONLY, SAMPLED, Driver, driving
from tests.sdk.hostile import HostileProxy

_numbers = count(1)


def features(case: Mapping[str, Any]) -> set[str]:
    """Return the kinds of a case: of its faults, its steps, the events during its steps, and its expectations."""
    faults = {f"fault {fault['fault']}" for fault in case.get("faults", [])}
    steps = {kind for step in case["steps"] for kind in step}
    meanwhile = {f"meanwhile {kind}" for step in case["steps"] for event in step.get("meanwhile", []) for kind in event}
    return faults | steps | meanwhile | (case.keys() - {"name"})


def sampled() -> set[str]:
    """Return the names of the cases of a sampled SDK in `make test`: the first ones with a feature of their own."""
    names, covered = set(), set[str]()
    for case in CASES:
        if not features(case) <= covered:
            names.add(case["name"])
            covered |= features(case)
    return names


SAMPLE = sampled()
PARAMS = [
    pytest.param(
        name,
        case,
        id=f"{name}-{case['name']}".replace(" ", "-"),
        marks=[pytest.mark.long] * (name in LONG_ONLY or (name in SAMPLED and case["name"] not in SAMPLE)),
    )
    for name in COMMANDS
    for case in CASES
]


@pytest.fixture(scope="module")
async def driver_of() -> AsyncIterator[Callable[[str], Awaitable[Driver]]]:
    """Return a function that returns the driver of this name. Each is started once, because a start takes a second."""
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
    service: Served,
    proxy: HostileProxy,
    driver_of: Callable[[str], Awaitable[Driver]],
    tmp_path: Path,
    name: str,
    case: Mapping[str, Any],
) -> None:
    await Trial(case, next(_numbers), service, proxy, await driver_of(name), tmp_path / "queue").run()
