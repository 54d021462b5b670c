"""Contract of player stores: one suite over the in-memory and the real adapters."""

import asyncio
import unicodedata
from collections.abc import Sequence
from contextlib import suppress
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.errors import EmailTaken, LeaderForgeError, PlayerExists, PlayerNotFound, Refused, UsernameTaken
from leaderforge.domain.json_values import is_same_json
from leaderforge.domain.names import name_key, prefix_key
from leaderforge.domain.players import Player, ProfileChange, email_key
from tests.contract.store_fixtures import Database, Stores

_fresh_ids = count(10**6)


def user(user_id: int, name: str, email: str | None = None) -> Player:
    return Player(user_id, name, email, 1_700_000_000_000 + user_id)


def kinds(outcomes: Sequence[Player | LeaderForgeError]) -> list[type]:
    return [type(outcome) for outcome in outcomes]


class TestCreate:
    async def test_nobody(self, stores: Stores) -> None:
        assert list(await stores.users.create([])) == []

    async def test_a_player_is_found_as_created(self, stores: Stores) -> None:
        ann = user(-5, "Ånn 'O\"", "Ann@Example.org")
        assert list(await stores.users.create([ann])) == [ann]
        assert await stores.users.get([-5, 6]) == {-5: ann}
        assert await stores.users.get([]) == {}

    async def test_ids_names_and_emails_have_one_owner(self, stores: Stores) -> None:
        await stores.users.create([user(1, "Ann", "ann@example.org"), user(2, "Bob")])
        outcomes = await stores.users.create(
            [
                user(1, "Cid"),
                user(3, "ANN"),
                user(4, "Dan", "ANN@example.ORG"),
                user(5, "Eve", "eve@example.org"),
                user(2, "bob"),
            ]
        )
        assert kinds(outcomes) == [PlayerExists, UsernameTaken, EmailTaken, Player, PlayerExists]
        assert set(await stores.users.get(range(10))) == {1, 2, 5}
        # The names and emails of refused players are still free.
        again = [user(6, "Cid"), user(7, "Dan", "dan@example.org")]
        assert list(await stores.users.create(again)) == again

    async def test_names_are_the_same_without_regard_to_case_and_compatibility(self, stores: Stores) -> None:
        names = ["Straße", "Ünal", "ﬁsh", "Ｗｉｄｅ", "ΌΣΟΣ"]  # noqa: RUF001 - unusual spellings on purpose
        same = ["STRASSE", "u\u0308NAL", "FISH", "wide", "όσος"]
        await stores.users.create([user(i, name) for i, name in enumerate(names)])
        outcomes = await stores.users.create([user(100 + i, name) for i, name in enumerate(same)])
        assert kinds(outcomes) == [UsernameTaken] * len(same)
        found = await stores.users.by_name([*same, "nobody"])
        assert {name: found[name].user_id for name in found} == {name: i for i, name in enumerate(same)}
        assert await stores.users.ids_by_name([*same, "nobody"]) == {name: i for i, name in enumerate(same)}

    async def test_within_one_call_the_first_wins(self, stores: Stores) -> None:
        await stores.users.create([user(1, "taken", "taken@example.org")])
        outcomes = await stores.users.create(
            [
                user(1, "Ann", "a@example.org"),  # refused because of its id, and therefore without claims
                user(2, "ann", "A@example.org"),
                user(3, "Ann"),
                user(2, "Bob"),
                user(4, "Cid", "a@EXAMPLE.org"),
                user(5, "TAKEN"),
                user(5, "Dan", "Taken@example.org"),
                user(5, "Dan"),
            ]
        )
        assert kinds(outcomes) == [
            PlayerExists,
            Player,
            UsernameTaken,
            PlayerExists,
            EmailTaken,
            UsernameTaken,
            EmailTaken,
            Player,
        ]
        assert set(await stores.users.get(range(10))) == {1, 2, 5}

    async def test_many_of_whom_some_are_refused(self, stores: Stores) -> None:
        assert set(kinds(await stores.users.create([user(i, f"name {i}") for i in range(0, 2000, 3)]))) == {Player}
        outcomes = await stores.users.create([user(5000 + i, f"NAME {i}") for i in range(2000)])
        assert kinds(outcomes) == [UsernameTaken if i % 3 == 0 else Player for i in range(2000)]

    async def test_racing_creators_of_a_name_end_with_one_winner(self, stores: Stores) -> None:
        names = [f"name {i}" for i in range(20)]

        async def create(backwards: bool) -> Sequence[Player | LeaderForgeError]:
            users = [user(next(_fresh_ids), name, f"{name}@example.org") for name in names]
            outcomes = await stores.users.create(users[::-1] if backwards else users)
            return outcomes[::-1] if backwards else outcomes

        results = await asyncio.gather(*(create(i % 2 == 1) for i in range(8)))
        found = await stores.users.by_name(names)
        for i, name in enumerate(names):
            winners = [result[i] for result in results if isinstance(result[i], Player)]
            assert winners == [found[name]]
            losers = {type(result[i]) for result in results} - {Player}
            assert losers <= {UsernameTaken, EmailTaken}

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(
        calls=st.lists(
            st.lists(
                st.tuples(st.integers(0, 4), st.sampled_from("abC"), st.none() | st.sampled_from("xY")), max_size=6
            ),
            max_size=5,
        )
    )
    async def test_any_sequence_of_calls_is_decided_one_by_one(
        self, stores: Stores, calls: list[list[tuple[int, str, str | None]]]
    ) -> None:
        suffix = f"-{next(_fresh_ids)}"
        base = next(_fresh_ids) * 100
        owned: set[object] = set()
        for call in calls:
            users = [user(base + i, name + suffix, email and email + suffix) for i, name, email in call]
            outcomes = await stores.users.create(users)
            for new, outcome in zip(users, outcomes, strict=True):
                email = new.email and email_key(new.email)
                wanted = {PlayerExists: new.user_id, UsernameTaken: (name_key(new.username),), EmailTaken: email}
                # If there are several reasons for a refusal, the store may report any of them.
                reasons = {kind for kind, what in wanted.items() if what in owned} or {Player}
                assert type(outcome) in reasons
                if isinstance(outcome, Player):
                    owned |= set(wanted.values()) - {None}

    async def test_a_name_that_cannot_be_stored_does_not_keep_others_from_it(self, database: Database) -> None:
        outcomes = await database.users.create([user(1, "Ann"), user(2, "a\0b"), user(3, "\ud800"), user(4, "Bob")])
        assert kinds(outcomes) == [Player, Refused, Refused, Player]

    async def test_claims_are_those_of_the_players(self, database: Database) -> None:
        """After races and refusals, every claim has an existing owner."""
        names = [f"name {i}" for i in range(10)]

        async def create(first_id: int) -> None:
            await database.users.create([user(first_id + i, name, f"{name}@x.org") for i, name in enumerate(names)])

        await asyncio.gather(*(create(first_id) for first_id in (0, 5, 10, 100)))
        players = await database.run("select user_id, username, email from users")
        held = await database.run("select user_id, username_key from username_claims")
        mailed = await database.run("select user_id, email_key from email_claims")
        assert {tuple(row) for row in held} == {(row["user_id"], name_key(row["username"])) for row in players}
        assert {tuple(row) for row in mailed} == {(row["user_id"], email_key(row["email"])) for row in players}


