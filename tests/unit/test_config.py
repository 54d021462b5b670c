"""Environment settings: values, refusals and messages."""

import re
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest

from leaderforge.config import VARIABLES, EnvironmentSettings, SettingsError
from leaderforge.domain.rates import RateLimit
from leaderforge.key_sets import KeySet
from leaderforge.parts.tokens import token_verifier
from tests.tokens import TOKENS

NEEDED = {"LEADERFORGE_REDIS_NODES": "a:6379", "LEADERFORGE_POSTGRES_DSN": "postgresql://me:s3cret@db/leaderforge"}
EXPOSED = {
    **NEEDED,
    "LEADERFORGE_HOST": "0.0.0.0",  # noqa: S104 - the test needs an address that must be refused
    "LEADERFORGE_SUBMIT_KEYS": "Zq3vXw8LkT5rPn1C",
    "LEADERFORGE_ADMIN_KEYS": "b7Hs2mQe9DfYgU4J",
}
DOCS = Path(__file__).parents[2] / "docs" / "settings.md"


def settings(**changes: str) -> EnvironmentSettings:
    return EnvironmentSettings.from_environment({**NEEDED, **changes})


def refusal(environment: dict[str, str]) -> str:
    with pytest.raises(SettingsError) as refused:
        EnvironmentSettings.from_environment(environment)
    return str(refused.value)


def test_defaults_need_only_the_two_addresses() -> None:
    plain = settings()
    assert plain.redis_nodes == ("a:6379",)
    assert plain.postgres_dsn.get_secret_value() == NEEDED["LEADERFORGE_POSTGRES_DSN"]
    assert (plain.partitions, plain.top_cache_ms, plain.reconcile_ms) == (3, 1000, 2000)
    assert not plain.exposed


def test_lists_are_comma_separated() -> None:
    many = settings(LEADERFORGE_REDIS_NODES=" a:1, b:2 ,", LEADERFORGE_CORS_ORIGINS="https://a.org,http://b:8080")
    assert many.redis_nodes == ("a:1", "b:2")
    assert many.cors_origins == ("https://a.org", "http://b:8080")


@pytest.mark.parametrize(
    "dsn", ["postgresql://me:a%2Fb%23@db:5432/x", "postgres://me@a:1,b:2/x", "postgresql://[::1]:1/x"]
)
def test_addresses_of_databases(dsn: str) -> None:
    assert settings(LEADERFORGE_POSTGRES_DSN=dsn).postgres_dsn.get_secret_value() == dsn


@pytest.mark.parametrize("password", ["a/b#c?d%1", "12?x", "12/x", "12#x", "x/@"])
def test_a_password_that_is_not_encoded_is_refused_and_not_shown(password: str) -> None:
    message = refusal({**NEEDED, "LEADERFORGE_POSTGRES_DSN": f"postgresql://me:{password}@db:5432/leaderforge"})
    assert "a character of the password is not percent-encoded" in message
    assert "set PGPASSWORD" in message
    assert password not in message


def test_empty_counts_as_unset() -> None:
    assert settings(LEADERFORGE_REDIS_PASSWORD="", LEADERFORGE_PARTITIONS=" ").redis_password is None


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("LEADERFORGE_REDIS_NODES", "localhost"),
        ("LEADERFORGE_REDIS_NODES", "localhost:65536"),
        ("LEADERFORGE_PARTITIONS", "0"),
        ("LEADERFORGE_WEB_PAGES", "admin"),
        ("LEADERFORGE_PARTITIONS", "six"),
        ("LEADERFORGE_PORT", "65536"),
        ("LEADERFORGE_REDIS_TLS", "maybe"),
        ("LEADERFORGE_LOG_LEVEL", "loud"),
        ("LEADERFORGE_NAMESPACE", "a{b}"),
        ("LEADERFORGE_CORS_ORIGINS", "example.org"),
        ("LEADERFORGE_SUBMIT_KEYS", "sha256:123"),
        ("LEADERFORGE_KEY_LIMIT", "50"),
        ("LEADERFORGE_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("LEADERFORGE_TOKEN_LEEWAY_S", "301"),
    ],
)
def test_errors_name_the_variable_and_what_to_do(variable: str, value: str) -> None:
    told = refusal({**NEEDED, variable: value})
    assert variable in told
    assert VARIABLES[variable] in told


def test_all_problems_are_told_at_once() -> None:
    told = refusal({"LEADERFORGE_PORT": "x", "LEADERFORGE_TYPO": "1"})
    for variable in ("LEADERFORGE_PORT", "LEADERFORGE_TYPO", "LEADERFORGE_REDIS_NODES", "LEADERFORGE_POSTGRES_DSN"):
        assert variable in told


