"""Named numbers of a submission on the wire."""

from typing import Annotated

from pydantic import Field, WithJsonSchema

from functions.edge.wire.fields import IntegerOut, object_text
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.numbers import MAX_NUMBERS, NUMBER_NAME_PATTERN, numbers_text

_EXAMPLE = {"time_ms": 61250, "deaths": 2}


NumbersIn = Annotated[
    str,
    object_text(numbers_text, "must be an object of named integers"),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"type": "integer", "minimum": -MAX_INTEGER, "maximum": MAX_INTEGER},
            "propertyNames": {"pattern": f"^{NUMBER_NAME_PATTERN}$"},
            "minProperties": 1,
            "maxProperties": MAX_NUMBERS,
            "examples": [_EXAMPLE],
        }
    ),
]
NumbersOut = Annotated[
    dict[str, IntegerOut],
    Field(description="The named numbers of the submission. Absent without any.", examples=[_EXAMPLE]),
]
TiebreakersOut = Annotated[
    dict[str, IntegerOut],
    Field(
        description="The numbers of the run that break ties between equal scores, only on boards with tiebreakers.",
        examples=[_EXAMPLE],
    ),
]


def numbers_member(numbers: str | None) -> str:
    """Return the JSON member `numbers` with a comma before it, or an empty text without numbers."""
    return "" if numbers is None else f',"numbers":{numbers}'