async def test_players_follow_one_another_by_id(stores: Stores) -> None:
    assert list(await stores.users.following(None, 5)) == []
    ids = [-(2**53) + 1, -4, 0, 7, 2**53 - 1]
    await stores.users.create([user(i, f"player {i}") for i in reversed(ids)])
    assert list(await stores.users.following(None, 2)) == ids[:2]
    assert list(await stores.users.following(-4, 9)) == ids[2:]
    assert list(await stores.users.following(ids[-1], 9)) == []


class TestFind:
    async def test_by_beginning_of_the_name(self, stores: Stores) -> None:
        names = ["Anna", "ann", "Annette", "an%", "an_x", "anx", "bob", "ÅNGSTRÖM", "an\\", "zoe\U0010ffff"]
        await stores.users.create([user(i, name) for i, name in enumerate(names)])

        async def found(prefix: str, limit: int = 100) -> list[str]:
            return [player.username for player in await stores.users.with_prefix(prefix, limit)]

        assert await found("ANN") == ["ann", "Anna", "Annette"]
        assert await found("ann", 2) == ["ann", "Anna"]
        assert await found("an%") == ["an%"]
        assert await found("an_") == ["an_x"]
        assert await found("an\\") == ["an\\"]
        assert await found("A\u030angström") == ["ÅNGSTRÖM"]
        assert await found("zoe\U0010ffff") == ["zoe\U0010ffff"]
        assert await found("x") == []
        assert await found("") == sorted(names, key=name_key)

    @settings(
        max_examples=25,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )
    @given(
        names=st.lists(st.text("aAzß\ud7ff\ue000\U0010fffe%_\\'", min_size=1, max_size=4), max_size=8),
        prefix=st.text("aAzß\ud7ff\ue000\U0010fffe%_\\'", min_size=1, max_size=2),
    )
    async def test_prefixes_of_all_characters(self, stores: Stores, names: list[str], prefix: str) -> None:
        outcomes = await stores.users.create([user(next(_fresh_ids), name) for name in names])
        assert set(kinds(outcomes)) <= {Player, UsernameTaken}
        found = [player.username for player in await stores.users.with_prefix(prefix, 1000)]
        keys = [name_key(name) for name in found]
        assert keys == sorted(keys)
        assert {name_key(name) for name in names if name_key(name).startswith(prefix_key(prefix))} <= set(keys)
        assert all(key.startswith(prefix_key(prefix)) for key in keys)

    async def test_many_names_at_once(self, stores: Stores) -> None:
        await stores.users.create([user(i, f"näme {i}") for i in range(500)])
        found = await stores.users.by_name([f"NÄME {i}" for i in range(600)])
        assert {name: player.user_id for name, player in found.items()} == {f"NÄME {i}": i for i in range(500)}
        assert await stores.users.by_name([]) == {}
        assert unicodedata.is_normalized("NFC", found["NÄME 1"].username)


