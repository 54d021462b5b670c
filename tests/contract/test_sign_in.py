"""Contract of the stores of devices, sessions and signing keys: one suite over the in-memory and the real adapters."""

import asyncio
from itertools import count

import pytest

from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.errors import PlayerExists, PlayerNotFound, SigningKeyNotFound, UsernameTaken
from leaderforge.domain.players import Player
from leaderforge.domain.sessions import MAX_SESSIONS, REPEAT_MS, PlayerSession, RefreshToken, device_of
from leaderforge.domain.signing_keys import SigningKey, new_kid
from tests.contract.store_fixtures import Database, Stores

DEVICE, OTHER = (device_of(f"a secret of a device, number {i}: 0123456789") for i in range(2))
END = 10_000_000
players = count(1_000)
ALL = AuditFilter()


def player(user_id: int | None = None, name: str | None = None) -> Player:
    return Player(next(players) if user_id is None else user_id, name, None, 0)


def act(action: str = "player.end_sessions", at: int = 1000) -> AuditEntry:
    return AuditEntry(at, "cli", action)


async def started(stores: Stores, user_id: int, at: int = 0) -> RefreshToken:
    """Start a session of an existing player, and return its first refresh token."""
    token = RefreshToken.of_new_session(user_id)
    assert await stores.sessions.start(PlayerSession(user_id, token.session_id, token.digest, at, END))
    return token


async def refreshed(stores: Stores, token: RefreshToken, now: int) -> RefreshToken | None:
    """Refresh a session, and return its next token, None if it was refused."""
    successor = token.successor()
    return successor if await stores.sessions.refresh(token, successor, now, END) else None


class TestDevices:
    async def test_a_device_has_the_player_that_it_registered(self, stores: Stores) -> None:
        assert await stores.sessions.player_of(DEVICE) is None
        first, second = player(), player()
        assert await stores.sessions.register(DEVICE, first) == first.user_id
        assert await stores.sessions.register(OTHER, second) == second.user_id
        assert [await stores.sessions.player_of(device) for device in (DEVICE, OTHER)] == [
            first.user_id,
            second.user_id,
        ]

    async def test_a_second_registration_creates_nobody(self, stores: Stores) -> None:
        first, second = player(name="Ada"), player(name="Bo")
        assert await stores.sessions.register(DEVICE, first) == first.user_id
        assert await stores.sessions.register(DEVICE, second) == first.user_id
        assert list(await stores.users.get([first.user_id, second.user_id])) == [first.user_id]
        assert await stores.users.by_name(["Bo"]) == {}

    async def test_concurrent_registrations_have_one_player(self, stores: Stores) -> None:
        candidates = [player() for _ in range(50)]
        winners = await asyncio.gather(*(stores.sessions.register(DEVICE, one) for one in candidates))
        [winner] = set(winners)
        assert list(await stores.users.get([one.user_id for one in candidates])) == [winner]

    async def test_an_id_or_a_name_that_is_taken(self, stores: Stores) -> None:
        existing = player(name="Ada")
        await stores.users.create([existing])
        with pytest.raises(PlayerExists):
            await stores.sessions.register(DEVICE, player(existing.user_id))
        with pytest.raises(UsernameTaken):
            await stores.sessions.register(DEVICE, player(name="ADA"))
        assert await stores.sessions.player_of(DEVICE) is None

    async def test_an_erased_player_leaves_no_device_and_no_session(self, stores: Stores) -> None:
        erased, other = player(), player()
        await stores.sessions.register(DEVICE, erased)
        await stores.sessions.register(OTHER, other)
        tokens = [await started(stores, one.user_id) for one in (erased, other)]
        await stores.records.erase(erased.user_id, act("player.erase"))
        assert [await stores.sessions.player_of(device) for device in (DEVICE, OTHER)] == [None, other.user_id]
        assert await refreshed(stores, tokens[0], 1) is None
        assert await refreshed(stores, tokens[1], 1) is not None
        successor = player()
        assert await stores.sessions.register(DEVICE, successor) == successor.user_id


