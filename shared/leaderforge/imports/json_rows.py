"""Rows of JSON objects: one a line, or the elements of a list in a document."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TextIO

from leaderforge.imports.bad_lines import BadLine, OnBadLine
from leaderforge.imports.json_lists import JsonElement, elements
from leaderforge.imports.rows import JsonText, TableRow
from leaderforge.imports.streams import CutOff, text_lines

_LIST_HINT = ": if the file is a JSON list, set --format json"


class _Token(float):
    """Number with decimals or an exponent, with its text. A float alone would round it."""

    text: str

    def __new__(cls, text: str) -> "_Token":
        token = super().__new__(cls, text)
        token.text = text
        return token


DECODER = json.JSONDecoder(parse_float=_Token)


class JsonTable:
    """Objects, one a line, or the elements of a list. Reading them consumes the text."""

    def __init__(self, text: TextIO, required: Sequence[str], list_path: str | None = None) -> None:
        self._text = text
        self._required = required
        self._list_path = list_path

    @property
    def notes(self) -> Sequence[str]:
        """Return remarks about the file, for the user."""
        return []

    def rows(self, on_bad: OnBadLine, *, with_content: bool) -> Iterator[TableRow]:
        """Yield the rows with their line numbers. Report values that are no objects to `on_bad`."""
        convert = _Converter(self._required, with_content=with_content)
        for number, value in self._values(on_bad):
            if not isinstance(value, dict):
                on_bad(BadLine(number, "not a JSON object" + (_LIST_HINT if self._is_list_as_line(value) else "")))
                continue
            try:
                yield convert(number, value)
            except KeyError as error:
                on_bad(BadLine(number, f"there is no column {error}"))

    def objects(self, on_bad: OnBadLine) -> Iterator[Mapping[str, str]]:
        """Yield the objects with all their values as text."""
        for _, value in self._values(on_bad):
            if isinstance(value, dict):
                yield {name: text_of(content) for name, content in value.items()}

    def _is_list_as_line(self, value: object) -> bool:
        return self._list_path is None and isinstance(value, list)

    def _values(self, on_bad: OnBadLine) -> Iterator[JsonElement]:
        try:
            if self._list_path is None:
                yield from _lines(self._text, on_bad)
            else:
                yield from elements(self._text, DECODER, self._list_path)
        except BadLine as bad:
            on_bad(bad)
        except CutOff as error:
            on_bad(BadLine(1, f"{error.message}; the lines before it were read"))


class _Converter:
    """Converter of objects to rows. It sorts the members only if an object has other ones than its predecessor."""

    def __init__(self, required: Sequence[str], *, with_content: bool) -> None:
        self._required = required
        self._with_content = with_content
        self._members: list[str] = []
        self._sorted: list[str] = []
        self._names = ""

    def __call__(self, number: int, value: Mapping[str, object]) -> TableRow:
        texts = {name: text_of(content) for name, content in value.items()}
        values = tuple([texts[column] for column in self._required])
        return TableRow(number, values, self._content(texts) if self._with_content else "")

    def _content(self, texts: Mapping[str, str]) -> str:
        members = list(texts)
        if members != self._members:
            self._members, self._sorted = members, sorted(members)
            self._names = "\0".join(self._sorted)
        return self._names + "\1" + "\0".join([texts[name] for name in self._sorted])


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


def _lines(text: TextIO, on_bad: OnBadLine) -> Iterator[JsonElement]:
    for number, line in enumerate(text_lines(text), 1):
        stripped = line.strip()
        if not stripped:
            continue
        try:
            yield JsonElement(number, DECODER.decode(stripped))
        # Deeply nested JSON raises a `RecursionError`.
        except (ValueError, RecursionError) as error:
            on_bad(BadLine(number, f"not JSON: {error}" + (_LIST_HINT if stripped.startswith("[") else "")))
