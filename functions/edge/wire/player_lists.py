"""Lists of players in bodies, by either kind of id."""

from collections.abc import Sequence
from typing import ClassVar, Self

from pydantic import Field, model_validator

from functions.edge.wire.bodies import string_json
from functions.edge.wire.fields import ExternalIdIn, PlayerIdIn
from functions.edge.wire.models import LongIn
from leaderforge.domain.friend_errors import MAX_FRIENDS


class PlayerListIn(LongIn):
    """Players by either kind of id, at most 5000."""

    max_count: ClassVar[int] = MAX_FRIENDS
    max_bytes: ClassVar[int] = 1_310_720  # 5000 external ids of 128 characters need 655,000 bytes

    user_ids: list[PlayerIdIn] = Field([], max_length=MAX_FRIENDS)
    external_ids: list[ExternalIdIn] = Field([], max_length=MAX_FRIENDS, description="Ids in another system.")

    @model_validator(mode="after")
    def _require_some(self) -> Self:
        count = len(self.user_ids) + len(self.external_ids)
        if count > self.max_count:
            raise ValueError(f"must have at most {self.max_count} user_ids and external_ids, not {count}")
        if not self.model_fields_set:
            raise ValueError("must have user_ids or external_ids")
        return self


def missing_external_member(external_ids: Sequence[str] | None) -> str:
    """Return the JSON member of the external ids without a player, with a comma after it. Return "" for None."""
    if external_ids is None:
        return ""
    return f'"missing_external_ids":[{",".join(map(string_json, external_ids))}],'
