"""Commands in the documentation: they exist, and each is run by a test or marked as not run."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from leaderforge.cli import main

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
NOT_RUN = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8").partition("## What has not been run\n")[2]

MARKED = ("docs/decisions/", "docs/kubernetes.md")
"""Pages whose commands no test runs. Their texts say so, and decisions are records of earlier trials."""
PAGE_TESTS = {
    "docs/performance/": "tests/acceptance/test_load_commands.py",
    "docs/production.md": "tests/installation/__main__.py",
    "docs/sdk-c.md": "tests/sdk/test_c_sample.py",
    "README.md": "tests/acceptance/test_first_score.py",
}
"""Test that runs all commands of a page, or of the pages of a folder."""
TESTS = {
    "cp --archive": "tests/acceptance/test_base_backup.py",
    "curl": "tests/documented.py",
    "docker compose": "tests/compose/deployment.py",
    "leaderforge backup": "tests/acceptance/test_backup.py",
    "leaderforge boards": "tests/acceptance/test_boards.py",
    "leaderforge citus": "tests/acceptance/test_citus_nodes.py",
    "leaderforge copy-store": "tests/acceptance/test_copy_store_command.py",
    "leaderforge endpoints": "tests/acceptance/test_events.py",
    "leaderforge export": "tests/acceptance/test_bulk.py",
    "leaderforge import": "tests/acceptance/test_import_command.py",
    "leaderforge index": "tests/acceptance/test_index_nodes.py",
    "leaderforge keys": "tests/acceptance/test_access.py",
    "leaderforge migrate": "tests/acceptance/test_cli.py",
    "leaderforge name-search": "tests/acceptance/test_cli.py",
    "leaderforge people": "tests/acceptance/test_access.py",
    "leaderforge redrive": "tests/cloud/test_deployment.py",
    "leaderforge restore": "tests/acceptance/test_backup.py",
    "leaderforge serve": "tests/acceptance/test_wheel.py",
    "leaderforge signing-keys": "tests/acceptance/test_access.py",
    "leaderforge tokens": "tests/acceptance/test_access.py",
    "leaderforge torture": "tests/acceptance/test_torture_command.py",
    "leaderforge verify": "tests/acceptance/test_copy_store_command.py",
    "leaderforge worker": "tests/acceptance/test_wheel.py",
    "locust": "tests/acceptance/test_compose.py",
    "make": "tests/unit/test_workflows.py",
    "node": "tests/sdk/test_integrations.py",
    "openapi-generator-cli": "tests/acceptance/generated_clients.py",
    "openapi-python-client": "tests/acceptance/generated_clients.py",
    "pg_basebackup": "tests/acceptance/test_base_backup.py",
    "pg_verifybackup": "tests/acceptance/test_base_backup.py",
    "pip install --no-deps": "tests/acceptance/test_wheel.py",
    "pip install --require-hashes": "tests/acceptance/test_wheel.py",
    "psql --command": "tests/acceptance/test_base_backup.py",
    "pytest": "Makefile",
    "python": "tests/sdk/test_integrations.py",
    "python -m benchmarks": "tests/acceptance/test_load_commands.py",
    "python -m tests.fuzz": "tests/fuzz/test_fuzz.py",
    "python -m tests.torture": "tests/torture/test_polling.py",
    "python3 -m venv": "docs/production.md",
    "python3 scripts/sample_texts.py": "tests/unit/test_sample_texts.py",
    "touch": "tests/acceptance/test_base_backup.py",
    "uvicorn": "tests/acceptance/test_exposure.py",
    "uvx": "tests/acceptance/test_wheel.py",
}
"""File that runs a command, by the start of the command."""


_SETTINGS = r"^(?:export )?(?:[A-Z_]+=(?:\$\((?=leaderforge)|\$\([^)]*\)|'[^']*'|\S*) *)*"
"""Assignments before a command, and commands whose output is assigned, except `leaderforge`."""


def blocks(page: Path) -> Iterator[str]:
    """Yield the blocks of a page that may contain commands: blocks without a language, and blocks of a shell."""
    language, lines = None, []
    for line in page.read_text(encoding="utf-8").splitlines():
        fence = re.match(r" *```(\w*)", line)
        if fence is None:
            lines.append(line)
        elif language is None:
            language, lines = fence[1], []
        else:
            if language in {"", "sh"}:
                yield "\n".join(lines)
            language = None


def commands(page: Path) -> Iterator[str]:
    """Yield the commands of a page without comments, assignments, directories of programs and line breaks."""
    for block in blocks(page):
        whole = re.sub(r" *\\\n *", " ", block)
        # Quoted texts are matched in pairs, because a pattern with a line break could begin at the end of a text.
        for line in re.sub(r"'[^']*'", lambda text: "''" if "\n" in text[0] else text[0], whole).splitlines():
            command = re.sub(_SETTINGS, "", line.strip())
            program = re.match(r"(?:[\w./]*/)?([a-z][\w.-]*)(?= |$)", command)
            if program is not None:
                yield program[1] + re.sub(r" +# .*", "", command[program.end() :])


COMMANDS = [(page, command) for page in PAGES for command in commands(page)]
INLINE = [
    (page, command)
    for page in PAGES
    for command in re.findall(r"`(leaderforge [^`]+)`", page.read_text(encoding="utf-8"))
]


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 300
    assert len(INLINE) > 50


def test_commands_of_leaderforge_have_these_options() -> None:
    wrong = {}
    for page, command in COMMANDS + INLINE:
        if command.startswith("leaderforge "):
            error = usage_error(shlex.split(command.partition(" > ")[0].rstrip(")").removesuffix(" ..."))[1:])
            if error is not None:
                wrong[page.name, command] = error
    assert wrong == {}


def usage_error(arguments: list[str]) -> str | None:
    """Return the first error in the options of a command, None without one. Missing or example values are valid."""
    command: Any = get_command(main)
    context = None
    try:
        while True:
            context = command.make_context(command.name, arguments, parent=context)
            if not hasattr(command, "resolve_command"):
                return None
            _, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
    except Exception as error:
        # The library raises the errors of a private module.
        return str(error) if type(error).__name__ in {"NoSuchOption", "UsageError"} else None


def test_a_wrong_option_would_be_noticed() -> None:
    assert usage_error(["verify", "--nothing"]) is not None
    assert usage_error(["nothing"]) is not None


def test_targets_of_make_exist() -> None:
    for page, command in COMMANDS:
        if command.startswith("make "):
            targets = re.findall(r"^make((?: [a-z-]+)*)", command)[0].split()
            assert set(targets) <= TARGETS, (page, command)


@pytest.mark.parametrize("start", sorted(TESTS))
def test_the_tests_of_commands_exist(start: str) -> None:
    # `leaderforge` is the command itself, and `python -m` has the module's name.
    word = start.removeprefix("leaderforge ").removeprefix("python -m ").removeprefix("python3 scripts/").split()[0]
    assert word.removesuffix(".py") in (ROOT / TESTS[start]).read_text(encoding="utf-8"), TESTS[start]


def test_each_command_is_run_by_a_test_or_marked_as_not_run() -> None:
    all_commands = [(page.relative_to(ROOT).as_posix(), command) for page, command in COMMANDS]
    assert [(page, command) for page, command in all_commands if not is_covered(page, command)] == []


def is_covered(page: str, command: str) -> bool:
    """Return whether a test runs the command, or a page says that none does."""
    by_page = any(page.startswith(name) for name in (*MARKED, *PAGE_TESTS))
    by_command = any(command == start or command.startswith((f"{start} ", f"{start}.")) for start in TESTS)
    return by_page or by_command or f"`{command.split(maxsplit=1)[0]}`" in NOT_RUN
