"""Data about the run in every benchmark report."""

import csv
import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from typing import Any

import psutil
import typer
from rich.console import Console
from rich.table import Table


def about(module: str) -> dict[str, Any]:
    """Return time, command line and machine of a benchmark's run."""
    return {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": " ".join(["python", "-m", module, *sys.argv[1:]]),
        "machine": {
            "system": platform.platform(),
            "processor": _processor(),
            "cores": os.cpu_count(),
            "memory_bytes": psutil.virtual_memory().total,
            "python": platform.python_version(),
        },
    }


def quartiles(samples: Iterable[float]) -> list[float]:
    """Return [lower quartile, median, upper quartile] of at least two samples.

    Quartiles are interpolated between samples only. With few samples, the usual method would return values outside of
    the range of the samples.
    """
    return quantiles(samples, n=4, method="inclusive")


def write(report: dict[str, Any], path: Path | None) -> None:
    """Write a report as JSON, if a path is given."""
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(report, indent=2) + "\n")


def finish(report: dict[str, Any], table: Table, path: Path | None, loads: Iterable[Mapping[str, Any]]) -> None:
    """Print the table, and write the report if a path is given. Exit with status 1 if a request of the loads failed."""
    console = Console()
    console.print(table)
    write(report, path)
    if any(set(load["statuses"]) not in ({"200"}, {"201"}) for load in loads):
        console.print("[red]Some requests failed; the figures do not count.[/]")
        raise typer.Exit(1)


def print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as a table."""
    table = Table(*rows[0])
    for row in rows:
        table.add_row(*map(str, row.values()))
    Console().print(table)


def write_rows(rows: Sequence[Mapping[str, Any]], path: Path | None) -> None:
    """Write rows as CSV into the folder of the JSON report, if a path is given."""
    if path:
        with path.with_suffix(".csv").open("w", newline="") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [columns, ["---"] * len(columns), *rows]
    return (
        "\n".join("| " + " | ".join(line) + " |" for line in lines)
        .replace("| --- |", "|---|")
        .replace(" --- |", "---|")
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
