"""Rules of values in words. They replace pydantic's messages, which contain regular expressions and internal names."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import (
    CoreSchema,
    custom_error_schema,
    no_info_before_validator_function,
    union_schema,
)

FieldT = TypeVar("FieldT")

RULE = "rule"
"""Type of the errors of `Rule` and `Whole`, as pydantic names it. Their messages are ready to show."""
_PROBLEMS: Mapping[str, str] = {
    RULE: "{message}",
    "value_error": "{error}",
    "missing": "is required",
    "extra_forbidden": "unknown member; check its spelling or remove it",
    "string_type": "must be a text",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "list_type": "must be a list",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "bool_type": "must be true or false",
    "uuid_type": "must be a UUID",
    "uuid_parsing": "must be a UUID",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "enum": "must be {expected}",
    "literal_error": "must be {expected}",
}
"""Texts of problems by the type of pydantic's error. Braces name values in the error's context."""
_OTHER = "must be a valid value; docs/api.md documents it"
_DIGITS = re.compile(r"-?[0-9]{1,16}")


def problem_of(error: ErrorDetails) -> str:
    """Return the problem of a validation error: the rule in words."""
    context = error.get("ctx", {})
    if context.get("min_length") == 1:
        return "must not be empty"
    return _PROBLEMS.get(error["type"], _OTHER).format(message=error["msg"], **context)


@dataclass(frozen=True, slots=True)
class Rule:
    """Annotation of a type with a rule in words, which replaces the messages of all checks of a value."""

    words: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return custom_error_schema(handler(source), custom_error_type=RULE, custom_error_message=self.words)


def without_fraction(value: object) -> object:
    """Return the integer of a JSON number with a zero fraction. Pass other values on to pydantic."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _from_digits(value: object) -> object:
    """Return the integer in a parameter's text. Only decimal digits are accepted."""
    if isinstance(value, str):
        if not _DIGITS.fullmatch(value):
            raise ValueError
        return int(value)
    return value


@dataclass(frozen=True, slots=True)
class Whole:
    """Annotation of an integer type with both bounds. Its error names the bounds.

    `convert` returns the integer in a value of another type, such as a text.

    `Whole` must be the last annotation of the type, because FastAPI documents only the constraints before it.
    """

    convert: Callable[[object], object]
    is_common: bool
    """True if most values need `convert`. If false, `convert` is called only for values that are not integers."""
    alternative: str = ""
    """Advice at the end of the error message."""

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        integer: Any = handler(source)
        converted: CoreSchema = no_info_before_validator_function(self.convert, integer)
        schema = converted if self.is_common else union_schema([integer, converted], mode="left_to_right")
        words = f"must be a whole number from {integer['ge']} to {integer['le']}{self.alternative}"
        return custom_error_schema(schema, custom_error_type=RULE, custom_error_message=words)


FROM_TEXT = Whole(_from_digits, is_common=True)
"""Annotation for an integer in a path or a query. The text may have decimal digits only."""
PLAYER_FROM_TEXT = Whole(_from_digits, is_common=True, alternative="; write any other id as an external id after ext:")
"""`FROM_TEXT` for a player's id in a path, with advice about external ids."""
FROM_NUMBER = Whole(without_fraction, is_common=False)
"""Annotation for an integer in a body that also accepts 5.0, because some languages write every number with a fraction.

The bounds of `Whole` exclude numbers that a double cannot represent exactly.
"""
PLAYER_FROM_NUMBER = Whole(without_fraction, is_common=False, alternative="; send any other id as an external id")
"""`FROM_NUMBER` for a player's id in a body, with advice about external ids."""


class _NotNull:
    """Annotation that removes null from the documentation: a query parameter can be absent, but never null."""

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        members = handler(schema)
        text_schema, _ = members.pop("anyOf")
        return {**text_schema, **members}


Omittable = Annotated[FieldT | None, _NotNull()]
"""Optional query parameter. It is None if it is absent."""
