"""Environment settings: variables, read once, with errors that name the variable."""

from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError

from leaderforge.challenge_settings import ChallengeSettings
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.rates import RateLimit
from leaderforge.domain.sharding import MAX_PARTITIONS
from leaderforge.domain.timing import MAX_TIMEOUT_MS
from leaderforge.event_settings import EventSettings
from leaderforge.identity_settings import IdentitySettings
from leaderforge.key_sets import KeySet
from leaderforge.player_settings import PlayerSettings
from leaderforge.setting_problems import (
    identity_problems,
    missing_packages,
    signing_problems,
    token_problems,
    token_sources,
    unsafe_keys,
)
from leaderforge.setting_types import (
    Dsn,
    Hosts,
    KeySetText,
    LogLevel,
    Networks,
    Nodes,
    Origins,
    PublicUrl,
    RateLimitText,
    SitePages,
    variable,
)

_JWKS = r"^(https://\S+|http://(localhost|127\.0\.0\.1|\[::1\])[:/]\S*|/.+)$"
_LIMIT = "give requests per second, a colon and the burst, such as 50:100"
_PREFIX = "LEADERFORGE_"
_NOT_SETTINGS = frozenset({"LEADERFORGE_SUPERVISED_IN"})
"""Variables with the prefix of settings that are no settings: `leaderforge dev` marks its processes with them."""


class SettingsError(LeaderForgeError):
    """Error for missing or invalid environment variables. The message names each variable and its remedy."""

    code = "invalid_settings"


class CloudSettings(BaseModel):
    """Settings for AWS. A field's alias is its variable. A field's description is the instruction in error messages."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True, hide_input_in_errors=True
    )

    secret_id: str | None = variable(
        "LEADERFORGE_SECRET_ID", "name a secret of AWS Secrets Manager that contains settings as a JSON object", None
    )
    queue_url: str | None = variable("LEADERFORGE_QUEUE_URL", "give the URL of the SQS submission queue", None)
    dead_letters_url: str | None = variable(
        "LEADERFORGE_DEAD_LETTERS_URL", "give the URL of the SQS dead-letter queue", None
    )
    aws_region: str | None = variable("AWS_REGION", "name the region, such as eu-west-1", None)
    aws_access_key_id: str | None = variable("AWS_ACCESS_KEY_ID", "give the id of an access key", None)
    aws_secret_access_key: SecretStr | None = variable("AWS_SECRET_ACCESS_KEY", "give the access key", None)
    aws_session_token: SecretStr | None = variable("AWS_SESSION_TOKEN", "give the session's token", None)
    aws_endpoint_url: str | None = variable("AWS_ENDPOINT_URL", "give the URL of an AWS emulator", None)
    function_name: str | None = variable("AWS_LAMBDA_FUNCTION_NAME", "unset it: AWS Lambda sets it", None)

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Return the settings in the variables. Empty variables count as unset.

        Raises `SettingsError` if a value is wrong, or a variable with the prefix of settings is not a setting.
        """
        ours = [field.alias for field in cls.model_fields.values() if field.alias]
        values = {name: value for name in ours if (value := environment.get(name, "").strip())}
        problems = [f"{name} is not a setting: see docs/settings.md for all settings" for name in _unknown(environment)]
        try:
            settings = cls.model_validate(values)
        except ValidationError as error:
            problems += [_problem(details) for details in error.errors(include_url=False, include_input=False)]
        else:
            problems += settings.problems(environment)
        if problems:
            raise SettingsError("; ".join(dict.fromkeys(problems)), problems=problems)
        return settings

    @property
    def has_aws_credentials(self) -> bool:
        """Return whether the settings have the credentials with which requests to AWS are signed."""
        return bool(self.aws_region and self.aws_access_key_id and self.aws_secret_access_key)

    def problems(self, environment: Mapping[str, str]) -> list[str]:
        """Return the contradictions between settings."""
        if (self.secret_id or self.queue_url) and not self.has_aws_credentials:
            return ["AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are required to use a secret or a queue"]
        return []


