"""Rows of JSON objects: one a line, or the elements of a list in a document."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import compress
from json.scanner import make_scanner
from typing import Any, TypeAlias, cast

from leaderforge.imports.blocks import Block, lines_of
from leaderforge.imports.json_lists import JsonElement, Scan, elements
from leaderforge.imports.json_numbers import NumberText, TooDeep, with_numbers
from leaderforge.imports.regular_json import regular_values
from leaderforge.imports.rows import CellPicker, CellT, Fault, JsonText, TableRows

_Object: TypeAlias = Mapping[str, object]

_LIST_HINT = ": if the file is a JSON list, set --format json"


_NUMBERS = ({int}, {NumberText})
"""Sets of types that a column of numbers may have. `str` converts them to text."""
DECODER = json.JSONDecoder(parse_float=NumberText)
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
        """Return the rows of a block. Values that are no objects, or are nested too deeply, are faults."""
        rows = TableRows.without_rows(self.required)
        numbers, objects = self._objects(block, rows)
        try:
            return self._filled(rows, numbers, objects, with_content=with_content)
        except TooDeep:
            return self._filled(rows, *_flat(numbers, objects, rows), with_content=with_content)

    def _filled(
        self, rows: TableRows, numbers: Sequence[int], objects: Sequence[_Object], *, with_content: bool
    ) -> TableRows:
        """Return `rows` with a row for each of the objects. Raises `TooDeep` before any change."""
        order: list[int] = []
        faults: list[Fault] = []
        parts: list[TableRows] = []
        for members, positions in _by_members(objects).items():
            lines = _chosen(numbers, positions)
            try:
                picker = CellPicker(members, self.required)
            except KeyError as error:
                faults += [Fault(number, f"there is no column {error}") for number in lines]
                continue
            values = (value.values() for value in _chosen(objects, positions))
            cells = [_texts(column) for column in zip(*values, strict=True)]
            contents = picker.contents(cells) if with_content else ()
            parts.append(TableRows(lines, picker.columns(cells), contents))
            order += positions
        rows.faults += faults
        rows.add(parts, order)
        return rows

    def _objects(self, block: Block, rows: TableRows) -> tuple[Sequence[int], Sequence[_Object]]:
        """Return the numbers of the objects' first lines, and the objects. Add other values to the faults."""
        numbers, values = self._values(block, rows)
        if set(map(type, values)) <= {dict}:
            return numbers, cast(Sequence[_Object], values)
        pairs = list(zip(numbers, values, strict=True))
        rows.faults += [Fault(n, f"not a JSON object{self._hint(v)}") for n, v in pairs if not isinstance(v, dict)]
        objects = [(number, value) for number, value in pairs if isinstance(value, dict)]
        return [number for number, _ in objects], [value for _, value in objects]

    def objects(self, block: Block) -> Iterator[Mapping[str, str]]:
        """Yield the objects of a block with all their values as text."""
        for value in self._objects(block, TableRows.without_rows(self.required))[1]:
            if not _is_deep(value):
                yield {name: text_of(content) for name, content in value.items()}

    def _hint(self, value: object) -> str:
        return _LIST_HINT if isinstance(value, list) and not self.is_list else ""

    def _values(self, block: Block, rows: TableRows) -> tuple[Sequence[int], Sequence[object]]:
        """Return the numbers of the values' first lines, and the values. Add damaged values to the faults."""
        if (regular := regular_values(block, SCAN, is_list=self.is_list)) is not None:
            return regular
        if not self.is_list:
            return _unzipped(_lines(block, rows))
        part = elements(block, SCAN)
        rows.open_row, rows.is_end = part.open_row, part.is_end
        rows.faults += filter(None, [part.fault])
        return _unzipped(part.elements)


def _unzipped(elements: Iterable[JsonElement]) -> tuple[Sequence[int], Sequence[object]]:
    numbers, values = [], []
    for number, value in elements:
        numbers.append(number)
        values.append(value)
    return numbers, values


def _flat(
    numbers: Sequence[int], objects: Sequence[_Object], rows: TableRows
) -> tuple[Sequence[int], Sequence[_Object]]:
    """Return the objects that are not nested too deeply, and their line numbers. The other objects become faults."""
    are_deep = [_is_deep(value) for value in objects]
    rows.faults += [Fault(number, "the value is nested too deeply") for number in compress(numbers, are_deep)]
    are_flat = [not is_deep for is_deep in are_deep]
    return list(compress(numbers, are_flat)), list(compress(objects, are_flat))


def _is_deep(value: _Object) -> bool:
    try:
        for content in value.values():
            with_numbers(content)
    except TooDeep:
        return True
    return False


def _by_members(objects: Sequence[_Object]) -> Mapping[tuple[str, ...], Sequence[int]]:
    """Return the positions of the objects by the names of their JSON members. Each set of names is one table."""
    members = list(map(tuple, objects))
    if len(set(members)) == 1:
        # Skip the grouping in the usual case: all objects have the same JSON members.
        return {members[0]: range(len(objects))}
    positions: dict[tuple[str, ...], list[int]] = {}
    for position, names in enumerate(members):
        positions.setdefault(names, []).append(position)
    return positions


def _chosen(values: Sequence[CellT], positions: Sequence[int]) -> Sequence[CellT]:
    return values if len(positions) == len(values) else [values[position] for position in positions]


def _texts(column: Sequence[object]) -> Sequence[str]:
    """Return the values of a column as texts."""
    types = set(map(type, column))
    if types == {str}:
        return list(map(str.strip, cast(Sequence[str], column)))
    return list(map(str if types in _NUMBERS else text_of, column))


def text_of(value: object) -> str:
    """Return a JSON value as the text that a CSV file would contain, without blanks around it."""
    if isinstance(value, str):
        return value.strip()
    if value is None:
        return ""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return JsonText(json.dumps(with_numbers(value), ensure_ascii=False, separators=(",", ":")))


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
            rows.faults.append(_not_json(number, stripped, error))
        else:
            yield JsonElement(number, value)


def _not_json(number: int, line: str, error: Exception) -> Fault:
    reason = "Expecting value: line 1 column 1 (char 0)" if isinstance(error, StopIteration) else str(error)
    return Fault(number, f"not JSON: {reason}" + (_LIST_HINT if line[0] == "[" else ""))
