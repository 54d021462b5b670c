"""Sign-in of people to the console by a real OpenID Connect provider."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.api_client import ADMIN_KEY
from tests.identity import CLIENT, Provider, provider
from tests.unit.edge_fixtures import Api, serving

REDIRECT = "https://play.example.org/console"


@pytest.fixture(scope="module")
async def acme() -> AsyncIterator[Provider]:
    async with provider() as running:
        yield running


@pytest.fixture
async def api(acme: Provider) -> AsyncIterator[Api]:
    async with serving(**acme.settings) as serving_api:
        yield serving_api


async def begin(api: Api) -> dict[str, str]:
    begun = await api.post("/api/auth/console/begin", {"redirect_uri": REDIRECT}, key=None)
    assert begun.status_code == 200, begun.text
    attempt: dict[str, str] = begun.json()
    return attempt


async def finish(api: Api, attempt: Mapping[str, str], code: str, **changes: str) -> httpx.Response:
    body = {
        "code": code,
        "redirect_uri": REDIRECT,
        "nonce": attempt["nonce"],
        "code_verifier": attempt["code_verifier"],
    }
    return await api.post("/api/auth/console/session", body | changes, key=None)


async def sign_in(api: Api, acme: Provider, subject: str) -> httpx.Response:
    attempt = await begin(api)
    answer = await acme.answer(attempt["authorization_url"], subject)
    assert answer["state"] == attempt["state"]
    return await finish(api, attempt, answer["code"])


async def token_of(api: Api, acme: Provider, subject: str) -> str:
    signed_in = await sign_in(api, acme, subject)
    assert signed_in.status_code == 200, signed_in.text
    token: str = signed_in.json()["token"]
    return token


async def test_the_form_gets_a_challenge_of_the_verifier(api: Api) -> None:
    attempt = await begin(api)
    query = {name: values[0] for name, values in parse_qs(urlsplit(attempt["authorization_url"]).query).items()}
    digest = urlsafe_b64encode(sha256(attempt["code_verifier"].encode()).digest()).rstrip(b"=").decode()
    expected = {"response_type": "code", "client_id": CLIENT, "redirect_uri": REDIRECT, "scope": "openid profile email"}
    pkce = {"code_challenge": digest, "code_challenge_method": "S256"}
    assert query == expected | pkce | {"state": attempt["state"], "nonce": attempt["nonce"]}
    other = await begin(api)
    assert not {attempt[name] for name in ("state", "nonce", "code_verifier")} & set(other.values())


async def test_a_moderator_signs_in_acts_by_name_and_signs_out(api: Api, acme: Provider) -> None:
    await api.ranked({1: 10})
    await acme.person("ada|7", "staff", "lf-viewers", "lf-moderators")
    token = await token_of(api, acme, "ada|7")
    me = (await api.get("/api/admin/me", token)).json()
    assert (me["actor"], me["person"], me["role"]) == ("oidc:ada|7", "Ada|7 of Acme", "moderator")
    assert (await api.post("/api/boards/default/entries/1/hide", {"reason": "bot"}, token)).status_code == 200
    refused = await api.post("/api/boards", {"board": "new"}, token)
    assert (refused.status_code, refused.json()["error"]["details"]) == (403, {"permission": "manage_boards"})
    assert (await api.send("DELETE", "/api/auth/console/session", key=token)).json() == {"ended": True}
    assert (await api.get("/api/admin/me", token)).status_code == 401
    log = (await api.get("/api/admin/audit?actor=oidc:ada%7C7", ADMIN_KEY)).json()["entries"]
    assert [(act["action"], act["person"]) for act in log] == [
        ("person.sign_out", "Ada|7 of Acme"),
        ("entry.hide", "Ada|7 of Acme"),
        ("person.sign_in", "Ada|7 of Acme"),
    ]


async def test_a_session_ends_in_time(api: Api, acme: Provider) -> None:
    await acme.person("eve", "lf-owners")
    token = await token_of(api, acme, "eve")
    api.clock.now += 60 * 60_000 - 1
    assert (await api.get("/api/admin/me", token)).json()["role"] == "owner"
    api.clock.now += 1
    assert (await api.get("/api/admin/me", token)).status_code == 401


async def test_a_changed_role_counts_from_the_next_sign_in_which_ends_the_earlier_session(
    api: Api, acme: Provider
) -> None:
    await acme.person("rob", "lf-owners")
    earlier = await token_of(api, acme, "rob")
    await acme.person("rob", "lf-viewers", name="Rob Roy")
    later = await token_of(api, acme, "rob")
    me = (await api.get("/api/admin/me", later)).json()
    assert (me["role"], me["person"]) == ("viewer", "Rob Roy")
    assert (await api.get("/api/admin/me", earlier)).status_code == 401


@pytest.mark.parametrize("groups", [[], ["staff"]])
async def test_nobody_signs_in_without_a_known_group(api: Api, acme: Provider, groups: list[str]) -> None:
    await acme.person("stranger", *groups)
    refused = await sign_in(api, acme, "stranger")
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
    assert "no value of the claim 'groups' has a role" in refused.json()["error"]["message"]
    assert await api.services.parts.people.sessions(0) == []


async def test_answers_of_other_sign_ins_are_refused(api: Api, acme: Provider) -> None:
    await acme.person("ada", "lf-owners")
    attempt = await begin(api)
    code = (await acme.answer(attempt["authorization_url"], "ada"))["code"]
    wrong_nonce = await finish(api, attempt, code, nonce=(await begin(api))["nonce"])
    assert wrong_nonce.status_code == 401
    assert "belongs to another sign-in" in wrong_nonce.json()["error"]["message"]
    used_code = await finish(api, attempt, code)
    assert used_code.status_code == 401
    assert "used, expired or foreign" in used_code.json()["error"]["message"]
    assert (await finish(api, attempt, "made-up")).status_code == 401
    code = (await acme.answer(attempt["authorization_url"], "ada"))["code"]
    assert (await finish(api, attempt, code, redirect_uri="https://evil.example.org/")).status_code == 401
    assert await api.services.parts.people.sessions(0) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"LEADERFORGE_OIDC_AUDIENCE": "another service"}, "Audience doesn't match"),
        ({"LEADERFORGE_OIDC_CLAIM": "email", "LEADERFORGE_OIDC_ROLES": "a@acme.org:owner"}, "not verified the email"),
    ],
)
async def test_tokens_for_others_and_unverified_emails_are_refused(
    acme: Provider, changes: Mapping[str, str], problem: str
) -> None:
    await acme.person("ada", "lf-owners", email="a@acme.org", email_verified=False)
    async with serving(**{**acme.settings, **changes}) as api:
        refused = await sign_in(api, acme, "ada")
        assert refused.status_code in {401, 403}
        assert problem in refused.json()["error"]["message"]


@pytest.mark.parametrize(
    ("claim", "roles", "claims"),
    [
        ("email", "a@acme.org:owner", {"email": "a@acme.org", "email_verified": True}),
        ("realm_access.roles", "boss:owner", {"realm_access": {"roles": ["x", "boss"]}}),
        ("https://acme.org/roles", "urn:acme:boss:owner", {"https://acme.org/roles": ["urn:acme:boss"]}),
        ("hd", "acme.org:owner", {"hd": "acme.org"}),
    ],
)
async def test_claims_of_several_providers_give_roles(
    acme: Provider, claim: str, roles: str, claims: dict[str, Any]
) -> None:
    await acme.person("ada", **claims)
    settings = {**acme.settings, "LEADERFORGE_OIDC_CLAIM": claim, "LEADERFORGE_OIDC_ROLES": roles}
    async with serving(**settings) as api:
        assert (await sign_in(api, acme, "ada")).json()["role"] == "owner"


async def test_without_a_provider_only_keys_sign_in() -> None:
    async with serving() as api:
        assert (await api.get("/api/auth/console", key=None)).json() == {"provider": None}
        refused = await api.post("/api/auth/console/begin", {"redirect_uri": REDIRECT}, key=None)
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "sign_in_disabled")
        assert (await api.send("DELETE", "/api/auth/console/session", key=ADMIN_KEY)).json() == {"ended": False}


async def test_an_issuer_that_does_not_answer_or_is_another_is_said(acme: Provider) -> None:
    settings = {**acme.settings, "LEADERFORGE_OIDC_ISSUER": acme.issuer.replace("127.0.0.1", "localhost") + "/"}
    for issuer in ("http://127.0.0.1:1", settings["LEADERFORGE_OIDC_ISSUER"]):
        async with serving(**{**settings, "LEADERFORGE_OIDC_ISSUER": issuer}) as api:
            refused = await api.post("/api/auth/console/begin", {"redirect_uri": REDIRECT}, key=None)
            assert refused.status_code == 503
            assert (await api.get("/api/auth/console", key=None)).json() == {"provider": "Acme"}
            assert (await api.get("/api/admin/me", ADMIN_KEY)).status_code == 200
