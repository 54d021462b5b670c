"""PostgreSQL server on the loopback address."""

import secrets
import signal
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

import psutil

from leaderforge.embedded import datadir
from leaderforge.embedded.accounts import unprivileged_account
from leaderforge.embedded.errors import Aborted, ServerFailed
from leaderforge.embedded.files import write_private
from leaderforge.embedded.lock import DirectoryLock
from leaderforge.embedded.ports import LOOPBACK, free_port, is_free
from leaderforge.embedded.process import ServerProcess
from leaderforge.embedded.waiting import wait_until
from leaderforge.embedded.wheels import postgres_program

USER = "leaderforge"

_START_SECONDS = 60.0  # including recovery after a crash
_STOP_STEPS = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))  # fast shutdown, then immediate shutdown
_MAX_BUFFERS_MIB = 1024
_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "100",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "4GB",
    "checkpoint_timeout": "15min",
    "synchronous_commit": "on",
    "random_page_cost": "1.1",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}


class PostgresServer:
    """PostgreSQL server with its own data directory and a password generated on the first start.

    The role in `dsn` owns the database. This role may create databases and monitor the server, but is no superuser.
    PostgreSQL refuses to run as root. If root starts the server, the server runs as the owner of the data or as
    `nobody`.
    """

    def __init__(
        self,
        directory: Path,
        *,
        port: int | None = None,
        database: str = "leaderforge",
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Describe the server.

        The server uses the port of its last start if this port is free, otherwise the first free port from `port` on.
        `settings` of PostgreSQL take precedence over the settings that this class chooses.
        """
        self.directory = directory.resolve()
        self._settings = settings
        self._first_port, self._database = port, database
        self._account = unprivileged_account(self.data)
        self.process = ServerProcess("PostgreSQL", self.directory, death_signal=signal.SIGQUIT, account=self._account)
        self._lock = DirectoryLock(self.directory / "lock")
        self._password = self.directory / "password"
        self._last_port = self.directory / "port"
        self._port = 0
        self._busy = threading.RLock()
        self._aborted = threading.Event()

    @property
    def data(self) -> Path:
        """PostgreSQL's data directory. It exists only once it is complete."""
        return self.directory / "data"

    @property
    def port(self) -> int:
        return self._port

    @property
    def pid(self) -> int | None:
        return self.process.pid

    @property
    def dsn(self) -> str:
        """Connection string, including the password."""
        return self._dsn(self._database)

    def start(self) -> None:
        """Return once the server accepts queries. Raises `ServerFailed` or `AlreadyRunning`."""
        with self._busy:
            self.directory.mkdir(mode=0o711 if self._account.uid else 0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            try:
                self._prepare()
                self._start_on_free_port()
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """Shut the server down without waiting for its clients to disconnect."""
        with self._busy:
            self.process.stop(*_STOP_STEPS)
            self._lock.release()

    def abort(self) -> None:
        """Make every start raise `Aborted`, including one in progress in another thread."""
        self._aborted.set()

    def hurry(self) -> None:
        """Shorten a `stop` in progress in another thread. The next start runs crash recovery."""
        self.process.send(signal.SIGQUIT)

    def kill(self) -> None:
        """Kill the server, as a crash would."""
        self.process.kill()

    def pause(self) -> None:
        """Freeze the server: connections stay open without any response."""
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()

    def restart(self) -> None:
        """Stop the server if it runs, and start it on the same port unless another program has taken the port."""
        with self._busy:
            self.process.stop(*_STOP_STEPS)
            datadir.end_orphans(self.data)
            self._start_on_free_port()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _prepare(self) -> None:
        self.process.end_leftover()
        datadir.set_aside_unusable(self.data)
        if not self.data.exists():
            password = secrets.token_urlsafe(32)
            write_private(self._password, password)
            datadir.create(self.data, USER, password, self._account, self._wait)
        datadir.end_orphans(self.data)

    def _start_on_free_port(self) -> None:
        """Start the server. Try another port if a program takes this one between the check and the start."""
        for port in (self._usual_port(), free_port(), free_port()):
            self._port = port
            try:
                return self._run()
            except ServerFailed:
                self.process.kill()
                if is_free(port) or self._aborted.is_set():
                    raise
        raise ServerFailed("no free port for PostgreSQL")

    def _usual_port(self) -> int:
        """Return the port of the last start, or the next free one."""
        try:
            last_port = int(self._last_port.read_text())
        except (OSError, ValueError):
            last_port = 0
        return last_port if last_port and is_free(last_port) else free_port(self._first_port)

    def _run(self) -> None:
        settings = {"port": str(self._port), "shared_buffers": f"{_buffers_mib()}MB", **_SETTINGS, **self._settings}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        command: list[str | Path] = [postgres_program("postgres"), "-D", self.data, *options]
        self.process.start(command, cwd=self.data, environment=datadir.environment())
        self._wait(lambda: self.process.check() and self._is_ready(), "PostgreSQL to be ready")
        datadir.ensure_database(self._dsn("postgres"), self._database)
        write_private(self._last_port, str(self._port))

    def _is_ready(self) -> bool:
        """Return whether the server is ready, according to the status file that pg_ctl reads (postmaster.pid)."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and int(lines[0]) == self.pid and lines[7].strip() == "ready"

    def _dsn(self, database: str) -> str:
        return f"postgresql://{USER}:{self._password.read_text()}@{LOOPBACK}:{self._port}/{database}"

    def _wait(self, condition: Callable[[], object], subject: str) -> None:
        def is_met() -> object:
            if self._aborted.is_set():
                raise Aborted("the start of PostgreSQL was aborted")
            return condition()

        wait_until(is_met, _START_SECONDS, subject)


def _buffers_mib() -> int:
    """Return the size of the buffers in MiB.

    It is a quarter of the machine's memory, as PostgreSQL's manual advises, up to the size that a million players need.
    """
    return min(psutil.virtual_memory().total // 4 // 2**20, _MAX_BUFFERS_MIB)
