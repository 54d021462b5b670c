"""The settings: environment variables, read once, with errors that name the variable."""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from hmac import compare_digest
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.rates import RateLimit
from leaderforge.domain.sharding import MAX_PARTITIONS

SHORTEST_KEY = 16
"""Characters that a key needs wherever others can reach the service."""

_FEWEST_DIFFERENT = 6
_WELL_KNOWN = frozenset(
    {
        "0123456789abcdef", "1234567890123456", "abcdefghijklmnop", "change-me-change-me", "change-me-please",
        "changemechangeme", "leaderforge-admin", "leaderforge-admin-key", "leaderforge-submit",
        "leaderforge-submit-key", "passwordpassword", "replace-me-replace-me", "secretsecretsecret",
        "your-admin-key-here", "your-submit-key-here",
    }
)  # fmt: skip
_SHORTEST_SECRET = 32
_JWKS = r"^(https://\S+|http://(localhost|127\.0\.0\.1|\[::1\])[:/]\S*|/.+)$"
_LIMIT = "give requests a second, a colon and how many may come at once, such as 50:100"
_PREFIX = "LEADERFORGE_"
_NOT_SETTINGS = frozenset({"LEADERFORGE_SUPERVISED_IN"})
"""Variables by which `leaderforge dev` recognises the processes that it started."""


class SettingsError(LeaderForgeError):
    """One or more environment variables are missing or wrong; the message says which and what to do."""

    code = "invalid_settings"


class KeySet:
    """API keys, of which only the SHA-256 digests are kept."""

    __slots__ = ("_digests",)

    def __init__(self, keys: Sequence[str] = ()) -> None:
        """Take keys in plain text or as `sha256:` and 64 hexadecimal digits. Raises `ValueError`."""
        self._digests = tuple(map(_digest, keys))

    def __contains__(self, key: str) -> bool:
        """Whether this is one of the keys, in a time that does not tell how close it came."""
        digest = sha256(key.encode(errors="surrogateescape")).digest()
        return any([compare_digest(digest, known) for known in self._digests])  # noqa: C419 - all, always

    def __len__(self) -> int:
        return len(self._digests)

    @property
    def digests(self) -> tuple[bytes, ...]:
        """The SHA-256 digests of the keys."""
        return self._digests

    def __repr__(self) -> str:
        return f"KeySet({len(self)} keys)"

    def shares(self, other: "KeySet") -> bool:
        """Whether a key is in both sets."""
        return not set(self._digests).isdisjoint(other._digests)


def _digest(key: str) -> bytes:
    if not key.startswith("sha256:"):
        return sha256(key.encode()).digest()
    if not re.fullmatch("[0-9a-fA-F]{64}", key[7:]):
        raise ValueError("a key beginning with sha256: must go on with 64 hexadecimal digits")
    return bytes.fromhex(key[7:])


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _keys(value: object) -> object:
    return KeySet(_listed(value)) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _limit(value: object) -> object:
    return RateLimit.parsed(value) if isinstance(value, str) else value


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


Node = Annotated[str, Field(pattern=r"^[^\s,]+:\d{1,5}$")]
Nodes = Annotated[tuple[Node, ...], BeforeValidator(_split), Field(min_length=1)]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^\s/,]+)$")]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(_split)]
Keys = Annotated[KeySet, BeforeValidator(_keys)]
Network = IPv4Network | IPv6Network
Networks = Annotated[tuple[Network, ...], BeforeValidator(_split)]
Limit = Annotated[RateLimit, BeforeValidator(_limit)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]


def _variable(name: str, todo: str, default: Any = ..., **limits: Any) -> Any:
    return Field(default, alias=name, description=todo, **limits)


