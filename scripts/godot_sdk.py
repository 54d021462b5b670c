"""Assemble the Godot SDK. Its two editions have the same files except `host.gd`, which has the code that differs.

    python -m scripts.godot_sdk 3|4 FOLDER

FOLDER is a project of Godot. The addon is copied to the project's folder `addons/leaderforge`.
"""

import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
SDK = ROOT / "sdk" / "godot"
ADDON = Path("addons") / "leaderforge"
EDITIONS = ("3", "4")


def assemble(edition: str, folder: Path) -> Path:
    """Copy the addon of an edition into a project. Return its folder."""
    addon = folder / ADDON
    shutil.copytree(SDK / ADDON, addon, dirs_exist_ok=True)
    shutil.copy(SDK / f"godot{edition}" / "host.gd", addon)
    return addon


if __name__ == "__main__":
    assemble(sys.argv[1], Path(sys.argv[2]))
