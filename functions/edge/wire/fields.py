"""Types of JSON members that several resources share. `In` types validate requests, `Out` types document responses.

Integers must be integers: fractions, texts and booleans are refused.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import unquote
from uuid import UUID

from pydantic import BeforeValidator, Field, InstanceOf, PlainSerializer, StrictInt, WithJsonSchema, WrapValidator
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from functions.edge.wire.cursors import CURSOR_PATTERN
from functions.edge.wire.rules import FROM_NUMBER, FROM_TEXT, PLAYER_FROM_NUMBER, PLAYER_FROM_TEXT, Rule
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import Refused
from leaderforge.domain.players import MAX_EXTERNAL_ID_LENGTH, ExternalId, external_id
from leaderforge.domain.times import moment_of, time_text

NO_CONTROL = r"[^\x00-\x1f\x7f-\x9f]"
"""Pattern of one character that is no control character."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MAX_TIME_LENGTH = 40
"""Maximum length of a time in characters, more than RFC 3339 needs. The limit bounds the cost of parsing."""
_TIME_EXAMPLE = "2026-11-23T12:00:00.000Z"


def _ms_from_time(value: object) -> int:
    """Return a time in ms since 1970 from RFC 3339 text, which must contain an offset from UTC."""
    try:
        moment = moment_of(value) if isinstance(value, str) and len(value) <= _MAX_TIME_LENGTH else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError(f"must be a time with an offset from UTC, such as {_TIME_EXAMPLE}")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _time_from_ms(value: object) -> object:
    """Return a time in ms since 1970 as text that pydantic parses. Pass other values on to pydantic."""
    return time_text(value) if isinstance(value, int) else value


def _text_from_time(moment: datetime) -> str:
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"


def _external_id(value: object) -> ExternalId:
    if not isinstance(value, str):
        raise ValueError("must be a text")
    try:
        return external_id(value)
    except Refused as error:
        raise ValueError(error.message) from None


def _identity(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return the id in a path: an integer, or an external id after `ext:`, percent-encoded."""
    if not isinstance(value, str) or not value.startswith(EXTERNAL_PREFIX):
        return validate(value)
    try:
        return _external_id(unquote(value.removeprefix(EXTERNAL_PREFIX), errors="strict"))
    except UnicodeDecodeError:
        raise ValueError("the external id must be percent-encoded UTF-8") from None


EXTERNAL_PREFIX = "ext:"
"""Prefix of an external id in a path."""
IntegerIn = Annotated[StrictInt, Field(ge=-MAX_INTEGER, le=MAX_INTEGER), FROM_NUMBER]
PlayerIdIn = Annotated[StrictInt, Field(ge=-MAX_INTEGER, le=MAX_INTEGER), PLAYER_FROM_NUMBER]
"""A player's id in a body. The error for a number that is too large, such as a SteamID64, recommends external ids."""
IntegerText = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER), FROM_TEXT]
"""An integer in a path or a query."""
IntegerOut = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
CountOut = Annotated[int, Field(ge=0)]
RankOut = Annotated[int, Field(ge=1)]
RankInOut = Annotated[
    dict[str, RankOut],
    Field(
        description="The rank among the players with the same value of each of the board's attributes, by attribute. "
        "Only on boards with segments.",
        examples=[{"country": 3}],
    ),
]
PercentOut = Annotated[float, Field(ge=0, le=100)]
TimeIn = Annotated[
    int,
    BeforeValidator(_ms_from_time),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": [_TIME_EXAMPLE]}),
]
"""A time in ms since 1970, sent as text."""
TimeOut = Annotated[
    datetime,
    BeforeValidator(_time_from_ms),
    PlainSerializer(_text_from_time, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": [_TIME_EXAMPLE]}),
]
"""A time: an integer in ms since 1970, written as text with ms in UTC."""
BoardName = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$",
        description="The board's identifier in paths (its slug).",
        examples=["default"],
    ),
    Rule("must be the identifier of a board: 1 to 64 of a-z, 0-9, _ and -, with a letter or a digit first"),
]
UserIdText = Annotated[IntegerText, Field(description="The player's id.", examples=[123])]
_PlayerInPath = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER), PLAYER_FROM_TEXT, WrapValidator(_identity)]
UserId = Annotated[
    _PlayerInPath,
    Field(description="The player's id, or `ext:` and the percent-encoded external id, as a text.", examples=[123]),
]
"""A player id in a path. Handlers always receive the integer id: `routing` looks external ids up.

The documentation has an integer only, because generators for C# make a class of a parameter with two types.
"""
OtherUserId = Annotated[
    _PlayerInPath,
    Field(description="The other player's id, or `ext:` and the percent-encoded external id.", examples=[456]),
]
"""The id of a second player in a path, like `UserId`."""
TeamId = Annotated[
    _PlayerInPath,
    Field(description="The team's id, or `ext:` and the percent-encoded external id.", examples=[-456]),
]
"""The id of a team in a path, like `UserId`."""
Identity = Annotated[UserId, "identity"]
"""A player id in a path. The player need not exist: handlers receive an external id unchanged."""
ExternalIdIn = Annotated[
    InstanceOf[ExternalId],
    BeforeValidator(_external_id),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_EXTERNAL_ID_LENGTH}),
]
ExternalIdOut = Annotated[
    str,
    Field(
        description="The player's id in another system, only if it has one.",
        examples=["76561190012345678"],
    ),
]
SubmissionId = Annotated[
    UUID, Field(description="The id of the submission.", examples=["0c7c1f5e-4a39-4d1c-9d0e-1a2b3c4d5e6f"])
]
PageLimit = Annotated[int, Field(ge=1, le=1000, description="The maximum number of entries."), FROM_TEXT]
CursorText = Annotated[str, WithJsonSchema({"type": "string", "pattern": CURSOR_PATTERN})]


def object_text(text_of: Callable[[dict[str, object]], str], problem: str) -> BeforeValidator:
    """Return the annotation of a text that clients send as a JSON object. The model has the object's JSON text.

    `text_of` returns this text, and raises `ValueError` for an invalid object. `problem` is the message about other
    values than objects.
    """

    def converted(value: object) -> str:
        if not isinstance(value, dict):
            raise ValueError(problem)
        return text_of(value)

    return BeforeValidator(converted)
