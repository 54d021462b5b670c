"""Commands in the documentation: they parse, and a test function runs each, or the page marks it as not run."""

import ast
import importlib
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from leaderforge.cli import main
from tests.acceptance.test_load_commands import FLAMES, PLOTS, SHORT

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

NOT_RUN = "# not run by a test"
"""Mark of commands that no test runs. On a line of its own, it marks all later commands of the block."""
RECORDS = "docs/decisions/"
"""Folder of decision records. These may have commands of earlier trials, whose programs are not installed here."""
PAGE_TESTS = {
    "docs/production.md": "tests/installation/__main__.py::follow",
    "docs/without-downtime.md": "tests/acceptance/test_moving_guide.py::test_the_guide",
}
"""Function that reads a page and runs all its commands."""
RECIPES = {
    "docker compose --profile rolling up": "up rolling",
    "make run": "leaderforge dev",
    "make sdk": "sdk",
    "make test": "cloud-tests",
}
"""By command: words in the code of a test function or a Makefile target, which show that this code runs the command."""
BENCHMARKS = SHORT.keys() | PLOTS.keys() | {FLAMES}
"""Modules that `test_load_commands.py` runs."""

FUNCTIONS: Mapping[str, Mapping[str, Sequence[str]]] = {
    "Makefile": {
        "run": ("make run",),
        "tests": (
            "make sdk",
            "pytest",
        ),
        "test": ("make test",),
    },
    "tests/acceptance/generated_clients.py": {
        "csharp_sources": ("openapi-generator-cli",),
        "python": ("openapi-python-client",),
    },
    "tests/acceptance/test_access.py": {
        "test_keys_by_command": ("leaderforge keys",),
        "test_roles_by_command": ("leaderforge people",),
        "test_signing_keys_and_tokens_by_command": (
            "leaderforge signing-keys",
            "leaderforge tokens create",
        ),
    },
    "tests/acceptance/test_backup.py": {
        "test_a_restored_backup_has_all_that_was_acknowledged_before_it": (
            "leaderforge backup",
            "leaderforge restore",
        ),
        "test_scheduled_backups_delete_old_ones_only": ("leaderforge backup --directory",),
    },
    "tests/acceptance/test_base_backup.py": {
        "test_a_base_backup_and_the_archive_have_all_that_was_acknowledged": (
            "cp --archive",
            "pg_basebackup",
            "pg_verifybackup",
            "psql --command",
            "touch",
        ),
    },
    "tests/acceptance/test_boards.py": {
        "test_what_the_command_does_holds_in_all_processes": (
            "leaderforge boards create",
            "leaderforge boards delete",
            "leaderforge boards list",
            "leaderforge boards set",
            "leaderforge boards show",
        ),
    },
    "tests/acceptance/test_bulk.py": {
        "test_the_command_writes_what_the_api_sends": ("leaderforge export",),
    },
    "tests/acceptance/test_citus_nodes.py": {
        "test_a_worker_leaves_and_joins_under_load": (
            "leaderforge citus add-worker",
            "leaderforge citus rebalance",
            "leaderforge citus remove-worker",
            "leaderforge citus workers",
        ),
    },
    "tests/acceptance/test_cli.py": {
        "test_migrate_makes_the_tables_once": ("leaderforge migrate",),
        "test_the_search_inside_names_is_enabled_and_disabled": ("leaderforge name-search enable",),
        "test_populate_again_changes_nothing": ("leaderforge populate",),
        "test_verify_tells_of_a_lost_index_and_rebuild_or_reconcile_mends_it": ("leaderforge verify",),
    },
    "tests/acceptance/test_copy_store_command.py": {
        "test_a_store_moves_by_the_documented_commands": ("leaderforge copy-store",),
    },
    "tests/acceptance/test_events.py": {
        "test_endpoints_by_command": ("leaderforge endpoints",),
    },
    "tests/acceptance/test_exposure.py": {
        "started": ("uvicorn",),
    },
    "tests/acceptance/test_import_command.py": {
        "test_exit_codes_tell_all_some_and_none_apart": ("leaderforge import",),
    },
    "tests/acceptance/test_index_nodes.py": {
        "test_a_node_leaves_and_joins_under_load": (
            "leaderforge index add-node",
            "leaderforge index balance",
            "leaderforge index nodes",
            "leaderforge index remove-node",
        ),
    },
    "tests/acceptance/test_load_commands.py": {
        "smoke": ("locust -f tests/load/locustfile.py --host",),
    },
    "tests/acceptance/test_moving_guide.py": {
        "test_the_guide": ("leaderforge import --from redis",),
    },
    "tests/acceptance/test_rolling_upgrade.py": {
        "test_no_request_fails_and_each_acknowledged_submission_counts": ("python -m benchmarks.rolling",),
    },
    "tests/acceptance/test_torture_command.py": {
        "test_a_correct_deployment_passes_while_a_nemesis_acts": ("leaderforge torture",),
    },
    "tests/acceptance/test_wheel.py": {
        "serving": ("leaderforge serve",),
        "test_the_worker_builds_the_index_and_ends_by_a_signal": ("leaderforge worker",),
        "test_pip_installs_it_from_pins_as_the_documentation_says": (
            "pip install --no-deps",
            "pip install --require-hashes",
            "python3 -m venv",
        ),
        "test_uvx_starts_the_development_stack": ("uvx",),
    },
    "tests/cloud/test_deployment.py": {
        "test_the_queue_counts_each_once_buries_poison_and_gives_it_back": ("leaderforge redrive",),
    },
    "tests/cloud/test_package.py": {
        "test_cold_starts_are_measured": ("python -m benchmarks.coldstart",),
    },
    "tests/compose/deployment.py": {
        "Deployment.replace": ("docker compose up --detach --no-deps",),
    },
    "tests/compose/upgrade.py": {
        "_replace_all": ("docker compose run --rm migrate",),
        "upgrade_of_the_api": ("docker compose --profile rolling up",),
    },
    "tests/documented.py": {
        "examples": ("curl",),
    },
    "tests/fuzz/test_fuzz.py": {
        "test_hostile_requests_find_no_defect": ("python -m tests.fuzz",),
    },
    "tests/sdk/c.py": {
        "_compile": ("cd sdk/c && cc",),
    },
    "tests/sdk/test_c_sample.py": {
        "rush": ("rush",),
    },
    "tests/sdk/test_godot_package.py": {
        "test_the_command_copies_the_addon_into_a_project": ("python -m scripts.godot_sdk",),
    },
    "tests/sdk/test_integrations.py": {
        "test_javascript_follows_the_board": ("node game.mjs",),
        "game_server": ("python server.py",),
    },
    "tests/torture/test_polling.py": {
        "test_every_answer_is_one_that_may_be_given": ("python -m tests.torture",),
    },
    "tests/unit/test_capacity.py": {
        "test_the_page_has_the_computed_tables": ("python -m benchmarks.capacity",),
    },
    "tests/unit/test_sample_texts.py": {
        "sampled": ("python3 scripts/sample_texts.py",),
    },
}
"""Beginnings of the commands that a function or a Makefile target runs, by file, then by function or target."""
TESTS = {
    start: (file, function)
    for file, functions in FUNCTIONS.items()
    for function, starts in functions.items()
    for start in starts
}


