"""Projects of Godot 3 with the SDK. Without Debian's godot3-server, their tests are skipped."""

import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest

from scripts.godot_sdk import ROOT, assemble

_FOLDER = tempfile.TemporaryDirectory(prefix="leaderforge-godot-")
"""Folder of the driver's project, until this process ends."""


def godot_project(folder: Path) -> Path:
    """Make a project with the SDK in a folder. Return the folder."""
    if shutil.which("godot3-server") is None:
        pytest.skip("this machine has no Godot; install Debian's godot3-server")
    assemble("3", folder)
    (folder / "project.godot").write_text('config_version=4\n\n[application]\n\nconfig/name="tests"\n')
    return folder


@cache
def godot_driver() -> Path:
    """Make the project of the driver, once in this process."""
    folder = godot_project(Path(_FOLDER.name))
    shutil.copy(ROOT / "sdk" / "conformance" / "godot_driver.gd", folder / "driver.gd")
    return folder
