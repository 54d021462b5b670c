"""The wire shapes of what comes in. Integers are integers: no floats, no texts, no booleans."""

import re
from fractions import Fraction
from json import dumps
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    WithJsonSchema,
    WrapValidator,
)
from pydantic.json_schema import SkipJsonSchema
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from functions.edge.cursors import TEXT_LENGTH
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import Refused
from leaderforge.domain.players import MAX_NAME_LENGTH, username

MAX_METADATA_BYTES = 2048
MAX_BATCH = 1000
MAX_LOOKUP = 500

_WHOLE = re.compile(r"-?[0-9]{1,16}")
_DECIMAL = re.compile(r"[0-9]{1,3}(\.[0-9]{1,20})?([eE]-[0-9]{1,3})?")
_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")
_NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]*$"
_EMAIL = r"^[^\s@\x00-\x1f\x7f]+@[^\s@.\x00-\x1f\x7f]+(\.[^\s@.\x00-\x1f\x7f]+)+$"


def _whole(value: object) -> object:
    """Return the integer that a parameter's text is; other ways to write it are none."""
    if isinstance(value, str):
        if not _WHOLE.fullmatch(value):
            raise ValueError("must be a whole number")
        return int(value)
    return value


def _percent(value: object) -> Fraction:
    """Return the exact number that a parameter's text is, whose length bounds the work."""
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value) or (number := Fraction(value)) > 100:
        raise ValueError("must be a number from 0 to 100")
    return number


def _metadata(value: object) -> str:
    """Return the JSON text of an object that is small enough and can be stored."""
    if not isinstance(value, dict):
        raise ValueError("must be an object")
    try:
        text = dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        size = len(text.encode())
    except ValueError:
        raise ValueError("holds a value that JSON does not know") from None
    if size > MAX_METADATA_BYTES:
        raise ValueError(f"must be at most {MAX_METADATA_BYTES} bytes of JSON, not {size}")
    if _NUL.search(text):
        raise ValueError("must not hold the character U+0000")
    return text


def _username(value: str) -> str:
    try:
        return username(value)
    except Refused as refused:
        raise ValueError(refused.message) from None


Integer = Annotated[StrictInt, Field(ge=-MAX_INTEGER, le=MAX_INTEGER)]
FROM_TEXT = BeforeValidator(_whole)
"""Makes an integer of a path or a query strict. It comes last, since the documentation lists only what is before it."""
IntegerText = Annotated[int, Field(ge=-MAX_INTEGER, le=MAX_INTEGER), FROM_TEXT]
"""An integer in a path or a query."""
BoardName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The board's name in addresses.", examples=["default"]),
]
UserId = Annotated[IntegerText, Field(description="The player's id.", examples=[123])]
Percent = Annotated[
    Fraction,
    BeforeValidator(_percent),
    Field(description="The share of the others to be ahead of, in percent.", examples=[99.9]),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 100}),
]
Metadata = Annotated[
    str,
    BeforeValidator(_metadata),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": True,
            "description": f"Any JSON object of at most {MAX_METADATA_BYTES} bytes.",
        }
    ),
]
Period = Annotated[
    Literal["current", "all-time"],
    Field(description="The period: `current`, or `all-time`; the same on boards without periods."),
]
CursorText = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^[A-Za-z0-9_-]{{{TEXT_LENGTH}}}$"})]
Limit = Annotated[int, Field(ge=1, le=1000, description="How many entries at most."), FROM_TEXT]


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class SubmissionIn(_In):
    """A score to submit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": 123, "score": 500}]})

    user_id: Integer = Field(description="Whose score it is.")
    score: Integer
    submission_id: UUID | None = Field(
        None, description="Chosen by the client: sent again with the same id, a submission counts once."
    )
    metadata: Metadata | None = Field(None, description="What to show beside the score.")


class Malformed:
    """An item of a batch that is not what it should be."""

    def __init__(self, error: ValidationError) -> None:
        self.error = error


def _leniently(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    try:
        return validate(value)
    except ValidationError as error:
        return Malformed(error)


LenientSubmission = Annotated[SubmissionIn, WrapValidator(_leniently)]
"""Validated to a `SubmissionIn` or to `Malformed`, so that one bad item does not fail the others."""


class BatchIn(_In):
    """Scores to submit together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"submissions": [{"user_id": 123, "score": 500}]}]})

    submissions: list[LenientSubmission] = Field(min_length=1, max_length=MAX_BATCH)


class LookupIn(_In):
    """Players to look up, such as friends."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_ids": [123, 456]}]})

    user_ids: list[Integer] = Field(min_length=1, max_length=MAX_LOOKUP)


Username = Annotated[
    StrictStr,
    Field(max_length=4 * MAX_NAME_LENGTH),  # what is normalised below; composing characters makes it shorter
    AfterValidator(_username),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH, "pattern": r"^\S(.*\S)?$"}),
]


class UserIn(_In):
    """A player to create."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"username": "ada"}, {"username": "ada", "email": "ada@example.org"}]}
    )

    username: Username = Field(
        description=f"1 to {MAX_NAME_LENGTH} characters, neither beginning nor ending with a blank; unique without "
        "regard to case."
    )
    email: Annotated[StrictStr, Field(min_length=3, max_length=254, pattern=_EMAIL)] | None = Field(
        None, description="For operators only; never shown without the admin key."
    )
    user_id: Integer | None = Field(None, description="The id to use; made by the service where absent.")


class _Query(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class SubmitQuery(_Query):
    rank: Literal["exact", "none"] = Field("exact", description="`none` spares the work of finding the rank.")


class PeriodQuery(_Query):
    period: Period = "current"


class TopQuery(PeriodQuery):
    limit: Limit = 10


class AroundQuery(PeriodQuery):
    radius: Annotated[int, Field(ge=0, le=500), FROM_TEXT] = Field(5, description="How many neighbours on each side.")


class PageQuery(PeriodQuery):
    rank: Annotated[int, Field(ge=1, le=MAX_INTEGER), FROM_TEXT] | SkipJsonSchema[None] = Field(
        None, description="The rank to begin at; 1 where there is no cursor either."
    )
    limit: Limit = 50
    cursor: CursorText | SkipJsonSchema[None] = Field(
        None, description="A page's `next` or `previous`; excludes `rank`."
    )


class RangeQuery(PeriodQuery):
    min_score: IntegerText = Field(-MAX_INTEGER, description="The lowest score, included.")
    max_score: IntegerText = Field(MAX_INTEGER, description="The highest score, included.")
    limit: Limit = 50
    cursor: CursorText | SkipJsonSchema[None] = Field(None, description="A page's `next`.")


class DistributionQuery(PeriodQuery):
    buckets: Annotated[int, Field(ge=1, le=200), FROM_TEXT] = Field(50, description="How many buckets at most.")


class PrefixQuery(_Query):
    prefix: Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH, pattern=_NO_CONTROLS)] = Field(
        description="How the name begins, without regard to case.", examples=["ann"]
    )
    limit: Annotated[int, Field(ge=1, le=100), FROM_TEXT] = Field(10, description="How many players at most.")
