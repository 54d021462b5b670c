"""Identity provider of the people who use the console."""

from leaderforge.config import EnvironmentSettings
from leaderforge.ports.people import IdentityProvider


def identity_provider(settings: EnvironmentSettings) -> IdentityProvider | None:
    """Return the identity provider, None without LEADERFORGE_OIDC_ISSUER."""
    if settings.oidc_issuer is None:
        return None
    from leaderforge.adapters.identity.openid import OpenIdClient, OpenIdProvider

    client_id, secret = settings.oidc_client_id or "", settings.oidc_client_secret
    client = OpenIdClient(
        issuer=settings.oidc_issuer,
        client_id=client_id,
        secret=None if secret is None else secret.get_secret_value(),
        scopes=settings.oidc_scopes,
        audience=settings.oidc_audience or client_id,
        leeway_s=settings.token_leeway_s,
    )
    return OpenIdProvider(client)
