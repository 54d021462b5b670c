"""Empty Debian root in namespaces of its own: the processes end with the root, and the network is separate."""

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from leaderforge.embedded.waiting import wait_until

PROGRAMS = ("ip", "mmdebstrap", "nsenter", "setpriv", "unshare")
_START_S = 30
_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_ENVIRONMENT = {
    "DEBIAN_FRONTEND": "noninteractive",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "PIP_CERT": str(_CERTIFICATES),
}
_NO_SERVICES = "#!/bin/sh\nexit 101\n"
"""Policy script that keeps Debian's packages from starting services, because the root has no systemd."""

_HOLDING = """
mount --rbind /dev {root}/dev
mount -t tmpfs tmpfs {root}/dev/shm
mount -t proc proc {root}/proc
ip link set lo up
exec chroot {root} sh -c 'touch /run/held; while sleep 1000; do :; done'
"""
"""Script of the root's process 1. After the script, the process is a waiting shell, which reaps orphaned daemons."""


@dataclass(frozen=True)
class Root:
    """Root directory, and the process id of the process that holds its namespaces."""

    directory: Path
    holder: int

    def run(self, script: str, *, with_network: bool = False) -> str:
        """Run a shell script as root in the folder /root/leaderforge. Return its output and its error output.

        With `with_network`, the script uses the network of the machine. Raises `CalledProcessError` if a command fails.
        """
        network = () if with_network else ("--net",)
        enter = ("nsenter", f"--target={self.holder}", "--mount", "--pid", *network, "--root", "--wd")
        command = [*enter, "sh", "-ec", f"cd /root/leaderforge\n{script}"]
        ended = subprocess.run(
            command, env=_ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        if ended.returncode:
            log = self.directory / "var/log/units.log"
            print(ended.stdout[-5000:], log.read_text()[-3000:] if log.exists() else "")  # noqa: T201 - for a failed run
            ended.check_returncode()
        return ended.stdout


def create(directory: Path, suite: str) -> None:
    """Create a minimal Debian in a directory, with the certificates of the machine.

    The machine may have a proxy whose certificate Debian does not know.
    """
    options = ("--quiet", "--variant=minbase", "--include=ca-certificates")
    subprocess.run(["mmdebstrap", *options, suite, directory], check=True)
    shutil.copy(_CERTIFICATES, directory / "etc/ssl/certs/ca-certificates.crt")
    policy = directory / "usr/sbin/policy-rc.d"
    policy.write_text(_NO_SERVICES)
    policy.chmod(0o755)


def copy_files(directory: Path, files: Mapping[Path, str]) -> None:
    """Copy files to paths in the root."""
    for source, path in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)


@contextmanager
def entered(directory: Path) -> Iterator[Root]:
    """Hold namespaces for the root until the end of the block. Then all of its processes are killed."""
    holding = _HOLDING.format(root=directory)
    # With these options, all processes in the namespaces end even if this process is killed.
    unshare = ("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--pid", "--mount", "--fork", "--kill-child")
    with subprocess.Popen([*unshare, "sh", "-ec", holding]) as process:
        try:
            wait_until((directory / "run/held").exists, _START_S, "the namespaces of the root")
            yield Root(directory, _child(process.pid))
        finally:
            process.kill()


def _child(parent: int) -> int:
    return int(Path(f"/proc/{parent}/task/{parent}/children").read_text())
