"""Player tokens: accepted ones, refused ones, and the sources of their keys."""

import asyncio
import base64
import json
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from leaderforge.adapters.tokens import sources, verifier
from leaderforge.adapters.tokens.sources import FixedKeys, KeySource, PublishedKeys, fetch_from
from leaderforge.adapters.tokens.trusted import TrustedKey, of_pem, of_secret, of_set
from leaderforge.adapters.tokens.verifier import KEPT_MS, JwtVerifier, TokenRules
from leaderforge.domain.callers import player
from leaderforge.domain.errors import LeaderForgeError, Unauthenticated, Unavailable
from tests.waiting import until

SECRET = "a secret of thirty-two bytes, or more"
RULES = TokenRules("https://id.example.org", "leaderforge", 0)
PRIVATE = {
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "RS256": rsa.generate_private_key(public_exponent=65537, key_size=2048),
}
STRANGER = ed25519.Ed25519PrivateKey.generate()


def pem(private: Any) -> str:
    text: bytes = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return text.decode()


ALL_PEM = "".join(map(pem, PRIVATE.values()))


def published(algorithm: str, kid: str | None = None, **more: str) -> dict[str, Any]:
    """Return a public key as an entry of a key set."""
    public = PRIVATE[algorithm].public_key()
    entry: dict[str, Any] = jwt.get_algorithm_by_name(algorithm).to_jwk(public, as_dict=True)
    entry.pop("key_ops", None)
    return {**entry, **({} if kid is None else {"kid": kid}), **more}


def claims(**changes: Any) -> dict[str, Any]:
    """Return the claims of a valid token with these changes. None omits a claim."""
    said = {"sub": "123", "iss": RULES.issuer, "aud": RULES.audience, "exp": int(time.time()) + 600, **changes}
    return {name: value for name, value in said.items() if value is not None}


def signed(algorithm: str = "EdDSA", kid: str | None = None, key: Any = None, **changes: Any) -> str:
    secret = key or (SECRET if algorithm == "HS256" else PRIVATE[algorithm])
    return jwt.encode(claims(**changes), secret, algorithm, headers={} if kid is None else {"kid": kid})


def part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Clock:
    """Clock in ms that the test sets. It starts at the real time."""

    def __init__(self) -> None:
        self.ms = time.time_ns() // 1_000_000

    def __call__(self) -> int:
        return self.ms


def verifying(keys: KeySource | None = None, clock: Clock | None = None) -> JwtVerifier:
    return JwtVerifier(keys or FixedKeys(of_pem(ALL_PEM)), RULES, clock or Clock())


async def refused(token: str, keys: KeySource | None = None) -> str:
    """Return the reason of the refusal of a token."""
    with pytest.raises(Unauthenticated) as caught:
        await verifying(keys).caller(token)
    return caught.value.message


@pytest.mark.parametrize("algorithm", PRIVATE)
async def test_each_algorithm(algorithm: str) -> None:
    assert await verifying().caller(signed(algorithm)) == player(123)


async def test_a_shared_secret() -> None:
    assert await verifying(FixedKeys(of_secret(SECRET))).caller(signed("HS256", sub="-7")) == player(-7)


@pytest.mark.parametrize(("scope", "reads"), [("read", True), ("profile read", True), ("reader admin", False)])
async def test_the_scope_to_read(scope: str, reads: bool) -> None:
    assert await verifying().caller(signed(scope=scope)) == player(123, reads=reads)


async def test_no_scope_makes_an_admin() -> None:
    assert not (await verifying().caller(signed(scope="admin submit"))).scopes


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": None},
        {"exp": 1_000_000_000},
        {"exp": "tomorrow"},
        {"nbf": 33_000_000_000},
        {"iss": None},
        {"iss": "https://evil.example.org"},
        {"aud": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"sub": None},
        {"sub": ""},
        {"sub": "ada"},
        {"sub": "1.0"},
        {"sub": "0x10"},
        {"sub": "9007199254740992"},
        {"sub": "١٢"},  # digits, but not ASCII
    ],
)
async def test_what_a_token_must_say(changes: Mapping[str, Any]) -> None:
    await refused(signed(**changes))


async def test_one_that_expired_is_told_so() -> None:
    assert (
        await refused(signed(exp=int(time.time()) - 60)) == "the token has expired: request a new one from its issuer"
    )


