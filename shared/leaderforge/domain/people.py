"""People who sign in to the console by an identity provider, and their sessions."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from leaderforge.domain.callers import Caller, CallerKind
from leaderforge.domain.errors import Forbidden, Refused
from leaderforge.domain.permissions import Role, scopes_of

SESSION_PREFIX = "lfs_"
"""Prefix of the secrets of sessions. The prefix makes the secrets recognisable for people and secret scanners."""

_SECRET_BYTES = 24
_MAX_SUBJECT = 255
"""Maximum length of a subject, by OpenID Connect Core, section 2."""
_STRONGEST_FIRST = (Role.OWNER, Role.MODERATOR, Role.VIEWER)

Claims = Mapping[str, object]
"""Verified claims of an identity provider about a person."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Attempt to sign in, which the browser keeps: the address of the provider's page, and secrets for its answer.

    The secrets are checked against the answer. `verifier` is the code verifier of PKCE (RFC 7636).
    """

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class PersonSession:
    """Session of a person, stored as the SHA-256 digest of its secret. Times are in ms.

    A person has one session, which each sign-in replaces. A role changed at the provider therefore takes effect at the
    next sign-in.
    """

    subject: str
    person: str
    role: Role
    digest: bytes
    signed_in_at: int
    expires_at: int

    @property
    def caller(self) -> Caller:
        """Return the caller whom the session's secret authenticates."""
        scopes = scopes_of(self.role)
        return Caller(CallerKind.OPENID, self.subject, scopes, assigned_role=self.role, person=self.person)


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who uses the console by name, with a personal key or by the identity provider. Times are in ms.

    A person with a key has `created_at`, the time when the key was created. A person of the provider has `signed_in_at`
    and `session_ends_at` of the latest sign-in. `last_act_at` is the time of the latest audit entry, if any.
    """

    actor: str
    person: str
    role: Role
    created_at: int | None = None
    signed_in_at: int | None = None
    session_ends_at: int | None = None
    last_act_at: int | None = None


@dataclass(frozen=True, slots=True)
class RoleRules:
    """Rules that give roles by the values of a claim of the identity provider, such as groups or an email address."""

    claim: str
    roles: Mapping[str, Role]

    def role_in(self, claims: Claims) -> Role:
        """Return the strongest role that the values of the claim give. Raises `Forbidden` if no value gives a role.

        An email address counts only if the provider has verified it.
        """
        if self.claim == "email" and claims.get("email_verified") is not True:
            raise Forbidden("the identity provider has not verified the email address; verify it there")
        granted = {self.roles[value] for value in _values(self._claimed(claims)) if value in self.roles}
        for role in _STRONGEST_FIRST:
            if role in granted:
                return role
        raise Forbidden(f"no value of the claim {self.claim!r} has a role; ask an owner for one, then sign in again")

    def _claimed(self, claims: Claims) -> object:
        """Return the claim with this name. If no claim has it, use the name as a path, as in `realm_access.roles`."""
        if self.claim in claims:
            return claims[self.claim]
        value: object = claims
        for name in self.claim.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        return value


def new_session_secret() -> str:
    """Return the secret of a new session: the prefix and 192 random bits in hexadecimal."""
    return SESSION_PREFIX + secrets.token_hex(_SECRET_BYTES)


def digest_of_secret(secret: str) -> bytes:
    """Return the SHA-256 digest of a session's secret."""
    return sha256(secret.encode()).digest()


def subject_in(claims: Claims) -> str:
    """Return the subject: printable ASCII without blanks. Raises `Refused` for any other subject."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= _MAX_SUBJECT or not _is_plain(subject):
        raise Refused("the identity provider's sub must be 1 to 255 printable ASCII characters without blanks")
    return subject


def name_in(claims: Claims, most: int) -> str:
    """Return the first of name, email address and subject that can be shown, cut to `most` characters."""
    for claim in ("name", "preferred_username", "email", "sub"):
        name = claims.get(claim)
        if isinstance(name, str) and name.strip() and name.isprintable():
            return name.strip()[:most]
    return ""


def _is_plain(text: str) -> bool:
    return text.isascii() and text.isprintable() and " " not in text


def _values(claim: object) -> Sequence[str]:
    values = claim if isinstance(claim, Sequence) and not isinstance(claim, str) else [claim]
    return [value for value in values if isinstance(value, str)]
