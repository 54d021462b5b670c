"""Script that samples texts for a judgement of the language: extraction and omissions."""

import subprocess
import sys
from pathlib import Path

from scripts.sample_texts import Text, texts_of

SCRIPT = Path(__file__).parents[2] / "scripts" / "sample_texts.py"

PYTHON = '''"""A module."""

import os  # noqa: F401

LIMIT = 3
"""A limit."""


class Adder:
    """An adder."""

    # A reason
    # on two lines.
    def add(self, a: int, *, b: int = 1) -> int:
        """Return the sum.

        It is exact.
        """
        name = "# no comment"  # a remark
        return a + b + len(name)
'''


def test_python() -> None:
    assert sorted(texts_of("a.py", PYTHON), key=lambda text: text.line) == [
        Text("a.py", 1, "docstring", "A module."),
        Text("a.py", 6, "docstring", "A limit.", "LIMIT = 3"),
        Text("a.py", 10, "docstring", "An adder.", "class Adder()"),
        Text("a.py", 12, "comment", "A reason\non two lines.", "def add(self, a: int, *, b: int = 1) -> int:"),
        Text("a.py", 15, "docstring", "Return the sum.\n\nIt is exact.", "def add(self, a: int, *, b: int=1) -> int"),
        Text("a.py", 19, "comment", "a remark", 'name = "# no comment"'),
    ]


def test_sql() -> None:
    source = "-- The table\n-- of scores.\nCREATE TABLE a (b text DEFAULT '-- no');  -- A column.\n"
    assert list(texts_of("a.sql", source)) == [
        Text("a.sql", 1, "comment", "The table\nof scores.", "CREATE TABLE a (b text DEFAULT '-- no');  -- A column."),
        Text("a.sql", 3, "comment", "A column.", "CREATE TABLE a (b text DEFAULT '-- no');"),
    ]


def test_lua() -> None:
    source = "local a = '-- no'\n-- A reason.\n"
    assert list(texts_of("a.lua", source)) == [Text("a.lua", 2, "comment", "A reason.")]


TYPESCRIPT = """/**
 * A page.
 * With entries.
 */
const at = "http://a"; // a remark
// eslint-disable-next-line
"""


def test_typescript() -> None:
    assert list(texts_of("a.tsx", TYPESCRIPT)) == [
        Text("a.tsx", 1, "comment", "A page.\nWith entries.", 'const at = "http://a"; // a remark'),
        Text("a.tsx", 5, "comment", "a remark", 'const at = "http://a";'),
    ]


MARKDOWN = """# A heading

A paragraph
of two lines.

```sh
make

make test
```

| a |
|---|

- an item
  of two lines
- another
"""


def test_markdown() -> None:
    assert list(texts_of("a.md", MARKDOWN)) == [
        Text("a.md", 3, "paragraph", "A paragraph\nof two lines."),
        Text("a.md", 15, "paragraph", "- an item\nof two lines"),
        Text("a.md", 17, "paragraph", "- another"),
    ]


def sampled(*arguments: str) -> str:
    """Return the output of the script for a small folder."""
    command = [sys.executable, str(SCRIPT), *arguments, "tests/fuzz"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_a_seed_repeats_a_sample() -> None:
    sample = sampled("--seed", "7", "--count", "3")
    assert sample.startswith("seed 7: 3 of ")
    assert sample.count("tests/fuzz/") == 3
    assert sampled("--seed", "7", "--count", "3") == sample
    assert sampled("--seed", "8", "--count", "3") != sample
