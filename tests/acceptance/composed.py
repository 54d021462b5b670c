"""Services of docker-compose.yml, and their commands outside containers."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.acceptance.processes import ending

ROOT = Path(__file__).parents[2]
COMPOSE_FILE = ROOT / "docker-compose.yml"
_VARIABLES = re.compile(r"\$\{(\w+):-([^}]*)\}")


@pytest.fixture(scope="module")
def services() -> Mapping[str, Any]:
    """Services of docker-compose.yml, with the defaults of all variables."""
    return services_with({})


def services_with(variables: Mapping[str, str]) -> Mapping[str, Any]:
    """Return the services with these variables in .env."""
    text = _VARIABLES.sub(lambda match: variables.get(match[1]) or match[2], COMPOSE_FILE.read_text())
    services: Mapping[str, Any] = yaml.safe_load(text)["services"]
    return services


@contextmanager
def running(command: list[str], environment: Mapping[str, str], directory: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a service's command with its environment.

    End the service by a signal, as a container engine does. Fails if the service does not end in time.
    """
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    given = {**kept, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}", **environment}
    with (
        (directory / "log").open("ab") as log,
        ending(subprocess.Popen(command, env=given, cwd=directory, stdout=log, stderr=log)) as process,
    ):
        yield process


def native(command: list[str]) -> list[str]:
    return [sys.executable if part == "python" else part for part in command]


def healthy(url: str) -> bool:
    try:
        health = httpx.get(f"{url}/api/health", timeout=5)
    except httpx.HTTPError:
        return False
    # Check the status first: while nginx does not reach the API, nginx answers with HTML, which is no JSON.
    return health.status_code == 200 and bool(health.json()["status"] == "ok")
