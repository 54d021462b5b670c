"""Verification and signatures of player tokens."""

from typing import TYPE_CHECKING

from leaderforge.adapters.clock import now_ms
from leaderforge.config import VARIABLES, EnvironmentSettings, SettingsError
from leaderforge.ports.access import TokenSigner, TokenVerifier

if TYPE_CHECKING:
    from leaderforge.adapters.tokens.sources import KeySource


def token_verifier(settings: EnvironmentSettings) -> TokenVerifier | None:
    """Return the verifier of player tokens, None without token settings. Raises `SettingsError` for invalid keys."""
    if not settings.accepts_tokens:
        return None
    from leaderforge.adapters.tokens.verifier import JwtVerifier, TokenRules

    rules = TokenRules(
        settings.token_issuer or "",
        settings.token_audience or "",
        settings.token_leeway_s,
        settings.token_player_claim,
        settings.player_claim_kind == "external_id",
        settings.token_name_claim,
    )
    return JwtVerifier(_token_keys(settings), rules, now_ms)


def token_signer(settings: EnvironmentSettings) -> TokenSigner | None:
    """Return the signer of the tokens that this service issues, None without LEADERFORGE_SIGNING_SECRET."""
    if settings.signing_secret is None:
        return None
    from leaderforge.adapters.tokens.derived import DerivedSigner

    secret = settings.signing_secret.get_secret_value().encode()
    return DerivedSigner(secret, now_ms, leeway_s=settings.token_leeway_s)


def _token_keys(settings: EnvironmentSettings) -> "KeySource":
    from leaderforge.adapters.tokens.sources import FixedKeys, PublishedKeys, fetch_from
    from leaderforge.adapters.tokens.trusted import of_pem, of_secret

    if settings.token_jwks is not None:
        return PublishedKeys(fetch_from(settings.token_jwks))
    if settings.token_secret is not None:
        return FixedKeys(of_secret(settings.token_secret.get_secret_value()))
    try:
        return FixedKeys(of_pem(settings.token_public_keys or ""))
    except ValueError as error:
        name = "LEADERFORGE_TOKEN_PUBLIC_KEYS"
        raise SettingsError(f"{name} is wrong ({error}): {VARIABLES[name]}") from None