class TestSessions:
    @pytest.fixture
    async def user_id(self, stores: Stores) -> int:
        user = player()
        await stores.users.create([user])
        return user.user_id

    async def test_a_session_needs_a_player(self, stores: Stores) -> None:
        token = RefreshToken.of_new_session(next(players))
        session = PlayerSession(token.user_id, token.session_id, token.digest, 0, END)
        assert not await stores.sessions.start(session)

    async def test_a_token_is_replaced_by_its_successor(self, stores: Stores, user_id: int) -> None:
        token = await started(stores, user_id)
        for now in range(3):
            following = await refreshed(stores, token, now)
            assert following is not None
            token = following

    async def test_a_lost_answer_can_be_asked_for_again(self, stores: Stores, user_id: int) -> None:
        token = await started(stores, user_id)
        lost = await refreshed(stores, token, 1)
        assert lost is not None
        second = await refreshed(stores, token, REPEAT_MS)
        assert second is not None
        # The client received the second answer only. The session continues with the token in this answer.
        assert await refreshed(stores, second, REPEAT_MS) is not None

    async def test_a_repetition_does_not_extend_its_time(self, stores: Stores, user_id: int) -> None:
        token = await started(stores, user_id)
        assert await refreshed(stores, token, 1)
        assert await refreshed(stores, token, REPEAT_MS)
        assert await refreshed(stores, token, REPEAT_MS + 1) is None

    async def test_a_copied_token_ends_the_session(self, stores: Stores, user_id: int) -> None:
        token, other = await started(stores, user_id), await started(stores, user_id)
        successor = await refreshed(stores, token, 1)
        assert successor is not None
        assert await refreshed(stores, token, 1 + REPEAT_MS) is None
        assert await refreshed(stores, successor, 1 + REPEAT_MS) is None
        assert await refreshed(stores, other, 1 + REPEAT_MS) is not None

    @pytest.mark.parametrize("by_thief", [1, 2, 5])
    async def test_a_copied_token_ends_the_session_however_often_the_thief_refreshes_first(
        self, stores: Stores, user_id: int, by_thief: int
    ) -> None:
        token, other = await started(stores, user_id), await started(stores, user_id)
        copy: RefreshToken | None = token
        for _ in range(by_thief):
            assert copy is not None
            copy = await refreshed(stores, copy, 1)
        assert copy is not None
        assert await refreshed(stores, token, 1 + REPEAT_MS) is None
        assert await refreshed(stores, copy, 1 + REPEAT_MS) is None
        assert await refreshed(stores, other, 1 + REPEAT_MS) is not None

    async def test_a_replaced_token_ends_the_session_also_shortly_after_a_refresh(
        self, stores: Stores, user_id: int
    ) -> None:
        """Without this rule, a thief could use a stolen session unnoticed by refreshing once a minute."""
        token = await started(stores, user_id)
        first = await refreshed(stores, token, 1)
        assert first is not None
        second = await refreshed(stores, first, 2)
        assert second is not None
        assert await refreshed(stores, token, 3) is None
        assert await refreshed(stores, second, 3) is None

    async def test_a_token_that_a_repetition_replaced_ends_the_session(self, stores: Stores, user_id: int) -> None:
        """Refresh twice with one token, then use both answers. One of them reached a thief, so the session must end."""
        token = await started(stores, user_id)
        first, second = await refreshed(stores, token, 1), await refreshed(stores, token, 1)
        assert first is not None
        assert second is not None
        assert await refreshed(stores, first, 2) is None
        assert await refreshed(stores, second, 2) is None

    async def test_invented_tokens_are_refused(self, stores: Stores, user_id: int) -> None:
        token = await started(stores, user_id)
        other_session = RefreshToken.of_new_session(user_id)
        for invented in (other_session, RefreshToken(user_id + 1, token.session_id, token.secret)):
            assert await refreshed(stores, invented, 1) is None
            assert not await stores.sessions.end(invented)
        assert await refreshed(stores, token, 1) is not None

    async def test_an_expired_session(self, stores: Stores, user_id: int) -> None:
        token, long = await started(stores, user_id), await started(stores, user_id)
        assert await refreshed(stores, token, END) is None
        assert await stores.sessions.refresh(long, extended := long.successor(), 1, END + 1)
        assert not await stores.sessions.purge(END, 10)
        assert not await stores.sessions.end(token)
        assert await stores.sessions.end(extended)

    async def test_a_purge_is_limited(self, stores: Stores, user_id: int) -> None:
        for _ in range(5):
            await started(stores, user_id)
        other = player()
        await stores.users.create([other])
        token = await started(stores, other.user_id)
        assert await stores.sessions.refresh(token, token.successor(), 1, END + 1)
        assert [await stores.sessions.purge(END, 2) for _ in range(3)] == [True, True, False]
        assert [len((await stores.sessions.record(i)).sessions) for i in (user_id, other.user_id)] == [0, 1]

    @pytest.mark.parametrize("generation", [0, 1, 2])
    async def test_a_session_ends_by_each_of_its_tokens(self, stores: Stores, user_id: int, generation: int) -> None:
        """The owner can end the session even if a thief has replaced the owner's token more than once."""
        tokens = [await started(stores, user_id)]
        for _ in range(2):
            successor = await refreshed(stores, tokens[-1], 1)
            assert successor is not None
            tokens.append(successor)
        assert await stores.sessions.end(tokens[generation])
        assert not await stores.sessions.end(tokens[generation])
        assert await refreshed(stores, tokens[-1], 2) is None

    async def test_the_newest_sessions_remain(self, stores: Stores, user_id: int) -> None:
        tokens = [await started(stores, user_id, at) for at in range(MAX_SESSIONS + 2)]
        alive = [await refreshed(stores, token, END - 1) is not None for token in tokens]
        assert alive == [False, False, *[True] * MAX_SESSIONS]

    async def test_all_sessions_of_a_player_end_together(self, stores: Stores, user_id: int) -> None:
        other = player()
        await stores.users.create([other])
        tokens = [await started(stores, user_id) for _ in range(2)]
        remaining = await started(stores, other.user_id)
        assert await stores.sessions.end_all(user_id, act()) == 2
        assert await stores.sessions.end_all(user_id, act()) == 0
        assert [await refreshed(stores, token, 1) for token in tokens] == [None, None]
        assert await refreshed(stores, remaining, 1) is not None
        entries = await stores.audit.entries(ALL, 10)
        assert [audited.entry.action for audited in entries] == ["player.end_sessions"] * 2
        with pytest.raises(PlayerNotFound):
            await stores.sessions.end_all(next(players), act())

    async def test_an_export_has_devices_and_sessions(self, stores: Stores) -> None:
        user, other = player(), player()
        await stores.sessions.register(DEVICE, user)
        await stores.sessions.register(OTHER, other)
        second, first = await started(stores, user.user_id, 20), await started(stores, user.user_id, 10)
        assert await stores.sessions.refresh(first, first.successor(), 30, END + 1)
        record = await stores.sessions.record(user.user_id)
        assert (record.devices, list(record.sessions)) == (1, [(10, 30, END + 1), (20, 20, END)])
        assert await stores.sessions.end(second)
        assert len((await stores.sessions.record(user.user_id)).sessions) == 1
        assert (await stores.sessions.record(next(players))).devices == 0

    async def test_hiding_a_player_ends_its_sessions(self, stores: Stores, user_id: int) -> None:
        token = await started(stores, user_id)
        await stores.moderation.set_player_hidden(user_id, True, act("player.hide"))
        assert await refreshed(stores, token, 1) is None
        # A hidden player can sign in again. A refusal would reveal that the player is hidden.
        token = await started(stores, user_id)
        await stores.moderation.set_player_hidden(user_id, False, act("player.unhide"))
        assert await refreshed(stores, token, 1) is not None

    async def test_no_session_outlives_an_erasure_that_runs_beside_it(self, stores: Stores) -> None:
        for _ in range(10):
            user = player()
            await stores.users.create([user])
            token = RefreshToken.of_new_session(user.user_id)
            session = PlayerSession(user.user_id, token.session_id, token.digest, 0, END)
            await asyncio.gather(
                stores.sessions.start(session), stores.records.erase(user.user_id, act("player.erase"))
            )
            assert await refreshed(stores, token, 1) is None


