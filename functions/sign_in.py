"""Sign-in: sessions of players by a secret of their device, and of people by an identity provider."""

from functions.edge.access.security import Anyone, Moderator, Viewer
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_stored, answer_written
from functions.edge.wire.fields import UserId
from functions.edge.wire.people import (
    AnswerIn,
    AttemptIn,
    AttemptOut,
    ConsoleSessionOut,
    ConsoleSignInOut,
    render_attempt,
    render_console_session,
    render_console_sign_in,
)
from functions.edge.wire.sessions import (
    DeviceIn,
    EndedSessionsOut,
    RefreshIn,
    SessionOut,
    SignedOutOut,
    render_ended_sessions,
    render_session,
    render_signed_out,
)
from leaderforge.domain.errors import (
    Overloaded,
    PlayerNotFound,
    SessionNotFound,
    SignInDisabled,
    StoreUnavailable,
    Unavailable,
)

routes = router("sign-in")
handler = LambdaHandler(routes)


@routes.post("/api/auth/device", **documentation.write(SessionOut, SignInDisabled, StoreUnavailable, Overloaded))
async def sign_in_device(edge: TheEdge, caller: Anyone, device: DeviceIn) -> Answer:
    """Sign a player in by the secret of its device. The first call with a secret creates the player.

    The same secret always gives the same player. The token is valid for minutes: refresh the session instead of signing
    in again. Off by default (403 `sign_in_disabled`). Rate limited by address.
    """
    return answer_written(render_session(await edge.services.access.devices.sign_in(device.secret, device.username)))


@routes.post("/api/auth/refresh", **documentation.write(SessionOut, SignInDisabled, SessionNotFound, StoreUnavailable))
async def refresh_session(edge: TheEdge, caller: Anyone, refresh: RefreshIn) -> Answer:
    """Return a new token and a new refresh token of a session.

    The refresh token of the request is replaced. It can be sent again for 60 s, in case the answer was lost. Any other
    replaced token ends the session, because it may have been stolen. If the session has ended (404), sign in again.
    """
    return answer_written(render_session(await edge.services.access.devices.refresh(refresh.refresh_token)))


@routes.post("/api/auth/revoke", **documentation.write(SignedOutOut, SessionNotFound, StoreUnavailable))
async def revoke_session(edge: TheEdge, caller: Anyone, refresh: RefreshIn) -> Answer:
    """End the session of a refresh token, even if a refresh has replaced the token. Idempotent.

    The player tokens of the session stay valid until they expire, in minutes.
    """
    return answer_written(render_signed_out(await edge.services.access.devices.sign_out(refresh.refresh_token)))


@routes.delete(
    "/api/users/{user_id}/sessions",
    **documentation.change(EndedSessionsOut, PlayerNotFound, StoreUnavailable),
)
async def revoke_sessions(edge: TheEdge, caller: Moderator, user_id: UserId) -> Answer:
    """End all sessions of a player. Its tokens stay valid until they expire, in minutes. Moderators only.

    The device can sign in again. To keep the player off the boards, hide or erase the player.
    """
    ended = await edge.services.access.devices.end_sessions(user_id, caller.actor)
    return answer_written(render_ended_sessions(user_id, ended))


@routes.get(
    "/api/auth/console", operation_id="getConsoleSignIn", **documentation.read(ConsoleSignInOut, StoreUnavailable)
)
async def console_sign_in(edge: TheEdge, caller: Anyone) -> Answer:
    """Return the identity provider by which people may sign in to the console, if any. A key always works."""
    settings = edge.services.settings
    return answer_stored(render_console_sign_in(None if settings.oidc_issuer is None else settings.oidc_name))


@routes.post(
    "/api/auth/console/begin", **documentation.write(AttemptOut, SignInDisabled, StoreUnavailable, Unavailable)
)
async def start_console_sign_in(edge: TheEdge, caller: Anyone, attempt: AttemptIn) -> Answer:
    """Begin to sign a person in: return the address of the identity provider's form, and the secrets of the attempt.

    The provider sends the browser back with `code` and `state`. Compare `state` with the one of the attempt.
    """
    return answer_written(render_attempt(await edge.services.access.people.begin(attempt.redirect_uri)))


@routes.post(
    "/api/auth/console/session", **documentation.write(ConsoleSessionOut, SignInDisabled, StoreUnavailable, Unavailable)
)
async def start_console_session(edge: TheEdge, caller: Anyone, answer: AnswerIn) -> Answer:
    """Start a person's session with the provider's `code`. It replaces the person's earlier session.

    The role comes from the provider's claims, and stays until the next sign-in. Without a role: 403.
    """
    started = await edge.services.access.people.finish(
        answer.code, answer.redirect_uri, answer.code_verifier, answer.nonce
    )
    edge.keys.invalidate()
    return answer_written(render_console_session(started))


@routes.delete("/api/auth/console/session", **documentation.change(SignedOutOut, StoreUnavailable))
async def end_console_session(edge: TheEdge, caller: Viewer) -> Answer:
    """End the caller's session. Effective everywhere within 5 s. Keys have no session. Viewers only."""
    ended = await edge.services.access.people.sign_out(caller)
    edge.keys.invalidate()
    return answer_written(render_signed_out(ended))
