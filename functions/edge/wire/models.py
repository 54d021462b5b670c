"""Base classes of the wire models."""

from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from functions.edge.wire.rules import RULE

MAX_MEMBERS = 64
"""Maximum JSON members of an object in a long body. Valid objects have fewer. The limit bounds a refusal's cost."""


def require_few_members(value: object) -> None:
    """Raise a validation error if the value is an object with too many JSON members.

    Without this check, pydantic would create an error for each unknown member. A body of 4 MiB may have some 400,000
    members.
    """
    if isinstance(value, dict) and len(value) > MAX_MEMBERS:
        raise PydanticCustomError(RULE, f"must have at most {MAX_MEMBERS} members, not {len(value)}")


class StrictIn(BaseModel):
    """A request body. Unknown members are refused."""

    max_bytes: ClassVar[int] = 16_384
    """Maximum length of the body in bytes. LEADERFORGE_MAX_BODY_BYTES may be lower.

    The longest valid body has some 13,000 bytes: a submission whose metadata consists of escapes.
    """

    # Build models on first use, because a cold start must not wait for models that no request needs.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class LongIn(StrictIn):
    """A request body with a list. Only LEADERFORGE_MAX_BODY_BYTES limits it, unless `max_bytes` is lower."""

    max_bytes: ClassVar[int] = 2**63

    @model_validator(mode="before")
    @classmethod
    def _require_few_members(cls, value: Any) -> Any:
        require_few_members(value)
        return value


class QueryIn(BaseModel):
    """The query parameters of a call. Unknown and repeated ones are refused before validation."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class StrictOut(BaseModel):
    """An answer or a part of one."""

    model_config = ConfigDict(extra="forbid", defer_build=True)
