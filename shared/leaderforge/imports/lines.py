"""Conversion of rows to score lines."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import Refused
from leaderforge.domain.metadata import metadata_text
from leaderforge.domain.numbers import numbers_text
from leaderforge.domain.players import external_id, username
from leaderforge.domain.score_texts import shortened
from leaderforge.domain.spreadsheet_cells import unescaped
from leaderforge.imports.columns import Columns, Condition
from leaderforge.imports.identity import LineDigests
from leaderforge.imports.rows import Fault, JsonText, OpenRow, TableRows

_Values: TypeAlias = Sequence[Any]
"""Parsed values of a column, one a row."""
_MAX_CACHED = 200_000
"""Maximum number of cached names, which take some 20 MB. Caching saves time, because players recur."""


class ScoreLine(NamedTuple):
    """Score to import: its line number, its player and its time in ms, None for a line without a time.

    A player has a name, an external id, both, or the id of this service.
    """

    number: int
    player: str | None
    score: int
    achieved_at: int | None
    submission_id: UUID
    external_id: str | None = None
    subscore: int | None = None
    metadata: str | None = None
    user_id: int | None = None
    named_numbers: str | None = None


class LineColumns(NamedTuple):
    """Score lines of a block in columns, which processes exchange faster than lines.

    `values` has the columns player, score, time, external id, subscore, metadata, player id and named numbers. None
    stands for a column without values. `digests` has the digests of all rows, also of bad and excluded rows, because
    equal rows are counted. `positions` has the positions of the lines among these rows, None if all rows are lines.
    """

    numbers: Sequence[int]
    values: Sequence[_Values | None]
    digests: Sequence[bytes]
    positions: Sequence[int] | None
    faults: Sequence[Fault]
    open_row: OpenRow | None
    is_end: bool

    def lines(self, submission_ids: Sequence[UUID]) -> Sequence[ScoreLine]:
        """Return the score lines. `submission_ids` has one id for each digest in `digests`."""
        ids = submission_ids if self.positions is None else [submission_ids[i] for i in self.positions]
        player, score, time, *extras = (repeat(None) if column is None else column for column in self.values)
        # Skip the constructor, which takes half of the time of this loop.
        new = tuple.__new__
        # `zip` ends with its shortest argument: the numbers, because constant columns are endless.
        return [new(ScoreLine, line) for line in zip(self.numbers, player, score, time, ids, *extras)]  # noqa: B905


class ScoreLineParser:
    """Parser of the rows of one file, column by column.

    `time` and `scores` parse the text of a time or a score, and raise `ValueError` with the reason. `whole_scores`
    returns all scores of a column of whole numbers, None for another column.
    """

    def __init__(
        self,
        columns: Columns,
        digests: LineDigests,
        scores: Callable[[str], int],
        whole_scores: Callable[[Sequence[str]], list[int] | None],
        time: Callable[[str], int],
        *,
        escaped: bool,
    ) -> None:
        """Set the columns of the rows. In an `escaped` file an apostrophe may precede a name, as in exported files."""
        self._columns = columns
        self._missing = columns.missing
        self._digests = digests
        self._parse_score = scores
        self._whole_scores = whole_scores
        self._parse_time = time
        self._escaped = escaped
        self._position = {column: i for i, column in enumerate(columns.required)}
        self._conditions: Sequence[tuple[int, Condition]] = [(self._position[c.column], c) for c in columns.conditions]
        self._names: dict[str, str] = {}
        self._may_be_whole = not any(text.isdecimal() for text in columns.missing)

    @property
    def needs_content(self) -> bool:
        """Return whether the content identifies the lines."""
        return self._columns.id is None

    def parse(self, rows: TableRows) -> LineColumns:
        """Return the lines of the rows. Conditions exclude rows. Bad rows become faults."""
        positions: Sequence[int] = range(len(rows.numbers))
        if self._columns.lines is not None:
            requested = self._columns.lines
            positions = [i for i, number in enumerate(rows.numbers) if number in requested]
        for position, condition in self._conditions:
            column = rows.columns[position]
            positions = [i for i in positions if condition.holds(column[i])]
        has_all = len(positions) == len(rows.numbers)
        columns = rows.columns if has_all else [[column[i] for i in positions] for column in rows.columns]
        parsing = _RowParsing(len(positions), columns)
        identified = None if self._columns.id is None else self._identified(parsing)
        values = self._parsed(parsing)
        faults = [*rows.faults, *(Fault(rows.numbers[positions[i]], reason) for i, reason in parsing.reasons.items())]
        if parsing.reasons:
            positions = [position for i, position in enumerate(positions) if i not in parsing.reasons]
            values = [None if column is None else parsing.without_faults(column) for column in values]
            identified = None if identified is None else parsing.without_faults(identified)
            has_all = False
        numbers = rows.numbers if has_all else [rows.numbers[i] for i in positions]
        if identified is not None:
            return LineColumns(numbers, values, identified, None, faults, rows.open_row, rows.is_end)
        # Identify all rows, also those that a condition excludes: a line's identity must not depend on the conditions.
        digests = list(map(self._digests.of_content, rows.contents))
        return LineColumns(numbers, values, digests, None if has_all else positions, faults, rows.open_row, rows.is_end)

    def _identified(self, parsing: "_RowParsing") -> _Values:
        column = self._columns.id or ""
        text, digest = self._required(column), self._digests.of_id
        return parsing.parsed(lambda value: digest(text(value)), self._position[column])

    def _parsed(self, parsing: "_RowParsing") -> list[_Values | None]:
        """Return the columns of `LineColumns.values`.

        If a row has several bad values, its fault is about the bad value that is parsed first.
        """
        external_ids = self._optional_column(parsing, self._columns.player_id, self._external_id)
        subscores = self._optional_column(parsing, self._columns.subscore, lambda text: _integer(text, "subscore"))
        metadata = self._metadata_column(parsing)
        user_ids = self._optional_column(parsing, self._columns.user_id, lambda text: _integer(text, "player id"))
        numbers = self._numbers_column(parsing)
        players = self._players(parsing, external_ids, user_ids)
        scores, times = self._scores(parsing), self._times(parsing)
        return [players, scores, times, external_ids, subscores, metadata, user_ids, numbers]

    def _players(self, parsing: "_RowParsing", *ids: _Values | None) -> _Values | None:
        column = self._columns.player
        has_ids = [any(pair) for pair in zip(*(map(_is_value, values) for values in ids if values), strict=True)]
        if column is None:
            parsing.require(has_ids or [False] * parsing.count, "no player")
            return None
        texts = parsing.columns[self._position[column]]
        cached = list(map(self._names.get, texts))
        if None not in cached and JsonText not in set(map(type, texts)):
            return cached
        if not has_ids:
            return parsing.parsed(self._player, self._position[column])
        missing = self._missing
        pairs = zip(texts, has_ids, strict=True)
        return parsing.each(lambda pair: None if pair[1] and pair[0] in missing else self._player(pair[0]), pairs)

    def _player(self, text: str) -> str:
        name = self._names.get(text)
        if name is None or type(text) is JsonText:
            name = username(self._name(self._required(self._columns.player or "")(text)))
            if len(self._names) >= _MAX_CACHED:
                self._names.clear()
            self._names[text] = name
        return name

    def _external_id(self, text: str) -> str:
        return external_id(self._name(text))

    def _name(self, text: str) -> str:
        return unescaped(text) if self._escaped else text

    def _scores(self, parsing: "_RowParsing") -> _Values:
        column = self._columns.score
        if not isinstance(column, str):
            return [column] * parsing.count
        position = self._position[column]
        whole = self._whole_scores(parsing.columns[position]) if self._may_be_whole else None
        if whole is not None:
            return whole
        text, parse = self._required(column), self._parse_score
        return parsing.parsed(lambda value: parse(text(value)), position)

    def _times(self, parsing: "_RowParsing") -> _Values | None:
        columns, parse = self._columns, self._parse_time
        if columns.time is None:
            return None
        day, position = self._required(columns.time), self._position[columns.time]
        if columns.time_of_day is None:
            return parsing.parsed(lambda value: parse(day(value)), position)
        hour, other = self._required(columns.time_of_day), self._position[columns.time_of_day]
        return parsing.parsed(lambda first, second: parse(f"{day(first)} {hour(second)}"), position, other)

    def _optional_column(
        self, parsing: "_RowParsing", column: str | None, parse: Callable[[str], object]
    ) -> _Values | None:
        if column is None:
            return None
        text, missing = self._required(column), self._missing
        return parsing.parsed(lambda value: None if value in missing else parse(text(value)), self._position[column])

    def _numbers_column(self, parsing: "_RowParsing") -> _Values | None:
        column, missing = self._columns.numbers, self._missing
        if column is None:
            return None
        return parsing.parsed(lambda text: None if text in missing else _named_numbers(text), self._position[column])

    def _metadata_column(self, parsing: "_RowParsing") -> _Values | None:
        columns = self._columns
        if not (columns.metadata or columns.members):
            return None
        return parsing.each(self._metadata, zip(*parsing.columns, strict=True))

    def _metadata(self, values: Sequence[str]) -> str | None:
        """Return the metadata of a row as JSON text, None if it has none."""
        column, missing = self._columns.metadata, self._missing
        text = "" if column is None else values[self._position[column]]
        members: Mapping[str, object] = {} if text in missing else _json_object(_unicode(text, column))
        texts = {member: values[self._position[member]] for member in self._columns.members}
        members = {**members, **{m: self._required(m)(text) for m, text in texts.items() if text not in missing}}
        if not members:
            return None
        try:
            return metadata_text(members)
        except ValueError as error:
            raise ValueError(f"the metadata {error}") from None

    def _required(self, column: str) -> Callable[[str], str]:
        """Return a function that returns a cell's text, or raises `ValueError` if the cell has no text or number."""
        missing = self._missing

        def required(text: str) -> str:
            if text in missing:
                raise ValueError(f"no {column or 'player'}")
            if type(text) is JsonText:
                raise ValueError(f"the {column} must be a text or a number, not {shortened(text)}")
            return text if text.isascii() else _unicode(text, column)

        return required


