"""The paths in the table "To change X, open Y" of docs/architecture.md exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text()
TABLE = ARCHITECTURE.partition("## To change X, open Y")[2].partition("\n## ")[0]
ROWS = re.findall(r"^\| ([^|`]+) \| (`.+) \|$", TABLE, re.MULTILINE)
PATHS = sorted({path for _, paths in ROWS for path in re.findall(r"`([^`]+)`", paths)})


def test_every_row_names_a_path() -> None:
    rows = [line for line in TABLE.splitlines() if line.startswith("| ") and not line.startswith("| To change")]
    assert len(ROWS) == len(rows) > 0


@pytest.mark.parametrize("path", PATHS)
def test_the_path_exists(path: str) -> None:
    assert (ROOT / re.sub(r"^L/", "shared/leaderforge/", path)).exists(), path
