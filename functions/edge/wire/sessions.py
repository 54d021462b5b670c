"""Sign-ins and sessions on the wire."""

from pydantic import ConfigDict, Field, StrictStr

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import CountOut, IntegerOut, TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.players import Username
from leaderforge.domain.sessions import MAX_REFRESH_TOKEN_LENGTH, MAX_SECRET_LENGTH, MIN_SECRET_LENGTH, SignedIn

_SECRET = "6f1d2c0b9a8e7f60514233241506f7e8d9cabbac9d8e7f605142332415060718"  # noqa: S105 - an example
_REFRESH_TOKEN = f"lfr_123.00112233445566778899aabbccddeeff.{_SECRET}"


class DeviceIn(StrictIn):
    """A sign-in by the secret of a device."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"secret": _SECRET}]})

    secret: StrictStr = Field(
        min_length=MIN_SECRET_LENGTH,
        max_length=MAX_SECRET_LENGTH,
        description="The secret of the device: at least 16 bytes of a cryptographic random generator, as text. It "
        "alone identifies the player: store it like a password.",
    )
    username: Username | None = Field(
        None, description="A name for a new player. A name that is taken is ignored.", examples=["ada"]
    )


class RefreshIn(StrictIn):
    """A refresh token."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"refresh_token": _REFRESH_TOKEN}]})

    refresh_token: StrictStr = Field(
        min_length=1, max_length=MAX_REFRESH_TOKEN_LENGTH, description="The latest refresh token of the session."
    )


class SessionOut(StrictOut):
    """A session of a player, with a token."""

    user_id: IntegerOut = Field(description="The player's id.", examples=[123])
    token: str = Field(
        description="The player token: send it as `Authorization: Bearer`.", examples=["eyJhbGciOi.eyJzdWIiOi.x"]
    )
    expires_at: TimeOut = Field(description="The end of the token. Refresh the session before it.")
    refresh_token: str = Field(
        description="The refresh token. It can be used once: each refresh returns another one.",
        examples=[_REFRESH_TOKEN],
    )
    session_ends_at: TimeOut = Field(description="The end of the session unless it is refreshed before.")
    created: bool = Field(description="Whether this call created the player.")


class SignedOutOut(StrictOut):
    """The end of a session."""

    ended: bool = Field(description="Whether there was a session. False after a repeated call.")


class EndedSessionsOut(StrictOut):
    """The end of a player's sessions."""

    user_id: IntegerOut = Field(description="The player's id.", examples=[123])
    ended: CountOut = Field(description="The number of sessions that were open.")


def render_session(signed_in: SignedIn) -> JsonBody:
    """Return the body that describes a session, with its tokens."""
    return JsonBody.of(
        SessionOut(
            user_id=signed_in.user_id,
            token=signed_in.token.text,
            expires_at=signed_in.token.expires_at,
            refresh_token=signed_in.refresh_token.text,
            session_ends_at=signed_in.session_ends_at,
            created=signed_in.is_new,
        )
    )


def render_signed_out(ended: bool) -> JsonBody:
    """Return the body with the result of a sign-out."""
    return JsonBody.of(SignedOutOut(ended=ended))


def render_ended_sessions(user_id: int, ended: int) -> JsonBody:
    """Return the body with the number of a player's sessions that were ended."""
    return JsonBody.of(EndedSessionsOut(user_id=user_id, ended=ended))
