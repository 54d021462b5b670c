"""Programs with the C sample. Without a C compiler, libcurl and cJSON, their tests are skipped."""

import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import pytest

from tests.sdk.drivers import SDK

C = SDK / "c"
PACKAGES = "gcc libc6-dev pkg-config libcurl4-openssl-dev libcjson-dev"
"""Debian packages of the compiler and the libraries."""
_OPTIONS = ("-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Werror", "-O1")
_FOLDER = tempfile.TemporaryDirectory(prefix="leaderforge-c-")
"""Folder of the compiled files, until this process ends."""


def is_installed() -> bool:
    """Return whether this machine has the compiler and the libraries."""
    if shutil.which("cc") is None or shutil.which("pkg-config") is None:
        return False
    return subprocess.run(["pkg-config", "--exists", "libcurl", "libcjson"], check=False).returncode == 0


@cache
def c_program(source: Path) -> Path:
    """Compile a program with the sample's client, with warnings as errors."""
    if not is_installed():
        pytest.skip(f"this machine cannot compile C; install Debian's {PACKAGES}")
    program = Path(_FOLDER.name) / source.stem
    _compile("-o", program, source, C / "leaderforge.c", f"-I{C}", "-lcurl", "-lcjson")
    return program


@cache
def c_library(source: Path) -> Path:
    """Compile a library for `LD_PRELOAD`."""
    if shutil.which("cc") is None:
        pytest.skip("this machine cannot compile C")
    library = Path(_FOLDER.name) / f"{source.stem}.so"
    _compile("-shared", "-fPIC", "-o", library, source, "-ldl")
    return library


def _compile(*arguments: str | Path) -> None:
    done = subprocess.run(["cc", *_OPTIONS, *arguments], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
