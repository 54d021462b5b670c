"""`leaderforge import` on typical files: its messages, its exit codes, and the import of an exported file."""

import json
import re
import shlex
from pathlib import Path

import pytest

from tests.acceptance.command import Command, new_command
from tests.acceptance.conftest import new_database
from tests.option_cases import OPTION_CASES, OptionCase, picked

DATA = Path(__file__).parents[1] / "data" / "import"
LAPS = ("policy=best", "order=asc", "unit=s", "decimals=2")


@pytest.fixture
async def command(valkey, postgres) -> Command:
    """Command on an empty database."""
    command = new_command(await new_database(postgres.dsn), valkey.addresses)
    command.run("reconcile")
    return command


def file(name: str) -> str:
    return str(DATA / name)


async def board(command: Command, slug: str, period: str = "all-time") -> list[tuple[str, int]]:
    """Return the names and scores of a board, as the export lists them."""
    rows = command.run("export", slug, "--format", "csv", "--period", period).output[1:]
    cells = [row.split(",") for row in rows]
    return [(row[2], int(row[3])) for row in cells]


async def test_a_dry_run_shows_the_lines_as_they_will_count_and_changes_nothing(command: Command):
    command.run("boards", "create", "laps", *LAPS, "time_zone=Europe/Berlin")
    before = await command.contents()
    ended = command.run("import", file("clock.csv"), "--board", "laps", "--dry-run", code=3)
    assert ended.errors == [
        "no columns are named. Proposed: --player player --score time",
        "scores are read as the board shows them",
    ]
    assert [line.split("  ")[:1] + line.split()[1:3] for line in ended.output[:5]] == [
        ["line", "player", "score"],
        ["2", "Hollis", "1:12.48"],
        ["3", "Imre", "0:58.90"],
        ["4", "Juno", "1:02:03.50"],
        ["6", "Loic", "0:59.10"],
    ]
    assert all(line.endswith(" Europe/Berlin") for line in ended.output[1:5])
    assert ended.output[5:] == [
        "",
        "line  problem",
        "5     '59.905' has 3 decimals, and the board keeps 2 decimals",
        "",
        "lines that would count: 4, bad lines: 1. Nothing was changed",
    ]
    assert await command.contents() == before


async def test_exit_codes_tell_all_some_and_none_apart(command: Command, tmp_path: Path):
    command.run("import", file("plain.csv.gz"), code=0)
    assert command.run("import", file("plain.csv.gz"), code=0).output[0].startswith("0 scores imported, 3 duplicates")
    command.run("import", file("mixed-bad.csv"), code=3)
    command.run("import", file("only-bad.csv"), code=4)
    command.run("import", file("only-bad.csv"), "--on-bad-line", "stop", code=1)
    (tmp_path / "empty.csv").write_bytes(b"")
    command.run("import", str(tmp_path / "empty.csv"), code=1)
    (tmp_path / "header.csv").write_text("player,score\n")
    command.run("import", str(tmp_path / "header.csv"), code=0)
    described = " ".join(command.run("import", "--help").output)
    assert all(f" {code} " in described for code in (0, 1, 2, 3, 4))


async def test_equal_lines_of_another_file_are_not_lost_silently(command: Command):
    command.run("import", file("day-1.csv"))
    ended = command.run("import", file("day-2.csv"))
    assert ended.errors == [
        "lines that equal imported ones of this or another file and do not count again: 1. If they are new scores, "
        "add: --lines 2 --source NAME_OF_THIS_FILE"
    ]
    for _ in range(2):
        command.run("import", file("day-2.csv"), "--lines", "2", "--source", "day 2")
        assert await board(command, "default") == [("Vigo", 600), ("Wenda", 150), ("Xenia", 90)]


async def test_the_wrong_column_is_corrected_by_an_option(command: Command):
    command.run("boards", "create", "cup", "policy=best")
    wrong = ("import", file("wrong-column.csv"), "--board", "cup", "--score")
    command.run(*wrong, "level")
    ended = command.run(*wrong, "points", code=4)
    assert ended.errors[-1] == "lines that are stored with other content: 3. To correct them, set --replace"
    assert command.run(*wrong, "points", "--replace").output == [
        "0 scores imported, 0 duplicates, 3 replaced, 0 players created, 0 bad lines skipped"
    ]
    assert await board(command, "cup") == [("Suri", 1200), ("Una", 890), ("Tomas", 350)]
    assert command.run("verify").output[-1] == "3 standings compared, 0 differ"
    actions = await command.query(
        "select action, actor from audit_log where action <> 'board.create' order by audit_id"
    )
    assert actions == [("scores.import", "cli"), *[("submission.replace", "cli")] * 3]