class EnvironmentSettings(CloudSettings, ChallengeSettings, EventSettings, IdentitySettings, PlayerSettings):
    """All environment settings."""

    redis_nodes: Nodes = variable("LEADERFORGE_REDIS_NODES", "name one or more nodes as host:port, comma separated")
    redis_password: SecretStr | None = variable("LEADERFORGE_REDIS_PASSWORD", "give the cluster's password", None)
    redis_tls: bool = variable("LEADERFORGE_REDIS_TLS", "set 1 for TLS, else 0", False)
    namespace: str = variable(
        "LEADERFORGE_NAMESPACE",
        "use 1 to 32 of a-z, 0-9, _ and -",
        "leaderforge",
        pattern=r"^[a-z0-9_-]{1,32}$",
    )
    partitions: int = variable(
        "LEADERFORGE_PARTITIONS", "give about the expected number of index nodes, 1 to 1024", 3, ge=1, le=MAX_PARTITIONS
    )
    index_names: Literal["all", "viewed"] = variable(
        "LEADERFORGE_INDEX_NAMES", "say which names of players the index stores: all or viewed", "all"
    )
    postgres_dsn: Dsn = variable(
        "LEADERFORGE_POSTGRES_DSN",
        "give the database as postgresql://user:password@host:port/name, with %2F for / and so on in the password, or "
        "leave the password out and set PGPASSWORD",
    )
    postgres_pool_size: int = variable(
        "LEADERFORGE_POSTGRES_POOL_SIZE", "give the maximum connections per process, 1 to 1000", 10, ge=1, le=1000
    )
    pgbouncer: bool = variable(
        "LEADERFORGE_PGBOUNCER", "set 1 behind a pooler in transaction mode, such as PgBouncer, else 0", False
    )
    submit_keys: KeySetText = variable(
        "LEADERFORGE_SUBMIT_KEYS", "list keys, comma separated, each as plain text or sha256:<hex>", KeySet()
    )
    admin_keys: KeySetText = variable(
        "LEADERFORGE_ADMIN_KEYS", "list keys, comma separated, each as plain text or sha256:<hex>", KeySet()
    )
    queued_submits: bool = variable(
        "LEADERFORGE_QUEUED_SUBMITS",
        "set 1 to queue submissions and answer with 202, else 0",
        False,
    )
    token_secret: SecretStr | None = variable(
        "LEADERFORGE_TOKEN_SECRET",
        "give a secret of at least 32 bytes, such as the output of `openssl rand -hex 32`",
        None,
    )
    token_public_keys: str | None = variable(
        "LEADERFORGE_TOKEN_PUBLIC_KEYS", "give Ed25519, P-256 or RSA public keys as concatenated PEM", None
    )
    token_jwks: str | None = variable(
        "LEADERFORGE_TOKEN_JWKS",
        "give the https address of the issuer's JSON Web Key Set, or a file's absolute path",
        None,
        pattern=_JWKS,
    )
    token_issuer: str | None = variable("LEADERFORGE_TOKEN_ISSUER", "give the required iss claim of the tokens", None)
    token_audience: str | None = variable(
        "LEADERFORGE_TOKEN_AUDIENCE", "give the required aud claim of the tokens", None
    )
    token_leeway_s: int = variable(
        "LEADERFORGE_TOKEN_LEEWAY_S", "give the tolerated clock difference in seconds, 0 to 300", 10, ge=0, le=300
    )
    token_player_claim: str = variable(
        "LEADERFORGE_TOKEN_PLAYER_CLAIM", "name the claim of the tokens that identifies the player", "sub", min_length=1
    )
    player_claim_kind: Literal["user_id", "external_id"] = variable(
        "LEADERFORGE_TOKEN_PLAYER_ID", "say which id the player claim holds: user_id or external_id", "user_id"
    )
    token_name_claim: str | None = variable(
        "LEADERFORGE_TOKEN_NAME_CLAIM", "name the claim of the tokens with the name of a new player", None
    )
    signing_secret: SecretStr | None = variable(
        "LEADERFORGE_SIGNING_SECRET",
        "give a secret of at least 32 bytes, such as the output of `openssl rand -hex 32`",
        None,
    )
    device_sign_in: bool = variable(
        "LEADERFORGE_DEVICE_SIGN_IN", "set 1 to let players sign in by a secret of their device, else 0", False
    )
    sign_in_limit: RateLimitText = variable("LEADERFORGE_SIGN_IN_LIMIT", _LIMIT, RateLimit.parsed("1:30"))
    token_minutes: int = variable(
        "LEADERFORGE_TOKEN_MINUTES", "give the lifetime of a session's tokens in minutes, 1 to 1440", 15, ge=1, le=1440
    )
    session_days: int = variable(
        "LEADERFORGE_SESSION_DAYS", "give the days after which an unused session ends, 1 to 3650", 90, ge=1, le=3650
    )
    key_limit: RateLimitText | None = variable("LEADERFORGE_KEY_LIMIT", _LIMIT, None)
    player_limit: RateLimitText | None = variable("LEADERFORGE_PLAYER_LIMIT", _LIMIT, None)
    address_limit: RateLimitText | None = variable("LEADERFORGE_ADDRESS_LIMIT", _LIMIT, None)
    trusted_proxies: Networks = variable(
        "LEADERFORGE_TRUSTED_PROXIES", "list addresses or networks such as 10.0.0.0/8, comma separated", ()
    )
    allowed_hosts: Hosts = variable(
        "LEADERFORGE_ALLOWED_HOSTS", "list the names by which clients reach the service, comma separated", ()
    )
    host: str = variable("LEADERFORGE_HOST", "give the address to listen on", "127.0.0.1", min_length=1)
    port: int = variable("LEADERFORGE_PORT", "give the port to listen on, 0 to 65535", 8000, ge=0, le=65535)
    index_timeout_ms: int = variable(
        "LEADERFORGE_INDEX_TIMEOUT_MS", "give milliseconds, 10 to 60000", 1000, ge=10, le=MAX_TIMEOUT_MS
    )
    store_timeout_ms: int = variable(
        "LEADERFORGE_STORE_TIMEOUT_MS", "give milliseconds, 10 to 60000", 5000, ge=10, le=MAX_TIMEOUT_MS
    )
    overload_ms: int = variable(
        "LEADERFORGE_OVERLOAD_MS", "give milliseconds, or 0 to refuse no requests", 100, ge=0, le=10_000
    )
    top_cache_ms: int = variable("LEADERFORGE_TOP_CACHE_MS", "give milliseconds, 0 to 60000", 1000, ge=0, le=60_000)
    max_listeners: int = variable(
        "LEADERFORGE_MAX_LISTENERS",
        "give the maximum number of live listeners per process, 0 to 100000",
        1000,
        ge=0,
        le=100_000,
    )
    address_listeners: int = variable(
        "LEADERFORGE_ADDRESS_LISTENERS",
        "give the maximum number of live listeners per address and process, 0 to 100000; 0 for no limit",
        100,
        ge=0,
        le=100_000,
    )
    reconcile_ms: int = variable(
        "LEADERFORGE_RECONCILE_MS", "give milliseconds, or 0 to disable it in this process", 2000, ge=0, le=3_600_000
    )
    late_grace_ms: int = variable(
        "LEADERFORGE_LATE_GRACE_MS", "give milliseconds, 0 to 86400000", 300_000, ge=0, le=86_400_000
    )
    period_index_hours: int = variable("LEADERFORGE_PERIOD_INDEX_HOURS", "give hours, 0 to 87600", 48, ge=0, le=87_600)
    moment_changes: int = variable(
        "LEADERFORGE_MOMENT_CHANGES", "give a number of changes, 100 to 1000000", 1_000, ge=100, le=1_000_000
    )
    access_log: bool = variable("LEADERFORGE_ACCESS_LOG", "set 1 to log every request, else 0", False)
    log_level: LogLevel = variable("LEADERFORGE_LOG_LEVEL", "choose debug, info, warning or error", "info")
    cors_origins: Origins = variable(
        "LEADERFORGE_CORS_ORIGINS", "list origins such as https://example.org, comma separated, or *", ()
    )
    max_body_bytes: int = variable(
        "LEADERFORGE_MAX_BODY_BYTES", "give bytes, 4096 to 64 MiB", 4 * 2**20, ge=4096, le=64 * 2**20
    )
    max_upload_bytes: int = variable(
        "LEADERFORGE_MAX_UPLOAD_BYTES",
        "give the maximum length of an uploaded score file in bytes, 0 to 10 GiB; 0 refuses uploads",
        64 * 2**20,
        ge=0,
        le=10 * 2**30,
    )
    web_directory: Path | None = variable(
        "LEADERFORGE_WEB_DIRECTORY", "name the folder of the built site, such as frontend/dist", None
    )
    web_config: Path | None = variable(
        "LEADERFORGE_WEB_CONFIG", "name the config.json of a page that another server serves", None
    )
    web_pages: SitePages = variable("LEADERFORGE_WEB_PAGES", "list submit, console or both, comma separated", ())
    public_url: PublicUrl | None = variable(
        "LEADERFORGE_PUBLIC_URL",
        "give the address of the page, such as https://example.org or https://example.org/go",
        None,
    )
    metrics_directory: Path | None = variable(
        "PROMETHEUS_MULTIPROC_DIR", "name an empty directory for all worker processes of the server", None
    )
    new_relic_license_key: SecretStr | None = variable("NEW_RELIC_LICENSE_KEY", "give the account's licence key", None)
    otlp_endpoint: str | None = variable(
        "OTEL_EXPORTER_OTLP_ENDPOINT", "give the collector's address, such as http://127.0.0.1:4318", None
    )
    otel_service_name: str = variable("OTEL_SERVICE_NAME", "name the service", "leaderforge", min_length=1)
    new_relic_app_name: str = variable("NEW_RELIC_APP_NAME", "name the application", "LeaderForge", min_length=1)

    def problems(self, environment: Mapping[str, str]) -> list[str]:
        """Return the contradictions between settings."""
        problems = (
            super().problems(environment) + unsafe_keys(self, environment, VARIABLES) + token_problems(self, VARIABLES)
        )
        problems += missing_packages(self) + signing_problems(self, VARIABLES) + identity_problems(self, VARIABLES)
        if self.queued_submits and self.queue_url is None:
            problems.append(
                "LEADERFORGE_QUEUE_URL is required with LEADERFORGE_QUEUED_SUBMITS: "
                f"{VARIABLES['LEADERFORGE_QUEUE_URL']}"
            )
        return problems

    @property
    def accepts_tokens(self) -> bool:
        """Return whether player tokens of a configured issuer are accepted."""
        return bool(token_sources(self))

    @property
    def exports_otlp(self) -> bool:
        """Return whether metrics and traces are exported. Return False on AWS Lambda, which lacks the exporter."""
        return self.otlp_endpoint is not None and self.function_name is None

    @property
    def exposed(self) -> bool:
        """Return whether other machines can reach the service."""
        return not _is_loopback(self.host)

    @property
    def checks_host(self) -> bool:
        """Return whether the Host header is checked: if allowed hosts are set, or on a developer's machine.

        A server on a loopback address counts as running on a developer's machine, unless it has trusted proxies.
        """
        is_local = not self.exposed and not self.trusted_proxies and self.function_name is None
        return bool(self.allowed_hosts) or is_local


VARIABLES: Mapping[str, str] = {
    field.alias: field.description or "" for field in EnvironmentSettings.model_fields.values() if field.alias
}
"""Description of every variable, by its name."""


def _unknown(environment: Mapping[str, str]) -> list[str]:
    ours = (name for name in environment if name.startswith(_PREFIX) and not name.startswith("LEADERFORGE_TEST_"))
    return sorted(name for name in ours if name not in VARIABLES and name not in _NOT_SETTINGS)


def _problem(error: Any) -> str:
    name = str(error["loc"][0])
    fault = "is required" if error["type"] == "missing" else f"is wrong ({error['msg']})"
    return f"{name} {fault}: {VARIABLES[name]}"


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