class CloudSettings(BaseModel):
    """What can be set about AWS. Each field's alias is its variable, its description what to put there."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, hide_input_in_errors=True
    )

    secret_id: str | None = _variable(
        "LEADERFORGE_SECRET_ID", "name a secret of AWS Secrets Manager that holds other settings as a JSON object", None
    )
    queue_url: str | None = _variable("LEADERFORGE_QUEUE_URL", "give the URL of the SQS queue of submissions", None)
    dead_letters_url: str | None = _variable(
        "LEADERFORGE_DEAD_LETTERS_URL", "give the URL of the SQS queue of dead letters", None
    )
    aws_region: str | None = _variable("AWS_REGION", "name the region, such as eu-west-1", None)
    aws_access_key_id: str | None = _variable("AWS_ACCESS_KEY_ID", "give the id of an access key", None)
    aws_secret_access_key: SecretStr | None = _variable("AWS_SECRET_ACCESS_KEY", "give the access key", None)
    aws_session_token: SecretStr | None = _variable("AWS_SESSION_TOKEN", "give the session's token", None)
    aws_endpoint_url: str | None = _variable("AWS_ENDPOINT_URL", "give the URL of an emulation of AWS", None)
    function_name: str | None = _variable("AWS_LAMBDA_FUNCTION_NAME", "leave it to AWS Lambda", None)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings in these variables; an empty one counts as unset. Raises `SettingsError`."""
        ours = [field.alias for field in cls.model_fields.values() if field.alias]
        given = {name: value for name in ours if (value := environment.get(name, "").strip())}
        problems = [
            f"{name} is not a setting; see docs/settings.md for those there are" for name in _unknown(environment)
        ]
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems += [_problem(one) for one in error.errors(include_url=False, include_input=False)]
        else:
            problems += settings.problems(environment)
        if problems:
            raise SettingsError("; ".join(dict.fromkeys(problems)), problems=problems)
        return settings

    def problems(self, environment: Mapping[str, str]) -> list[str]:
        """Return what is wrong with the settings together."""
        if (self.secret_id or self.queue_url) and not (
            self.aws_region and self.aws_access_key_id and self.aws_secret_access_key
        ):
            return ["AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are required to use a secret or a queue"]
        return []


