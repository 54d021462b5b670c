"""People who sign in to the console, and their identity provider."""

from collections.abc import Sequence
from typing import Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.people import Claims, PersonSession
from leaderforge.domain.permissions import Role


class PeopleStore(Protocol):
    """Store of people and their sessions. Each change writes its audit entry in the same transaction."""

    async def sign_in(self, session: PersonSession, act: AuditEntry) -> None:
        """Store a session. It replaces the person's earlier session."""
        ...

    async def sessions(self, now: int) -> Sequence[PersonSession]:
        """Return the sessions that have not expired at `now` (ms)."""
        ...

    async def all(self) -> Sequence[PersonSession]:
        """Return the latest session of each person, in order of subject, also if it has expired."""
        ...

    async def change_role(self, subject: str, role: Role, act: AuditEntry) -> PersonSession:
        """Change the role of a person's session at `act.at`, and return the session.

        The audit entry gets the previous role as `was`. If the session has the role already, nothing changes. Raises
        `PersonNotFound` if the person has no valid session.
        """
        ...

    async def sign_out(self, subject: str, act: AuditEntry) -> bool:
        """End a person's session at `act.at`. Return whether there was a session."""
        ...


class IdentityProvider(Protocol):
    """OpenID Connect provider, by the authorization code flow with PKCE."""

    async def form_url(self, redirect_uri: str, state: str, nonce: str, challenge: str) -> str:
        """Return the address of the provider's form. `challenge` is the S256 code challenge.

        Raises `Unavailable` if the metadata cannot be fetched.
        """
        ...

    async def claims(self, code: str, redirect_uri: str, verifier: str, nonce: str) -> Claims:
        """Exchange an authorization code, and return the verified claims of its ID token.

        Raises `Unauthenticated` if the code or the token is invalid, and `Unavailable`.
        """
        ...
