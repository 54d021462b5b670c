"""Names over HTTP, of players, boards and keys, and settings that refuse words in names."""

# ruff: noqa: RUF001 - look-alikes are the subject of this module

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from leaderforge.config import EnvironmentSettings, SettingsError
from leaderforge.domain.players import Player
from leaderforge.domain.unicode_tables import unicode_tables
from leaderforge.parts.name_rules import name_rules
from tests.api_client import ADMIN_KEY
from tests.tokens import SIGNING, TOKENS, token
from tests.unit.edge_fixtures import ENVIRONMENT, Api, serving
from tests.unit.test_names import CYRILLIC, CYRILLIC_ER, FAMILY, INVISIBLE, NOTHING, PERSIAN, real_names

CREATING = {**TOKENS, "LEADERFORGE_CREATE_PLAYERS": "1", "LEADERFORGE_TOKEN_NAME_CLAIM": "name"}
TAKEN = [
    *INVISIBLE,
    *("ｏｋａｐｉ", "OKAPI", "Okapi"),
    *("о\u200bкарі".upper(), "ΟΚΑΡΙ", "ОКАРI".replace("I", "І")),
]
"""Other spellings and look-alikes of `okapi`, each in a single script."""


def outcome(answer: httpx.Response) -> tuple[int, str | None]:
    """Return the status and the error code, None without an error."""
    return answer.status_code, answer.json().get("error", {}).get("code")


@pytest.fixture
async def okapi(api: Api) -> Api:
    """Service with the player 1, named `okapi`, and the nameless player 2."""
    assert (await api.post("/api/users", {"username": "okapi", "user_id": 1})).status_code == 201
    assert (await api.post("/api/users", {"user_id": 2})).status_code == 201
    return api


def requests(name: str) -> Sequence[tuple[str, str, dict[str, Any]]]:
    """Return one request of each kind that gives a player this name: method, path and body."""
    return [
        ("POST", "/api/users", {"username": name}),
        ("PATCH", "/api/users/2", {"username": name}),
        ("PUT", "/api/users/2", {"username": name}),
        ("PUT", "/api/users/3", {"username": name}),
    ]


@pytest.mark.parametrize("name", TAKEN, ids=ascii)
async def test_a_name_that_looks_like_another_is_taken(okapi: Api, name: str) -> None:
    for method, path, body in requests(name):
        answer = await okapi.send(method, path, body, ADMIN_KEY)
        assert outcome(answer) == (409, "username_taken")
        assert answer.json()["error"]["details"]["user_id"] == 1
    [batched] = (await okapi.post("/api/users/batch", {"users": [{"username": name}]})).json()["results"]
    assert batched["error"]["code"] == "username_taken"


@pytest.mark.parametrize("name", [*NOTHING, "\u200b" * 200], ids=ascii)
async def test_a_name_that_shows_nothing_is_refused(okapi: Api, name: str) -> None:
    for method, path, body in requests(name):
        answer = await okapi.send(method, path, body, ADMIN_KEY)
        assert outcome(answer) == (422, "invalid_request")
        assert "username" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", [CYRILLIC, CYRILLIC_ER, "\u0585kapi", "TEAMДима"], ids=ascii)
async def test_a_word_of_several_scripts_is_refused(okapi: Api, name: str) -> None:
    for method, path, body in requests(name):
        answer = await okapi.send(method, path, body, ADMIN_KEY)
        assert outcome(answer) == (422, "username_mixes_scripts")
        assert answer.json()["error"]["details"] == {"username": name, "word": name}
    results = await okapi.post("/api/users/batch", {"users": [{"username": "ada"}, {"username": name}, {}]})
    codes = [result.get("error", {}).get("code") for result in results.json()["results"]]
    assert codes == [None, "username_mixes_scripts", None]


@pytest.mark.parametrize(("first", "second"), [("o kapi", "o  kapi"), ("o kapi", "o\u00a0kapi"), ("İ", "i\u0307")])
async def test_spellings_of_one_name(api: Api, first: str, second: str) -> None:
    assert (await api.post("/api/users", {"username": first})).status_code == 201
    assert outcome(await api.post("/api/users", {"username": second})) == (409, "username_taken")