async def test_clocks_may_differ_by_the_leeway() -> None:
    rules = TokenRules(RULES.issuer, RULES.audience, 300)
    late = JwtVerifier(FixedKeys(of_pem(ALL_PEM)), rules, Clock())
    assert await late.caller(signed(exp=int(time.time()) - 60)) == player(123)


async def test_the_key_decides_on_the_algorithm() -> None:
    """A token must not choose its algorithm: no public key may serve as an HMAC secret, and `none` is refused."""
    public = pem(PRIVATE["RS256"])
    body = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims())}"
    hmac = jwt.get_algorithm_by_name("HS256")
    forged = base64.urlsafe_b64encode(hmac.sign(body.encode(), public.encode())).rstrip(b"=").decode()
    await refused(f"{body}.{forged}")
    for name in ("none", "None", "NONE"):
        await refused(f"{part({'alg': name, 'typ': 'JWT'})}.{part(claims())}.")
    for algorithm in PRIVATE:
        await refused(signed(algorithm), FixedKeys(of_secret(SECRET)))
    await refused(signed("HS512", key=SECRET * 2), FixedKeys(of_secret(SECRET * 2)))


async def test_other_keys_and_changed_contents() -> None:
    await refused(signed(key=STRANGER))
    header, _, signature = signed().split(".")
    await refused(f"{header}.{part(claims(sub='456'))}.{signature}")


@pytest.mark.parametrize(
    "token", ["..", "a.b.c", "é.é.é", f"{part('x')}..", f"{part({'alg': ['EdDSA']})}.e30.", "." * 2]
)
async def test_nonsense(token: str) -> None:
    await refused(token)


async def test_nesting_and_length_cannot_hurt() -> None:
    deep = base64.urlsafe_b64encode(b"[" * 6000).decode().rstrip("=")
    await refused(f"{deep[:8000]}.e30.")
    assert await refused(f"{'a' * 9000}..") == "the token is too long: use at most 8192 characters"


class Counted:
    """Key source that counts its calls."""

    def __init__(self) -> None:
        self.asked = 0

    async def fitting(self, algorithm: str, kid: str | None) -> Sequence[TrustedKey]:
        self.asked += 1
        return of_pem(ALL_PEM)[:1]


async def test_a_token_is_looked_at_again_after_a_minute() -> None:
    keys, clock = Counted(), Clock()
    verifies, token = verifying(keys, clock), signed()
    for _ in range(5):
        await verifies.caller(token)
    assert keys.asked == 1
    clock.ms += KEPT_MS
    await verifies.caller(token)
    assert keys.asked == 2


async def test_a_token_is_not_believed_beyond_its_end() -> None:
    keys, clock = Counted(), Clock()
    verifies = verifying(keys, clock)
    end = int(time.time()) + 30
    token = signed(exp=end)
    await verifies.caller(token)
    clock.ms = end * 1000 - 1
    await verifies.caller(token)
    assert keys.asked == 1
    clock.ms = end * 1000
    await verifies.caller(token)
    assert keys.asked == 2


async def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier, "_MAX_KEPT", 3)
    keys = Counted()
    verifies = verifying(keys)
    tokens = [signed(sub=str(i)) for i in range(10)]
    for token in (*tokens, *reversed(tokens)):
        await verifies.caller(token)
    assert keys.asked >= 2 * len(tokens) - 3


class Issuer:
    """Key set of an issuer, and a clock in seconds. The test sets both."""

    def __init__(self) -> None:
        self.keys: list[Any] = [published("EdDSA", "old")]
        self.fetched = 0
        self.reachable = True
        self.seconds = 1000.0

    def __call__(self) -> Mapping[str, Any]:
        self.fetched += 1
        if not self.reachable:
            raise OSError("unreachable")
        return {"keys": self.keys}


@pytest.fixture
def issuer(monkeypatch: pytest.MonkeyPatch) -> Issuer:
    made = Issuer()
    monkeypatch.setattr(sources, "monotonic", lambda: made.seconds)
    return made


async def test_the_set_is_fetched_once_for_all(issuer: Issuer) -> None:
    verifies = verifying(PublishedKeys(issuer))
    found = await asyncio.gather(*(verifies.caller(signed(kid="old", sub=str(i))) for i in range(5)))
    assert found == [player(i) for i in range(5)]
    assert issuer.fetched == 1


