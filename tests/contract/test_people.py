"""Contract of stores of people, over the in-memory and the real adapters."""

from dataclasses import dataclass, replace
from hashlib import sha256

import pytest

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.people import MemoryPeople
from leaderforge.adapters.postgres.audit import PostgresAuditLog
from leaderforge.adapters.postgres.people import PostgresPeople
from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.errors import PersonNotFound
from leaderforge.domain.people import PersonSession
from leaderforge.domain.permissions import Role
from leaderforge.ports.access import AuditLog
from leaderforge.ports.people import PeopleStore
from tests.contract.store_fixtures import Database

ADA = PersonSession("ada|7", "Ada Lovelace", Role.MODERATOR, sha256(b"ada").digest(), 1000, 5000)
BOB = PersonSession("bob", "Bob", Role.VIEWER, sha256(b"bob").digest(), 1000, 3000)


@dataclass(frozen=True)
class Office:
    """Store of people and its audit log."""

    people: PeopleStore
    audit: AuditLog

    async def log(self) -> list[tuple[str, str, str | None]]:
        return [(i.entry.actor, i.entry.action, i.person) for i in await self.audit.entries(AuditFilter(), 10)]


@pytest.fixture(params=["memory", "postgres", "citus"])
def office(request: pytest.FixtureRequest) -> Office:
    if request.param == "memory":
        log = MemoryAuditLog()
        return Office(MemoryPeople(log), log)
    database: Database = request.getfixturevalue(f"on_{request.param}")
    return Office(PostgresPeople(database.pool), PostgresAuditLog(database.pool))


def act(session: PersonSession, action: str, at: int = 1000) -> AuditEntry:
    return AuditEntry(at, session.caller.actor, action)


async def test_sessions_last_until_they_expire_and_the_log_keeps_names(office: Office) -> None:
    for session in (BOB, ADA):
        await office.people.sign_in(session, act(session, "person.sign_in"))
    assert list(await office.people.sessions(2999)) == [ADA, BOB]
    assert list(await office.people.sessions(3000)) == [ADA]
    assert ("oidc:bob", "person.sign_in", "Bob") in await office.log()


async def test_a_sign_in_replaces_the_session_name_and_role(office: Office) -> None:
    later = replace(ADA, person="Ada King", role=Role.OWNER, digest=sha256(b"later").digest(), expires_at=9000)
    for session in (ADA, later):
        await office.people.sign_in(session, act(session, "person.sign_in"))
    assert list(await office.people.sessions(0)) == [later]
    assert {person for _, _, person in await office.log()} == {"Ada King"}


async def test_a_changed_role_lasts_until_the_next_sign_in(office: Office) -> None:
    await office.people.sign_in(ADA, act(ADA, "person.sign_in"))
    change = AuditEntry(2000, "key:ops", "person.change_role")
    changed = await office.people.change_role("ada|7", Role.OWNER, change)
    assert changed == replace(ADA, role=Role.OWNER)
    assert await office.people.change_role("ada|7", Role.OWNER, change) == changed
    assert list(await office.people.sessions(2000)) == [changed]
    assert [action for _, action, _ in await office.log()] == ["person.change_role", "person.sign_in"]
    await office.people.sign_in(ADA, act(ADA, "person.sign_in", 3000))
    assert list(await office.people.sessions(3000)) == [ADA]


async def test_people_without_a_session_are_listed_and_keep_their_role(office: Office) -> None:
    await office.people.sign_in(BOB, act(BOB, "person.sign_in"))
    for subject in ("bob", "nobody"):
        with pytest.raises(PersonNotFound):
            await office.people.change_role(subject, Role.OWNER, act(ADA, "person.change_role", BOB.expires_at))
    assert list(await office.people.all()) == [BOB]


async def test_a_sign_out_ends_the_session_once(office: Office) -> None:
    await office.people.sign_in(ADA, act(ADA, "person.sign_in"))
    ended = [await office.people.sign_out("ada|7", act(ADA, "person.sign_out", 2000)) for _ in range(2)]
    assert ended == [True, False]
    assert not await office.people.sign_out("nobody", act(BOB, "person.sign_out", 2000))
    assert list(await office.people.sessions(2000)) == []
    assert [action for _, action, _ in await office.log()] == ["person.sign_out", "person.sign_in"]
