"""Lengths of the product's modules. Split a module above the limit by subject."""

from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "shared")

MAX_LINES = 350
TABLES: frozenset[str] = frozenset()
"""Modules that may exceed `MAX_LINES`, because they are tables of data."""


def test_no_module_is_too_long() -> None:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    lengths = {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8").count("\n") for path in paths}
    assert len(lengths) > 200
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES and name not in TABLES} == {}
    assert {name for name in TABLES if lengths[name] <= MAX_LINES} == set()
