"""Contents of a package: the project's modules and their runtime dependencies."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = "3.13"
"""Python version of the functions."""

_ROOT = Path(__file__).parents[2]
_SOURCES = (_ROOT / "functions", _ROOT / "shared" / "leaderforge")
_NOT_DEPLOYED = (
    "__pycache__",
    "cli",
    "draining.py",
    "embedded",
    "memory",
    "production",
    "previews",
    "local.py",
    "server.py",
    "torture",
    "web.py",
    "worker.py",
)
"""Files that are not deployed: the command, local servers, in-memory adapters, test clients, servers without Lambda."""
_NOT_RUN = (
    *("*.pyx", "*.pxd", "*.pxi", "*.pyi", "*.c", "*.h", "bin", "cffi", "pycparser"),
    *("_testbase", "pytest_plugin.py", "testclient.py", "mypy.py", "asyncpg/cluster.py"),
    *("_trio.py", "_backends/trio.py", "multidb", "prometheus_client/parser.py", "openmetrics/parser.py", ".agents"),
    "pydantic/v1",
)
"""Files of dependencies that never run: sources of compiled modules and their compilers, stubs, commands, tests, and
support of another event loop, failover between Redis databases, parsers of metrics, texts.

FastAPI imports `pydantic/v1` only to check that no route has models of pydantic 1. FastAPI accepts the absence of this
folder.
"""
_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "uv_cache.json", ".lock")
"""Files in which the installer describes itself and the build machine. They would make the package's bytes vary."""


class PackagingFailed(Exception):
    """Error for a package that cannot be built. The message is the reason."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """Processor by its AWS name, and the platform tag of its wheels."""

    name: str
    platform: str


ARCHITECTURES = (
    Architecture("x86_64", "x86_64-manylinux_2_28"),
    Architecture("arm64", "aarch64-manylinux_2_28"),
)


def install_dependencies(architecture: Architecture, target: Path) -> None:
    """Install the pinned wheels for the architecture, which need not be this machine's. Raises `PackagingFailed`."""
    pins = _ROOT / "requirements" / "runtime.txt"
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(target)]
    options = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--python-version", PYTHON)
    platform = ("--python-platform", architecture.platform)
    _run([*install, *options, *platform, "--requirement", str(pins)])
    _prune(target)


def copy_sources(target: Path) -> None:
    """Copy the modules of the functions."""
    for source in _SOURCES:
        shutil.copytree(source, target / source.name, ignore=shutil.ignore_patterns(*_NOT_DEPLOYED))


def compile_modules(python: str, target: Path) -> None:
    """Compile all modules.

    A function cannot store modules that it compiles. Without compiled modules in the package, each cold start would
    compile all modules.
    """
    # Store hashes of the sources instead of their times, and the path on AWS. Equal sources then compile to equal bytes
    # on any machine.
    options = ("-q", "--invalidation-mode", "unchecked-hash", "-s", str(target), "-p", "/var/task")
    _run([python, "-I", "-m", "compileall", *options, str(target)], {"PYTHONHASHSEED": "0"})


def find_python() -> str:
    """Return a Python of the functions' version on this machine. Raises `PackagingFailed` if there is none."""
    return _run([_ROOT / "scripts" / "find-python", PYTHON]).strip()


def _prune(target: Path) -> None:
    for pattern in _NOT_RUN + _NOTES:
        for path in list(target.rglob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> str:
    """Return the output of the command. Raises `PackagingFailed` if the command fails."""
    process = subprocess.run(  # noqa: S603 - our own commands, on our own paths
        command, env=os.environ | (environment or {}), capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise PackagingFailed(f"{' '.join(map(str, command[:4]))} ... failed: {process.stderr.strip()}")
    return process.stdout
