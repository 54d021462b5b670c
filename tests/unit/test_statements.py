"""SQL files. Each file is one complete statement, or its comment says that it is a fragment."""

import re
from pathlib import Path

import pytest

from leaderforge.adapters.postgres.statements import fragment, statement
from leaderforge.domain.boards import Policy
from scripts.record_statements import QUERIES, record_statements

STATEMENTS = sorted(path.stem for path in QUERIES.glob("*.sql"))
FRAGMENTS = sorted(path.stem for path in QUERIES.glob("fragments/*.sql"))
VERBS = {"select", "insert", "update", "delete", "with", "create"}
MARKER = re.compile(r"(?<!:):[a-z_]+")


def code(text: str) -> str:
    """Return a statement without its comments."""
    return re.sub(r"--.*", "", text).strip()


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_file_is_one_complete_statement(name: str) -> None:
    sql = code(statement(name))
    assert sql.split()[0] in VERBS
    assert sql.endswith(";")
    assert sql.count(";") == 1
    assert sql.count("(") == sql.count(")")
    assert not MARKER.search(sql)
    parameters = {int(number) for number in re.findall(r"\$(\d+)", sql)}
    assert parameters == set(range(1, len(parameters) + 1))


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_fragment_says_what_it_is_and_is_no_statement(name: str) -> None:
    path = QUERIES / "fragments" / f"{name}.sql"
    assert path.read_text().startswith("-- ")
    assert ";" not in code(path.read_text())
    assert code(path.read_text()).splitlines()[0] == fragment(name).splitlines()[0]


def test_recording_statements_are_as_their_script_writes_them() -> None:
    written = dict(record_statements())
    assert {path.name for path in written} == {
        f"{kind}_{policy}.sql"
        for kind in (
            *("record", "record_previous", "record_bundle"),
            *("record_past", "record_past_bundle"),
        )
        for policy in Policy
    }
    for path, text in written.items():
        assert path.read_text(encoding="utf-8") == text, "run scripts/record_statements.py"


def test_no_file_lies_elsewhere() -> None:
    sql = {path.relative_to(QUERIES).as_posix() for path in Path(QUERIES).rglob("*") if path.is_file()}
    assert sql == {f"{name}.sql" for name in STATEMENTS} | {f"fragments/{name}.sql" for name in FRAGMENTS}


@pytest.mark.parametrize("name", STATEMENTS)
def test_a_statement_about_spellings_reads_claims_with_null(name: str) -> None:
    """Claims on spellings have null in `is_look_alike`, or false if they are older than migration 0039.

    The condition `not is_look_alike` would miss the claims with null.
    """
    assert "not is_look_alike" not in statement(name)
