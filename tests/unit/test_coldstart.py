"""The documented times of cold starts equal the times in the stored raw data."""

import json
from pathlib import Path

from benchmarks.coldstart import markdown

DOCS = Path(__file__).parents[2] / "docs" / "performance"


def test_the_page_has_the_measured_times() -> None:
    results = json.loads((DOCS / "results" / "coldstart.json").read_text())["results"]
    assert "\n".join(markdown(results)) in (DOCS / "README.md").read_text(encoding="utf-8")
