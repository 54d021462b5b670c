"""Files of a production deployment on one machine: for systemd, nginx, PgBouncer and the index, and the settings."""

import os
import pwd
import re
import secrets
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from leaderforge.domain.errors import LeaderForgeError

_VARIABLE = re.compile(r"@\{(\w+)\}")
_SECRET_FILES = frozenset({"leaderforge.env", "index.env", "index.conf", "database.sql", "pgbouncer.users"})
_INDEX_PORTS = (7001, 7002, 7003)
_UNIT_SUFFIXES = (".service", ".timer", ".target")
_KEY_BYTES = 32


class InitFailed(LeaderForgeError):
    """Error for a production deployment whose files cannot be written. Nothing was written."""

    code = "init_failed"


@dataclass(frozen=True, slots=True)
class Production:
    """Options of a production deployment on one machine."""

    directory: Path
    host: str
    """Name by which clients reach the service."""
    user: str
    """Account that runs all processes except PostgreSQL and nginx."""
    certificate: str
    certificate_key: str
    workers: int
    """Worker processes of each of the two API services."""
    index_memory_mb: int
    """Maximum memory of each index node, in MiB."""


def write_files(production: Production) -> list[Path]:
    """Write all files into the directory, which must be new or empty, and return their paths.

    Only root and the account's group can read files with secrets. Raises `InitFailed`.
    """
    directory = production.directory
    if directory.exists() and any(directory.iterdir()):
        raise InitFailed(f"{directory} is not empty: existing keys are never replaced; choose another directory")
    group = _group_of(production.user)
    values = _values(production)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "systemd").mkdir()
    return [_write(directory, name, text, values, group) for name, text in sorted(_templates().items())]


def _write(directory: Path, name: str, text: str, values: Mapping[str, str], group: int) -> Path:
    path = directory / "systemd" / name if name.endswith(_UNIT_SUFFIXES) else directory / name
    mode = 0o640 if name in _SECRET_FILES else 0o644
    with open(path, "x", opener=lambda file, flags: os.open(file, flags, 0o600)) as file:
        file.write(_VARIABLE.sub(lambda match: values[match[1]], text))
        if os.geteuid() == 0:
            os.chown(file.fileno(), 0, group)
        os.fchmod(file.fileno(), mode)
    return path


def _templates() -> Mapping[str, str]:
    return {entry.name: entry.read_text() for entry in files(__package__).joinpath("templates").iterdir()}


def _values(production: Production) -> Mapping[str, str]:
    names = ("index_password", "database_password", "submit_key", "admin_key", "signing_secret")
    return {
        **{name: secrets.token_urlsafe(_KEY_BYTES) for name in names},
        "directory": str(production.directory.resolve()),
        "host": production.host,
        "user": production.user,
        "certificate": production.certificate,
        "certificate_key": production.certificate_key,
        "workers": str(production.workers),
        "index_memory_mb": str(production.index_memory_mb),
        "index_nodes": ",".join(f"127.0.0.1:{port}" for port in _INDEX_PORTS),
        "index_server": _program("valkey-server", "redis-server"),
        "index_client": _program("valkey-cli", "redis-cli"),
        "pgbouncer": _program("pgbouncer"),
        "command": str(Path(sys.executable).with_name("leaderforge")),
        "join_script": str(files(__package__).joinpath("join-nodes.sh")),
    }


def _program(*names: str) -> str:
    """Return the path of the first installed program. Raises `InitFailed` if there is none."""
    for name in names:
        path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/usr/local/bin")
        if path is not None:
            return path
    raise InitFailed(f"{names[0]} is not installed: docs/production.md lists the packages of each system")


def _group_of(user: str) -> int:
    try:
        return pwd.getpwnam(user).pw_gid
    except KeyError:
        raise InitFailed(
            f"there is no account {user}: create it with `useradd --system --no-create-home {user}`, or name another "
            "with --user"
        ) from None
