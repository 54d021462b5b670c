"""Formats and layouts of score files."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePath

from leaderforge.domain.errors import Refused

_COMPRESSED = {".gz", ".zst"}


class TableFormat(StrEnum):
    """Format of a file: separated values with a header, one JSON object a line, or one JSON document with a list."""

    CSV = "csv"
    NDJSON = "ndjson"
    JSON = "json"


class ScoreNotation(StrEnum):
    """Meaning of numbers in a file: stored scores (whole numbers), or scores as the board shows them."""

    STORED = "stored"
    SHOWN = "shown"


_SUFFIXES = {
    ".csv": TableFormat.CSV,
    ".tsv": TableFormat.CSV,
    ".tab": TableFormat.CSV,
    ".ndjson": TableFormat.NDJSON,
    ".jsonl": TableFormat.NDJSON,
    ".json": TableFormat.JSON,
}


@dataclass(frozen=True, slots=True)
class FileLayout:
    """Layout of a file. If the separator or the encoding is None, it is detected.

    `header` has the names of the columns of a file without a header. `list_path` has the names, separated by dots, of
    the JSON members that lead to the list of a JSON document.
    """

    format: TableFormat
    separator: str | None = None
    header: tuple[str, ...] | None = None
    encoding: str | None = None
    list_path: str = ""


def format_of(name: str) -> TableFormat:
    """Return the format by the extension of a file name. Raises `Refused` for an unknown extension."""
    suffixes = [suffix.lower() for suffix in PurePath(name).suffixes]
    while suffixes and suffixes[-1] in _COMPRESSED:
        suffixes.pop()
    if not suffixes or suffixes[-1] not in _SUFFIXES:
        suffixes_text = ", ".join(_SUFFIXES)
        raise Refused(
            f"{PurePath(name).name} has an unknown format: set --format, or let the name end with {suffixes_text}"
        )
    return _SUFFIXES[suffixes[-1]]