@pytest.mark.parametrize("name", [FAMILY, PERSIAN, "יוסף", "[TEAM] Дима", *real_names()[::25]], ids=ascii)
async def test_names_of_all_scripts_are_kept(okapi: Api, name: str) -> None:
    for method, path, body in requests(name):
        answer = await okapi.send(method, path, body, ADMIN_KEY)
        assert answer.status_code in {200, 201}, answer.text
        assert answer.json()["username"] == name
        await okapi.send("PATCH", f"/api/users/{answer.json()['user_id']}", {"username": None}, ADMIN_KEY)


async def test_a_name_is_stored_as_it_is_displayed(api: Api) -> None:
    answer = await api.send("PUT", "/api/users/5", {"username": "\u202eoka\u200bpi\ufeff"}, ADMIN_KEY)
    assert (answer.status_code, answer.json()["username"]) == (201, "okapi")
    again = await api.send("PUT", "/api/users/5", {"username": "\u202eoka\u200bpi"}, ADMIN_KEY)
    assert (again.status_code, again.json()["username"]) == (200, "okapi")
    found = await api.get("/api/users", None)
    assert found.status_code == 422
    for query in ("username=OKAPI%E2%80%8B", "prefix=ok%C2%ADa"):
        assert [user["user_id"] for user in (await api.get(f"/api/users?{query}")).json()["users"]] == [5]


async def test_a_stored_name_may_be_sent_again(api: Api) -> None:
    """The player of a stored name may send it again, although a newer rule refuses this name to all other players."""
    await api.services.parts.users.create([Player(7, CYRILLIC, None, 0)])
    body = {"username": CYRILLIC, "email": "ada@example.org"}
    for method, status in (("PUT", 200), ("PATCH", 200)):
        assert (await api.send(method, "/api/users/7", body, ADMIN_KEY)).status_code == status
    assert outcome(await api.send("PATCH", "/api/users/7", {"username": f"{CYRILLIC}s"}, ADMIN_KEY))[0] == 422
    assert outcome(await api.send("PATCH", "/api/users/8", body, ADMIN_KEY)) == (404, "user_not_found")


async def test_submissions_and_reads_need_no_tables(api: Api) -> None:
    await api.post("/api/users", {"username": "Дима", "user_id": 7})
    unicode_tables.cache_clear()
    assert (await api.post("/api/scores", {"user_id": 7, "score": 5})).status_code == 200
    for path in ("boards/default/top", "boards/default/ranks/7", "boards/default/around/7", "users/7"):
        assert "Дима" in (await api.get(f"/api/{path}")).text
    assert unicode_tables.cache_info().currsize == 0


class TestFirstSight:
    @pytest.mark.parametrize("name", [*NOTHING, CYRILLIC, "okapi\u200b", "ΟΚΑΡΙ", "badword"], ids=ascii)
    async def test_a_name_that_nobody_may_have_is_left_out(self, name: str, tmp_path: Path) -> None:
        words = refused_words(tmp_path, "badword")
        async with serving(**CREATING, LEADERFORGE_REFUSED_NAMES=words) as api:
            await api.post("/api/users", {"username": "okapi"})
            created = await api.get("/api/users/90001", token(90001, name=name))
            assert (created.status_code, created.json()["username"]) == (200, None)

    async def test_a_name_is_stored_as_it_is_displayed(self) -> None:
        async with serving(**CREATING) as api:
            created = await api.get("/api/users/90001", token(90001, name="\u202e" + PERSIAN + "\u200b"))
            assert (created.status_code, created.json()["username"]) == (200, PERSIAN)

    @pytest.mark.parametrize("name", [CYRILLIC, "okapi\u200b", "ΟΚΑΡΙ", "badword"], ids=ascii)
    async def test_of_a_device(self, name: str, tmp_path: Path) -> None:
        words = refused_words(tmp_path, "badword")
        async with serving(**SIGNING, LEADERFORGE_REFUSED_NAMES=words) as api:
            await api.post("/api/users", {"username": "okapi"})
            signed_in = await api.post("/api/auth/device", {"secret": "0123456789abcdef" * 2, "username": name}, None)
            assert signed_in.status_code == 200, signed_in.text
            player = (await api.get(f"/api/users/{signed_in.json()['user_id']}")).json()
            assert player["username"] is None


