"""Rows of JSON objects: one a line, or the elements of a list in a document."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from json.scanner import make_scanner
from typing import Any, cast

from leaderforge.imports.blocks import Block, lines_of
from leaderforge.imports.json_lists import JsonElement, Scan, elements
from leaderforge.imports.rows import CellPicker, Fault, JsonText, TableRows

_LIST_HINT = ": if the file is a JSON list, set --format json"


class _Token(float):
    """Number with decimals or an exponent, with its text. A float alone would round it."""

    text: str

    def __new__(cls, text: str) -> "_Token":
        token = super().__new__(cls, text)
        token.text = text
        return token


DECODER = json.JSONDecoder(parse_float=_Token)
SCAN: Scan = make_scanner(cast(Any, DECODER))


@dataclass(frozen=True, slots=True)
class JsonTable:
    """Objects: the elements of a list in a document, or one object a line."""

    required: tuple[str, ...]
    is_list: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """Return remarks about the file, for the user."""
        return ()

    def rows(self, block: Block, *, with_content: bool) -> TableRows:
        """Return the rows of a block. Values that are no objects are faults."""
        rows = TableRows.without_rows(self.required)
        objects = list(self._objects(block, rows))
        # Objects with equal members are rows of one table. Nearly all objects of a file have equal members.
        positions: dict[tuple[str, ...], list[int]] = {}
        for position, (_, value) in enumerate(objects):
            positions.setdefault(tuple(value), []).append(position)
        order: list[int] = []
        parts: list[TableRows] = []
        for members, same in positions.items():
            numbers, values = zip(*(objects[position] for position in same), strict=True)
            try:
                picker = CellPicker(members, self.required)
            except KeyError as error:
                rows.faults += [Fault(number, f"there is no column {error}") for number in numbers]
                continue
            cells = [_texts(column) for column in zip(*(value.values() for value in values), strict=True)]
            contents = picker.contents(cells) if with_content else ()
            parts.append(TableRows(numbers, picker.columns(cells), contents))
            order += same
        rows.add(parts, order)
        return rows

    def _objects(self, block: Block, rows: TableRows) -> Iterator[tuple[int, Mapping[str, object]]]:
        for number, value in self._values(block, rows):
            if isinstance(value, dict):
                yield number, value
            else:
                rows.faults.append(Fault(number, f"not a JSON object{self._hint(value)}"))

    def objects(self, block: Block) -> Iterator[Mapping[str, str]]:
        """Yield the objects of a block with all their values as text."""
        for _, value in self._values(block, TableRows.without_rows(self.required)):
            if isinstance(value, dict):
                yield {name: text_of(content) for name, content in value.items()}

    def _hint(self, value: object) -> str:
        return _LIST_HINT if isinstance(value, list) and not self.is_list else ""

    def _values(self, block: Block, rows: TableRows) -> Iterable[JsonElement]:
        if not self.is_list:
            return _lines(block, rows)
        part = elements(block, SCAN)
        rows.open_row, rows.is_end = part.open_row, part.is_end
        rows.faults += filter(None, [part.fault])
        return part.elements


def _texts(column: Sequence[object]) -> Sequence[str]:
    """Return the values of a column as texts."""
    types = set(map(type, column))
    if types == {str}:
        return list(map(str.strip, cast(Sequence[str], column)))
    return list(map(str if types == {int} else text_of, column))


def text_of(value: object) -> str:
    """Return a JSON value as the text that a CSV file would contain, without blanks around it."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, _Token):
        return value.text
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return JsonText(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def _lines(block: Block, rows: TableRows) -> Iterator[JsonElement]:
    for number, line in enumerate(lines_of(block.text), block.number):
        stripped = line.strip()
        if not stripped:
            continue
        try:
            value, end = SCAN(stripped, 0)
            if end != len(stripped):
                value = DECODER.decode(stripped)
        # Deeply nested JSON raises a `RecursionError`.
        except (StopIteration, ValueError, RecursionError) as error:
            reason = "Expecting value: line 1 column 1 (char 0)" if isinstance(error, StopIteration) else str(error)
            rows.faults.append(Fault(number, f"not JSON: {reason}" + (_LIST_HINT if stripped[0] == "[" else "")))
        else:
            yield JsonElement(number, value)
