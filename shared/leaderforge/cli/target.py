"""Which service a command works on: the one that the environment names, or the one that `leaderforge dev` runs."""

import json
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound

if TYPE_CHECKING:
    from leaderforge.wiring import Services

DataDir = Annotated[
    Path, typer.Option(help="Data directory of a running `leaderforge dev`; not needed where LEADERFORGE_* are set.")
]
BoardName = Annotated[str, typer.Option(help="The board.")]

DEFAULT_DATA_DIR = Path(".leaderforge")

_LONG_MS = "60000"
"""Commands work in bulk: their calls may take longer than a request's."""


def environment(data_dir: Path) -> Mapping[str, str]:
    """Return the variables that name the service. Raises `SettingsError` where there is none."""
    from leaderforge.config import SettingsError

    if os.environ.get("LEADERFORGE_POSTGRES_DSN", "").strip():
        return os.environ
    try:
        facts = json.loads((data_dir / "dev.json").read_text())
    except FileNotFoundError:
        raise SettingsError(
            f"nothing runs in {data_dir}: start `leaderforge dev`, name its --data-dir, or set "
            "LEADERFORGE_POSTGRES_DSN and LEADERFORGE_REDIS_NODES"
        ) from None
    return {
        "LEADERFORGE_POSTGRES_DSN": facts["postgres"],
        "LEADERFORGE_REDIS_NODES": ",".join(facts["redis"]),
        "LEADERFORGE_PARTITIONS": str(facts["partitions"]),
    }


@asynccontextmanager
async def services(data_dir: Path) -> AsyncIterator["Services"]:
    """Yield the service's parts, with long time limits. They connect when they are first used, and fail there."""
    from leaderforge.config import Settings
    from leaderforge.garbage import collect_seldom
    from leaderforge.wiring import build

    limits = {"LEADERFORGE_INDEX_TIMEOUT_MS": _LONG_MS, "LEADERFORGE_STORE_TIMEOUT_MS": _LONG_MS}
    built = build(Settings.from_environment({"LEADERFORGE_LOG_LEVEL": "warning", **environment(data_dir), **limits}))
    collect_seldom()
    try:
        yield built
    finally:
        await built.close()


async def board_named(parts: "Services", slug: str) -> Board:
    """Return the board. Raises `BoardNotFound`."""
    board = await parts.parts.store.board(slug)
    if board is None:
        raise BoardNotFound(f"there is no board {slug!r}", board=slug)
    return board
