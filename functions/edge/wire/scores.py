"""Scores on the wire: numbers, or decimal text on boards with long scores."""

import re
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetCoreSchemaHandler, StrictInt, WithJsonSchema
from pydantic_core.core_schema import (
    CoreSchema,
    custom_error_schema,
    no_info_before_validator_function,
    no_info_plain_validator_function,
    union_schema,
)

from functions.edge.wire.rules import RULE, Whole, without_fraction
from leaderforge.domain.boards import MAX_INTEGER, Board
from leaderforge.domain.errors import Refused
from leaderforge.domain.score_types import MAX_LONG, LongScore

LONG_PATTERN = "^(0|-?[1-9][0-9]{0,18})$"
"""Regular expression of a long score as text: one spelling of each integer."""
_LONG_TEXT = re.compile(LONG_PATTERN)
_DIGITS = re.compile(r"-?[0-9]{1,19}")
_DISTANCE_PATTERN = "^(0|[1-9][0-9]{0,19})$"
_WORDS = f"must be a whole number from -{MAX_INTEGER} to {MAX_INTEGER}, or the digits of a 64-bit score as text"
_NUMBER = {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}
_TEXT = {
    "type": "string",
    "pattern": LONG_PATTERN,
    "description": "The digits of the score, on boards whose `score_type` is `int64`.",
    "examples": ["9223372036854775807"],
}


def _long_score(value: object) -> LongScore:
    """Return the long score in a text. Raises `ValueError` unless the text is its shortest spelling."""
    if not isinstance(value, str) or not _LONG_TEXT.fullmatch(value) or abs(score := int(value)) > MAX_LONG:
        raise ValueError
    return LongScore(score)


def _from_digits(value: object) -> object:
    """Return the integer in a parameter's text. Only decimal digits are accepted."""
    if not isinstance(value, str):
        return value
    if not _DIGITS.fullmatch(value):
        raise ValueError
    return int(value)


def _without_type(value: object) -> object:
    """Return the digits of a long score as text, and other values unchanged."""
    return str(value) if isinstance(value, LongScore) else value


@dataclass(frozen=True, slots=True)
class _NumberOrText:
    """Annotation of an integer type that also accepts 5.0, as `FROM_NUMBER` does, and long scores as text."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        integer = handler(source)
        converted = no_info_before_validator_function(without_fraction, integer)
        choices: list[CoreSchema | tuple[CoreSchema, str]] = [
            integer,
            converted,
            no_info_plain_validator_function(_long_score),
        ]
        schema = union_schema(choices, mode="left_to_right")
        return custom_error_schema(schema, custom_error_type=RULE, custom_error_message=_WORDS)


ScoreValueIn = Annotated[
    StrictInt,
    Field(ge=-MAX_INTEGER, le=MAX_INTEGER),
    _NumberOrText(),
    WithJsonSchema({"anyOf": [_NUMBER, _TEXT]}),
]
"""A score in a body. Text becomes a `LongScore`, which only boards with long scores accept: see `accepted_score`."""
ScoreValueText = Annotated[int, Field(ge=-MAX_LONG, le=MAX_LONG), Whole(_from_digits, is_common=True)]
"""A score in a query. `require_score_of` checks the range of the board."""
ScoreValueOut = Annotated[
    Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)] | Annotated[str, Field(pattern=LONG_PATTERN)],
    BeforeValidator(_without_type),
    WithJsonSchema({"anyOf": [_NUMBER, _TEXT]}),
]
"""A score in a response: a number, or the text of a `LongScore`."""
DistanceOut = Annotated[
    Annotated[int, Field(ge=0)] | Annotated[str, Field(pattern=_DISTANCE_PATTERN)],
    BeforeValidator(_without_type),
    WithJsonSchema(
        {"anyOf": [{"type": "integer", "minimum": 0}, {**_TEXT, "pattern": _DISTANCE_PATTERN, "examples": ["1"]}]}
    ),
]
"""A difference of scores in a response. The difference of two long scores can have 20 digits."""


def require_score_of(board: Board, name: str, score: int) -> None:
    """Raise `Refused` if the parameter `name` is beyond the range of the board's scores."""
    greatest = board.score_type.greatest
    if abs(score) > greatest:
        raise Refused(f"{name} must be a whole number from -{greatest} to {greatest}, not {score}")