_SETTINGS = r"^(?:export )?(?:[A-Z_]+=(?:\$\((?=leaderforge)|\$\([^)]*\)|'[^']*'|\S*) *)*"
"""Pattern of the assignments before a command. It includes `$(...)`, unless the command in the brackets is
`leaderforge`.
"""


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


def commands(page: Path) -> Iterator[tuple[str, bool]]:
    """Yield the commands of a page, and whether each is marked by `NOT_RUN`.

    Omit comments, assignments, line breaks, and the directories of programs.
    """
    for block in blocks(page):
        whole, is_block_marked = re.sub(r" *\\\n *", " ", block), False
        # Match each quoted text from its first quote to its last. Otherwise, the end of one text could be taken for the
        # beginning of another.
        for line in re.sub(r"'[^']*'", lambda text: "''" if "\n" in text[0] else text[0], whole).splitlines():
            is_block_marked |= line.strip() == NOT_RUN
            command = re.sub(_SETTINGS, "", line.strip())
            program = re.match(r"(?:[\w./]*/)?([a-z][\w.-]*)(?= |$)", command)
            if program is not None:
                text = program[1] + re.sub(r" +# .*", "", command[program.end() :])
                yield text, is_block_marked or command.endswith(f" {NOT_RUN}")


COMMANDS = [(page.relative_to(ROOT).as_posix(), *command) for page in PAGES for command in commands(page)]
INLINE = [
    (page.relative_to(ROOT).as_posix(), command, False)
    for page in PAGES
    for command in re.findall(r"`(leaderforge [^`]+)`", page.read_text(encoding="utf-8"))
]


def test_there_are_commands() -> None:
    assert len(COMMANDS) > 300
    assert len(INLINE) > 50


