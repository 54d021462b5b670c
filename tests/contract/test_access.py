"""Contract of key stores and audit logs: one suite over the in-memory and the real adapters."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.adapters.memory.audit import MemoryAuditLog
from leaderforge.adapters.memory.key_store import MemoryKeyStore
from leaderforge.adapters.postgres.audit import PostgresAuditLog
from leaderforge.adapters.postgres.key_store import PostgresKeyStore
from leaderforge.domain.api_keys import ApiKey, ReplacedDigest, digest_of
from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.errors import KeyNameTaken, KeyNotFound, KeyRevoked, Refused
from leaderforge.domain.permissions import KeyScope, Role
from leaderforge.ports.access import AuditLog, KeyStore
from tests.contract.store_fixtures import Database, numbers

FIRST, SECOND, THIRD = map(digest_of, ("first", "second", "third"))
ALL = AuditFilter()


@dataclass(frozen=True)
class Access:
    """Key store and its audit log."""

    keys: KeyStore
    audit: AuditLog

    async def acts(self, wanted: AuditFilter = ALL) -> list[AuditEntry]:
        return [one.entry for one in await self.audit.entries(wanted, 100)]


@pytest.fixture(params=["memory", "postgres", "citus"])
def access(request: pytest.FixtureRequest) -> Access:
    """Empty stores of API keys and audit entries: in memory, on PostgreSQL, on Citus."""
    if request.param == "memory":
        log = MemoryAuditLog()
        return Access(MemoryKeyStore(log), log)
    database: Database = request.getfixturevalue(f"on_{request.param}")
    return Access(PostgresKeyStore(database.pool), PostgresAuditLog(database.pool))


def key(name: str = "game", digest: bytes = FIRST, *scopes: KeyScope) -> ApiKey:
    return ApiKey(name, frozenset(scopes or {KeyScope.SUBMIT}), digest, 1000, "cli")


def act(action: str = "key.create", at: int = 1000, **more: object) -> AuditEntry:
    return AuditEntry(at, "cli", action, **more)  # type: ignore[arg-type]


class TestKeys:
    async def test_a_key_is_found_as_created(self, access: Access) -> None:
        game, ops = key("game"), key("ops", SECOND, KeyScope.ADMIN, KeyScope.READ)
        await access.keys.create(ops, act())
        await access.keys.create(game, act())
        assert list(await access.keys.keys()) == [game, ops]
        assert list(await access.keys.valid(0)) == [game, ops]

    async def test_a_person_keeps_role_and_name_which_the_audit_log_shows(self, access: Access) -> None:
        ada = replace(key("ada"), role=Role.MODERATOR, person="Ada Lovelace")
        await access.keys.create(ada, act())
        await access.keys.create(key("game", SECOND), act())
        assert list(await access.keys.valid(0)) == [ada, key("game", SECOND)]
        rotated = await access.keys.rotate("ada", THIRD, 0, AuditEntry(2000, "key:ada", "key.rotate"))
        revoked = await access.keys.revoke("ada", AuditEntry(3000, "key:game", "key.revoke"))
        assert (rotated.role, revoked.person) == (Role.MODERATOR, "Ada Lovelace")
        logged = [(one.entry.actor, one.person) for one in await access.audit.entries(ALL, 10)]
        assert logged == [("key:game", None), ("key:ada", "Ada Lovelace"), ("cli", None), ("cli", None)]

    async def test_a_name_has_one_key_for_ever(self, access: Access) -> None:
        await access.keys.create(key(), act())
        await access.keys.revoke("game", act("key.revoke", 2000))
        with pytest.raises(KeyNameTaken):
            await access.keys.create(key("game", SECOND), act(at=3000))
        assert [one.action for one in await access.acts()] == ["key.revoke", "key.create"]

    async def test_the_replaced_digest_stays_until_its_time(self, access: Access) -> None:
        await access.keys.create(key(), act())
        rotated = await access.keys.rotate("game", SECOND, 5000, act("key.rotate", 2000))
        assert (rotated.digest, rotated.rotated_at, rotated.replaced) == (SECOND, 2000, ReplacedDigest(FIRST, 5000))
        assert [one.replaced for one in await access.keys.valid(4999)] == [ReplacedDigest(FIRST, 5000)]
        assert [one.replaced for one in await access.keys.valid(5000)] == [None]

    async def test_of_two_rotations_the_earlier_digest_ends(self, access: Access) -> None:
        await access.keys.create(key(), act())
        await access.keys.rotate("game", SECOND, 9000, act("key.rotate", 2000))
        rotated = await access.keys.rotate("game", THIRD, 9000, act("key.rotate", 3000))
        assert (rotated.digest, rotated.replaced) == (THIRD, ReplacedDigest(SECOND, 9000))

    async def test_a_changed_role_keeps_the_key_and_is_logged_once(self, access: Access) -> None:
        await access.keys.create(replace(key("ada"), role=Role.MODERATOR, person="Ada Lovelace"), act())
        change = act("person.change_role", 2000, details={"actor": "key:ada", "role": "owner"})
        changed = await access.keys.change_role("ada", Role.OWNER, change)
        assert (changed.role, changed.scopes, changed.digest) == (Role.OWNER, {KeyScope.ADMIN}, FIRST)
        assert list(await access.keys.valid(0)) == [changed]
        assert await access.keys.change_role("ada", Role.OWNER, change) == changed
        assert [one.details for one in await access.acts()] == [{**change.details, "was": "moderator"}, {}]

    async def test_only_valid_keys_of_people_change_their_role(self, access: Access) -> None:
        await access.keys.create(replace(key("ada"), role=Role.VIEWER, person="Ada Lovelace"), act())
        await access.keys.revoke("ada", act("key.revoke", 2000))
        await access.keys.create(key("game", SECOND), act())
        for name, error in (("ada", KeyRevoked), ("game", Refused), ("nobody", KeyNotFound)):
            with pytest.raises(error):
                await access.keys.change_role(name, Role.OWNER, act("person.change_role", 3000))
        assert len(await access.acts()) == 3

    async def test_a_revoked_key_is_valid_no_more_and_stays_listed(self, access: Access) -> None:
        await access.keys.create(key(), act())
        await access.keys.rotate("game", SECOND, 9000, act("key.rotate", 2000))
        revoked = await access.keys.revoke("game", act("key.revoke", 3000))
        assert (revoked.revoked_at, revoked.replaced) == (3000, None)
        assert list(await access.keys.valid(3000)) == []
        assert list(await access.keys.keys()) == [revoked]

    async def test_revoking_again_changes_nothing(self, access: Access) -> None:
        await access.keys.create(key(), act())
        revoked = await access.keys.revoke("game", act("key.revoke", 3000))
        assert await access.keys.revoke("game", act("key.revoke", 4000)) == revoked
        assert len(await access.acts()) == 2

    async def test_a_revoked_key_is_not_rotated(self, access: Access) -> None:
        await access.keys.create(key(), act())
        await access.keys.revoke("game", act("key.revoke", 3000))
        with pytest.raises(KeyRevoked):
            await access.keys.rotate("game", SECOND, 0, act("key.rotate", 4000))
        assert len(await access.acts()) == 2

    async def test_what_does_not_exist(self, access: Access) -> None:
        with pytest.raises(KeyNotFound):
            await access.keys.rotate("nobody", SECOND, 0, act())
        with pytest.raises(KeyNotFound):
            await access.keys.revoke("nobody", act())
        assert await access.acts() == []


entries = st.builds(
    AuditEntry,
    at=st.integers(0, 3),
    actor=st.sampled_from(["cli", "key:ops"]),
    action=st.sampled_from(["entry.hide", "key.create"]),
    board=st.none() | st.sampled_from(["a", "b"]),
    user_id=st.none() | st.integers(-1, 1),
    reason=st.none() | st.sampled_from(["cheats", 'says "no"']),
    details=st.dictionaries(st.sampled_from(["score", "was"]), st.integers() | st.lists(st.booleans(), max_size=2)),
)
filters = st.builds(
    AuditFilter,
    board=st.none() | st.sampled_from(["a", "b"]),
    user_id=st.none() | st.integers(-1, 1),
    action=st.none() | st.sampled_from(["entry.hide", "key.create"]),
    actor=st.none() | st.sampled_from(["cli", "key:ops"]),
)


class TestAuditLog:
    async def test_the_latest_act_of_each_actor(self, access: Access) -> None:
        for at, actor in ((5, "key:ada"), (9, "key:bob"), (7, "key:ada"), (8, "cli")):
            await access.audit.record(AuditEntry(at, actor, "entry.hide"))
        assert await access.audit.latest(["key:ada", "key:bob", "key:nobody"]) == {"key:ada": 7, "key:bob": 9}

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(written=st.lists(entries, max_size=8), wanted=filters, page=st.integers(1, 4))
    async def test_pages_hold_all_that_is_asked_for_newest_first(
        self, access: Access, written: list[AuditEntry], wanted: AuditFilter, page: int
    ) -> None:
        base = next(numbers) * 1000  # later than the entries of all earlier Hypothesis examples
        for entry in written:
            await access.audit.record(replace(entry, at=base + entry.at))
        found: list[AuditEntry] = []
        before = None
        while part := await access.audit.entries(wanted, page, before):
            assert len(part) <= page
            found += [replace(one.entry, at=one.entry.at - base) for one in part if one.entry.at >= base]
            before = part[-1].place
            if before[0] < base:
                break
        assert [one.at for one in found] == sorted((one.at for one in found), reverse=True)
        assert sorted(map(told, found)) == sorted(map(told, filter(wanted.admits, written)))


def told(entry: AuditEntry) -> str:
    """Return an audit entry as text, by which tests sort entries."""
    return repr(replace(entry, details=sorted(entry.details.items())))  # type: ignore[arg-type]
