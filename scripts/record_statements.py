"""Write the statements that record a batch alone: record_best.sql, record_latest.sql and record_sum.sql.

Each one consists of fragments/record.sql, which inserts events and computes the rows of their standings, and of a
policy's upsert over these rows. The rules of a policy are therefore written once, for both strategies. Run `python
scripts/record_statements.py` after a change of these files.
"""

import re
from collections.abc import Iterator
from pathlib import Path

QUERIES = Path(__file__).parents[1] / "shared" / "leaderforge" / "adapters" / "postgres" / "queries"
VALUES = re.compile(r"values \([^)]*\)")


def main() -> None:
    """Write all files."""
    for path, text in record_statements():
        path.write_text(text, encoding="utf-8")


def record_statements() -> Iterator[tuple[Path, str]]:
    """Yield the path and the text of each file."""
    record = (QUERIES / "fragments" / "record.sql").read_text(encoding="utf-8")
    for upsert in sorted(QUERIES.glob("upsert_*.sql")):
        over_rows, replaced = VALUES.subn("select * from upsert_rows", upsert.read_text(encoding="utf-8"))
        if replaced != 1:
            raise ValueError(f"{upsert.name} has {replaced} VALUES instead of one")
        origin = f"-- Generated from fragments/record.sql and {upsert.name} by scripts/record_statements.py.\n"
        yield QUERIES / upsert.name.replace("upsert", "record"), origin + record + over_rows


if __name__ == "__main__":
    main()