class Settings(CloudSettings):
    """Everything that can be set."""

    redis_nodes: Nodes = _variable("LEADERFORGE_REDIS_NODES", "name one or more nodes as host:port, comma separated")
    redis_password: SecretStr | None = _variable("LEADERFORGE_REDIS_PASSWORD", "give the cluster's password", None)
    redis_tls: bool = _variable("LEADERFORGE_REDIS_TLS", "set 1 for TLS, else 0", False)
    namespace: str = _variable(
        "LEADERFORGE_NAMESPACE",
        "use 1 to 32 of a-z, 0-9, _ and -",
        "leaderforge",
        pattern=r"^[a-z0-9_-]{1,32}$",
    )
    partitions: int = _variable(
        "LEADERFORGE_PARTITIONS", "give about as many as index nodes expected", 3, ge=1, le=MAX_PARTITIONS
    )
    postgres_dsn: SecretStr = _variable(
        "LEADERFORGE_POSTGRES_DSN", "give the database as postgresql://user:password@host:port/name"
    )
    postgres_pool_size: int = _variable(
        "LEADERFORGE_POSTGRES_POOL_SIZE", "give the connections that a process may open", 10, ge=1, le=1000
    )
    pgbouncer: bool = _variable(
        "LEADERFORGE_PGBOUNCER", "set 1 behind a pooler in transaction mode such as PgBouncer, else 0", False
    )
    submit_keys: Keys = _variable(
        "LEADERFORGE_SUBMIT_KEYS", "list keys, comma separated, each plain or as sha256:<hex>", KeySet()
    )
    admin_keys: Keys = _variable(
        "LEADERFORGE_ADMIN_KEYS", "list keys, comma separated, each plain or as sha256:<hex>", KeySet()
    )
    queued_submits: bool = _variable(
        "LEADERFORGE_QUEUED_SUBMITS",
        "set 1 to answer submissions with 202 and count them from the queue, else 0",
        False,
    )
    token_secret: SecretStr | None = _variable(
        "LEADERFORGE_TOKEN_SECRET", "give a secret of 32 bytes at least, such as `openssl rand -hex 32` makes", None
    )
    token_public_keys: str | None = _variable(
        "LEADERFORGE_TOKEN_PUBLIC_KEYS", "give Ed25519, P-256 or RSA public keys as PEM, one after the other", None
    )
    token_jwks: str | None = _variable(
        "LEADERFORGE_TOKEN_JWKS",
        "give the https address of the issuer's JSON Web Key Set, or a file's absolute path",
        None,
        pattern=_JWKS,
    )
    token_issuer: str | None = _variable("LEADERFORGE_TOKEN_ISSUER", "say what the tokens' iss must be", None)
    token_audience: str | None = _variable("LEADERFORGE_TOKEN_AUDIENCE", "say what the tokens' aud must be", None)
    token_leeway_s: int = _variable(
        "LEADERFORGE_TOKEN_LEEWAY_S", "give the seconds that clocks may differ by, 0 to 300", 10, ge=0, le=300
    )
    key_limit: Limit | None = _variable("LEADERFORGE_KEY_LIMIT", _LIMIT, None)
    player_limit: Limit | None = _variable("LEADERFORGE_PLAYER_LIMIT", _LIMIT, None)
    address_limit: Limit | None = _variable("LEADERFORGE_ADDRESS_LIMIT", _LIMIT, None)
    trusted_proxies: Networks = _variable(
        "LEADERFORGE_TRUSTED_PROXIES", "list addresses or networks such as 10.0.0.0/8, comma separated", ()
    )
    host: str = _variable("LEADERFORGE_HOST", "give the address to serve on", "127.0.0.1", min_length=1)
    port: int = _variable("LEADERFORGE_PORT", "give the port to serve on", 8000, ge=0, le=65535)
    index_timeout_ms: int = _variable(
        "LEADERFORGE_INDEX_TIMEOUT_MS", "give milliseconds, 10 to 60000", 1000, ge=10, le=60_000
    )
    store_timeout_ms: int = _variable(
        "LEADERFORGE_STORE_TIMEOUT_MS", "give milliseconds, 10 to 60000", 5000, ge=10, le=60_000
    )
    top_cache_ms: int = _variable("LEADERFORGE_TOP_CACHE_MS", "give milliseconds, 0 to 60000", 1000, ge=0, le=60_000)
    max_listeners: int = _variable(
        "LEADERFORGE_MAX_LISTENERS",
        "give how many live listeners a process may have, 0 to 100000",
        1000,
        ge=0,
        le=100_000,
    )
    reconcile_ms: int = _variable(
        "LEADERFORGE_RECONCILE_MS", "give milliseconds, or 0 to leave it to other processes", 2000, ge=0, le=3_600_000
    )
    late_grace_ms: int = _variable(
        "LEADERFORGE_LATE_GRACE_MS", "give milliseconds, 0 to 86400000", 300_000, ge=0, le=86_400_000
    )
    period_index_hours: int = _variable("LEADERFORGE_PERIOD_INDEX_HOURS", "give hours, 0 to 87600", 48, ge=0, le=87_600)
    access_log: bool = _variable("LEADERFORGE_ACCESS_LOG", "set 1 to log every request, else 0", False)
    log_level: LogLevel = _variable("LEADERFORGE_LOG_LEVEL", "choose debug, info, warning or error", "info")
    cors_origins: Origins = _variable(
        "LEADERFORGE_CORS_ORIGINS", "list origins such as https://example.org, comma separated, or *", ()
    )
    max_body_bytes: int = _variable(
        "LEADERFORGE_MAX_BODY_BYTES", "give bytes, 4096 to 64 MiB", 4 * 2**20, ge=4096, le=64 * 2**20
    )
    web_directory: Path | None = _variable(
        "LEADERFORGE_WEB_DIRECTORY", "name the folder of the built site, such as frontend/dist", None
    )
    metrics_directory: Path | None = _variable(
        "PROMETHEUS_MULTIPROC_DIR", "name an empty directory that the worker processes share", None
    )
    new_relic_license_key: SecretStr | None = _variable("NEW_RELIC_LICENSE_KEY", "give the account's licence key", None)
    new_relic_app_name: str = _variable("NEW_RELIC_APP_NAME", "name the application", "LeaderForge", min_length=1)

    def problems(self, environment: Mapping[str, str]) -> list[str]:
        """Return what is wrong with the settings together."""
        problems = super().problems(environment) + _unsafe(self, environment) + _token_problems(self)
        if self.queued_submits and self.queue_url is None:
            problems.append(
                f"LEADERFORGE_QUEUE_URL is required to queue submissions: {VARIABLES['LEADERFORGE_QUEUE_URL']}"
            )
        return problems

    @property
    def accepts_tokens(self) -> bool:
        """Whether players may come with tokens of their own."""
        return bool(_token_sources(self))

    @property
    def exposed(self) -> bool:
        """Whether others than this machine can reach the service."""
        return not _is_loopback(self.host)


