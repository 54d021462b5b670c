"""Lengths of the product's modules and functions. Split a module above the limit by subject."""

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
FOLDERS = ("functions", "shared")

MAX_LINES = 350
TABLES: frozenset[str] = frozenset()
"""Modules that may exceed `MAX_LINES`, because they are tables of data."""

LONG_FUNCTION = 40
"""Lines above which a function is long."""


class Spread(NamedTuple):
    """Spread of the lengths of functions: median, 90th percentile, and number of long functions.

    A length is the number of lines from `def` on, without decorators.
    """

    median: int
    p90: int
    long: int


MAX_SPREAD = Spread(median=5, p90=13, long=3)
"""Upper bounds of the spread: the values of version 0.1.0."""


def sources() -> dict[str, str]:
    paths = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in paths}


def function_lengths(source: str) -> Iterator[int]:
    """Yield the length of each function, including methods and nested functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield (node.end_lineno or node.lineno) - node.lineno + 1


def spread_of(lengths: Iterable[int]) -> Spread:
    """Return the spread. The median and the p90 are the values at 50 and 90 % of the sorted lengths."""
    ordered = sorted(lengths)
    middle, most = ordered[len(ordered) // 2], ordered[len(ordered) * 9 // 10]
    return Spread(middle, most, sum(length > LONG_FUNCTION for length in ordered))


def test_no_module_is_too_long() -> None:
    lengths = {name: source.count("\n") for name, source in sources().items()}
    assert len(lengths) > 200
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES and name not in TABLES} == {}
    assert {name for name in TABLES if lengths[name] <= MAX_LINES} == set()


def test_functions_are_as_short_as_in_the_first_release() -> None:
    lengths = [length for source in sources().values() for length in function_lengths(source)]
    assert len(lengths) > 2000
    spread = spread_of(lengths)
    assert all(value <= bound for value, bound in zip(spread, MAX_SPREAD, strict=True)), spread


def test_a_function_spans_the_lines_from_def_to_its_end() -> None:
    source = """
@decorated
def outer(
    self,
):
    async def inner(): pass

    return 1
class Row:
    def size(self):
        return 2
"""
    assert sorted(function_lengths(source)) == [1, 2, 6]


def test_the_spread_of_lengths() -> None:
    assert spread_of([9, 1, 2, 3, 4, 5, 6, 7, 8, 41]) == Spread(median=6, p90=41, long=1)
    assert spread_of([*range(1, 40), 40]) == Spread(median=21, p90=37, long=0)
