"""Every SDK behaves as sdk/conformance/cases.json says, behind a proxy that breaks the network."""

from collections.abc import AsyncIterator, Mapping
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.api_fixtures import Served
from tests.sdk.cases import CASES, Trial
from tests.sdk.drivers import COMMANDS, LONG_ONLY, Driver, driving
from tests.sdk.hostile import HostileProxy

_numbers = count(1)


PARAMS = [pytest.param(name, marks=[pytest.mark.long] if name in LONG_ONLY else []) for name in COMMANDS]


@pytest.fixture(scope="module", params=PARAMS)
async def driver(request: pytest.FixtureRequest) -> AsyncIterator[Driver]:
    async with driving(request.param) as program:
        yield program


def test_there_are_enough_cases_with_unique_names() -> None:
    names = [case["name"] for case in CASES]
    assert len(names) >= 60
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["name"]).replace(" ", "-"))
async def test_case(
    service: Served, proxy: HostileProxy, driver: Driver, tmp_path: Path, case: Mapping[str, Any]
) -> None:
    await Trial(case, next(_numbers), service, proxy, driver, tmp_path / "queue").run()
