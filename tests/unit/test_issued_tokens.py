"""Tokens that this service issues: their signing keys, and their verification beside a configured issuer."""

from itertools import pairwise

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.adapters.clock import now_ms
from leaderforge.adapters.tokens.derived import DerivedSigner
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import LeaderForgeError, Refused
from leaderforge.domain.players import ExternalId
from leaderforge.domain.signing_keys import derived_key, is_kid, new_kid
from leaderforge.domain.timing import CACHE_LIMIT_MS
from leaderforge.domain.tokens import TokenClaims, identity_of, subject_of
from tests.api_client import ADMIN_KEY
from tests.tokens import SIGNING, TOKENS, token
from tests.unit.edge_fixtures import Api, serving

KEYS = "/api/admin/signing-keys"
STEAM_ID = "76561190012345678"


async def issued(api: Api, player: str, valid_s: int = 60, name: str | None = None) -> str:
    return (await api.services.access.signing_keys.issue(identity_of(player), valid_s, name)).text


async def status(api: Api, text: str, user_id: int = 123) -> int:
    """With this token, make a call that only the player `user_id` may make. Return the status."""
    return (await api.get(f"/api/users/{user_id}/export", text)).status_code


def kid_of(text: str) -> str:
    return str(jwt.get_unverified_header(text)["kid"])


async def test_a_token_is_of_its_player_only() -> None:
    async with serving(**SIGNING) as api:
        await api.players(123, 124)
        text = await issued(api, "123")
        assert [await status(api, text, user_id) for user_id in (123, 124)] == [200, 403]
        assert is_kid(kid_of(text))


async def test_both_issuers_are_accepted_beside_each_other() -> None:
    async with serving(**TOKENS, **SIGNING) as api:
        await api.players(123)
        assert [await status(api, text) for text in (token(123), await issued(api, "123"))] == [200, 200]
        # The configured issuer signs a token that claims to come from this service: the token names one of the
        # service's signing keys.
        forged = jwt.encode(
            {"iss": "leaderforge", "aud": "leaderforge", "sub": "123", "exp": 33_000_000_000},
            TOKENS["LEADERFORGE_TOKEN_SECRET"],
            "HS256",
            {"kid": kid_of(await issued(api, "123"))},
        )
        assert await status(api, forged) == 401


async def test_a_configured_issuer_alone_accepts_no_issued_token() -> None:
    async with serving(**SIGNING) as api:
        text = await issued(api, "123")
    async with serving(**TOKENS) as api:
        await api.players(123)
        assert await status(api, text) == 401


@pytest.mark.parametrize("player", [STEAM_ID, "0b0e7a44-5d3c-4a57-8a0f-7d3f7e0f9a11", "ext:123", "player|eu|1"])
async def test_an_external_id_creates_its_player_on_first_sight(player: str) -> None:
    async with serving(**SIGNING, LEADERFORGE_CREATE_PLAYERS="1") as api:
        await api.change_board(open_to_players=True)
        text = await issued(api, player, name="Ada")
        external_id = player.removeprefix("ext:")
        answer = await api.post("/api/scores", {"external_id": external_id, "score": 5}, text)
        assert (answer.status_code, answer.json()["rank"]) == (200, 1)
        entry = (await api.get(f"/api/users/{answer.json()['user_id']}")).json()
        assert (entry["external_id"], entry["username"]) == (external_id, "Ada")


async def test_an_external_id_of_digits_is_no_player_id() -> None:
    async with serving(**SIGNING) as api:
        await api.players(123)
        assert await status(api, await issued(api, "ext:123")) == 403


async def test_another_secret_makes_other_keys() -> None:
    async with serving(**SIGNING) as api:
        await api.players(123)
        kid = kid_of(await issued(api, "123"))
        thief = DerivedSigner(b"a secret that the thief of the database has", now_ms, leeway_s=10)
        assert await status(api, thief.sign(kid, TokenClaims("123", 60)).text) == 401


async def test_an_invented_key_is_unknown() -> None:
    async with serving(**SIGNING) as api:
        await api.players(123)
        signer = DerivedSigner(SIGNING["LEADERFORGE_SIGNING_SECRET"].encode(), now_ms, leeway_s=10)
        assert await status(api, signer.sign(new_kid(), TokenClaims("123", 60)).text) == 401


@pytest.mark.parametrize("text", ["a.b.c", "..", "eyJhbGciOiJub25lIn0.e30.", f"{'x' * 9000}.e.e"])
async def test_what_is_no_token(text: str) -> None:
    async with serving(**SIGNING) as api:
        await api.players(123)
        assert await status(api, text) == 401


