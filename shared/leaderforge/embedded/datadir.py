"""Data directory of PostgreSQL. It is created atomically, and one server at a time uses it."""

import asyncio
import contextlib
import os
import shutil
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil

from leaderforge.embedded import tree
from leaderforge.embedded.errors import ServerFailed
from leaderforge.embedded.ports import LOOPBACK
from leaderforge.embedded.process import Account, ServerProcess
from leaderforge.embedded.waiting import Wait
from leaderforge.embedded.wheels import postgres_program

_SUPERUSER = "postgres"
_LOCALE = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
_CONNECT_SECONDS = 10.0


def environment() -> dict[str, str]:
    """Return this process's environment without the PG* variables, which override PostgreSQL's settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**inherited, "LC_ALL": "C"}


def create(data: Path, user: str, password: str, account: Account, wait: Wait) -> None:
    """Create a data directory atomically. Only the role `user` can log in, with the password and from this machine.

    Removes the partial directory of an interrupted attempt. Raises `ServerFailed` if a PostgreSQL program fails.
    """
    partial = data.with_name("data.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    os.chown(partial, account.uid or -1, account.gid or -1)
    options = [f"--username={_SUPERUSER}", "--auth=reject", "--no-instructions", *_LOCALE]
    _run("initdb", ["-D", str(partial), *options], account, wait, cwd=partial)
    (partial / "pg_hba.conf").write_text(f"host all {user} {LOOPBACK}/32 scram-sha-256\n")
    single = ["--single", "-c", "exit_on_error=on", "-D", str(partial), "postgres"]
    _run("postgres", single, account, wait, cwd=partial, statements=_create_role(user, password))
    partial.rename(data)
    _sync(data.parent)


def set_aside_unusable(data: Path) -> None:
    """Rename a data directory without the file PG_VERSION, because PostgreSQL cannot start on it."""
    if data.exists() and not (data / "PG_VERSION").exists():
        data.rename(data.with_name(f"data.unusable-{time.time_ns()}"))


def end_orphans(data: Path) -> None:
    """Kill processes that an ended PostgreSQL server has left, because PostgreSQL refuses to start beside them.

    Raises `ServerFailed` if a server that this package did not start uses the directory.
    """
    lock = data / "postmaster.pid"
    backends = [process for process in psutil.process_iter() if _works_on(process, data)]
    with contextlib.suppress(OSError, ValueError, IndexError):
        server = int(lock.read_text().splitlines()[0])
        if server in [process.pid for process in backends]:
            raise ServerFailed(f"another PostgreSQL server, process {server}, uses {data}; stop it first")
    tree.end(backends)
    lock.unlink(missing_ok=True)  # stale: after a reboot, its process id may belong to any program


def ensure_database(dsn: str, name: str) -> None:
    """Create the database unless it exists. The connection also verifies the login."""
    with ThreadPoolExecutor(1) as thread:  # the calling thread may already run an event loop
        thread.submit(asyncio.run, _ensure_database(dsn, name)).result()


async def _ensure_database(dsn: str, name: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(dsn, timeout=_CONNECT_SECONDS)
    try:
        if not await connection.fetchval("select true from pg_database where datname = $1", name):
            await connection.execute("create database " + _quoted(name, '"'))
    finally:
        await connection.close()


def _run(
    program: str, arguments: Sequence[str], account: Account, wait: Wait, *, cwd: Path, statements: bytes = b""
) -> None:
    """Run a PostgreSQL program to its end. Raises `ServerFailed` with the end of its log if the program fails."""
    process = ServerProcess(program, cwd.parent, account=account)
    command: list[str | Path] = [postgres_program(program), *arguments]
    process.start(command, cwd=cwd, environment=environment(), standard_input=statements)
    try:
        wait(lambda: not process.alive, f"{process.name} to finish")
        if process.exit_code != 0:
            process.check()
    finally:
        process.kill()


def _create_role(user: str, password: str) -> bytes:
    name = _quoted(user, '"')
    return (
        f"create role {name} login createdb password {_quoted(password, chr(39))};\n"
        f"grant pg_monitor, pg_signal_backend, pg_checkpoint to {name};\n"
    ).encode()


def _quoted(text: str, quote: str) -> str:
    return quote + text.replace(quote, quote * 2) + quote


def _works_on(process: psutil.Process, data: Path) -> bool:
    with contextlib.suppress(psutil.Error, OSError):
        return process.name() == "postgres" and Path(process.cwd()) == data
    return False


def _sync(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
