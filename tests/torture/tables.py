"""`python -m tests.torture.tables FILE.json`: print the report of a run as a table for docs/reliability.md."""

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

_TITLES = (
    "nemesis",
    "runs",
    "time, s",
    "reads",
    "writes",
    "violations",
    "reads down, s",
    "writes down, s",
    "healed after, s",
)


def table(report: dict[str, Any]) -> str:
    """Return a table with one line per nemesis, by name."""
    violations: Counter[str] = Counter()
    for nemesis, *_, count in report["counts"]:
        violations[nemesis] += count
    lines = [" | ".join(_TITLES), " | ".join("---" for _ in _TITLES)]
    for name in sorted(report["times"]):
        cells = [
            name,
            report["times"][name],
            f"{report['lasted_s'][name]:.0f}",
            f"{report['reads'].get(name, 0):,}",
            f"{report['acknowledged'].get(name, 0):,}",
            violations[name],
            *(_seconds(report[key].get(name)) for key in ("reads_down_s", "writes_down_s", "healed_after_s")),
        ]
        lines.append(" | ".join(map(str, cells)))
    faults, reads, writes = (sum(report[key].values()) for key in ("times", "reads", "acknowledged"))
    total = f"{faults} faults, {reads:,} reads, {writes:,} writes, {violations.total()} violations"
    skipped = [f"{name} skipped: {reason}" for name, reason in report["skipped"].items()]
    return "\n".join(["\n".join(f"| {line} |" for line in lines), "", total, *skipped])


def _seconds(number: float | None) -> str:
    return "" if number is None else f"{number:.1f}"


if __name__ == "__main__":
    for file in sys.argv[1:]:
        sys.stdout.write(f"{table(json.loads(Path(file).read_text()))}\n")
