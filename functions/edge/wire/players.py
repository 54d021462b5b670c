"""Players on the wire: create, find, change and erase."""

from collections.abc import Iterable
from json import loads
from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    RootModel,
    StrictStr,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from functions.edge.wire.batches import exclude_each_other, validate_item
from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.errors import ErrorOut
from functions.edge.wire.fields import (
    NO_CONTROL,
    CountOut,
    ExternalIdIn,
    ExternalIdOut,
    IntegerOut,
    PlayerIdIn,
    TimeOut,
)
from functions.edge.wire.metadata import MetadataIn
from functions.edge.wire.models import LongIn, QueryIn, StrictIn, StrictOut
from functions.edge.wire.player_lists import PlayerListIn
from functions.edge.wire.rules import FROM_TEXT, Omittable, Rule
from leaderforge.domain.errors import Refused
from leaderforge.domain.players import MAX_NAME_LENGTH, NewPlayer, Player, ProfileChange, username
from leaderforge.services.player_records import Erasure

MAX_NEW_PLAYERS = 1000
MAX_USER_LOOKUP = 500

_NO_CONTROLS = rf"^{NO_CONTROL}*$"
_EMAIL = r"^[^\s@\x00-\x1f\x7f]+@[^\s@.\x00-\x1f\x7f]+(\.[^\s@.\x00-\x1f\x7f]+)+$"


def _username(value: str) -> str:
    try:
        return username(value)
    except Refused as error:
        raise ValueError(error.message) from None


Username = Annotated[
    StrictStr,
    Field(max_length=4 * MAX_NAME_LENGTH),  # before normalisation, which composes characters and can shorten names
    Rule(f"must be a name of 1 to {MAX_NAME_LENGTH} characters"),
    AfterValidator(_username),
    WithJsonSchema({"type": "string", "minLength": 1, "maxLength": MAX_NAME_LENGTH, "pattern": r"^\S(.*\S)?$"}),
]
Email = Annotated[
    StrictStr,
    Field(min_length=3, max_length=254, pattern=_EMAIL),
    Rule("must be an email address of at most 254 characters, such as ada@example.org"),
]
Reference = Annotated[
    str,
    Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._:/#-]{0,99}$", examples=["ticket-4711"]),
    Rule("must be 1 to 100 letters, digits and ._:/#-, with a letter or a digit first"),
]


class UserIn(StrictIn):
    """A player to create."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"username": "ada"},
                {"username": "ada", "email": "ada@example.org"},
                {"external_id": "76561190012345678"},
            ]
        }
    )

    username: Username | None = Field(
        None,
        description=f"The player's name: 1 to {MAX_NAME_LENGTH} characters without leading or trailing blanks. Unique, "
        "ignoring case, invisible characters and look-alikes of other scripts. A player needs none.",
    )
    email: Email | None = Field(None, description="The player's email address. Shown to admins only.")
    user_id: PlayerIdIn | None = Field(None, description="The player's id. Generated if absent.")
    external_id: ExternalIdIn | None = Field(None, description="The player's id in another system. Unique.")

    attributes: MetadataIn | None = Field(None, description="Data of the game about the player, shown to everybody.")

    def new_player(self) -> NewPlayer:
        """Return the player to create."""
        return NewPlayer(self.username, self.email, self.user_id, self.external_id, self.attributes)


class UserLookupIn(PlayerListIn):
    """Players to look up, by either kind of id, at most 500."""

    max_count: ClassVar[int] = MAX_USER_LOOKUP
    max_bytes: ClassVar[int] = 131_072  # 500 external ids of 128 characters need 65,500 bytes

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_ids": [123, 456]}, {"external_ids": ["76561190012345678"]}]}
    )

    user_ids: list[PlayerIdIn] = Field([], max_length=MAX_USER_LOOKUP)
    external_ids: list[ExternalIdIn] = Field([], max_length=MAX_USER_LOOKUP, description="Ids in another system.")


class NewPlayersIn(LongIn):
    """Players to create together."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"users": [{"username": "ada"}, {"username": "bob"}]}]})

    users: list[Annotated[UserIn, WrapValidator(validate_item)]] = Field(min_length=1, max_length=MAX_NEW_PLAYERS)


def _without_defaults(schema: dict[str, Any]) -> None:
    """Remove the defaults from the schema: values that a change does not contain stay unchanged."""
    for member in schema["properties"].values():
        member.pop("default", None)
    schema["minProperties"] = 1
    schema["examples"] = [{"username": "ada"}, {"attributes": {"country": "FI"}}]


