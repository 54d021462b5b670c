"""People who use the console, and their roles."""

from collections.abc import Sequence
from dataclasses import replace

from leaderforge.domain.api_keys import ApiKey
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.callers import CallerKind
from leaderforge.domain.errors import Refused
from leaderforge.domain.people import Person, PersonSession
from leaderforge.domain.permissions import Role
from leaderforge.ports.access import AuditLog, KeyStore
from leaderforge.ports.clock import Clock
from leaderforge.ports.people import PeopleStore


class RoleService:
    """List of the people with a key of their own or a session, and changes of their roles.

    An actor, such as `key:ada` or `oidc:1234`, identifies a person.
    """

    def __init__(self, keys: KeyStore, people: PeopleStore, audit: AuditLog, clock: Clock) -> None:
        self._keys = keys
        self._people = people
        self._audit = audit
        self._clock = clock

    async def people(self) -> Sequence[Person]:
        """Return all people by name, without people whose key is revoked."""
        keys = [key for key in await self._keys.keys() if key.revoked_at is None]
        with_keys = [_with_key(key, key.role) for key in keys if key.role is not None]
        signed_in = [_signed_in(session) for session in await self._people.all()]
        people = sorted((*with_keys, *signed_in), key=lambda person: (person.person.casefold(), person.actor))
        acts = await self._audit.latest([person.actor for person in people])
        return [replace(person, last_act_at=acts.get(person.actor)) for person in people]

    async def change(self, subject: str, role: Role, actor: str) -> Person:
        """Change the role of the person with the actor `subject`. Nobody may change their own role.

        An owner can therefore not remove the last owner by mistake. The role of a person of the identity provider lasts
        until the next sign-in.

        Raises `KeyNotFound`, `KeyRevoked`, `PersonNotFound`, or `Refused`.
        """
        if subject == actor:
            raise Refused("you cannot change your own role; ask another owner", actor=subject)
        kind, _, name = subject.partition(":")
        act = AuditEntry(self._clock(), actor, "person.change_role", details={"actor": subject, "role": role})
        if kind == CallerKind.KEY:
            return _with_key(await self._keys.change_role(name, role, act), role)
        if kind == CallerKind.OPENID:
            return _signed_in(await self._people.change_role(name, role, act))
        raise Refused(f"{subject!r} is not a person: use key:NAME or oidc:SUBJECT", actor=subject)


def _with_key(key: ApiKey, role: Role) -> Person:
    return Person(key.caller.actor, key.person or key.name, role, created_at=key.created_at)


def _signed_in(session: PersonSession) -> Person:
    return Person(
        session.caller.actor,
        session.person,
        session.role,
        signed_in_at=session.signed_in_at,
        session_ends_at=session.expires_at,
    )
