"""What is in a package: our own modules, and what they need to run."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PYTHON = "3.13"
"""The version of Python that the functions run on."""

_ROOT = Path(__file__).parents[2]
_SOURCES = (_ROOT / "functions", _ROOT / "shared" / "leaderforge")
_NOT_DEPLOYED = ("__pycache__", "cli", "embedded", "memory", "local.py", "web.py", "worker.py")
"""The command, the servers of one machine, the twins of the tests, and what serves without Lambda."""
_NOT_RUN = ("*.pyx", "*.pxd", "*.pxi", "*.pyi", "*.c", "*.h", "bin")
"""Sources of what is compiled, and commands."""
_NOTES = ("RECORD", "INSTALLER", "REQUESTED", "uv_cache.json", ".lock")
"""What an installation writes down about itself, and about where it was made."""


class PackagingFailed(Exception):
    """A package could not be made; the message says why."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """A processor by its name at AWS, and the platform of the wheels that run on it."""

    name: str
    platform: str


ARCHITECTURES = (
    Architecture("x86_64", "x86_64-manylinux_2_28"),
    Architecture("arm64", "aarch64-manylinux_2_28"),
)


def install_dependencies(architecture: Architecture, target: Path) -> None:
    """Install the pinned wheels that run on this architecture, whatever this machine's is."""
    pins = _ROOT / "requirements" / "runtime.txt"
    install = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--target", str(target)]
    options = ("--require-hashes", "--no-deps", "--only-binary", ":all:", "--python-version", PYTHON)
    platform = ("--python-platform", architecture.platform)
    _run([*install, *options, *platform, "--requirement", str(pins)])
    _prune(target)


def copy_sources(target: Path) -> None:
    """Copy the modules that functions are made of."""
    for source in _SOURCES:
        shutil.copytree(source, target / source.name, ignore=shutil.ignore_patterns(*_NOT_DEPLOYED))


def compile_modules(python: str, target: Path) -> None:
    """Compile all modules, since a function cannot keep what it compiles: it would do so at every cold start."""
    options = ("-q", "--invalidation-mode", "unchecked-hash", "-s", str(target), "-p", "/var/task")
    _run([python, "-I", "-m", "compileall", *options, str(target)], {"PYTHONHASHSEED": "0"})


def find_python() -> str:
    """Return a Python of the functions' version on this machine. Raises `PackagingFailed`."""
    return _run([_ROOT / "scripts" / "find-python", PYTHON]).strip()


def _prune(target: Path) -> None:
    for pattern in _NOT_RUN + _NOTES:
        for path in list(target.rglob(pattern)):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _run(command: Sequence[str | Path], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own commands, on our own paths
        command, env=os.environ | (environment or {}), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PackagingFailed(f"{' '.join(map(str, command[:4]))} ... failed: {done.stderr.strip()}")
    return done.stdout