async def test_a_token_ends() -> None:
    signer = DerivedSigner(b"x" * 32, lambda: now_ms() - 100_000, leeway_s=0)

    async def accepts(_: str) -> bool:
        return True

    text = signer.sign(new_kid(), TokenClaims("123", 60)).text
    with pytest.raises(LeaderForgeError, match="expired"):
        await signer.verifier(accepts, None).caller(text)


async def test_rotation_with_an_overlap() -> None:
    async with serving(**SIGNING) as api:
        await api.players(123)
        old = await issued(api, "123")
        api.clock.now += 1
        created = await api.post(KEYS, None, ADMIN_KEY)
        assert created.status_code == 201
        # The old key still signs, because other processes may not have loaded the new key yet.
        assert kid_of(await issued(api, "123")) == kid_of(old)
        api.clock.now += CACHE_LIMIT_MS
        new = await issued(api, "123", 61)
        assert kid_of(new) == created.json()["kid"]
        retired = await api.post(f"{KEYS}/{kid_of(old)}/retire", {"overlap_s": 60}, ADMIN_KEY)
        assert retired.json()["accepted_until"] is not None
        assert [await status(api, text) for text in (old, new)] == [200, 200]
        listed = (await api.get(KEYS, ADMIN_KEY)).json()["keys"]
        assert [(key["kid"], key["created_by"], key["retired_at"] is None) for key in listed] == [
            (kid_of(old), "service", False),
            (kid_of(new), "env:admin", True),
        ]


async def test_a_retired_key_is_refused_after_its_overlap() -> None:
    async with serving(**SIGNING) as api:
        await api.players(123)
        first, second = await issued(api, "123"), await issued(api, "123", 61)
        await api.post(f"{KEYS}/{kid_of(first)}/retire", {"overlap_s": 10}, ADMIN_KEY)
        assert await status(api, first) == 200
        api.clock.now += 10_000
        assert await status(api, second) == 401


async def test_the_last_key_may_be_retired() -> None:
    async with serving(**SIGNING) as api:
        await api.players(123)
        old = await issued(api, "123")
        await api.post(f"{KEYS}/{kid_of(old)}/retire", {}, ADMIN_KEY)
        new = await issued(api, "123")
        assert kid_of(new) != kid_of(old)
        assert await status(api, new) == 200


async def test_a_key_needs_the_secret() -> None:
    async with serving() as api:
        answer = await api.post(KEYS, None, ADMIN_KEY)
        assert answer.status_code == 422
        assert "LEADERFORGE_SIGNING_SECRET" in answer.json()["error"]["message"]


async def test_cached_keys_stay_valid_while_the_store_is_away() -> None:
    async with serving(**SIGNING) as api:
        await api.players(123)
        assert await status(api, await issued(api, "123")) == 200
        api.services.parts.signing_keys.available = False  # type: ignore[attr-defined]
        assert await status(api, await issued(api, "123", 61)) == 200


@pytest.mark.parametrize("valid_s", [0, -1, 720 * 3600 + 1])
async def test_the_time_of_a_token_is_limited(valid_s: int) -> None:
    async with serving(**SIGNING) as api:
        with pytest.raises(Refused, match="a token may be valid"):
            await issued(api, "123", valid_s)


@given(
    st.integers(-MAX_INTEGER, MAX_INTEGER)
    | st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=128)
)
def test_a_subject_names_one_player(identity: int | str) -> None:
    player = identity if isinstance(identity, int) else ExternalId(identity)
    subject = subject_of(player)
    assert subject.startswith("ext:") == isinstance(player, ExternalId)
    assert identity_of(subject) == player


@pytest.mark.parametrize(
    ("text", "player"),
    [
        ("21001", 21001),
        ("-5", -5),
        (str(MAX_INTEGER), MAX_INTEGER),
        (str(MAX_INTEGER + 1), ExternalId(str(MAX_INTEGER + 1))),
        (STEAM_ID, ExternalId(STEAM_ID)),
        ("ext:21001", ExternalId("21001")),
        ("player|1", ExternalId("player|1")),
    ],
)
def test_a_person_names_a_player(text: str, player: int | ExternalId) -> None:
    identity = identity_of(text)
    assert (identity, type(identity)) == (player, type(player))


def test_keys_differ_by_id_and_by_secret() -> None:
    keys = [derived_key(secret, kid) for secret in (b"a" * 32, b"b" * 32) for kid in (new_kid(), new_kid())]
    assert all(one != other for one, other in pairwise(keys))
    assert {len(key) for key in keys} == {32}
