"""`leaderforge dev`: the whole product on one machine."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leaderforge.cli.stop_signals import StopSignals

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress

    from leaderforge.cli.development import DevelopmentPlayer
    from leaderforge.embedded.stack import LocalStack, StackOptions, Step

INTERRUPTED = 130
DEMO_PLAYER = 1
OK = 200
_VARIABLES = "Variables of the examples in the documentation:"


def dev(
    *,
    host: Annotated[str, typer.Option(help="Address to serve on; 0.0.0.0 serves the network.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to serve on; 0 selects a free one.", min=0, max=65535)] = 8000,
    data_dir: Annotated[Path, typer.Option(help="Directory for data, keys and logs.")] = Path(".leaderforge"),
    nodes: Annotated[int, typer.Option(help="Nodes of the index.", min=1, max=12)] = 3,
    partitions: Annotated[
        int | None,
        typer.Option(
            help="Partitions of the index; as many as nodes by default.",
            min=1,
            max=1024,
            envvar="LEADERFORGE_PARTITIONS",
        ),
    ] = None,
    workers: Annotated[int, typer.Option(help="Processes that serve the API.", min=1)] = 1,
    site: Annotated[
        Path | None,
        typer.Option(help="Folder of the built web page, served at /; by default the page in this package."),
    ] = None,
    demo: Annotated[bool, typer.Option(help="Fill an empty store with demo players and scores.")] = True,
) -> None:
    """Start everything on this machine: a Valkey cluster, PostgreSQL and the API.

    Needs neither Docker nor root nor system packages. Ctrl-C stops everything. The next start with the same
    --data-dir restores players, scores and keys. While the command runs, dev.json in that directory holds the addresses
    and keys for other programs.
    """
    with StopSignals() as signals:
        from leaderforge.embedded.stack import StackOptions
        from leaderforge.site_files import packaged_site

        partitions = partitions or nodes
        site = _built_site(site) if site else packaged_site()
        options = StackOptions(
            data_dir, host=host, port=port, nodes=nodes, partitions=partitions, workers=workers, site=site
        )
        was_ready = _run(options, signals, demo=demo)
    if not was_ready:
        raise typer.Exit(INTERRUPTED)


def _run(options: StackOptions, signals: StopSignals, *, demo: bool) -> bool:
    """Run a stack with these options until a stop signal. Return whether it had become ready."""
    from rich.console import Console

    from leaderforge.embedded.stack import LocalStack

    stack = LocalStack(options)
    stack.claim()
    _require_valid(stack)
    return asyncio.run(_Session(stack, Console(highlight=False), signals, demo=demo).run())


def _built_site(site: Path) -> Path:
    """Return the absolute path of a built page. Raises `typer.BadParameter` if the folder has no page."""
    if not (site / "index.html").is_file():
        raise typer.BadParameter(
            f"{site} has no index.html: build the page by `make site`, or name its folder", param_hint="--site"
        )
    return site.resolve()


def _require_valid(stack: LocalStack) -> None:
    """Raise `SettingsError` if a variable of the environment is wrong, before any server starts."""
    from leaderforge.config import EnvironmentSettings

    # This check needs no servers, and they have not started. Therefore, use placeholders for their addresses.
    settings = {**stack.settings_of("postgresql://127.0.0.1:1/none", ["127.0.0.1:1"])}
    EnvironmentSettings.from_environment({**os.environ, **settings})


class _Session:
    """Run of a stack of servers, from its start to its stop."""

    def __init__(self, stack: LocalStack, console: Console, signals: StopSignals, *, demo: bool) -> None:
        self._stack, self._console, self._signals, self._demo = stack, console, signals, demo
        self._stopping = False
        self._ready = False

    async def run(self) -> bool:
        """Run until a stop signal, then stop all servers. Return whether the stack had become ready."""
        serving = asyncio.create_task(self._serve())
        with self._signals.delivered(lambda _: self._on_signal(serving)):
            await asyncio.wait([serving])
            await self._stop()
        if not serving.cancelled():
            serving.result()
        return self._ready

    def _on_signal(self, serving: asyncio.Task[None]) -> None:
        if self._stopping:
            self._stack.hurry()
        self._stopping = True
        serving.cancel()

    async def _serve(self) -> None:
        from leaderforge.wiring import migrate

        with _steps(self._console) as step:
            await self._stack.start(step, migrate)
            if self._demo:
                with step("Demo players"):
                    await self._fill()
        self._stack.describe()
        await self._print_welcome()
        self._ready = True
        await self._stack.watch(lambda text: _say(self._console, f"[yellow]{text}[/]"))

    async def _fill(self) -> None:
        """Fill an empty store with demo players."""
        from leaderforge.cli.demo import fill
        from leaderforge.wiring import enable_name_search

        if await fill(self._stack.settings):
            await enable_name_search(self._stack.postgres.dsn)

    async def _print_welcome(self) -> None:
        from leaderforge.cli.development import development_player

        lines = await _welcome(self._stack)
        if self._stack.has_development_tokens:
            player = await development_player(self._stack.settings)
            lines += _player_lines(self._stack, player)
        lines += ["", "Ctrl-C stops everything."]
        self._console.print("\n[bold green]LeaderForge is ready.[/]\n")
        self._console.print("\n".join(lines), soft_wrap=True, markup=False)

    async def _stop(self) -> None:
        self._stopping = True
        _say(self._console, "Stopping. Press Ctrl-C again to stop immediately.")
        await self._stack.stop(partial(_stopping, self._console))


async def _welcome(stack: LocalStack) -> list[str]:
    """Return the welcome text of a running stack, by lines: addresses, keys and commands to paste."""
    has_player = await stack.api.status(f"/api/users/{DEMO_PLAYER}", stack.keys["admin_key"]) == OK
    create = [] if has_player else [_post(stack, "/api/users", f'{{"user_id": {DEMO_PLAYER}, "username": "ada"}}')]
    submit = _post(stack, "/api/scores", f'{{"user_id": {DEMO_PLAYER}, "score": 500}}')
    top = f"curl '{stack.api.url}/api/leaderboard/top?limit=10'"
    rows = [f"  {name:<12}{value}" for name, value in _addresses_and_keys(stack).items()]
    variables = f"API={stack.api.url} KEY={stack.keys['submit_key']} ADMIN={stack.keys['admin_key']}"
    return [*rows, "", "Try it:", "", *create, submit, top, "", _VARIABLES, "", variables]


def _addresses_and_keys(stack: LocalStack) -> dict[str, str]:
    return {
        **({"Web site": f"{stack.api.url}/"} if stack.options.site else {}),
        "API": stack.api.url,
        "API docs": f"{stack.api.url}/api/docs",
        "Submit key": stack.keys["submit_key"],
        "Admin key": stack.keys["admin_key"],
        "Valkey": ", ".join(stack.valkey.addresses),
        "PostgreSQL": stack.postgres.dsn,
        "Data": str(stack.directory),
        "API log": str(stack.api.process.log),
    }


def _player_lines(stack: LocalStack, player: DevelopmentPlayer) -> list[str]:
    """Return the lines about development tokens: commands of a new player, who has a token instead of a key."""
    score = _post(stack, "/api/scores", f'{{"external_id": "{player.external_id}", "score": 500}}', player.token)
    rank = f"curl {stack.api.url}/api/leaderboard/rank/ext:{player.external_id}"
    tokens = f"Tokens for other players: {_command()} tokens create --player ID"
    return ["", "As a new player, with a token for 24 hours instead of a key:", "", score, rank, "", tokens]


def _command() -> str:
    """Return the path of this command if it is known, otherwise its name. Commands to paste begin with it."""
    return sys.argv[0] if Path(sys.argv[0]).name == "leaderforge" else "leaderforge"


def _post(stack: LocalStack, path: str, body: str, key: str | None = None) -> str:
    key = key or stack.keys["submit_key"]
    headers = f"-H 'Authorization: Bearer {key}' -H 'Content-Type: application/json'"
    return f"curl -X POST {stack.api.url}{path} {headers} -d '{body}'"


@contextmanager
def _steps(console: Console) -> Iterator[Step]:
    """Show the progress of steps: live in a terminal, otherwise one line per finished step."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    if not console.is_terminal:
        yield partial(_plain_step, console)
        return
    columns = (SpinnerColumn(finished_text="[green]✓"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress:
        yield partial(_live_step, progress)


@contextmanager
def _live_step(progress: Progress, name: str) -> Iterator[None]:
    task = progress.add_task(name, total=1)
    yield
    progress.update(task, completed=1)


@contextmanager
def _plain_step(console: Console, name: str) -> Iterator[None]:
    begin = time.monotonic()
    yield
    _say(console, f"{name}: {time.monotonic() - begin:.1f} s")


@contextmanager
def _stopping(console: Console, name: str) -> Iterator[None]:
    yield
    _say(console, f"{name}: stopped")


def _say(console: Console, text: str) -> None:
    """Print the text. Ignore a closed terminal: an error would prevent the shutdown of the servers."""
    with suppress(OSError):
        console.print(text)
