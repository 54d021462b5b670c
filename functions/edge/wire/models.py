"""Base classes of the wire models."""

from pydantic import BaseModel, ConfigDict


class StrictIn(BaseModel):
    """A request body. Unknown members are refused."""

    # Build models on first use: a cold start must not wait for models that no request needs.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class QueryIn(BaseModel):
    """The query parameters of a call. Unknown and repeated ones are refused before validation."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class StrictOut(BaseModel):
    """An answer or a part of one."""

    model_config = ConfigDict(extra="forbid", defer_build=True)
