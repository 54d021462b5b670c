"""Programs that use the C# SDK. Without Debian's Mono, their tests are skipped."""

import tempfile
from functools import cache
from pathlib import Path

import pytest

from scripts.csharp_sdk import PACKAGES, compile_library, compile_program, is_installed

_FOLDER = tempfile.TemporaryDirectory(prefix="leaderforge-csharp-")
"""Folder of the compiled files, until this process ends."""


@cache
def csharp_library() -> Path:
    """Compile the SDK once in this process. Return its library."""
    if not is_installed():
        pytest.skip(f"this machine has no Mono; install Debian's {PACKAGES}")
    return compile_library(Path(_FOLDER.name))


@cache
def csharp_program(name: str, *sources: Path) -> Path:
    """Compile a program beside the library."""
    return compile_program(csharp_library(), name, *sources)