class ProfileIn(StrictIn):
    """The profile of a player who is created or changed. Absent members of an existing player stay unchanged."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"username": "ada"}, {}]})

    username: Username | None = Field(None, description="The name; null removes it. The rules of new players apply.")
    email: Email | None = Field(None, description="The email address; null removes it.")
    external_id: ExternalIdIn | None = Field(None, description="The id in another system; null removes it.")
    attributes: MetadataIn | None = Field(
        None, description="Data of the game about the player. They replace all present data; null removes them."
    )

    def changes(self) -> ProfileChange:
        """Return the JSON members that were sent."""
        changes: ProfileChange = {}
        if "username" in self.model_fields_set:
            changes["username"] = self.username
        if "email" in self.model_fields_set:
            changes["email"] = self.email
        if "external_id" in self.model_fields_set:
            changes["external_id"] = self.external_id
        if "attributes" in self.model_fields_set:
            changes["attributes"] = self.attributes
        return changes


class PlayerChangesIn(ProfileIn):
    """Changes of a player. Absent members stay unchanged."""

    model_config = ConfigDict(json_schema_extra=_without_defaults)

    @model_validator(mode="after")
    def _require_any(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("must have a username, an email, an external_id or attributes")
        return self


_SearchText = Annotated[
    str,
    Field(min_length=1, max_length=MAX_NAME_LENGTH, pattern=_NO_CONTROLS),
    Rule(f"must be 1 to {MAX_NAME_LENGTH} characters without control characters"),
]


class PlayersQuery(QueryIn):
    prefix: Omittable[_SearchText] = Field(None, description="The start of the name, ignoring case.", examples=["ann"])
    username: Omittable[_SearchText] = Field(
        None, description="The whole name, ignoring case. Not allowed with `prefix`.", examples=["ann"]
    )
    search: Omittable[_SearchText] = Field(
        None,
        description="A text of 3 characters or more anywhere in the name, ignoring case, instead of `prefix`. "
        "`inside` in the answer is false if the text is shorter, or if this deployment searches only starts of names.",
        examples=["ann"],
    )
    limit: Annotated[int, Field(ge=1, le=100), FROM_TEXT] = Field(10, description="The maximum number of players.")


class ErasureQuery(QueryIn):
    reference: Omittable[Reference] = Field(
        None, description="The request that led to the erasure, such as a ticket number, for the audit log."
    )


class UserOut(StrictOut):
    """A player. The email address is shown to admins only."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"user_id": 123, "username": "ada", "created_at": "2026-11-23T12:00:00.000Z"}]},
    )

    user_id: IntegerOut
    username: str | None = Field(description="The player's name; null if it has none.", examples=["ada"])
    external_id: ExternalIdOut = ""
    created_at: TimeOut
    attributes: dict[str, Any] = Field({}, description="Data of the game about the player. Absent if there are none.")
    email: str | None = Field(None, description="The player's email address. Shown to admins only.")


class UsersOut(StrictOut):
    """A list of players."""

    users: list[UserOut]
    inside: bool = Field(
        False, description="Whether all parts of names were searched, not only their starts. Only with `search`."
    )


class NewPlayerResult(RootModel[UserOut | ErrorOut]):
    """A player that was created, or its error."""

    model_config = ConfigDict(json_schema_extra=exclude_each_other)


class NewPlayersOut(StrictOut):
    """A player or an error for each player to create, in their order."""

    results: list[NewPlayerResult]


class ErasureOut(StrictOut):
    """The extent of an erasure, and its id in the audit log."""

    erasure_id: UUID = Field(description="The id of the erasure. The audit log has it, as a proof.")
    events: CountOut
    standings: CountOut
    acts: CountOut = Field(description="The number of anonymised audit entries.")


def render_user(user: Player, *, with_email: bool) -> JsonBody:
    """Return the body that describes a player. `with_email` adds the email address, for admins only."""
    return JsonBody.of(user_out(user, with_email=with_email))


def render_users(users: Iterable[Player], *, with_email: bool, inside: bool | None = None) -> JsonBody:
    """Return the body with players. `with_email` adds email addresses, for admins only. Only a search has `inside`."""
    searched = {} if inside is None else {"inside": inside}
    return JsonBody.of(UsersOut(users=[user_out(user, with_email=with_email) for user in users], **searched))


def user_out(user: Player, *, with_email: bool) -> UserOut:
    """Return the output model of a player. `with_email` adds the email address, for admins only."""
    email = {"email": user.email} if with_email else {}
    external_id = {} if user.external_id is None else {"external_id": user.external_id}
    attributes = {} if user.attributes is None else {"attributes": loads(user.attributes)}
    return UserOut(
        user_id=user.user_id, username=user.username, **external_id, created_at=user.created_at, **attributes, **email
    )


def render_erasure(erasure: Erasure) -> JsonBody:
    """Return the extent of an erasure."""
    numbers = erasure.erased
    model = ErasureOut(erasure_id=erasure.id, events=numbers.events, standings=numbers.standings, acts=numbers.acts)
    return JsonBody.of(model)
