"""Combinations of environment settings that are refused because they would grant access to strangers.

Each function returns a message per problem. `variables` has the instruction for each variable, by its name.
"""

from collections.abc import Mapping
from importlib.util import find_spec
from typing import TYPE_CHECKING

from leaderforge.key_sets import weakness
from leaderforge.setting_types import split_list

if TYPE_CHECKING:
    from leaderforge.config import EnvironmentSettings

_SHORTEST_SECRET = 32
"""Minimum length of the secrets of tokens in bytes: the digest length of HS256 (RFC 7518, section 3.2)."""


def unsafe_keys(
    settings: "EnvironmentSettings", environment: Mapping[str, str], variables: Mapping[str, str]
) -> list[str]:
    """Return the problems of keys that would admit strangers. Weak keys are refused if other machines can connect."""
    if not settings.exposed and settings.function_name is None:
        return []
    problems: list[str] = []
    for name in ("LEADERFORGE_SUBMIT_KEYS", "LEADERFORGE_ADMIN_KEYS"):
        keys = split_list(environment.get(name, ""))
        if not keys and settings.exposed:
            problems.append(_missing_keys(name, settings.host, variables))
        problems += [f"{name} has {fault}" for fault in dict.fromkeys(map(weakness, keys)) if fault]
    if settings.submit_keys.shares(settings.admin_keys):
        problems.append("LEADERFORGE_ADMIN_KEYS and LEADERFORGE_SUBMIT_KEYS share a key: use different keys")
    return problems


def missing_packages(settings: "EnvironmentSettings") -> list[str]:
    """Return the problems of settings whose packages are not installed."""
    if not settings.exports_otlp or _is_installed("opentelemetry.exporter.otlp.proto.http"):
        return []
    return [
        "OTEL_EXPORTER_OTLP_ENDPOINT needs packages that are not installed: install leaderforge[opentelemetry], "
        "or remove the variable"
    ]


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a parent package is missing
        return False


def token_sources(settings: "EnvironmentSettings") -> dict[str, object]:
    """Return the configured sources of verification keys, by the names of their variables."""
    sources = {
        "LEADERFORGE_TOKEN_SECRET": settings.token_secret,
        "LEADERFORGE_TOKEN_PUBLIC_KEYS": settings.token_public_keys,
        "LEADERFORGE_TOKEN_JWKS": settings.token_jwks,
    }
    return {name: source for name, source in sources.items() if source is not None}


def _missing_keys(name: str, host: str, variables: Mapping[str, str]) -> str:
    return (
        f"{name} is required to listen on {host}: {variables[name]}; "
        "or set LEADERFORGE_HOST=127.0.0.1 for a server that only this machine reaches"
    )


def token_problems(settings: "EnvironmentSettings", variables: Mapping[str, str]) -> list[str]:
    """Return the problems that would admit forged tokens, or tokens for another service."""
    sources = token_sources(settings)
    if not sources:
        return []
    problems = [] if len(sources) == 1 else [f"{' and '.join(sources)} exclude each other: set one of them"]
    required = {
        "LEADERFORGE_TOKEN_ISSUER": settings.token_issuer,
        "LEADERFORGE_TOKEN_AUDIENCE": settings.token_audience,
    }
    missing = [name for name, value in required.items() if value is None]
    problems += [f"{name} is required to accept tokens: {variables[name]}" for name in missing]
    secret = settings.token_secret
    if secret is not None and len(secret.get_secret_value().encode()) < _SHORTEST_SECRET:
        problems.append(f"LEADERFORGE_TOKEN_SECRET is too short: {variables['LEADERFORGE_TOKEN_SECRET']}")
    return problems


def signing_problems(settings: "EnvironmentSettings", variables: Mapping[str, str]) -> list[str]:
    """Return the problems that would let others forge the tokens that this service issues."""
    secret, name = settings.signing_secret, "LEADERFORGE_SIGNING_SECRET"
    if secret is None:
        return [f"{name} is required with LEADERFORGE_DEVICE_SIGN_IN: {variables[name]}"] * settings.device_sign_in
    is_short = len(secret.get_secret_value().encode()) < _SHORTEST_SECRET
    return [f"{name} is too short: {variables[name]}"] * is_short


def identity_problems(settings: "EnvironmentSettings", variables: Mapping[str, str]) -> list[str]:
    """Return a message for each missing setting of the identity provider. Each setting is necessary to sign in."""
    client_id, roles = "LEADERFORGE_OIDC_CLIENT_ID", "LEADERFORGE_OIDC_ROLES"
    if settings.oidc_issuer is None:
        surplus = [
            name for name, value in ((client_id, settings.oidc_client_id), (roles, settings.oidc_roles)) if value
        ]
        return [f"LEADERFORGE_OIDC_ISSUER is required with {name}" for name in surplus]
    required = ((client_id, settings.oidc_client_id), (roles, settings.oidc_roles))
    return [
        f"{name} is required with LEADERFORGE_OIDC_ISSUER: {variables[name]}" for name, value in required if not value
    ]