async def test_a_new_key_is_fetched_when_a_token_names_it(issuer: Issuer) -> None:
    verifies = verifying(PublishedKeys(issuer))
    await verifies.caller(signed(kid="old"))
    issuer.keys.append(published("ES256", "new"))
    issuer.seconds += sources.PAUSE_S
    assert await verifies.caller(signed("ES256", "new")) == player(123)
    assert issuer.fetched == 2


async def test_made_up_names_do_not_make_more_fetches(issuer: Issuer) -> None:
    keys = PublishedKeys(issuer)
    for i in range(100):
        await refused(signed(kid=f"made up {i}"), keys)
        issuer.seconds += 0.1
    assert issuer.fetched <= 2


async def test_a_withdrawn_key_is_forgotten(issuer: Issuer) -> None:
    keys, clock = PublishedKeys(issuer), Clock()
    verifies, token = verifying(keys, clock), signed(kid="old")
    await verifies.caller(token)
    issuer.keys[:] = [published("ES256", "new")]
    issuer.seconds += sources.REFRESH_S
    clock.ms += KEPT_MS
    await verifies.caller(token)  # the call starts the fetch, but does not wait for it

    async def is_withdrawn() -> bool:
        return not await keys.fitting("EdDSA", "old")

    await until(is_withdrawn, "the set to be fetched")
    clock.ms += KEPT_MS
    with pytest.raises(Unauthenticated):
        await verifies.caller(token)


async def test_the_last_set_is_used_while_the_issuer_is_out_of_reach(issuer: Issuer) -> None:
    keys = PublishedKeys(issuer)
    await verifying(keys).caller(signed(kid="old"))
    issuer.reachable = False
    for _ in range(3):
        issuer.seconds += sources.REFRESH_S
        assert await verifying(keys).caller(signed(kid="old")) == player(123)


async def test_without_any_set_nothing_can_be_told(issuer: Issuer) -> None:
    issuer.reachable = False
    keys = PublishedKeys(issuer)
    with pytest.raises(Unavailable):
        await verifying(keys).caller(signed(kid="old"))
    issuer.reachable = True
    issuer.seconds += sources.PAUSE_S
    assert await verifying(keys).caller(signed(kid="old")) == player(123)


def test_only_fit_keys_of_a_set_are_trusted() -> None:
    small = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()  # noqa: S505 - the key must be refused
    weak = jwt.get_algorithm_by_name("RS256").to_jwk(small, as_dict=True)
    shared = {"kty": "oct", "k": part("x" * 40), "alg": "HS256", "kid": "secret"}
    entries = [
        published("EdDSA", "good"),
        published("RS256", "encryption", use="enc"),
        published("RS256", "other algorithm", alg="RS512"),
        {**weak, "kid": "weak"},
        shared,
        {"kty": "EC", "crv": "P-384", "x": "AA", "y": "AA"},
        {"kty": "martian"},
        {},
        "text",
    ]
    assert [key.kid for key in of_set({"keys": entries})] == ["good"]
    assert of_set({}) == []


@pytest.mark.parametrize("text", ["", "nonsense", pem(ec.generate_private_key(ec.SECP384R1()))])
def test_unfit_pem_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="key"):
        of_pem(text)


def test_line_ends_of_a_pem_may_be_escaped() -> None:
    escaped = ALL_PEM.replace("\n", "\\n")
    assert [key.algorithm for key in of_pem(escaped)] == list(PRIVATE)


async def test_a_set_in_a_file(tmp_path: Path) -> None:
    place = tmp_path / "keys.json"
    place.write_text(json.dumps({"keys": [published("EdDSA")]}))
    assert await verifying(PublishedKeys(fetch_from(str(place)))).caller(signed()) == player(123)
    for text in ("[]", "{"):
        place.write_text(text)
        with pytest.raises(LeaderForgeError):
            await verifying(PublishedKeys(fetch_from(str(place)))).caller(signed())


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = json.dumps({"keys": [published("RS256", "one")]}).encode()
        self.send_response(200 if self.path == "/keys" else 404)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Do not log requests."""


async def test_a_set_over_http() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        base = f"http://127.0.0.1:{server.server_port}"
        try:
            verifies = verifying(PublishedKeys(fetch_from(f"{base}/keys")))
            assert await verifies.caller(signed("RS256", "one")) == player(123)
            with pytest.raises(Unavailable):
                await verifying(PublishedKeys(fetch_from(f"{base}/elsewhere"))).caller(signed("RS256", "one"))
        finally:
            server.shutdown()