VARIABLES: Mapping[str, str] = {
    field.alias: field.description or "" for field in Settings.model_fields.values() if field.alias
}
"""Every variable, and what to put there."""


def _unknown(environment: Mapping[str, str]) -> list[str]:
    ours = (name for name in environment if name.startswith(_PREFIX) and not name.startswith("LEADERFORGE_TEST_"))
    return sorted(name for name in ours if name not in VARIABLES and name not in _NOT_SETTINGS)


def _problem(error: Any) -> str:
    name = str(error["loc"][0])
    said = "is required" if error["type"] == "missing" else f"is wrong ({error['msg']})"
    return f"{name} {said}: {VARIABLES[name]}"


def _unsafe(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """Return what would let strangers in: weak keys are refused wherever others can reach the service."""
    if not settings.exposed and settings.function_name is None:
        return []
    problems = []
    for name in ("LEADERFORGE_SUBMIT_KEYS", "LEADERFORGE_ADMIN_KEYS"):
        keys = _listed(environment.get(name, ""))
        if not keys and settings.exposed:
            problems.append(f"{name} is required to serve on {settings.host}: {VARIABLES[name]}")
        problems += [f"{name} has {fault}" for fault in dict.fromkeys(map(_weakness, keys)) if fault]
    if settings.submit_keys.shares(settings.admin_keys):
        problems.append("LEADERFORGE_ADMIN_KEYS has a key that LEADERFORGE_SUBMIT_KEYS has too: use different ones")
    return problems


def _token_sources(settings: Settings) -> dict[str, object]:
    sources = {
        "LEADERFORGE_TOKEN_SECRET": settings.token_secret,
        "LEADERFORGE_TOKEN_PUBLIC_KEYS": settings.token_public_keys,
        "LEADERFORGE_TOKEN_JWKS": settings.token_jwks,
    }
    return {name: source for name, source in sources.items() if source is not None}


def _token_problems(settings: Settings) -> list[str]:
    """Return what would let in tokens that are not meant for this service, or that anyone could make."""
    sources = _token_sources(settings)
    if not sources:
        return []
    problems = [] if len(sources) == 1 else [f"only one of {', '.join(sources)} can be used: unset the others"]
    for name, value in (
        ("LEADERFORGE_TOKEN_ISSUER", settings.token_issuer),
        ("LEADERFORGE_TOKEN_AUDIENCE", settings.token_audience),
    ):
        if value is None:
            problems.append(f"{name} is required to accept tokens: {VARIABLES[name]}")
    secret = settings.token_secret
    if secret is not None and len(secret.get_secret_value().encode()) < _SHORTEST_SECRET:
        problems.append(f"LEADERFORGE_TOKEN_SECRET is too short: {VARIABLES['LEADERFORGE_TOKEN_SECRET']}")
    return problems


def _weakness(key: str) -> str | None:
    if key.startswith("sha256:"):
        guessable = any(_digest(key) == _digest(known) for known in _WELL_KNOWN)
    elif len(key) < SHORTEST_KEY:
        return f"a key of fewer than {SHORTEST_KEY} characters: use a longer one, such as `openssl rand -hex 24` makes"
    else:
        guessable = key.lower() in _WELL_KNOWN or len(set(key)) < _FEWEST_DIFFERENT
    return "a key that anyone could guess: use one such as `openssl rand -hex 24` makes" if guessable else None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