class TestSigningKeys:
    async def test_keys_are_listed_as_created(self, stores: Stores) -> None:
        keys = [SigningKey(new_kid(), at, "cli") for at in (2, 1, 3)]
        for key in keys:
            await stores.signing_keys.create(key, act("signing_key.create", key.created_at))
        assert list(await stores.signing_keys.keys()) == [keys[1], keys[0], keys[2]]

    async def test_a_retirement_can_only_be_shortened(self, stores: Stores) -> None:
        key = SigningKey(new_kid(), 1, "cli")
        await stores.signing_keys.create(key, act("signing_key.create", 1))
        ends = []
        for at, until in ((10, 100), (20, 200), (30, 50)):
            retired = await stores.signing_keys.retire(key.kid, until, act("signing_key.retire", at))
            ends.append((retired.retired_at, retired.accepted_until))
            assert list(await stores.signing_keys.keys()) == [retired]
        assert ends == [(10, 100), (10, 100), (10, 50)]
        entries = await stores.audit.entries(ALL, 10)
        assert [one.entry.action for one in entries] == ["signing_key.retire"] * 3 + ["signing_key.create"]

    async def test_an_unknown_key(self, stores: Stores) -> None:
        with pytest.raises(SigningKeyNotFound):
            await stores.signing_keys.retire(new_kid(), 1, act("signing_key.retire"))
        assert await stores.audit.entries(ALL, 10) == []


async def test_the_store_has_no_secret(on_postgres: Database) -> None:
    user = player()
    await on_postgres.sessions.register(DEVICE, user)
    token = await started(on_postgres, user.user_id)
    await on_postgres.signing_keys.create(SigningKey(new_kid(), 1, "cli"), act("signing_key.create"))
    rows = [
        str(dict(row))
        for table in ("device_claims", "sessions", "signing_keys")
        for row in await on_postgres.run(f"select * from {table}")  # noqa: S608 - the names of the tables are constants
    ]
    assert len(rows) == 3
    assert not [row for row in rows if token.secret in row]