class TestOtherNames:
    """Names of boards and keys."""

    @pytest.mark.parametrize("name", NOTHING, ids=ascii)
    async def test_a_board_shows_its_name(self, api: Api, name: str) -> None:
        for member in ("name", "unit"):
            answer = await api.post("/api/boards", {"slug": "arena", member: name}, ADMIN_KEY)
            assert outcome(answer)[0] == 422
            changed = await api.send("PATCH", "/api/boards/default", {member: name}, ADMIN_KEY)
            assert outcome(changed)[0] == 422

    async def test_the_name_of_a_board_is_stored_as_it_is_displayed(self, api: Api) -> None:
        for sent, shown in (("\u202eArena\u200b", "Arena"), (f"{FAMILY} {PERSIAN}", f"{FAMILY} {PERSIAN}")):
            answer = await api.send("PATCH", "/api/boards/default", {"name": sent}, ADMIN_KEY)
            assert (answer.status_code, answer.json()["name"]) == (200, shown)

    @pytest.mark.parametrize("name", [*INVISIBLE, *NOTHING, CYRILLIC], ids=ascii)
    async def test_keys_have_ascii_names(self, api: Api, name: str) -> None:
        answer = await api.post("/api/admin/keys", {"name": name, "scopes": ["read"]}, ADMIN_KEY)
        assert outcome(answer) == (422, "invalid_request")


def refused_words(folder: Path, *lines: str) -> str:
    path = folder / "words.txt"
    path.write_text("# words\n\n" + "\n".join(lines), encoding="utf-8")
    return str(path)


class TestRefusedWords:
    @pytest.mark.parametrize(
        "name", ["Admin", "the admin", "ａｄｍｉｎ", "a.d.m.i.n", "ad\u00admin", "АDМIN", "Game_Master"]
    )
    async def test_a_word_is_refused_in_any_spelling(self, tmp_path: Path, name: str) -> None:
        words = refused_words(tmp_path, "ADMIN", "game master", "*spam*")
        async with serving(LEADERFORGE_REFUSED_NAMES=words, LEADERFORGE_UNIQUE_NAMES="0") as api:
            await api.post("/api/users", {"user_id": 2})
            for method, path, body in requests(name):
                answer = await api.send(method, path, body, ADMIN_KEY)
                assert outcome(answer) == (422, "username_refused")

    @pytest.mark.parametrize(
        ("name", "is_refused"),
        [
            ("adminton", False),
            ("badminton", False),
            ("Spammer", True),
            ("no.s-p-a-m", True),
            ("spa", False),
            ("★", False),
        ],
    )
    async def test_only_words_in_asterisks_match_inside_of_others(
        self, tmp_path: Path, name: str, is_refused: bool
    ) -> None:
        async with serving(LEADERFORGE_REFUSED_NAMES=refused_words(tmp_path, "admin", "*spam*", "***", "!")) as api:
            answer = await api.post("/api/users", {"username": name})
            assert outcome(answer) == ((422, "username_refused") if is_refused else (201, None))

    @pytest.mark.parametrize("content", [None, b"\xff\xfe", b"a\n" * 600_000])
    def test_a_file_that_cannot_be_used_ends_the_start(self, tmp_path: Path, content: bytes | None) -> None:
        path = tmp_path / "words.txt"
        if content is not None:
            path.write_bytes(content)
        settings = EnvironmentSettings.from_environment({**ENVIRONMENT, "LEADERFORGE_REFUSED_NAMES": str(path)})
        with pytest.raises(SettingsError, match=r"LEADERFORGE_REFUSED_NAMES is wrong .*name a UTF-8 file"):
            name_rules(settings)

    async def test_names_may_mix_scripts_where_they_are_shared(self) -> None:
        async with serving(LEADERFORGE_UNIQUE_NAMES="0") as api:
            assert (await api.post("/api/users", {"username": CYRILLIC})).status_code == 201
            assert outcome(await api.post("/api/users", {"username": "\u2800"})) == (422, "invalid_request")