def test_unknown_variables_are_refused_but_for_those_of_tests_and_of_others() -> None:
    assert "LEADERFORGE_PARTITION" in refusal({**NEEDED, "LEADERFORGE_PARTITION": "6"})
    settings(LEADERFORGE_TEST_CITUS_DSN="x", LEADERFORGE_SUPERVISED_IN="/x", HOME="/root")


def test_secrets_are_not_shown() -> None:
    shown = repr(
        settings(
            LEADERFORGE_REDIS_PASSWORD="hush1",
            LEADERFORGE_SUBMIT_KEYS="hush2",
            LEADERFORGE_ADMIN_KEYS="hush3",
            NEW_RELIC_LICENSE_KEY="hush4",
        )
    )
    assert "hush" not in shown
    assert "s3cret" not in shown


def test_errors_do_not_show_secrets() -> None:
    environment = {**NEEDED, "LEADERFORGE_SUBMIT_KEYS": "sha256:hush", "LEADERFORGE_ADMIN_KEYS": "hush"}
    told = refusal({**environment, "LEADERFORGE_HOST": "192.0.2.1"})
    assert "hush" not in told
    assert "s3cret" not in told


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        settings().port = 1  # type: ignore[misc]


def test_keys_are_known_plain_or_hashed_but_not_kept() -> None:
    digest = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # SHA-256 of "hello"
    keys = KeySet(["open sesame", f"sha256:{digest}"])
    assert "open sesame" in keys
    assert "hello" in keys
    assert digest not in keys
    assert f"sha256:{digest}" not in keys
    assert "" not in keys
    assert len(keys) == 2
    assert "sesame" not in repr(keys)


def test_no_keys_let_nobody_in() -> None:
    assert "" not in settings().admin_keys


def test_good_keys_may_serve_others() -> None:
    assert EnvironmentSettings.from_environment(EXPOSED).exposed


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "api.example.org"])  # noqa: S104
def test_keys_are_required_where_others_can_reach_us(host: str) -> None:
    told = refusal({**NEEDED, "LEADERFORGE_HOST": host})
    assert "LEADERFORGE_SUBMIT_KEYS is required" in told
    assert "LEADERFORGE_ADMIN_KEYS is required" in told


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_on_this_machine_any_key_will_do(host: str) -> None:
    assert "dev" in settings(LEADERFORGE_HOST=host, LEADERFORGE_ADMIN_KEYS="dev").admin_keys


@pytest.mark.parametrize(
    "key",
    [
        "short",
        "fifteen-letters",
        "changemechangeme",
        "Change-Me-Change-Me",
        "aaaaaaaaaaaaaaaaaaaa",
        "sha256:" + sha256(b"changemechangeme").hexdigest(),
    ],
)
def test_weak_keys_are_refused_where_others_can_reach_us(key: str) -> None:
    told = refusal({**EXPOSED, "LEADERFORGE_ADMIN_KEYS": key})
    assert "LEADERFORGE_ADMIN_KEYS has a key" in told
    assert key not in told


def test_weak_keys_are_refused_in_lambda() -> None:
    assert "LEADERFORGE_ADMIN_KEYS" in refusal(
        {**NEEDED, "AWS_LAMBDA_FUNCTION_NAME": "submit", "LEADERFORGE_ADMIN_KEYS": "short"}
    )


def test_a_submit_key_is_no_admin_key() -> None:
    same = {**EXPOSED, "LEADERFORGE_ADMIN_KEYS": EXPOSED["LEADERFORGE_SUBMIT_KEYS"]}
    assert "use different keys" in refusal(same)


def test_every_setting_has_its_row_in_the_documentation() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \|", DOCS.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(VARIABLES)


def test_documented_defaults_are_true() -> None:
    rows = dict(re.findall(r"^\| `([A-Z_]+)` \| ([^|]*) \|", DOCS.read_text(), re.MULTILINE))
    for field in EnvironmentSettings.model_fields.values():
        documented = rows[str(field.alias)].strip().strip("`")
        if field.is_required():
            assert documented == "required"
        elif isinstance(field.default, RateLimit):
            assert RateLimit.parsed(documented) == field.default
        elif isinstance(field.default, bool):
            assert documented == str(int(field.default))
        elif field.default in (None, ()) or isinstance(field.default, KeySet):
            assert documented == "none"
        else:
            assert documented == str(field.default)


