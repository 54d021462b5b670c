"""Stand-in for `systemctl` where systemd does not run: it starts the commands of units."""

import os
import pwd
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.processes import ending
from tests.waiting import PATIENCE_S

_SETTING = re.compile(r"^(\w+)=(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Systemctl:
    """Runner of the units in a folder. Directories of systemd are below `root`."""

    units: Path
    root: Path

    @contextmanager
    def started(self, unit: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Run a service until the end of the block. Fails if SIGTERM does not end the service."""
        with ending(self._popen(unit)) as process:
            yield process

    def run(self, unit: str) -> None:
        """Run a service of the type `oneshot`. Fails on a nonzero exit code."""
        code = self._popen(unit).wait(PATIENCE_S)
        assert code == 0, (self.root / "log").read_text()

    def _popen(self, unit: str) -> "subprocess.Popen[bytes]":
        name, _, instance = unit.partition("@")
        text = (self.units / (f"{name}@.service" if instance else f"{name}.service")).read_text()
        settings = self._settings(text, instance)
        [command] = [shlex.split(value) for key, value in settings if key == "ExecStart"]
        [user] = [value for key, value in settings if key == "User"]
        account = self._account(command, user)
        variables = self._variables(settings)
        for key, parent in (("StateDirectory", "state"), ("RuntimeDirectory", "run")):
            for value in (value for known, value in settings if known == key):
                directory = self.root / parent / value
                directory.mkdir(parents=True, exist_ok=True)
                os.chown(directory, pwd.getpwnam(account).pw_uid if account else -1, -1)
                variables["RUNTIME_DIRECTORY" if parent == "run" else "STATE_DIRECTORY"] = str(directory)
        with (self.root / "log").open("ab") as log:
            group = pwd.getpwnam(account).pw_gid if account else None
            return subprocess.Popen(command, env=variables, cwd="/", stdout=log, stderr=log, user=account, group=group)

    def _settings(self, text: str, instance: str) -> Sequence[tuple[str, str]]:
        specifiers = {"%i": instance, "%S": str(self.root / "state"), "%t": str(self.root / "run")}
        for specifier, value in specifiers.items():
            text = text.replace(specifier, value)
        return _SETTING.findall(text)

    def _variables(self, settings: Sequence[tuple[str, str]]) -> dict[str, str]:
        variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"}
        for key, value in settings:
            if key == "EnvironmentFile":
                variables |= dict(_SETTING.findall(Path(value).read_text()))
            elif key == "Environment":
                variables |= dict([value.split("=", 1)])
        return variables

    def _account(self, command: Sequence[str], user: str) -> str | None:
        """Return the account under which to run a command, None for the account of the tests.

        `leaderforge` runs under the account of the tests, because other accounts may lack the right to read the files
        of the command.
        """
        return user if os.geteuid() == 0 and Path(command[0]).name != "leaderforge" else None


def replaced(folder: Path, replacements: Mapping[str, str]) -> None:
    """Replace texts, such as ports, in all files below a folder."""
    for path in (path for path in folder.rglob("*") if path.is_file()):
        text = path.read_text()
        for old, new in replacements.items():
            text = text.replace(old, new)
        path.write_text(text)
