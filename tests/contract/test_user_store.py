"""What every user store promises: one suite over the twin and the real ones."""

import asyncio
import unicodedata
from collections.abc import Sequence
from itertools import count

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.domain.errors import EmailTaken, LeaderForgeError, Refused, UserExists, UsernameTaken
from leaderforge.domain.players import name_key
from leaderforge.ports import User
from tests.contract.store_fixtures import Database, Stores

_fresh_ids = count(10**6)


def user(user_id: int, name: str, email: str | None = None) -> User:
    return User(user_id, name, email, 1_700_000_000_000 + user_id)


def kinds(outcomes: Sequence[User | LeaderForgeError]) -> list[type]:
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
        assert kinds(outcomes) == [UserExists, UsernameTaken, EmailTaken, User, UserExists]
        assert set(await stores.users.get(range(10))) == {1, 2, 5}
        # Refused players leave nothing behind: their names and emails are still free.
        again = [user(6, "Cid"), user(7, "Dan", "dan@example.org")]
        assert list(await stores.users.create(again)) == again

    async def test_names_are_the_same_without_regard_to_case_and_compatibility(self, stores: Stores) -> None:
        names = ["Straße", "Ünal", "ﬁsh", "Ｗｉｄｅ", "ΌΣΟΣ"]  # noqa: RUF001 - what look-alikes are refused for
        same = ["STRASSE", "u\u0308NAL", "FISH", "wide", "όσος"]
        await stores.users.create([user(i, name) for i, name in enumerate(names)])
        outcomes = await stores.users.create([user(100 + i, name) for i, name in enumerate(same)])
        assert kinds(outcomes) == [UsernameTaken] * len(same)
        found = await stores.users.by_name([*same, "nobody"])
        assert {name: found[name].user_id for name in found} == {name: i for i, name in enumerate(same)}

    async def test_within_one_call_the_first_wins(self, stores: Stores) -> None:
        await stores.users.create([user(1, "taken", "taken@example.org")])
        outcomes = await stores.users.create(
            [
                user(1, "Ann", "a@example.org"),  # loses its id, so that its name and email stay free
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
            UserExists,
            User,
            UsernameTaken,
            UserExists,
            EmailTaken,
            UsernameTaken,
            EmailTaken,
            User,
        ]
        assert set(await stores.users.get(range(10))) == {1, 2, 5}

    async def test_many_of_whom_some_are_refused(self, stores: Stores) -> None:
        assert set(kinds(await stores.users.create([user(i, f"name {i}") for i in range(0, 2000, 3)]))) == {User}
        outcomes = await stores.users.create([user(5000 + i, f"NAME {i}") for i in range(2000)])
        assert kinds(outcomes) == [UsernameTaken if i % 3 == 0 else User for i in range(2000)]

    async def test_racing_creators_of_a_name_end_with_one_winner(self, stores: Stores) -> None:
        names = [f"name {i}" for i in range(20)]

        async def create(backwards: bool) -> Sequence[User | LeaderForgeError]:
            users = [user(next(_fresh_ids), name, f"{name}@example.org") for name in names]
            outcomes = await stores.users.create(users[::-1] if backwards else users)
            return outcomes[::-1] if backwards else outcomes

        results = await asyncio.gather(*(create(i % 2 == 1) for i in range(8)))
        found = await stores.users.by_name(names)
        for i, name in enumerate(names):
            winners = [result[i] for result in results if isinstance(result[i], User)]
            assert winners == [found[name]]
            losers = {type(result[i]) for result in results} - {User}
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
                email = new.email and name_key(new.email)
                wanted = {UserExists: new.user_id, UsernameTaken: (name_key(new.username),), EmailTaken: email}
                # Of several reasons any may be given.
                reasons = {kind for kind, what in wanted.items() if what in owned} or {User}
                assert type(outcome) in reasons
                if isinstance(outcome, User):
                    owned |= set(wanted.values()) - {None}

    async def test_a_name_that_cannot_be_stored_does_not_keep_others_from_it(self, database: Database) -> None:
        outcomes = await database.users.create([user(1, "Ann"), user(2, "a\0b"), user(3, "\ud800"), user(4, "Bob")])
        assert kinds(outcomes) == [User, Refused, Refused, User]

    async def test_claims_are_those_of_the_players(self, database: Database) -> None:
        """After races, refusals and all, nobody holds a name who does not exist."""
        names = [f"name {i}" for i in range(10)]

        async def create(first_id: int) -> None:
            await database.users.create([user(first_id + i, name, f"{name}@x.org") for i, name in enumerate(names)])

        await asyncio.gather(*(create(first_id) for first_id in (0, 5, 10, 100)))
        players = await database.run("select user_id, username, email from users")
        held = await database.run("select user_id, username_key from username_claims")
        mailed = await database.run("select user_id, email_key from email_claims")
        assert {tuple(row) for row in held} == {(row["user_id"], name_key(row["username"])) for row in players}
        assert {tuple(row) for row in mailed} == {(row["user_id"], name_key(row["email"])) for row in players}


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
        assert set(kinds(outcomes)) <= {User, UsernameTaken}
        found = [player.username for player in await stores.users.with_prefix(prefix, 1000)]
        keys = [name_key(name) for name in found]
        assert keys == sorted(keys)
        assert {name_key(name) for name in names if name_key(name).startswith(name_key(prefix))} <= set(keys)
        assert all(key.startswith(name_key(prefix)) for key in keys)

    async def test_many_names_at_once(self, stores: Stores) -> None:
        await stores.users.create([user(i, f"näme {i}") for i in range(500)])
        found = await stores.users.by_name([f"NÄME {i}" for i in range(600)])
        assert {name: player.user_id for name, player in found.items()} == {f"NÄME {i}": i for i in range(500)}
        assert await stores.users.by_name([]) == {}
        assert unicodedata.is_normalized("NFC", found["NÄME 1"].username)
