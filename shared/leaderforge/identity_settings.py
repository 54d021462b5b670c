"""Environment settings of the identity provider for people who sign in to the console."""

from pydantic import BaseModel, SecretStr

from leaderforge.setting_types import RoleNames, variable

_ISSUER = r"^(https://\S+|http://(localhost|127\.0\.0\.1|\[::1\])([:/]\S*)?)$"


class IdentitySettings(BaseModel):
    """Settings of the identity provider."""

    oidc_issuer: str | None = variable(
        "LEADERFORGE_OIDC_ISSUER",
        "give the https address of the identity provider's issuer, exactly as its metadata has it",
        None,
        pattern=_ISSUER,
    )
    oidc_client_id: str | None = variable(
        "LEADERFORGE_OIDC_CLIENT_ID", "give the id of this service at the identity provider", None
    )
    oidc_client_secret: SecretStr | None = variable(
        "LEADERFORGE_OIDC_CLIENT_SECRET", "give the secret of this service at the identity provider", None
    )
    oidc_roles: RoleNames | None = variable(
        "LEADERFORGE_OIDC_ROLES",
        "list values of the claim with their roles, such as admins:owner,support:moderator",
        None,
    )
    oidc_claim: str = variable(
        "LEADERFORGE_OIDC_CLAIM",
        "name the claim whose values have roles, such as groups or email",
        "groups",
        min_length=1,
    )
    oidc_scopes: str = variable(
        "LEADERFORGE_OIDC_SCOPES",
        "list scopes, blank separated, with openid",
        "openid profile email",
        pattern=r"^(.* )?openid( .*)?$",
    )
    oidc_audience: str | None = variable(
        "LEADERFORGE_OIDC_AUDIENCE", "give the required aud claim of the identity provider's tokens", None
    )
    oidc_name: str = variable(
        "LEADERFORGE_OIDC_NAME", "name the identity provider for the console's button", "your account", min_length=1
    )
    oidc_session_minutes: int = variable(
        "LEADERFORGE_OIDC_SESSION_MINUTES", "give the lifetime of a session in minutes, 5 to 1440", 60, ge=5, le=1440
    )