MEMBERS = OptionCase(
    "laps.csv",
    b"player,score,map,car\nAda,3,dust,red\nBen,2,ice,\n",
    # The command repeats `--member` for each column. An upload has no such parameter.
    {"member": "map car"},
    [
        {"username": "Ada", "score": 3, "metadata": {"map": "dust", "car": "red"}},
        {"username": "Ben", "score": 2, "metadata": {"map": "ice"}},
    ],
)


@pytest.fixture(scope="module")
def shared_command(valkey, database: str) -> Command:
    """Command on a database that the cases share. Each case has its own board."""
    command = new_command(database, valkey.addresses)
    command.run("reconcile")
    return command


@pytest.mark.parametrize("case", [*OPTION_CASES.values(), MEMBERS], ids=[*OPTION_CASES, "member"])
def test_each_option_decides_how_a_file_is_read(shared_command: Command, tmp_path: Path, case: OptionCase):
    slug = case.name.replace(".", "-")
    (tmp_path / case.name).write_bytes(case.data)
    shared_command.run("boards", "create", slug, *(f"{name}={value}" for name, value in case.board.items()))
    values = {name: text.split() if name == "member" else [text] for name, text in case.options.items()}
    options = [part for name, texts in values.items() for text in texts for part in (f"--{name}", text)]
    shared_command.run("import", str(tmp_path / case.name), "--board", slug, *options, code=3 if case.bad else 0)
    entries = [json.loads(line) for line in shared_command.run("export", slug, "--format", "ndjson").output]
    assert picked(entries, case.entries) == case.entries


async def test_past_periods_count_with_the_option_for_history_only(command: Command):
    for slug in ("new", "old"):
        command.run("boards", "create", slug, "policy=sum", "periods=daily,all-time", "min_score=6")
    days = ("import", file("bare-dates.csv"), "--time", "day", "--board")
    ended = command.run(*days, "new", code=3)
    assert ended.errors == [
        "line 2: the score must be at least 6, not 5",
        "lines that do not count in past periods: 2. To count them there too, set --history",
    ]
    assert await board(command, "new") == [("Ines", 9), ("Hugo", 7)]
    assert command.run(*days, "old", "--history").errors == []
    assert await board(command, "old", "2026-10-02") == [("Ines", 9), ("Hugo", 7)]
    assert await board(command, "old", "2026-10-01") == [("Greta", 5)]


@pytest.mark.parametrize("form", ["csv", "ndjson"])
async def test_an_export_imports_to_the_same_board(command: Command, tmp_path: Path, form: str):
    command.run("import", file("formula-names.ndjson"))
    exported = tmp_path / f"exported.{form}"
    command.run("export", "--format", form, "--out", str(exported))
    command.run("boards", "create", "copy", "policy=sum")
    options = ("--board", "copy", "--player", "username", "--time", "achieved_at")
    ended = command.run("import", str(exported), *options)
    assert ended.output == ["5 scores imported, 0 duplicates, 0 players created, 0 bad lines skipped"]
    assert (
        command.run("export", "copy", "--format", "ndjson").output
        == command.run("export", "default", "--format", "ndjson").output
    )
    assert len(await board(command, "copy")) == 5


DOCS = Path(__file__).parents[2] / "docs"
_BLOCK = re.compile(r"^```\n(.*?)^```\n(?:```text\n(.*?)^```)?", re.DOTALL | re.MULTILINE)


async def test_the_documented_examples_say_what_they_show(command: Command, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(DOCS.parent)
    (commands, shown), *_ = _BLOCK.findall((DOCS / "imports.md").read_text(encoding="utf-8"))
    *before, last = (shlex.split(line)[1:] for line in commands.splitlines())
    for arguments in before:
        command.run(*arguments)
    assert command.run(*last, code=3).output == shown.splitlines()


async def test_the_example_of_the_readme_imports_a_file_that_is_there(
    command: Command, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(DOCS.parent)
    lines = (DOCS.parent / "README.md").read_text(encoding="utf-8").splitlines()
    [example] = [shlex.split(line)[1:] for line in lines if " import docs/" in line]
    preview = command.run(*example, "--dry-run").output
    assert preview[-1] == "lines that would count: 6, bad lines: 0. Nothing was changed"
    command.run(*example)
    assert await board(command, "default") == [("Inga", 3), ("Noor", 2), ("Tove", 1)]
