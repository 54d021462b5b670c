"""Write the SQL statements that record a batch: record_*.sql, record_previous_*.sql with previous standings,
record_bundle_*.sql with notices to the outbox, and record_past*.sql with past standings.

Each statement has two parts. fragments/record.sql inserts events and computes the rows of their standings. A policy's
upsert writes these rows. Therefore each rule of a policy exists in one file only. record_previous_*.sql also contain
fragments/previous.sql, which locks and reads the standings before the upsert, and fragments/previous_result.sql, which
returns them. record_bundle_*.sql also contain fragments/bundle.sql. record_past*.sql end with fragments/past.sql. Run
`python scripts/record_statements.py` after a change of these files.
"""

import re
from collections.abc import Iterator
from pathlib import Path

QUERIES = Path(__file__).parents[1] / "shared" / "leaderforge" / "adapters" / "postgres" / "queries"
VALUES = re.compile(r"values \([^)]*\)")

_NEWCOMERS = "-- Players who get their first standing on a ladder."
_WITHOUT_STANDING = """not exists (
            select from standings
            where (standings.user_id, standings.board_id, standings.period_id)
                = (items.user_id, items.board_id, items.period_id)
        )"""
_WITHOUT_PREVIOUS = "(user_id, board_id, period_id) not in (select user_id, board_id, period_id from previous)"
_LAST_JOIN = "    left join newcomers using (user_id)\n"
_ANNOUNCED = (
    (" as segments\n", " as segments,\n        coalesce(announces, ($17::smallint[])[1]) as announces\n"),
    ("$12::text[], $13::text[]\n", "$12::text[], $13::text[], $17::smallint[]\n"),
    ("metadata, segments\n    )\n),\nnew_events", "metadata, segments, announces\n    )\n),\nnew_events"),
)
_RESULT = "select * from written;\n"
_AFTER = "    where (select count(*) from previous) >= 0\n"


def main() -> None:
    """Write all files."""
    for path, text in record_statements():
        path.write_text(text, encoding="utf-8")


def record_statements() -> Iterator[tuple[Path, str]]:
    """Yield the path and the text of each generated statement `record_*.sql`."""
    record = _text("fragments/record.sql")
    with_previous = _replaced(record, _NEWCOMERS, _text("fragments/previous.sql") + _NEWCOMERS)
    with_previous = _replaced(with_previous, _WITHOUT_STANDING, _WITHOUT_PREVIOUS)
    with_previous = _replaced(with_previous, _LAST_JOIN, _LAST_JOIN + _AFTER)
    result = _text("fragments/previous_result.sql").rstrip() + ";\n"
    past = _text("fragments/past.sql").rstrip() + ";\n"
    bundle = _text("fragments/bundle.sql").rstrip() + ";\n"
    announced = record
    for before, after in _ANNOUNCED:
        announced = _replaced(announced, before, after)
    for upsert in sorted(QUERIES.glob("upsert_*.sql")):
        over_rows, replaced = VALUES.subn("select * from upsert_rows", _text(upsert.name))
        if replaced != 1:
            raise ValueError(f"{upsert.name} has {replaced} VALUES instead of one")
        origin = f"-- Generated from fragments/record.sql and {upsert.name} by scripts/record_statements.py.\n"
        yield QUERIES / upsert.name.replace("upsert", "record"), origin + record + over_rows
        comment, _, code = over_rows.partition("\n")
        written = f"{with_previous.rstrip()},\n{comment}\nwritten as (\n{code.rstrip().removesuffix(';')}\n)\n"
        yield QUERIES / upsert.name.replace("upsert", "record_previous"), origin + written + result
        written = written.replace(with_previous.rstrip(), announced.rstrip())
        yield QUERIES / upsert.name.replace("upsert", "record_bundle"), f"{origin}{written.rstrip()},\n{bundle}"
        announcing = f"{written.rstrip()},\n{bundle.removesuffix(_RESULT).rstrip()},\n{past}"
        yield QUERIES / upsert.name.replace("upsert", "record_past_bundle"), origin + announcing
        # `record_past` also has the parameter for notices, although it writes none. An unused parameter costs less than
        # a second list of parameters in the writer.
        yield QUERIES / upsert.name.replace("upsert", "record_past"), origin + f"{written.rstrip()},\n{past}"


def _text(name: str) -> str:
    return (QUERIES / name).read_text(encoding="utf-8")


def _replaced(text: str, part: str, replacement: str) -> str:
    """Return the text with a part of it replaced. Raises `ValueError` unless the part occurs exactly once."""
    if text.count(part) != 1:
        raise ValueError(f"{part!r} occurs {text.count(part)} times instead of once")
    return text.replace(part, replacement)


if __name__ == "__main__":
    main()
