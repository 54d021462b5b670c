"""Container engine of the test: two runs of dockerd on one data directory.

No link, rule, mount or process of the runs is left on the machine.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from leaderforge.embedded.waiting import wait_until

PROGRAMS = {
    "dockerd": "docker.io",
    "docker-compose": "docker-compose",
    "mmdebstrap": "mmdebstrap",
    "iptables": "iptables",
    "ip": "iproute2",
}
"""Needed programs, and Debian's packages of them."""
_START_S = 60
_STOP_S = 60
OFFLINE = ("--bridge=none", "--iptables=false", "--ip-masq=false")
"""Options of an engine that changes nothing in the machine's network. Its builds use the network of the machine."""


@dataclass(frozen=True)
class Engine:
    """Container engine whose data are in a directory."""

    directory: Path

    @property
    def environment(self) -> dict[str, str]:
        """Variables for the clients of the engine."""
        # Put Debian's folders first, because PATH may lead to another Docker client.
        path = f"/usr/bin:/usr/sbin:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "DOCKER_HOST": f"unix://{self._socket}", "DOCKER_BUILDKIT": "0"}

    @contextmanager
    def running(self, *options: str) -> Iterator[None]:
        """Run the engine during the block. The end of the block stops the engine and all its containers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        options = (
            f"--data-root={self.directory}/data",
            f"--exec-root={self.directory}/run",
            f"--pidfile={self.directory}/pid",
            f"--host=unix://{self._socket}",
            *options,
        )
        with (self.directory / "dockerd.log").open("ab") as log:
            process = subprocess.Popen(["dockerd", *options], env=self.environment, stdout=log, stderr=log)
        try:
            wait_until(lambda: self._answers(process), _START_S, "the engine")
            yield
        finally:
            process.terminate()
            process.wait(_STOP_S)
            self._unmount()  # the engine does not unmount its network namespace

    def forget(self) -> None:
        """Delete the containers and networks of an interrupted run.

        Otherwise, the next engine would start the containers again, in the machine's network.
        """
        for name in ("containers", "network"):
            shutil.rmtree(self.directory / "data" / name, ignore_errors=True)

    def kill(self) -> None:
        """Kill the engine and all containers at once, and delete the folder `run`, as a power failure would."""
        containers = self.docker("ps", "--quiet").split()
        first = self.docker("inspect", "--format", "{{.State.Pid}}", *containers).split()
        # Kill the engine first, because the engine would start containers again.
        for pid in [*self.processes(), *map(int, first)]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._unmount("--lazy")  # killed processes may not have ended yet
        shutil.rmtree(self.directory / "run")

    def _unmount(self, *options: str) -> None:
        for mount in reversed(_mounts(self.directory)):
            subprocess.run(["umount", *options, mount], check=True)

    def processes(self) -> list[int]:
        """Return the ids of the processes whose arguments name the engine's directory, in ascending order."""
        folder = f"{self.directory}/"
        commands = {int(path.parent.name): _content(path) for path in Path("/proc").glob("[0-9]*/cmdline")}
        return sorted(pid for pid, command in commands.items() if folder in command)

    def docker(self, *arguments: str | Path) -> str:
        """Run the `docker` command, and return its output. Raises `CalledProcessError` if it fails."""
        return self.run(["docker", *arguments])

    def run(self, command: Sequence[str | Path], **variables: str) -> str:
        """Run a client, and return its output. Raises `CalledProcessError` if it fails."""
        environment = self.environment | variables
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if ended.returncode:
            print(ended.stdout[-5000:], ended.stderr[-5000:], sep="\n")  # noqa: T201 - the log of a failed run
            ended.check_returncode()
        return ended.stdout

    @property
    def _socket(self) -> Path:
        return self.directory / "docker.sock"

    def _answers(self, process: "subprocess.Popen[bytes]") -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"dockerd ended with {process.returncode}: see {self.directory}/dockerd.log")
        info = subprocess.run(["docker", "info"], env=self.environment, capture_output=True, check=False)
        return info.returncode == 0


def traces(directory: Path) -> set[str]:
    """Return the links and rules of the machine, and the mounts below a directory. The test must not add any."""
    commands = (["ip", "-brief", "link"], ["iptables", "-S"], ["iptables", "-t", "nat", "-S"])
    outputs = [subprocess.run(command, capture_output=True, text=True, check=True).stdout for command in commands]
    return {line for output in outputs for line in output.splitlines()} | set(_mounts(directory))


def _mounts(folder: Path) -> list[str]:
    """Return the mount points below a folder."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    return [point for point in points if Path(point).is_relative_to(folder)]


def _content(path: Path) -> str:
    """Return the text of a file about a process, empty if the process has ended."""
    with suppress(OSError):
        return path.read_text(errors="replace")
    return ""


def missing_requirement() -> str | None:
    """Return the first requirement of an engine that the machine does not meet, None if the engine can run."""
    if os.geteuid() != 0:
        return "root"
    if "overlay" not in Path("/proc/filesystems").read_text().split():
        return "overlayfs in the kernel"
    if shutil.which("apt-get") is None:
        return "apt-get, of Debian or Ubuntu"
    return None


def install() -> None:
    """Install the missing programs."""
    path = f"/usr/bin:/usr/sbin:{os.environ['PATH']}"
    packages = [package for program, package in PROGRAMS.items() if shutil.which(program, path=path) is None]
    if packages:
        command = ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
