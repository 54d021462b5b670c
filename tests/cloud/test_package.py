"""Packages: reproducible, small, without unneeded files, and able to start."""

import json
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from deploy.packaging.__main__ import MAX_BYTES
from deploy.packaging.contents import ARCHITECTURES
from local_cloud.stack import ARCHITECTURE
from tests.cloud.conftest import Packages

ARCHITECTURE_NAMES = [one.name for one in ARCHITECTURES]
EACH_ARCHITECTURE = [
    pytest.param(name, marks=() if name == ARCHITECTURE else pytest.mark.long) for name in ARCHITECTURE_NAMES
]
"""All architectures. `make test` builds and checks only the packages for this machine."""
PREVIEWS = ("functions/previews/", "PIL/", "pillow", "fontTools/", "fonttools")
"""Pictures of links, and the packages that draw them."""
FONTS = (".ttf", ".otf", ".ttc", ".woff", ".woff2")
NOT_DEPLOYED = ("boto3/", "botocore/", "newrelic/", "uvicorn/", "typer/", "tests/", "leaderforge/cli/", *PREVIEWS)
DEPLOYED = ("functions/submit.py", "leaderforge/adapters/redis/scripts/apply.lua", "asyncpg/", "cronsim/")
MACHINES = {"x86_64": 62, "arm64": 183}
"""Number of each architecture in the header of a compiled file."""


@pytest.mark.long
def test_building_them_twice_makes_the_same_bytes(packages: Packages, tmp_path: Path) -> None:
    again = Packages(tmp_path)
    names = [f"{kind}-{architecture}.zip" for kind in ("functions", "newrelic") for architecture in ARCHITECTURE_NAMES]
    for built in (packages, again):
        for architecture in ARCHITECTURE_NAMES:
            built.functions(architecture)
        assert sorted(path.name for path in built.folder.iterdir()) == sorted(names)
    assert {n for n in names if (packages.folder / n).read_bytes() != (again.folder / n).read_bytes()} == set()


@pytest.mark.parametrize("architecture", EACH_ARCHITECTURE)
def test_each_is_small_and_holds_only_what_runs(packages: Packages, architecture: str) -> None:
    package = packages.functions(architecture)
    assert package.stat().st_size <= MAX_BYTES
    names = ZipFile(package).namelist()
    for begins in DEPLOYED:
        assert any(name.startswith(begins) for name in names), begins
    for begins in NOT_DEPLOYED:
        assert not any(name.startswith(begins) for name in names), begins
    assert [name for name in names if name.endswith(FONTS)] == []
    sources = {name for name in names if name.endswith(".py")}
    compiled = {name for name in names if name.endswith(".pyc")}
    assert len(compiled) == len(sources)


@pytest.mark.parametrize("architecture", EACH_ARCHITECTURE)
def test_what_is_compiled_is_for_the_architecture(packages: Packages, architecture: str) -> None:
    with ZipFile(packages.functions(architecture)) as zipped:
        headers = [zipped.read(name)[:20] for name in zipped.namelist() if name.endswith(".so")]
    assert len(headers) > 5
    assert {int.from_bytes(header[18:20], "little") for header in headers} == {MACHINES[architecture]}


@pytest.mark.long
def test_cold_starts_are_measured(tmp_path: Path) -> None:
    out = tmp_path / "coldstart.json"
    command = [sys.executable, "-m", "benchmarks.coldstart", "--starts", "1", "--out", str(out)]
    subprocess.run(command, check=True, capture_output=True)
    results = json.loads(out.read_text())["results"]
    handlers = {"submit", "queries", "boards", "admin", "ingest", "maintain"}
    assert set(results) == {*handlers, "bare FastAPI", "bare FastAPI, with drivers", "submit, without FastAPI"}
    for of_one in results.values():
        assert 0 < of_one["process"]["ms"] < of_one["ready"]["ms"] < of_one["first answer"]["ms"]


def test_what_answers_no_http_does_without_fastapi() -> None:
    """Importing FastAPI would slow down a cold start."""
    source = "import sys, functions.ingest, functions.maintain; print('fastapi' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=True, capture_output=True).stdout == b"False\n"


def test_the_administration_does_without_readers_of_files() -> None:
    """Importing the readers would slow down a cold start. They load with the first upload of a file."""
    source = "import sys, functions.admin; print('leaderforge.imports.lines' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", source], check=True, capture_output=True).stdout == b"False\n"
