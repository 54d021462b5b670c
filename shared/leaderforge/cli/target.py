"""Target service of a command: from the environment variables, or the service of a running `leaderforge dev`."""

import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound
from leaderforge.domain.presence import required

if TYPE_CHECKING:
    from leaderforge.wiring import Services

T = TypeVar("T")

DataDir = Annotated[
    Path, typer.Option(help="Data directory of a running `leaderforge dev`. Not used if LEADERFORGE_* are set.")
]
BoardOption = Annotated[str, typer.Option(help="Slug of the board.")]

DEFAULT_DATA_DIR = Path(".leaderforge")
"""Data directory of `leaderforge dev`, in the current directory."""

_LONG_MS = "60000"
"""Time limit of index and store calls in ms. Calls of commands are larger than calls of requests, and take longer."""


def environment(data_dir: Path) -> Mapping[str, str]:
    """Return the environment variables of the target service. Raises `SettingsError` without a target service."""
    from leaderforge.config import SettingsError

    if os.environ.get("LEADERFORGE_POSTGRES_DSN", "").strip():
        return os.environ
    try:
        return _variables_of(json.loads((data_dir / "dev.json").read_text()))
    except FileNotFoundError:
        raise SettingsError(
            f"no service runs in {data_dir}: start `leaderforge dev`, set its --data-dir, or set "
            "LEADERFORGE_POSTGRES_DSN and LEADERFORGE_REDIS_NODES"
        ) from None


def _variables_of(facts: Mapping[str, Any]) -> Mapping[str, str]:
    """Return the environment variables of the service that this content of a `dev.json` describes."""
    # If other machines can reach the service, it issues no development tokens, and dev.json has no signing secret.
    signing = {"LEADERFORGE_SIGNING_SECRET": facts["signing_secret"]} if "signing_secret" in facts else {}
    return {
        "LEADERFORGE_POSTGRES_DSN": facts["postgres"],
        "LEADERFORGE_REDIS_NODES": ",".join(facts["redis"]),
        # The nodes of a running `leaderforge dev` of 0.2.0 or earlier have no password.
        "LEADERFORGE_REDIS_PASSWORD": facts.get("redis_password", ""),
        "LEADERFORGE_PARTITIONS": str(facts["partitions"]),
        **signing,
    }


def store_dsn(data_dir: Path) -> str:
    """Return the DSN of the target service's database. Raises `SettingsError` if the DSN is missing or wrong."""
    from leaderforge.config import VARIABLES, SettingsError
    from leaderforge.setting_types import check_dsn

    dsn = environment(data_dir)["LEADERFORGE_POSTGRES_DSN"]
    try:
        return check_dsn(dsn)
    except ValueError as error:
        instruction = VARIABLES["LEADERFORGE_POSTGRES_DSN"]
        raise SettingsError(f"LEADERFORGE_POSTGRES_DSN is wrong ({error}): {instruction}") from None


@asynccontextmanager
async def services(data_dir: Path, **variables: str) -> AsyncIterator["Services"]:
    """Yield the services, with long time limits. `variables` replace environment variables of the same names.

    The services connect on first use. Connection errors are raised there, not here.
    """
    from leaderforge.config import EnvironmentSettings
    from leaderforge.garbage import collect_seldom
    from leaderforge.wiring import build

    limits = {"LEADERFORGE_INDEX_TIMEOUT_MS": _LONG_MS, "LEADERFORGE_STORE_TIMEOUT_MS": _LONG_MS}
    values = {"LEADERFORGE_LOG_LEVEL": "warning", **environment(data_dir), **limits, **variables}
    built = build(EnvironmentSettings.from_environment(values), logs_to=sys.stderr)
    collect_seldom()
    try:
        yield built
    finally:
        await built.close()


def run_with_services(data_dir: Path, work: "Callable[[Services], Awaitable[T]]") -> T:
    """Run `work` with the target service until a stop signal, and return its result."""

    async def run() -> T:
        async with services(data_dir) as product:
            return await work(product)

    return run_until_stopped(run())


async def board_named(parts: "Services", slug: str) -> Board:
    """Return the board with the slug. Raises `BoardNotFound` if no board has it."""
    return required(await parts.parts.store.board(slug), BoardNotFound.of(slug))
