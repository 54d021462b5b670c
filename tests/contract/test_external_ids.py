"""External ids: claims, releases and released ids, on every player store."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import ExternalIdTaken, LeaderForgeError, PlayerExists, PlayerNotFound, Refused
from leaderforge.domain.players import Player, digest_of_id, external_id, label_of, label_parts
from leaderforge.domain.timing import RELEASE_MS
from tests.contract.store_fixtures import Database, Stores

UUID_TEXT = "3f1d2c4b-5a69-4788-9c0d-1e2f3a4b5c6d"
START = 1_700_000_000_000


def user(user_id: int, external: str | None, name: str | None = None) -> Player:
    return Player(user_id, name, None, START, external)


def act(user_id: int) -> AuditEntry:
    return AuditEntry(START, "tests", "player.change", None, user_id)


def kinds(outcomes: Sequence[Player | LeaderForgeError]) -> list[type]:
    return [type(outcome) for outcome in outcomes]


async def erase(stores: Stores, user_id: int, creatable_at: int | None = None) -> None:
    await stores.records.erase(user_id, AuditEntry(START, "tests", "player.erase"), creatable_at)


class TestClaims:
    async def test_players_have_ids_of_other_systems(self, stores: Stores) -> None:
        texts = ["76561190012345678", "412345678901234567", UUID_TEXT, "player|eu|00042", "a,b'\"\\ ☃ 😀/%"]
        players = [user(i, text) for i, text in enumerate(texts)]
        assert list(await stores.users.create(players)) == players
        assert await stores.users.get(range(5)) == dict(enumerate(players))
        ids = {text: i for i, text in enumerate(texts)}
        assert await stores.users.by_external_id([*texts, "nobody"]) == ids
        assert await stores.users.by_external_id([]) == {}

    async def test_code_points_decide(self, stores: Stores) -> None:
        texts = ["Ada", "ada", "ada ", " ada", "e\u0301", "\u00e9", "ss", "ß"]
        assert set(kinds(await stores.users.create([user(i, text) for i, text in enumerate(texts)]))) == {Player}
        assert kinds(await stores.users.create([user(100, "Ada")])) == [ExternalIdTaken]

    async def test_the_first_of_a_call_wins(self, stores: Stores) -> None:
        await stores.users.create([user(1, "a")])
        outcomes = await stores.users.create(
            [user(2, "a", "Ann"), user(3, "b", "Ann"), user(4, "b"), user(3, "c"), user(5, None), user(6, None)]
        )
        assert kinds(outcomes) == [ExternalIdTaken, Player, ExternalIdTaken, PlayerExists, Player, Player]
        assert await stores.users.by_external_id(["a", "b", "c"]) == {"a": 1, "b": 3}

    async def test_players_without_names_are_not_listed_by_name(self, stores: Stores) -> None:
        await stores.users.create([user(1, "a"), user(2, "b", "Ann")])
        assert [player.user_id for player in await stores.users.with_prefix("a", 9)] == [2]
        assert set(await stores.users.by_name(["ann", "a"])) == {"ann"}
        assert (await stores.users.change(2, {"username": None}, act(2))).player.username is None
        assert await stores.users.with_prefix("a", 9) == []
        assert (await stores.users.change(1, {"username": "ANN"}, act(1))).player.username == "ANN"

    async def test_setting_and_changing_one(self, stores: Stores) -> None:
        await stores.users.create([user(1, None, "Ann"), user(2, "b")])
        assert (await stores.users.change(1, {"external_id": "a"}, act(1))).player.external_id == "a"
        with pytest.raises(ExternalIdTaken):
            await stores.users.change(1, {"external_id": "b"}, act(1))
        assert (await stores.users.change(1, {"external_id": "a"}, act(1))).player.external_id == "a"
        assert (await stores.users.change(1, {"username": "Ada"}, act(1))).player.external_id == "a"
        assert (await stores.users.change(1, {"external_id": None}, act(1))).player.external_id is None
        assert await stores.users.by_external_id(["a", "b"]) == {"b": 2}

    async def test_labels_reach_rows_and_rebuilds(self, stores: Stores) -> None:
        await stores.users.create([user(1, "a"), user(2, "b", "Bob"), user(3, None, "Cid")])
        labels = {user_id: label async for chunk in stores.scores.all_names() for user_id, label in chunk.items()}
        assert {i: label_parts(label) for i, label in labels.items()} == {
            1: (None, "a"),
            2: ("Bob", "b"),
            3: ("Cid", None),
        }
        assert labels[3] == "Cid"


class TestReleases:
    async def test_a_released_id_is_not_free_at_once(self, stores: Stores) -> None:
        stores.clock.ms = START
        await stores.users.create([user(1, "a"), user(2, "b")])
        await stores.users.change(1, {"external_id": "c"}, act(1))
        stores.clock.ms = START + RELEASE_MS - 1
        with pytest.raises(ExternalIdTaken):
            await stores.users.change(2, {"external_id": "a"}, act(2))
        assert kinds(await stores.users.create([user(3, "a")])) == [ExternalIdTaken]
        assert await stores.users.by_external_id(["a", "b", "c"]) == {"b": 2, "c": 1}
        stores.clock.ms = START + RELEASE_MS
        assert (await stores.users.change(2, {"external_id": "a"}, act(2))).player.external_id == "a"

    async def test_released_ids_are_listed_while_nobody_else_may_claim_them(self, stores: Stores) -> None:
        stores.clock.ms = START
        await stores.users.create([user(1, "a"), user(2, "b"), user(3, "c"), user(4, None)])
        assert await stores.users.released(START) == set()
        await stores.users.change(1, {"external_id": "d"}, act(1))
        for user_id in (2, 4):
            await erase(stores, user_id, START + 10 * RELEASE_MS)
        digests = {digest_of_id(identity) for identity in ("a", "b", 2)}
        assert await stores.users.released(START + RELEASE_MS - 1) == digests
        assert await stores.users.released(START + RELEASE_MS) == set()

    async def test_its_player_may_take_it_back(self, stores: Stores) -> None:
        stores.clock.ms = START
        await stores.users.create([user(1, "a")])
        for text in ("b", "a", None, "a"):
            assert (await stores.users.change(1, {"external_id": text}, act(1))).player.external_id == text
        assert await stores.users.by_external_id(["a", "b"]) == {"a": 1}

    async def test_ids_of_an_erased_player_are_not_free_at_once(self, stores: Stores) -> None:
        stores.clock.ms = START
        await stores.users.create([user(1, "a", "Ann")])
        await erase(stores, 1)
        assert await stores.users.by_external_id(["a"]) == {}
        stores.clock.ms = START + RELEASE_MS - 1
        # Until the release ends, processes may have cached that `a` is player 1. A new player 1 would get the
        # submissions for `a`.
        reused, renamed = await stores.users.create([user(1, None), user(2, "a")])
        assert (type(reused), type(renamed)) == (PlayerExists, ExternalIdTaken)
        stores.clock.ms = START + RELEASE_MS
        assert kinds(await stores.users.create([user(1, "a", "Ann")])) == [Player]

    async def test_players_without_one_are_created_again_at_once(self, stores: Stores) -> None:
        await stores.users.create([user(1, None, "Ann")])
        await erase(stores, 1)
        assert kinds(await stores.users.create([user(1, None, "Ann")])) == [Player]

    async def test_an_erased_player_is_not_created_on_sight(self, stores: Stores) -> None:
        stores.clock.ms = START
        await stores.users.create([user(1, "a"), user(2, None, "Bob")])
        for user_id in (1, 2):
            await erase(stores, user_id, START + 10 * RELEASE_MS)
        stores.clock.ms = START + 10 * RELEASE_MS - 1
        outcomes = await stores.users.create([user(3, "a"), user(2, None)], on_sight=True)
        assert kinds(outcomes) == [ExternalIdTaken, PlayerExists]
        await stores.users.forget_released(stores.clock.ms)
        assert kinds(await stores.users.create([user(3, "a")], on_sight=True)) == [ExternalIdTaken]
        # Player 2 had no external id: an explicit creation succeeds at once. First sight creates a player for `a`
        # again only after the end of the release.
        assert kinds(await stores.users.create([user(2, None)])) == [Player]
        stores.clock.ms += 1
        assert kinds(await stores.users.create([user(3, "a")], on_sight=True)) == [Player]

    async def test_notes_of_releases_are_hashed_and_end(self, database: Database) -> None:
        database.clock.ms = START
        await database.users.create([user(987654321, UUID_TEXT)])
        await erase(database, 987654321, START + 2 * RELEASE_MS)
        notes = await database.run("select * from released_ids")
        assert len(notes) == 2
        assert not any(UUID_TEXT in str(note) or "987654321" in str(note) for note in notes)
        await database.users.forget_released(START + 2 * RELEASE_MS + 1)
        assert await database.run("select * from released_ids") == []


class TestRaces:
    async def test_one_owner_each(self, stores: Stores) -> None:
        texts = [f"id {i}" for i in range(6)]
        await stores.users.create([user(i, text) for i, text in enumerate(texts)])

        async def change(user_id: int, text: str) -> None:
            with suppress(ExternalIdTaken):
                await stores.users.change(user_id, {"external_id": text}, act(user_id))

        spare = [f"spare {i}" for i in range(3)]
        for turn in range(4):
            await asyncio.gather(
                *(change(i, (texts + spare)[(i + turn * k) % 9]) for i in range(6) for k in (1, 2)),
                stores.users.create([user(100 + turn, spare[turn % 3])]),
            )
        players = await stores.users.get([*range(6), *range(100, 104)])
        owners = await stores.users.by_external_id(texts + spare)
        assert owners == {p.external_id: p.user_id for p in players.values() if p.external_id is not None}

    async def test_one_of_many_creates_a_player(self, stores: Stores) -> None:
        rivals = [stores.users.create([user(i, text) for text in ("x", "y")]) for i in range(8)]
        outcomes = [outcome for call in await asyncio.gather(*rivals) for outcome in call]
        created = {p.external_id: p.user_id for p in outcomes if isinstance(p, Player)}
        assert await stores.users.by_external_id(["x", "y"]) == created
        assert len(created) == 2
        assert sum(isinstance(outcome, Player) for outcome in outcomes) == 2

    async def test_an_erasure_beside_a_creation(self, stores: Stores) -> None:
        await stores.users.create([user(1, "a")])
        results = await asyncio.gather(
            erase(stores, 1), *(stores.users.create([user(i, "a")]) for i in range(2, 6)), return_exceptions=True
        )
        assert not any(isinstance(result, BaseException) for result in results)
        assert await stores.users.by_external_id(["a"]) == {}
        with pytest.raises(PlayerNotFound):
            await erase(stores, 1)


class TestTexts:
    @given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=128))
    def test_texts_of_visible_characters_are_valid(self, text: str) -> None:
        assert external_id(text) == text
        assert label_parts(label_of(None, text)) == (None, text)
        assert label_parts(label_of("Ann", text)) == ("Ann", text)

    @pytest.mark.parametrize("text", ["", "x" * 129, "a\0", "a\x1fb", "line\n", "\x7f", "\ud800", "\x85"])
    def test_others_are_refused(self, text: str) -> None:
        with pytest.raises(Refused):
            external_id(text)

    def test_labels_of_players_without_one_are_their_names(self) -> None:
        assert label_of("Ann", None) == "Ann"
        assert label_parts(label_of(None, None)) == (None, None)
