"""People and their sessions in PostgreSQL."""

from collections.abc import Sequence
from dataclasses import replace

from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.errors import Contended
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import PersonNotFound
from leaderforge.domain.people import PersonSession
from leaderforge.domain.permissions import Role


class PostgresPeople:
    """`PeopleStore` on PostgreSQL."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def sign_in(self, session: PersonSession, act: AuditEntry) -> None:
        async def work(connection: Connection) -> None:
            person = session.subject, session.person, session.role
            times = session.signed_in_at, session.expires_at
            await connection.execute(statement("sign_in_person"), *person, session.digest, *times)
            await write_audit(connection, act)

        await self._pool.transact(work)

    async def sessions(self, now: int) -> Sequence[PersonSession]:
        return [_session(row) for row in await self._pool.fetch(statement("people_sessions"), now)]

    async def all(self) -> Sequence[PersonSession]:
        return [_session(row) for row in await self._pool.fetch(statement("people"))]

    async def change_role(self, subject: str, role: Role, act: AuditEntry) -> PersonSession:
        return await self._pool.transact(lambda connection: _change_role(connection, subject, role, act))

    async def sign_out(self, subject: str, act: AuditEntry) -> bool:
        async def work(connection: Connection) -> bool:
            ended = await connection.fetch(statement("sign_out_person"), subject, act.at)
            if ended:
                await write_audit(connection, act)
            return bool(ended)

        return await self._pool.transact(work)


async def _change_role(connection: Connection, subject: str, role: Role, act: AuditEntry) -> PersonSession:
    rows = await connection.fetch(statement("person"), subject)
    session = _session(rows[0]) if rows else None
    if session is None or session.expires_at <= act.at:
        raise PersonNotFound.without_session(subject)
    if session.role is role:
        return session
    if not await connection.fetch(statement("change_person_role"), subject, role, session.role, act.at):
        raise Contended("the session was changed meanwhile")
    await write_audit(connection, act.with_details(was=session.role))
    return replace(session, role=role)


def _session(row: Record) -> PersonSession:
    return PersonSession(
        row["subject"], row["person"], Role(row["role"]), row["digest"], row["signed_in_at"], row["expires_at"]
    )