class _RowParsing:
    """Parsing of the columns of rows. `reasons` maps the position of each bad row to the first reason."""

    def __init__(self, count: int, columns: Sequence[Sequence[str]]) -> None:
        self.count = count
        self.columns = columns
        self.reasons: dict[int, str] = {}

    def parsed(self, parse: Callable[..., Any], *positions: int) -> list[Any]:
        """Return, for each row, the result of `parse` for the row's values in these columns, None for a bad row."""
        columns = [self.columns[position] for position in positions]
        try:
            return list(map(parse, *columns))
        except (ValueError, Refused):
            return self.each(lambda values: parse(*values), zip(*columns, strict=True))

    def each(self, parse: Callable[[Any], Any], values: Iterable[Any]) -> list[Any]:
        """Return, for each row, the result of `parse` for the row's value, None for a bad row."""
        return [self._result(i, parse, value) for i, value in enumerate(values)]

    def require(self, conditions: Sequence[bool], reason: str) -> None:
        """Mark the rows whose condition is false as bad, with this reason unless they already have a reason."""
        for i, condition in enumerate(conditions):
            if not condition:
                self.reasons.setdefault(i, reason)

    def without_faults(self, column: _Values) -> _Values:
        """Return the values of a column without the values of bad rows."""
        return [value for i, value in enumerate(column) if i not in self.reasons]

    def _result(self, position: int, parse: Callable[[Any], Any], value: object) -> object:
        try:
            return parse(value)
        except ValueError as error:
            self.reasons.setdefault(position, str(error))
        except Refused as refused:
            self.reasons.setdefault(position, refused.message)
        return None


def _is_value(value: object) -> bool:
    return value is not None


def _unicode(text: str, column: str | None) -> str:
    """Return the text. Raises `ValueError` if it has bytes that are not UTF-8."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the {column} is not UTF-8 text: set --encoding, such as latin-1") from None
    return text


def _integer(text: str, kind: str) -> int:
    digits = text[1:] if text[:1] in {"-", "+"} else text
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{shortened(text)} is not an integer {kind}")
    if len(digits.lstrip("0")) > 16 or abs(int(text)) > MAX_INTEGER:
        raise ValueError(f"the {kind} {shortened(text)} is beyond +-(2^53 - 1)")
    return int(text)


def _named_numbers(text: str) -> str:
    numbers = _json_object(text, "named numbers")
    try:
        return numbers_text(numbers)
    except ValueError as error:
        raise ValueError(f"the named numbers: {error}") from None


def _json_object(text: str, kind: str = "metadata") -> Mapping[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError(f"the {kind} {shortened(text)} is not a JSON object")
    return value
