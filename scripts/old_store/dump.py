"""Content of the tables as text that psql reads, and the statements of an old version."""

import json
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import asyncpg

TABLES = (
    "boards", "users", "username_claims", "email_claims", "score_events", "standings", "periods", "touches", "api_keys",
    "audit_log",
)  # fmt: skip
"""Tables of 0.1.0, each after the tables that it references. The table of applied migrations is left out."""

_COLUMNS = """
select column_name from information_schema.columns
where table_schema = current_schema and table_name = $1 and is_generated = 'NEVER' order by ordinal_position
"""
_ALL_COLUMNS = """
select table_name || '.' || column_name as name, concat_ws(' ', data_type, is_nullable, column_default) as content
from information_schema.columns join information_schema.tables using (table_schema, table_name)
where table_schema = current_schema and table_type = 'BASE TABLE' order by name
"""
_INDEXES = (
    "select indexname as name, indexdef as content from pg_indexes where schemaname = current_schema order by name"
)
_CONSTRAINTS = """
select conrelid::regclass || '.' || conname as name, pg_get_constraintdef(oid) as content
from pg_constraint
where connamespace = current_schema::regnamespace and contype <> 'n' order by name
"""
_PRINT_STATEMENTS = """
import json
from importlib.resources import files
from leaderforge.adapters import postgres
from leaderforge.adapters.postgres.statements import combined, statement

names = sorted(entry.name[:-4] for entry in files(postgres).joinpath("queries").iterdir() if entry.suffix == ".sql")
texts = {name: statement(name) for name in names if name != "record"}
texts |= {f"record_{policy}": combined("record", f"upsert_{policy}", "counted") for policy in ("sum", "best", "latest")}
print(json.dumps(texts))
"""


async def dumped(dsn: str) -> str:
    """Return COPY commands with the rows of all tables, and statements that restore the sequences of ids."""
    connection = await asyncpg.connect(dsn)
    try:
        parts = [await _table(connection, table) for table in TABLES]
        parts += [
            await _identity(connection, *identity) for identity in (("boards", "board_id"), ("audit_log", "audit_id"))
        ]
    finally:
        await connection.close()
    return "".join(parts)


async def catalog(dsn: str) -> dict[str, dict[str, str]]:
    """Return the columns, indexes and constraints of all tables."""
    connection = await asyncpg.connect(dsn)
    queries = {"columns": _ALL_COLUMNS, "indexes": _INDEXES, "constraints": _CONSTRAINTS}
    try:
        return {kind: dict(map(tuple, await connection.fetch(query))) for kind, query in queries.items()}
    finally:
        await connection.close()


async def _table(connection: "asyncpg.Connection[asyncpg.Record]", table: str) -> str:
    columns = [row["column_name"] for row in await connection.fetch(_COLUMNS, table)]
    listed = ", ".join(columns)
    rows = BytesIO()
    query = f"select {listed} from {table} order by {', '.join(map(str, range(1, len(columns))))}"  # noqa: S608 - names
    await connection.copy_from_query(query, output=rows, format="text")
    return f"copy {table} ({listed}) from stdin;\n{rows.getvalue().decode()}\\.\n"


async def _identity(connection: "asyncpg.Connection[asyncpg.Record]", table: str, column: str) -> str:
    highest = await connection.fetchval(f"select max({column}) from {table}")  # noqa: S608 - our own names
    return f"select setval(pg_get_serial_sequence('{table}', '{column}'), {highest});\n"


def statements(tree: Path) -> dict[str, str]:
    """Return the statements of the version in `tree` by name, without comment lines."""
    environment = {"PYTHONPATH": f"{tree / 'shared'}:{tree}"}
    command = [sys.executable, "-c", _PRINT_STATEMENTS]
    printed = subprocess.run(command, check=True, capture_output=True, env=environment).stdout  # noqa: S603 - our own code
    return {name: _without_comments(text) for name, text in json.loads(printed).items()}


def _without_comments(text: str) -> str:
    lines = (line.partition(" -- ")[0] for line in text.splitlines() if not line.startswith("--"))
    return "\n".join(lines)
