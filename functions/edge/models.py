"""What the wire shapes have in common."""

from pydantic import BaseModel, ConfigDict


class StrictIn(BaseModel):
    """A body, of which unknown members are refused."""

    # Built when first used: a function that starts does not wait for shapes that nobody asks it for.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)


class QueryIn(BaseModel):
    """The parameters in an address, of which unknown ones are passed over."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)


class StrictOut(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(extra="forbid", defer_build=True)
