"""Follow docs/production.md word for word in an empty Debian root: `make test-installation`."""

import os
import re
import shutil
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

from rich.console import Console

from leaderforge.embedded.waiting import wait_until
from tests.installation.root import PROGRAMS, Root, copy_files, create, entered

REPOSITORY = Path(__file__).parents[2]
PAGE = REPOSITORY / "docs" / "production.md"
SUITE = "trixie"
HEALTHY_S = 180
STAND_IN = Path(__file__).with_name("systemctl")
FROM_INTERNET = ("apt-get", "pip install")
"""Commands that need the network of the machine. All other commands run without it."""
_CALL = (
    ". /etc/leaderforge/leaderforge.env; "
    "curl --silent --show-error --fail --resolve scores.example.org:443:127.0.0.1 "
    "--cacert /etc/letsencrypt/live/scores.example.org/fullchain.pem "
    "-H \"Authorization: Bearer $LEADERFORGE_ADMIN_KEYS\" -H 'Content-Type: application/json' "
    "https://scores.example.org"
)
PLAYER = "3c7a4bd2-5f0e-4d0f-8a41-6a3f0d6c9f11"


def main() -> None:
    """Run the test. Print that it is skipped if the machine lacks a program, or the caller is not root."""
    missing = [program for program in PROGRAMS if shutil.which(program) is None]
    if os.geteuid() != 0 or missing:
        print("SKIPPED: test-installation needs", ", ".join(missing) or "root")  # noqa: T201 - it is a command
        return
    console = Console()
    begin = monotonic()
    with tempfile.TemporaryDirectory(prefix="leaderforge-root-") as folder:
        directory = Path(folder)
        directory.chmod(0o755)
        console.print(f"Debian {SUITE} in {directory}")
        create(directory, SUITE)
        [wheel] = (REPOSITORY / "build").glob("leaderforge-*.whl")
        copy_files(
            directory,
            {
                wheel: f"root/leaderforge/build/{wheel.name}",
                REPOSITORY / "requirements/previews.txt": "root/leaderforge/requirements/previews.txt",
                STAND_IN: "usr/local/bin/systemctl",
            },
        )
        (directory / "usr/local/bin/systemd-run").symlink_to("systemctl")
        with entered(directory) as root:
            follow(root, console)
            use(root, console)
    console.print(f"docs/production.md gives a working production: {monotonic() - begin:.0f} s")


def follow(root: Root, console: Console) -> None:
    """Run the commands of all steps of the page. The last step reads the health, whose status must become `ok`."""
    steps = commands(PAGE.read_text())
    *before, (_, check) = steps
    for title, script in before:
        console.print(f"  {title}")
        for command in script.splitlines():
            root.run(command, with_network=any(part in command for part in FROM_INTERNET))
            if command.startswith("apt-get install"):
                # On a machine with systemd, Debian's packages start these services themselves.
                root.run("pg_ctlcluster 17 main start && nginx")
    wait_until(lambda: '"status":"ok"' in root.run(check), HEALTHY_S, "a complete index")


def use(root: Root, console: Console) -> None:
    """Submit and read through TLS, restart a process, verify and back up, with the commands of the page."""
    console.print("  Use it")
    root.run(f'{_CALL}/api/users -d \'{{"external_id": "{PLAYER}"}}\'')
    submit = f'{_CALL}/api/scores -d \'{{"external_id": "{PLAYER}", "score": 7}}\''
    assert '"rank":1' in root.run(submit)
    share(root)
    for purpose, command in everyday(PAGE.read_text()):
        console.print(f"  To {purpose}")
        root.run(command)
    assert PLAYER in root.run(f"{_CALL}/api/leaderboard/top")
    [backup] = (root.directory / "var/lib/leaderforge/backups").iterdir()
    assert backup.stat().st_size


def share(root: Root) -> None:
    """Read the preview of a link to the board: tags with the public address, and a drawn picture."""
    picture = "https://scores.example.org/preview.png?board=default"
    assert picture in root.run(f"{_CALL}/")
    headers = root.run(f"{_CALL}/preview.png --output /root/preview.png --dump-header -")
    assert "public, max-age=60" in headers
    fonts = root.run("ls -R /usr/share/fonts")
    assert all(name in fonts for name in ("NotoSansCJK-Bold", "NotoSans-Bold", "NotoColorEmoji"))


def commands(page: str) -> Sequence[tuple[str, str]]:
    """Return the title and the commands of each step of the page."""
    steps = page.partition("## Steps\n")[2].partition("\n## ")[0]
    pattern = r"^\d+\. \*\*(.+?)\*\*.*?^ +```\n(.*?)^ +```$"
    return [(title, textwrap.dedent(script)) for title, script in re.findall(pattern, steps, re.MULTILINE | re.DOTALL)]


def everyday(page: str) -> Sequence[tuple[str, str]]:
    """Return the purposes and commands of everyday operation. Leave out commands for logs, which need systemd."""
    table = page.partition("## Everyday operation\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| `(system.+?)`", table, re.MULTILINE)
    return [(purpose, command) for purpose, command in rows]


if __name__ == "__main__":
    main()
