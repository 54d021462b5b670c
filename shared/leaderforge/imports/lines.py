"""Conversion of rows to score lines."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeAlias
from uuid import UUID

from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import Refused
from leaderforge.domain.metadata import metadata_text
from leaderforge.domain.players import external_id, username
from leaderforge.domain.score_texts import shortened
from leaderforge.domain.spreadsheet_cells import unescaped
from leaderforge.imports.bad_lines import BadLine
from leaderforge.imports.columns import Columns, Condition
from leaderforge.imports.identity import Identities
from leaderforge.imports.rows import JsonText, TableRow

_Extras: TypeAlias = tuple[str | None, int | None, str | None, int | None]
"""External id, subscore, metadata and player id of a line."""
_NO_EXTRAS: _Extras = None, None, None, None
_MAX_CACHED = 200_000
"""Maximum number of cached names, some 20 MB. Players recur."""


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


class ScoreLineParser:
    """Parser of the rows of one file. `score` and `time` parse values, and raise `ValueError` with the reason."""

    def __init__(
        self,
        columns: Columns,
        identities: Identities,
        score: Callable[[str], int],
        time: Callable[[str], int],
        *,
        escaped: bool,
    ) -> None:
        """Set the columns of the rows. In an `escaped` file an apostrophe may precede a name, as in exported files."""
        self._columns = columns
        self._missing = columns.missing
        self._identities = identities
        self._parse_score = score
        self._parse_time = time
        self._escaped = escaped
        self._position = {column: i for i, column in enumerate(columns.required)}
        self._conditions: Sequence[tuple[int, Condition]] = [(self._position[c.column], c) for c in columns.conditions]
        self._names: dict[str, str] = {}
        self._has_metadata = bool(columns.metadata or columns.members)
        self._has_extras = bool(columns.subscore or self._has_metadata or columns.player_id or columns.user_id)

    @property
    def needs_content(self) -> bool:
        """Return whether the content identifies the lines."""
        return self._columns.id is None

    def parse(self, row: TableRow) -> ScoreLine | None:
        """Return the line of a row, None if a condition excludes it. Raises `BadLine`."""
        values = row.values
        # Identify the line before the conditions exclude it, because the count of equal lines must not depend on
        # conditions.
        submission_id = self._identities.of_content(row.content) if self._columns.id is None else None
        for position, condition in self._conditions:
            if not condition.holds(values[position]):
                return None
        try:
            if submission_id is None:
                submission_id = self._identities.of_id(self._text(values, self._columns.id or ""))
            extras = self._extras(values) if self._has_extras else _NO_EXTRAS
            player = self._player(values, extras[0] is not None or extras[3] is not None)
            return ScoreLine(row.number, player, self._score(values), self._time(values), submission_id, *extras)
        except ValueError as error:
            raise BadLine(row.number, str(error)) from None
        except Refused as refused:
            raise BadLine(row.number, refused.message) from None

    def _player(self, values: Sequence[str], has_id: bool) -> str | None:
        column = self._columns.player
        text = "" if column is None else values[self._position[column]]
        if has_id and text in self._missing:
            return None
        name = self._names.get(text)
        if name is None or type(text) is JsonText:
            name = username(self._name(self._text(values, column or "player")))
            if len(self._names) >= _MAX_CACHED:
                self._names.clear()
            self._names[text] = name
        return name

    def _name(self, text: str) -> str:
        return unescaped(text) if self._escaped else text

    def _score(self, values: Sequence[str]) -> int:
        column = self._columns.score
        return self._parse_score(self._text(values, column)) if isinstance(column, str) else column

    def _time(self, values: Sequence[str]) -> int | None:
        if self._columns.time is None:
            return None
        text = self._text(values, self._columns.time)
        if self._columns.time_of_day is not None:
            text = f"{text} {self._text(values, self._columns.time_of_day)}"
        return self._parse_time(text)

    def _extras(self, values: Sequence[str]) -> _Extras:
        """Return the fields of a line that most files lack."""
        player_id = self._optional(values, self._columns.player_id)
        subscore = self._optional(values, self._columns.subscore)
        user_id = self._optional(values, self._columns.user_id)
        return (
            None if player_id is None else external_id(self._name(player_id)),
            None if subscore is None else _integer(subscore, "subscore"),
            self._metadata(values) if self._has_metadata else None,
            None if user_id is None else _integer(user_id, "player id"),
        )

    def _metadata(self, values: Sequence[str]) -> str | None:
        """Return the metadata of a row as JSON text, None if it has none."""
        text = self._raw(values, self._columns.metadata)
        members: Mapping[str, object] = {} if text is None else _json_object(text)
        texts = {column: self._optional(values, column) for column in self._columns.members}
        members = {**members, **{column: member for column, member in texts.items() if member is not None}}
        if not members:
            return None
        try:
            return metadata_text(members)
        except ValueError as error:
            raise ValueError(f"the metadata {error}") from None

    def _text(self, values: Sequence[str], column: str) -> str:
        """Return the value of a column. Raises `ValueError` if it is missing or no text."""
        text = self._optional(values, column)
        if text is None:
            raise ValueError(f"no {column}")
        return text

    def _optional(self, values: Sequence[str], column: str | None) -> str | None:
        text = self._raw(values, column)
        if type(text) is JsonText:
            raise ValueError(f"the {column} must be a text or a number, not {shortened(text)}")
        return text

    def _raw(self, values: Sequence[str], column: str | None) -> str | None:
        """Return the value of a column, None if there is none."""
        text = "" if column is None else values[self._position[column]]
        if text in self._missing:
            return None
        if not text.isascii():
            _require_unicode(text, column)
        return text


def _require_unicode(text: str, column: str | None) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"the {column} is not UTF-8 text: set --encoding, such as latin-1") from None


def _integer(text: str, kind: str) -> int:
    digits = text[1:] if text[:1] in {"-", "+"} else text
    if not (digits.isascii() and digits.isdecimal()):
        raise ValueError(f"{shortened(text)} is not an integer {kind}")
    if len(digits.lstrip("0")) > 16 or abs(int(text)) > MAX_INTEGER:
        raise ValueError(f"the {kind} {shortened(text)} is beyond +-(2^53 - 1)")
    return int(text)


def _json_object(text: str) -> Mapping[str, object]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise ValueError(f"the metadata {shortened(text)} is not a JSON object")
    return value
