"""The settings: environment variables, read once, with errors that name the variable."""

import re
from collections.abc import Mapping, Sequence
from hashlib import sha256
from hmac import compare_digest
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from leaderforge.domain.errors import LeaderForgeError
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


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


Node = Annotated[str, Field(pattern=r"^[^\s,]+:\d{1,5}$")]
Nodes = Annotated[tuple[Node, ...], BeforeValidator(_split), Field(min_length=1)]
Origin = Annotated[str, Field(pattern=r"^(\*|https?://[^\s/,]+)$")]
Origins = Annotated[tuple[Origin, ...], BeforeValidator(_split)]
Keys = Annotated[KeySet, BeforeValidator(_keys)]
LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)]


def _variable(name: str, todo: str, default: Any = ..., **limits: Any) -> Any:
    return Field(default, alias=name, description=todo, **limits)


class Settings(BaseModel):
    """Everything that can be set. Each field's alias is its variable, its description what to put there."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, hide_input_in_errors=True
    )

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
    host: str = _variable("LEADERFORGE_HOST", "give the address to serve on", "127.0.0.1", min_length=1)
    port: int = _variable("LEADERFORGE_PORT", "give the port to serve on", 8000, ge=0, le=65535)
    index_timeout_ms: int = _variable(
        "LEADERFORGE_INDEX_TIMEOUT_MS", "give milliseconds, 10 to 60000", 1000, ge=10, le=60_000
    )
    store_timeout_ms: int = _variable(
        "LEADERFORGE_STORE_TIMEOUT_MS", "give milliseconds, 10 to 60000", 5000, ge=10, le=60_000
    )
    top_cache_ms: int = _variable("LEADERFORGE_TOP_CACHE_MS", "give milliseconds, 0 to 60000", 1000, ge=0, le=60_000)
    reconcile_ms: int = _variable(
        "LEADERFORGE_RECONCILE_MS", "give milliseconds, or 0 to leave it to other processes", 2000, ge=0, le=3_600_000
    )
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

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings in these variables; an empty one counts as unset. Raises `SettingsError`."""
        given = {name: value for name in VARIABLES if (value := environment.get(name, "").strip())}
        problems = [
            f"{name} is not a setting; see docs/settings.md for those there are" for name in _unknown(environment)
        ]
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            problems += [_problem(one) for one in error.errors(include_url=False, include_input=False)]
        else:
            problems += _unsafe(settings, environment)
        if problems:
            raise SettingsError("; ".join(dict.fromkeys(problems)), problems=problems)
        return settings

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
    in_lambda = "AWS_LAMBDA_FUNCTION_NAME" in environment
    if not settings.exposed and not in_lambda:
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
