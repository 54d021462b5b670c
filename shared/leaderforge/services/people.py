"""Sign-in of people to the console by an identity provider."""

import secrets
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from leaderforge.domain.api_keys import MAX_PERSON
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.callers import Caller, CallerKind
from leaderforge.domain.errors import SignInDisabled
from leaderforge.domain.people import (
    Attempt,
    PersonSession,
    RoleRules,
    digest_of_secret,
    name_in,
    new_session_secret,
    subject_in,
)
from leaderforge.ports.clock import Clock
from leaderforge.ports.people import IdentityProvider, PeopleStore

_RANDOM_BYTES = 32


@dataclass(frozen=True, slots=True)
class StartedSession:
    """New session with its secret. The secret itself is not stored."""

    session: PersonSession
    secret: str


class PeopleService:
    """Sign-in of people. Without a provider, every attempt raises `SignInDisabled`.

    `session_ms` is the lifetime of a session. The browser stores the attempt. Another process can therefore finish it.
    """

    def __init__(
        self, provider: IdentityProvider | None, store: PeopleStore, rules: RoleRules, clock: Clock, *, session_ms: int
    ) -> None:
        self._provider = provider
        self._store = store
        self._rules = rules
        self._clock = clock
        self._session_ms = session_ms

    async def begin(self, redirect_uri: str) -> Attempt:
        """Return a new sign-in attempt. The provider will send its answer to `redirect_uri`.

        Raises `SignInDisabled` or `Unavailable`.
        """
        provider = self._required()
        state, nonce, verifier = (secrets.token_urlsafe(_RANDOM_BYTES) for _ in range(3))
        url = await provider.form_url(redirect_uri, state, nonce, _challenge(verifier))
        return Attempt(url, state, nonce, verifier)

    async def finish(self, code: str, redirect_uri: str, verifier: str, nonce: str) -> StartedSession:
        """Start the session of the person to whom the provider gave this code.

        Raises `Unauthenticated` for an invalid code or nonce, `Forbidden` without a role, `SignInDisabled`, `Refused`
        or `Unavailable`.
        """
        claims = await self._required().claims(code, redirect_uri, verifier, nonce)
        subject, role = subject_in(claims), self._rules.role_in(claims)
        now, secret = self._clock(), new_session_secret()
        person = name_in(claims, MAX_PERSON)
        session = PersonSession(subject, person, role, digest_of_secret(secret), now, now + self._session_ms)
        act = AuditEntry(now, session.caller.actor, "person.sign_in", details={"role": role})
        await self._store.sign_in(session, act)
        return StartedSession(session, secret)

    async def sign_out(self, caller: Caller) -> bool:
        """End the caller's session. Return whether there was a session. A caller with a key has no session."""
        if caller.kind is not CallerKind.OPENID:
            return False
        return await self._store.sign_out(caller.name, AuditEntry(self._clock(), caller.actor, "person.sign_out"))

    def _required(self) -> IdentityProvider:
        if self._provider is None:
            raise SignInDisabled("this service has no identity provider; set LEADERFORGE_OIDC_ISSUER, or use a key")
        return self._provider


def _challenge(verifier: str) -> str:
    """Return the S256 code challenge of a verifier."""
    return urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
