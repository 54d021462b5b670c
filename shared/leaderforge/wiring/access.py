"""Construction of the services for the identity and the rights of callers."""

from dataclasses import dataclass

from leaderforge.config import EnvironmentSettings
from leaderforge.domain.name_rules import NameRules
from leaderforge.domain.people import RoleRules
from leaderforge.parts import Parts
from leaderforge.ports.access import TokenVerifier
from leaderforge.services.api_keys import KeyService
from leaderforge.services.delivery import Delivery
from leaderforge.services.devices import DeviceService
from leaderforge.services.people import PeopleService
from leaderforge.services.roles import RoleService
from leaderforge.services.signing_keys import SigningKeyService


@dataclass(frozen=True, slots=True)
class AccessServices:
    """Keys, people with their roles, and the sign-in of players. `tokens` is None if no player tokens are accepted."""

    keys: KeyService
    people: PeopleService
    roles: RoleService
    signing_keys: SigningKeyService
    devices: DeviceService
    tokens: TokenVerifier | None


def access_services(
    settings: EnvironmentSettings, parts: Parts, delivery: Delivery, names: NameRules
) -> AccessServices:
    """Return the services of access."""
    signing_keys = SigningKeyService(
        parts.signing_keys, parts.signer, parts.clock, max_valid_s=settings.erased_hours * 3600
    )
    return AccessServices(
        keys=KeyService(parts.keys, parts.clock),
        people=_people(settings, parts),
        roles=RoleService(parts.keys, parts.people, parts.audit, parts.clock),
        signing_keys=signing_keys,
        devices=_devices(settings, parts, delivery, signing_keys, names),
        tokens=parts.tokens if parts.signer is None else parts.signer.verifier(signing_keys.accepts, parts.tokens),
    )


def _people(settings: EnvironmentSettings, parts: Parts) -> PeopleService:
    rules = RoleRules(settings.oidc_claim, settings.oidc_roles or {})
    session_ms = settings.oidc_session_minutes * 60_000
    return PeopleService(parts.identity, parts.people, rules, parts.clock, session_ms=session_ms)


def _devices(
    settings: EnvironmentSettings, parts: Parts, delivery: Delivery, signing_keys: SigningKeyService, names: NameRules
) -> DeviceService:
    return DeviceService(
        parts.sessions,
        delivery,
        signing_keys,
        parts.clock,
        rules=names,
        is_enabled=settings.device_sign_in,
        token_s=settings.token_minutes * 60,
        session_ms=settings.session_days * 86_400_000,
    )
