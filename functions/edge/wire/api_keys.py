"""API keys on the wire."""

from collections.abc import Iterable
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, StrictInt, model_validator

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import CountOut, TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import FROM_NUMBER, Omittable, Rule
from leaderforge.domain.api_keys import MAX_OVERLAP_S, MAX_PERSON, ApiKey
from leaderforge.domain.callers import Caller
from leaderforge.domain.permissions import KeyScope, Permission, Role
from leaderforge.services.api_keys import IssuedKey

KeyName = Annotated[
    str,
    Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$", description="The key's name.", examples=["game-server"]),
    Rule("must be the name of a key: 1 to 64 of a-z, 0-9, _ and -, with a letter or a digit first"),
]


class KeyIn(StrictIn):
    """An API key to create: of a program with `scopes`, or of a person with `role` and `person`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "game-server", "scopes": ["submit"]}]})

    name: KeyName = Field(description="The key's name. Permanent, and never reused, even after revocation.")
    scopes: Omittable[list[KeyScope]] = Field(
        None,
        min_length=1,
        max_length=len(KeyScope),
        description="`read` reads private boards, `submit` submits for all players and creates players, `set` sets "
        "scores, `admin` may do everything.",
    )
    role: Omittable[Role] = Field(
        None,
        description="`viewer` sees everything in the console, `moderator` also moderates, edits players and sets "
        "scores, `owner` may do everything.",
    )
    person: Omittable[str] = Field(
        None,
        min_length=1,
        max_length=MAX_PERSON,
        description="The name of the person who uses the key. The audit log shows it. Required with `role`.",
        examples=["Ada Lovelace"],
    )

    @model_validator(mode="after")
    def _require_holder(self) -> Self:
        if (self.scopes is None) == (self.role is None):
            raise ValueError("must have either scopes or a role")
        if (self.role is None) != (self.person is None):
            raise ValueError("must have role and person together")
        return self


class RotationIn(StrictIn):
    """The rotation of an API key."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 3600}]})

    overlap_s: Annotated[StrictInt, Field(ge=0, le=MAX_OVERLAP_S), FROM_NUMBER] = Field(
        0,
        description="The seconds for which the current key stays valid. A key replaced by an earlier rotation expires "
        "now.",
    )


class KeyOut(StrictOut):
    """An API key."""

    name: str = Field(examples=["game-server"])
    scopes: list[KeyScope]
    role: Role | None = Field(None, description="The role of the person who uses the key; null for a program.")
    person: str | None = Field(None, description="The name of the person who uses the key.", examples=["Ada Lovelace"])
    created_at: TimeOut
    created_by: str = Field(description="The actor that created the key.", examples=["env:admin"])
    rotated_at: TimeOut | None
    replaced_until: TimeOut | None = Field(description="When the key before the rotation expires.")
    revoked_at: TimeOut | None


class EnvironmentKeysOut(StrictOut):
    """The API keys of one setting. Only a restart with another value changes them."""

    setting: str = Field(description="The environment variable.", examples=["LEADERFORGE_ADMIN_KEYS"])
    actor: str = Field(description="The name of these keys in the audit log.", examples=["env:admin"])
    scopes: list[KeyScope]
    keys: CountOut = Field(description="The number of keys.")


class KeysOut(StrictOut):
    """All API keys of the database, ordered by name, and the settings that have API keys."""

    keys: list[KeyOut]
    environment: list[EnvironmentKeysOut] = Field(description="Keys that are set from outside, without their texts.")


class IssuedKeyOut(KeyOut):
    """An API key with its secret text, which cannot be shown again."""

    key: str = Field(
        description="The secret text of the key.", examples=["lf_00112233445566778899aabbccddeeff0011223344556677"]
    )


class CallerOut(StrictOut):
    """The caller, with its role and permissions."""

    actor: str = Field(description="The caller's name in the audit log.", examples=["key:ada"])
    person: str | None = Field(description="The name of the person, if known.", examples=["Ada Lovelace"])
    role: Role = Field(description="The caller's role. Keys of scope `admin` are owners.")
    permissions: list[Permission] = Field(description="The caller's permissions.")


def render_caller(caller: Caller) -> JsonBody:
    """Return the body that describes a caller. The caller must have a role."""
    permissions = [permission for permission in Permission if caller.may(permission)]
    return JsonBody.of(CallerOut(actor=caller.actor, person=caller.person, role=caller.role, permissions=permissions))


def render_key(key: ApiKey) -> JsonBody:
    """Return the body that describes an API key, without its secret text."""
    return JsonBody.of(KeyOut(**_members(key)))


def render_keys(keys: Iterable[ApiKey], environment: Iterable[tuple[Caller, int]]) -> JsonBody:
    """Return the body with API keys, without secrets. `environment` has each setting's caller and number of keys."""
    from_settings = [_environment_keys(caller, count) for caller, count in environment]
    return JsonBody.of(KeysOut(keys=[KeyOut(**_members(key)) for key in keys], environment=from_settings))


def render_issued_key(issued: IssuedKey) -> JsonBody:
    """Return the body that describes an API key, with its secret text."""
    return JsonBody.of(IssuedKeyOut(**_members(issued.key), key=issued.text))


def _environment_keys(caller: Caller, count: int) -> EnvironmentKeysOut:
    setting = f"LEADERFORGE_{caller.name.upper()}_KEYS"
    return EnvironmentKeysOut(setting=setting, actor=caller.actor, scopes=sorted(caller.scopes), keys=count)


def _members(key: ApiKey) -> dict[str, Any]:
    return {
        "name": key.name,
        "scopes": sorted(key.scopes),
        "role": key.role,
        "person": key.person,
        "created_at": key.created_at,
        "created_by": key.created_by,
        "rotated_at": key.rotated_at,
        "replaced_until": None if key.replaced is None else key.replaced.until,
        "revoked_at": key.revoked_at,
    }