def test_tokens_are_accepted_where_they_are_set_up() -> None:
    assert not settings().accepts_tokens
    assert settings(**TOKENS).accepts_tokens
    assert settings(**{**TOKENS, "LEADERFORGE_TOKEN_SECRET": "", "LEADERFORGE_TOKEN_JWKS": "/keys.json"}).accepts_tokens


@pytest.mark.parametrize("missing", ["LEADERFORGE_TOKEN_ISSUER", "LEADERFORGE_TOKEN_AUDIENCE"])
def test_tokens_need_an_issuer_and_an_audience(missing: str) -> None:
    assert f"{missing} is required" in refusal({**NEEDED, **TOKENS, missing: ""})


def test_short_secrets_are_refused_everywhere_and_not_told() -> None:
    told = refusal({**NEEDED, **TOKENS, "LEADERFORGE_TOKEN_SECRET": "s3cretly" * 3})
    assert "LEADERFORGE_TOKEN_SECRET is too short" in told
    assert "s3cretly" not in told


def test_issued_tokens_need_a_long_secret() -> None:
    name = "LEADERFORGE_SIGNING_SECRET"
    assert f"{name} is required with LEADERFORGE_DEVICE_SIGN_IN" in refusal(
        {**NEEDED, "LEADERFORGE_DEVICE_SIGN_IN": "1"}
    )
    refused = refusal({**NEEDED, name: "s3cretly" * 3})
    assert f"{name} is too short" in refused
    assert "s3cretly" not in refused
    assert settings(**{name: "s3cretly" * 4, "LEADERFORGE_DEVICE_SIGN_IN": "1"}).device_sign_in


def test_tokens_have_one_source() -> None:
    assert "exclude each other: set one of them" in refusal(
        {**NEEDED, **TOKENS, "LEADERFORGE_TOKEN_PUBLIC_KEYS": "-----BEGIN"}
    )


@pytest.mark.parametrize("place", ["http://id.example.org/keys", "ftp://x/y", "keys.json", "file:///keys", "https://"])
def test_keys_come_from_safe_places(place: str) -> None:
    environment = {**NEEDED, **TOKENS, "LEADERFORGE_TOKEN_SECRET": "", "LEADERFORGE_TOKEN_JWKS": place}
    assert "LEADERFORGE_TOKEN_JWKS is wrong" in refusal(environment)


def test_public_keys_that_are_none_are_refused_at_the_start() -> None:
    environment = {**NEEDED, **TOKENS, "LEADERFORGE_TOKEN_SECRET": "", "LEADERFORGE_TOKEN_PUBLIC_KEYS": "nonsense"}
    with pytest.raises(SettingsError, match="LEADERFORGE_TOKEN_PUBLIC_KEYS is wrong"):
        token_verifier(EnvironmentSettings.from_environment(environment))


def test_limits_and_proxies() -> None:
    limited = settings(LEADERFORGE_KEY_LIMIT="50:100", LEADERFORGE_TRUSTED_PROXIES="10.0.0.0/8, ::1")
    assert limited.key_limit == RateLimit(20_000, 100)
    assert limited.player_limit is limited.address_limit is None
    assert [str(network) for network in limited.trusted_proxies] == ["10.0.0.0/8", "::1/128"]


def test_what_tokens_need_is_loaded_only_where_they_are_set_up() -> None:
    """Without settings of tokens, a start must not import the libraries for tokens: they slow down a cold start."""
    source = f"""
import sys, functions.local
from leaderforge.config import EnvironmentSettings
from leaderforge.wiring import build
build(EnvironmentSettings.from_environment({NEEDED!r}))
print(sorted({{"jwt", "cryptography.hazmat"}} & {{*sys.modules}}))
"""
    ended = subprocess.run([sys.executable, "-c", source], check=True, capture_output=True, text=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_up_to_8_attributes_are_declared_for_segments() -> None:
    names = [f"attribute_{i}" for i in range(8)]
    assert settings(LEADERFORGE_SEGMENTS=", ".join(names)).segments == tuple(names)
    assert settings().segments == ()


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (",".join(f"attribute_{i}" for i in range(9)), "must list up to 8 attributes, each once"),
        ("country,platform,country", "must list up to 8 attributes, each once"),
        ("country,Platform", "'Platform' is not the name of an attribute"),
        (f"country,{'x' * 33}", "is not the name of an attribute"),
    ],
)
def test_a_declaration_of_attributes_that_breaks_a_rule_is_refused(text: str, problem: str) -> None:
    message = refusal({**NEEDED, "LEADERFORGE_SEGMENTS": text})
    assert "LEADERFORGE_SEGMENTS" in message
    assert problem in message
