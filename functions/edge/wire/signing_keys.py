"""Signing keys on the wire."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import ConfigDict, Field, StrictInt

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import FROM_NUMBER, Rule
from leaderforge.domain.api_keys import MAX_OVERLAP_S
from leaderforge.domain.signing_keys import SigningKey

_KID = "lfk_00112233445566778899aabbccddeeff"

SigningKeyId = Annotated[
    str,
    Field(pattern=r"^lfk_[0-9a-f]{32}$", description="The id of the signing key.", examples=[_KID]),
    Rule("must be the id of a signing key: lfk_ and 32 hexadecimal digits"),
]


class RetirementIn(StrictIn):
    """The retirement of a signing key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 3600}]})

    overlap_s: Annotated[StrictInt, Field(ge=0, le=MAX_OVERLAP_S), FROM_NUMBER] = Field(
        0,
        description="The seconds for which tokens of the key stay valid.",
    )


class SigningKeyOut(StrictOut):
    """A key that signs player tokens. The secret key itself is never returned."""

    kid: str = Field(description="The id of the key, which is in the header of its tokens.", examples=[_KID])
    created_at: TimeOut
    created_by: str = Field(
        description="The actor that created the key. `service` created it for the first token.", examples=["env:admin"]
    )
    retired_at: TimeOut | None
    accepted_until: TimeOut | None = Field(description="When the tokens of a retired key become invalid.")


class SigningKeysOut(StrictOut):
    """All signing keys, oldest first."""

    keys: list[SigningKeyOut]


def render_signing_key(key: SigningKey) -> JsonBody:
    """Return a signing key."""
    return JsonBody.of(_out(key))


def render_signing_keys(keys: Iterable[SigningKey]) -> JsonBody:
    """Return signing keys."""
    return JsonBody.of(SigningKeysOut(keys=[_out(key) for key in keys]))


def _out(key: SigningKey) -> SigningKeyOut:
    return SigningKeyOut(
        kid=key.kid,
        created_at=key.created_at,
        created_by=key.created_by,
        retired_at=key.retired_at,
        accepted_until=key.accepted_until,
    )
