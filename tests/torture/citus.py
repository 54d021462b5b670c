"""Servers of a Citus cluster on this machine, with controls that crash and freeze them."""

import asyncio
import signal
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil

from leaderforge.embedded.waiting import wait_until

_START_S = 60.0
_ENVIRONMENT = {"HOME": "/", "LANG": "C.UTF-8", "PATH": "/usr/bin:/bin"}
"""Environment of a restarted server. The server's account may not be allowed to read this process's home directory."""


@dataclass(frozen=True, slots=True)
class CitusNode:
    """Server of the cluster: DSN, data directory, directory of its programs, and account."""

    dsn: str
    data: Path
    programs: Path
    uid: int
    gid: int

    @property
    def _postmaster(self) -> "psutil.Process":
        return psutil.Process(int((self.data / "postmaster.pid").read_text().split()[0]))

    def kill(self) -> None:
        """Kill all processes of the server, as a crash of its machine would."""
        self._send(signal.SIGKILL)

    def freeze(self) -> None:
        """Suspend all processes of the server (SIGSTOP), until `resume`."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        """Resume all processes of the server, if it runs."""
        with suppress(FileNotFoundError, psutil.NoSuchProcess):
            self._send(signal.SIGCONT)

    def start(self) -> None:
        """Start the server if it does not run."""
        command: list[str | Path] = [
            self.programs / "pg_ctl",
            "-D",
            self.data,
            "-l",
            self.data / "server.log",
            "-w",
            "start",
        ]
        with suppress(subprocess.CalledProcessError):  # the server runs already
            subprocess.run(
                command,
                check=True,
                capture_output=True,
                user=self.uid,
                group=self.gid,
                cwd="/",
                env=_ENVIRONMENT,
                timeout=_START_S,
            )

    def _send(self, number: signal.Signals) -> None:
        """Send a signal to the postmaster first, because it could start further processes, then to the others."""
        postmaster = self._postmaster
        processes = [postmaster, *postmaster.children(recursive=True)]
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)
        if number is signal.SIGKILL:
            wait_until(
                lambda: not any(process.is_running() for process in processes), _START_S, "the end of the server"
            )


async def workers_of(dsn: str) -> list[CitusNode]:
    """Return the workers of a cluster. Raises OSError or psutil.Error if one does not run on this machine."""
    coordinator = await asyncpg.connect(dsn)
    try:
        rows = await coordinator.fetch("select nodename, nodeport from pg_dist_node where shouldhaveshards order by 2")
    finally:
        await coordinator.close()
    return [await _node_at(dsn, f"{row['nodename']}:{row['nodeport']}") for row in rows]


async def _node_at(dsn: str, address: str) -> CitusNode:
    parts = urlsplit(dsn)
    user = parts.netloc.rpartition("@")[0]
    dsn = urlunsplit(parts._replace(netloc=f"{user}@{address}" if user else address))
    connection = await asyncpg.connect(dsn)
    try:
        data = Path(await connection.fetchval("show data_directory"))
    finally:
        await connection.close()
    return await asyncio.to_thread(_server_of, dsn, data)


def _server_of(dsn: str, data: Path) -> CitusNode:
    owner = data.stat()
    programs = Path(psutil.Process(int((data / "postmaster.pid").read_text().split()[0])).exe()).parent
    return CitusNode(dsn, data, programs, owner.st_uid, owner.st_gid)
