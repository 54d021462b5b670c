"""Sign-in of people to the console on the wire."""

from typing import Annotated

from pydantic import ConfigDict, Field, StrictStr

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import Rule
from leaderforge.domain.people import Attempt
from leaderforge.domain.permissions import Role
from leaderforge.services.people import StartedSession

_ADDRESS = "https://play.example.org/console"
_RANDOM = "X7dQb0m1c2Vn3kZl4yT5r6pWs8uEa9oJfGhKiLtMvNx"

RedirectUri = Annotated[
    StrictStr,
    Field(
        pattern=r"^https?://[!-~]{1,1900}$",
        description="The address of the console's page, to which the provider sends the browser back.",
    ),
    Rule("must be an address that begins with https:// or http://, of at most 1900 characters"),
]
Secret = Annotated[StrictStr, Field(min_length=1, max_length=200)]


class AttemptIn(StrictIn):
    """The beginning of a sign-in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"redirect_uri": _ADDRESS}]})

    redirect_uri: RedirectUri


class AnswerIn(StrictIn):
    """The answer of the identity provider, with the secrets of the attempt."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "SplxlOBeZQQYbYS6WxSbIA", "redirect_uri": _ADDRESS, "nonce": _RANDOM, "code_verifier": _RANDOM}
            ]
        }
    )

    code: StrictStr = Field(min_length=1, max_length=4096, description="The provider's `code`.")
    redirect_uri: RedirectUri
    nonce: Secret = Field(description="The attempt's `nonce`.")
    code_verifier: Secret = Field(description="The attempt's `code_verifier`.")


class ConsoleSignInOut(StrictOut):
    """The ways to sign in to the console, beside a key."""

    provider: str | None = Field(description="The name of the identity provider; null without one.", examples=["Acme"])


class AttemptOut(StrictOut):
    """An attempt to sign in. Keep it in the browser's tab until the provider answers."""

    authorization_url: str = Field(description="The address of the provider's form.")
    state: str = Field(description="The provider's answer must have the same `state`.")
    nonce: str
    code_verifier: str


class ConsoleSessionOut(StrictOut):
    """A session of a person in the console."""

    token: str = Field(description="The session's secret: send it as `Authorization: Bearer`, like a key.")
    person: str = Field(examples=["Ada Lovelace"])
    role: Role
    expires_at: TimeOut


def render_console_sign_in(provider: str | None) -> JsonBody:
    """Return the ways to sign in."""
    return JsonBody.of(ConsoleSignInOut(provider=provider))


def render_attempt(attempt: Attempt) -> JsonBody:
    """Return the body that describes an attempt to sign in."""
    return JsonBody.of(
        AttemptOut(
            authorization_url=attempt.url, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
        )
    )


def render_console_session(started: StartedSession) -> JsonBody:
    """Return the body that describes a session, with its secret."""
    session = started.session
    return JsonBody.of(
        ConsoleSessionOut(token=started.secret, person=session.person, role=session.role, expires_at=session.expires_at)
    )