def act(user_id: int) -> AuditEntry:
    return AuditEntry(1000, "key:game", "player.change", user_id=user_id)


class TestChange:
    async def test_a_name_changes_hands(self, stores: Stores) -> None:
        await stores.users.create([user(1, "Ann", "ann@example.org"), user(2, "Bob")])
        ada = user(1, "Ada", "ann@example.org")
        assert (await stores.users.change(1, {"username": "Ada"}, act(1))).player == ada
        assert await stores.users.get([1]) == {1: ada}
        assert await stores.users.by_name(["ann", "ADA"]) == {"ADA": ada}
        assert await stores.users.with_prefix("a", 9) == [ada]
        assert (await stores.users.change(2, {"username": "ANN"}, act(2))).player.username == "ANN"

    async def test_only_the_case_of_a_name(self, stores: Stores) -> None:
        await stores.users.create([user(1, "ann")])
        assert (await stores.users.change(1, {"username": "Ann"}, act(1))).player.username == "Ann"
        assert kinds(await stores.users.create([user(2, "ANN")])) == [UsernameTaken]

    async def test_emails_come_and_go(self, stores: Stores) -> None:
        await stores.users.create([user(1, "Ann", "ann@example.org"), user(2, "Bob")])
        with pytest.raises(EmailTaken):
            await stores.users.change(2, {"email": "ANN@example.org"}, act(2))
        assert (await stores.users.change(1, {"email": None}, act(1))).player.email is None
        assert (await stores.users.change(2, {"email": "ANN@example.org"}, act(2))).player.email == "ANN@example.org"
        assert (await stores.users.change(2, {}, act(2))).player.email == "ANN@example.org"

    async def test_what_is_refused_changes_nothing(self, stores: Stores) -> None:
        await stores.users.create([user(1, "Ann", "a@example.org"), user(2, "Bob", "b@example.org")])
        with pytest.raises(UsernameTaken):
            await stores.users.change(1, {"username": "bob", "email": "c@example.org"}, act(1))
        with pytest.raises(EmailTaken):
            await stores.users.change(1, {"username": "Cid", "email": "B@example.org"}, act(1))
        with pytest.raises(PlayerNotFound):
            await stores.users.change(9, {"username": "Dan"}, act(9))
        assert await stores.users.get([1]) == {1: user(1, "Ann", "a@example.org")}
        assert kinds(await stores.users.create([user(3, "Cid", "c@example.org"), user(4, "Dan")])) == [Player, Player]
        assert list(await stores.audit.entries(AuditFilter(), 9)) == []

    async def test_attributes_are_kept_as_json(self, stores: Stores) -> None:
        new = Player(1, "Ann", None, 0, attributes='{"guild":"owls","crests":[1,2.50]}')
        await stores.users.create([new, Player(2, "Bob", None, 0)])

        async def stored(user_id: int) -> str | None:
            return (await stores.users.get([user_id]))[user_id].attributes

        assert is_same_json(await stored(1), new.attributes)
        assert await stored(2) is None
        await stores.users.change(1, {"username": "Ada"}, act(1))
        assert is_same_json(await stored(1), new.attributes)
        for attributes in ('{"guild":"cats"}', None):
            changed = await stores.users.change(1, {"attributes": attributes}, act(1))
            assert (changed.player.username, changed.player.attributes) == ("Ada", attributes)
            assert is_same_json(await stored(1), attributes)

    async def test_it_is_audited_and_touches_the_player(self, stores: Stores) -> None:
        await stores.users.create([user(1, "Ann")])
        stores.clock.ms = 5000
        await stores.users.change(1, {"username": "Ada"}, act(1))
        assert [one.entry for one in await stores.audit.entries(AuditFilter(user_id=1), 9)] == [act(1)]
        assert set(await stores.scores.touched_between(5000, 5001)) == {1}

    async def test_racing_for_names_ends_with_one_owner_each(self, stores: Stores) -> None:
        names = [f"name {i}" for i in range(6)]
        await stores.users.create([user(i, name) for i, name in enumerate(names)])

        async def rename(user_id: int, name: str) -> None:
            with suppress(UsernameTaken):
                await stores.users.change(user_id, {"username": name}, act(user_id))

        spare = [f"spare {i}" for i in range(3)]
        for turn in range(6):
            await asyncio.gather(
                *(rename(i, (names + spare)[(i + turn * k) % 9]) for i in range(6) for k in (1, 2)),
                stores.users.create([user(100 + turn, spare[turn % 3])]),
            )
        players = await stores.users.get([*range(6), *range(100, 106)])
        owners = await stores.users.by_name(names + spare)
        assert {player.user_id for player in owners.values()} == players.keys()
        assert len({name_key(player.username) for player in players.values()}) == len(players)

    async def test_claims_are_those_of_the_players_after_all_that(self, database: Database) -> None:
        await database.users.create([user(i, f"name {i}", f"{i}@example.org") for i in range(4)])

        async def change(user_id: int, to: int) -> None:
            with suppress(UsernameTaken, EmailTaken):
                changes: ProfileChange = {"username": f"name {to}", "email": f"{to}@example.org" if to % 2 else None}
                await database.users.change(user_id, changes, act(user_id))

        await asyncio.gather(*(change(i, to) for i in range(4) for to in (i + 1, 5, 3)))
        players = await database.run("select user_id, username, email from users")
        held = await database.run("select user_id, username_key from username_claims")
        mailed = await database.run("select user_id, email_key from email_claims")
        assert {tuple(row) for row in held} == {(row["user_id"], name_key(row["username"])) for row in players}
        assert {tuple(row) for row in mailed} == {(r["user_id"], r["email"]) for r in players if r["email"]}

    async def test_a_name_that_cannot_be_stored_is_refused(self, database: Database) -> None:
        await database.users.create([user(1, "Ann")])
        with pytest.raises(Refused):
            await database.users.change(1, {"username": "a\0b"}, act(1))
