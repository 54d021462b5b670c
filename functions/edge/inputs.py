"""The wire shapes of what comes in. Integers are integers: no floats, no texts, no booleans."""

import re
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from json import dumps
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import (
    AfterValidator,
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

from functions.edge.cursors import PATTERN
from functions.edge.models import QueryIn, StrictIn
from leaderforge.domain.api_keys import MAX_OVERLAP_S
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.callers import Scope
from leaderforge.domain.errors import Refused
from leaderforge.domain.players import MAX_NAME_LENGTH, username

MAX_METADATA_BYTES = 2048
MAX_BATCH = 1000
MAX_LOOKUP = 500

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TIME = 40
_SMALLEST, _LARGEST = 1e-21, 1e21
"""Between these, metadata may hold numbers with decimals: JavaScript writes larger ones with an exponent, too."""
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


def _time(value: object) -> int:
    """Return the moment of a time in RFC 3339, which names its offset from UTC."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) <= _LONGEST_TIME else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValueError("must be a time such as 2026-11-23T12:00:00.000Z")
    return (moment - _EPOCH) // timedelta(milliseconds=1)


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
    if _is_extreme(value):
        raise ValueError("must not hold numbers that need an exponent")
    return text


def _is_extreme(value: object) -> bool:
    """Whether the database, which keeps no exponents, would make a number in here many times as long."""
    if isinstance(value, float):
        return value != 0 and not _SMALLEST <= abs(value) < _LARGEST
    if isinstance(value, dict):
        return any(map(_is_extreme, value.values()))
    return isinstance(value, list) and any(map(_is_extreme, value))


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
NAME_OF_PERIOD = r"(all-time|season-\d{8}T\d{4}(\d\d)?Z|\d{4}-(\d\d(-\d\d)?|W\d\d))"
Period = Annotated[
    str,
    Field(
        pattern=rf"^(current|daily|weekly|monthly|season|{NAME_OF_PERIOD})$",
        description="The period: `current`, a kind such as `weekly` for the current one of these, or the name of one "
        "such as `2026-11-23`, `2026-W48` or `2026-11`.",
    ),
]
Time = Annotated[
    int,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "format": "date-time", "examples": ["2026-11-23T12:00:00.000Z"]}),
]
"""A moment, as ms since 1970."""
CursorText = Annotated[str, WithJsonSchema({"type": "string", "pattern": PATTERN})]
AuditCursor = Annotated[str, Field(pattern=r"^[0-9]{1,16}\.[0-9]{1,18}$")]
Limit = Annotated[int, Field(ge=1, le=1000, description="How many entries at most."), FROM_TEXT]


class SubmissionIn(StrictIn):
    """A score to submit."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_id": 123, "score": 500}]})

    user_id: Integer = Field(description="Whose score it is.")
    score: Integer
    submission_id: UUID | None = Field(
        None, description="Chosen by the client: sent again with the same id, a submission counts once."
    )
    metadata: Metadata | None = Field(None, description="What to show beside the score.")
    subscore: Integer | None = Field(None, description="The second score, on boards that have one; 0 if absent.")
    achieved_at: Time | None = Field(
        None,
        description="When the score was received, for those who deliver it later; now if absent or yet to come. A "
        "player's token may not tell it.",
    )


class QueuedSubmissionIn(SubmissionIn):
    """A score to submit, as it waits in the queue."""

    board: BoardName
    submission_id: UUID


class Malformed:
    """An item of a batch that is not what it should be."""

    def __init__(self, error: ValidationError) -> None:
        self.error = error


def leniently(value: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Return an item of a batch or, where it is not one, `Malformed`: one bad item does not fail the others."""
    try:
        return validate(value)
    except ValidationError as error:
        return Malformed(error)


class BatchIn(StrictIn):
    """Scores to submit together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"submissions": [{"user_id": 123, "score": 500}]}]})

    submissions: list[Annotated[SubmissionIn, WrapValidator(leniently)]] = Field(min_length=1, max_length=MAX_BATCH)


class LookupIn(StrictIn):
    """Players to look up, such as friends."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"user_ids": [123, 456]}]})

    user_ids: list[Integer] = Field(min_length=1, max_length=MAX_LOOKUP)


Username = Annotated[
    StrictStr,
    Field(max_length=4 * MAX_NAME_LENGTH),  # what is normalised below; composing characters makes it shorter
    AfterValidator(_username),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH, "pattern": r"^\S(.*\S)?$"}),
]


Email = Annotated[StrictStr, Field(min_length=3, max_length=254, pattern=_EMAIL)]


class UserIn(StrictIn):
    """A player to create."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"username": "ada"}, {"username": "ada", "email": "ada@example.org"}]}
    )

    username: Username = Field(
        description=f"1 to {MAX_NAME_LENGTH} characters, neither beginning nor ending with a blank; unique without "
        "regard to case."
    )
    email: Email | None = Field(None, description="For operators only; never shown without the admin key.")
    user_id: Integer | None = Field(None, description="The id to use; made by the service where absent.")


KeyName = Annotated[
    str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The key's name.", examples=["game-server"])
]


class KeyIn(StrictIn):
    """A key to create."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "game-server", "scopes": ["submit"]}]})

    name: KeyName = Field(description="Its name for ever; those of revoked keys stay taken.")
    scopes: list[Scope] = Field(
        min_length=1,
        max_length=len(Scope),
        description="`read` private boards, `submit` for anyone and create players, or `admin`: everything.",
    )


class RotationIn(StrictIn):
    """How to replace a key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 3600}]})

    overlap_s: Annotated[StrictInt, Field(ge=0, le=MAX_OVERLAP_S)] = Field(
        0, description="How many seconds the old key stays valid for; one replaced before that ends now."
    )


class SubmitQuery(QueryIn):
    rank: Literal["exact", "none"] = Field("exact", description="`none` spares the work of finding the rank.")


class PeriodQuery(QueryIn):
    period: Period = "current"


class TopQuery(PeriodQuery):
    limit: Limit = 10


class StreamQuery(PeriodQuery):
    limit: Annotated[int, Field(ge=1, le=100, description="How many entries at most."), FROM_TEXT] = 10


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


class PrefixQuery(QueryIn):
    prefix: Annotated[str, Field(min_length=1, max_length=MAX_NAME_LENGTH, pattern=_NO_CONTROLS)] = Field(
        description="How the name begins, without regard to case.", examples=["ann"]
    )
    limit: Annotated[int, Field(ge=1, le=100), FROM_TEXT] = Field(10, description="How many players at most.")


class AuditQuery(QueryIn):
    board: BoardName | SkipJsonSchema[None] = Field(None, description="Only acts on this board.")
    user_id: UserId | SkipJsonSchema[None] = Field(None, description="Only acts on this player.")
    action: Annotated[str, Field(pattern=r"^[a-z_.]{1,64}$", examples=["key.create"])] | SkipJsonSchema[None] = Field(
        None, description="Only acts of this kind, such as `key.create`."
    )
    limit: Limit = 50
    cursor: AuditCursor | SkipJsonSchema[None] = Field(None, description="A page's `next`.")

    @property
    def before(self) -> tuple[int, int] | None:
        """The place in the log to go on from."""
        if self.cursor is None:
            return None
        at, _, audit_id = self.cursor.partition(".")
        return int(at), int(audit_id)
