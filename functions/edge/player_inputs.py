"""The wire shapes of what is sent about a player that there is."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator
from pydantic.json_schema import SkipJsonSchema

from functions.edge.inputs import Email, Username
from functions.edge.models import QueryIn, StrictIn
from leaderforge.ports import ProfileChange


def _without_defaults(schema: dict[str, Any]) -> None:
    """Document that what is absent stays as it is."""
    for member in schema["properties"].values():
        member.pop("default", None)
    schema["minProperties"] = 1
    schema["examples"] = [{"username": "ada"}]


class PlayerChangesIn(StrictIn):
    """What to change of a player; what is absent stays."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    username: Username = Field(default_factory=str, description="The new name, by the rules of new players.")
    email: Email | None = Field(None, description="The new email; null takes it away.")

    @model_validator(mode="after")
    def _require_any(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must have a username or an email")
        return self

    def given(self) -> ProfileChange:
        """Return what was sent."""
        changes: ProfileChange = {}
        if "username" in self.model_fields_set:
            changes["username"] = self.username
        if "email" in self.model_fields_set:
            changes["email"] = self.email
        return changes


class ErasureQuery(QueryIn):
    reference: (
        Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,99}$", examples=["ticket-4711"])]
        | SkipJsonSchema[None]
    ) = Field(None, description="The request that this answers, for the audit log, such as a ticket's number.")