def test_commands_have_these_options() -> None:
    wrong = {}
    for page, command, _ in COMMANDS + INLINE:
        words = shlex.split(command.partition(" > ")[0].rstrip(")").removesuffix(" ..."))
        if words[0] == "leaderforge":
            wrong[page, command] = usage_error(leaderforge(), words[1:])
        elif words[:2] == ["python", "-m"] and words[2].startswith("benchmarks."):
            wrong[page, command] = usage_error(benchmark(words[2]), words[3:])
    assert {place: error for place, error in wrong.items() if error is not None} == {}


@cache
def leaderforge() -> Any:
    """Return the command with its subcommands, which take 20 ms to build."""
    return get_command(main)


@cache
def benchmark(module: str) -> Any:
    """Return the command of a module of benchmarks."""
    app = typer.Typer()
    app.command()(importlib.import_module(module).main)
    return get_command(app)


def usage_error(command: Any, arguments: list[str]) -> str | None:
    """Return the first error in the options of a command, None without an error. Accept missing values and
    placeholders.
    """
    context = None
    try:
        while True:
            context = command.make_context(command.name, list(arguments), parent=context)
            if not hasattr(command, "resolve_command"):
                return None
            _, command, arguments = command.resolve_command(context, [*context._protected_args, *context.args])
    except Exception as error:
        # Compare names, because the library defines these errors in a private module.
        return str(error) if type(error).__name__ in {"NoSuchOption", "UsageError"} else None


def test_a_wrong_option_would_be_noticed() -> None:
    assert usage_error(leaderforge(), ["verify", "--nothing"]) is not None
    assert usage_error(leaderforge(), ["nothing"]) is not None
    assert usage_error(benchmark("benchmarks.storage"), ["--nothing"]) is not None


def test_targets_of_make_exist() -> None:
    for page, command, _ in COMMANDS:
        if command.startswith("make "):
            targets = re.findall(r"^make((?: [a-z-]+)*)", command)[0].split()
            assert set(targets) <= TARGETS, (page, command)


@pytest.mark.parametrize("start", sorted(TESTS))
def test_a_function_runs_commands(start: str) -> None:
    """All words of `start`, the beginning of a command, are in the function or in a constant that it uses."""
    code = code_of(*TESTS[start])
    missing = [word for word in words_of(start) if re.search(rf"\b{re.escape(word)}\b", code) is None]
    assert missing == [], TESTS[start]


def words_of(start: str) -> Sequence[str]:
    """Return the words of the beginning of a command, without its program, options, folders and packages."""
    if start in RECIPES:
        return RECIPES[start].split()
    program, *words = [word for word in start.rpartition(" && ")[2].split() if not word.startswith("-")]
    names = [word.rpartition("/")[2] for word in words or [program]]
    return [name.rpartition(".")[2] for name in names] if " -m " in start else names


@pytest.mark.parametrize("page", sorted(PAGE_TESTS))
def test_a_function_reads_a_page(page: str) -> None:
    file, function = PAGE_TESTS[page].split("::")
    assert code_of(file, function)
    assert Path(page).name in (ROOT / file).read_text(encoding="utf-8")


def code_of(file: str, name: str) -> str:
    """Return the code of a function or target, and of the constants that it uses. Fails if the name does not exist."""
    text = (ROOT / file).read_text(encoding="utf-8")
    if file == "Makefile":
        [rule] = re.findall(rf"^{name}:.*\n(?:\t.*\n)*", text, re.MULTILINE)
        return str(rule)
    *owners, function = name.split(".")
    body: list[ast.stmt] = ast.parse(text).body
    module = body
    for owner in owners:
        [body] = [node.body for node in body if isinstance(node, ast.ClassDef) and node.name == owner]
    named = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    [definition] = [node for node in body if isinstance(node, named) and node.name == function]
    names = {node.id for node in ast.walk(definition) if isinstance(node, ast.Name)}
    return "\n".join(map(ast.unparse, [definition, *(node for node in module if names & constants_in(node))]))


def constants_in(node: ast.stmt) -> set[str]:
    """Return the names of the constants that a statement defines."""
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {target.id for target in targets if isinstance(target, ast.Name)}


def test_each_command_is_run_by_a_test_or_marked_as_not_run() -> None:
    assert [(page, command) for page, command, is_marked in COMMANDS if is_marked == is_run(page, command)] == []


def is_run(page: str, command: str) -> bool:
    """Return whether a test runs the command, or it is in a record of earlier trials."""
    if page.startswith(RECORDS) or page in PAGE_TESTS:
        return True
    if command.startswith("python -m benchmarks.") and command.split()[2] in BENCHMARKS:
        return True
    return any(command == start or command.startswith(f"{start} ") for start in TESTS)
