"""In-memory store of people."""

from collections.abc import Sequence
from dataclasses import replace

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import PersonNotFound
from leaderforge.domain.people import PersonSession
from leaderforge.domain.permissions import Role


class MemoryPeople:
    """`PeopleStore` in a dict."""

    def __init__(self, audit: MemoryAuditLog) -> None:
        self._audit = audit
        self._sessions: dict[str, PersonSession] = {}

    async def sign_in(self, session: PersonSession, act: AuditEntry) -> None:
        self._sessions[session.subject] = session
        self._audit.people[session.caller.actor] = session.person
        self._audit.write(act)

    async def sessions(self, now: int) -> Sequence[PersonSession]:
        return [session for _, session in sorted(self._sessions.items()) if session.expires_at > now]

    async def all(self) -> Sequence[PersonSession]:
        return [session for _, session in sorted(self._sessions.items())]

    async def change_role(self, subject: str, role: Role, act: AuditEntry) -> PersonSession:
        session = self._sessions.get(subject)
        if session is None or session.expires_at <= act.at:
            raise PersonNotFound.without_session(subject)
        if session.role is not role:
            self._sessions[subject] = replace(session, role=role)
            self._audit.write(act.with_details(was=session.role))
        return self._sessions[subject]

    async def sign_out(self, subject: str, act: AuditEntry) -> bool:
        session = self._sessions.get(subject)
        if session is None or session.expires_at <= act.at:
            return False
        self._sessions[subject] = replace(session, expires_at=act.at)
        self._audit.write(act)
        return True
