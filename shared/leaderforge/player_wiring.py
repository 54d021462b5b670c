"""Construction of the services of single players."""

from leaderforge.config import EnvironmentSettings
from leaderforge.domain.name_rules import NameRules
from leaderforge.parts import Parts
from leaderforge.services.delivery import Delivery
from leaderforge.services.devices import DeviceService
from leaderforge.services.participation import ParticipationReader
from leaderforge.services.player_records import RecordService
from leaderforge.services.signing_keys import SigningKeyService


def record_service(settings: EnvironmentSettings, parts: Parts, delivery: Delivery) -> RecordService:
    """Return the export and erasure of players."""
    stores = parts.records, parts.users, parts.audit, parts.sessions, parts.friends
    participation = ParticipationReader(parts.store, parts.tournaments, parts.leagues, parts.awards)
    return RecordService(*stores, participation, delivery, parts.clock, settings.erased_ms)


def device_service(
    settings: EnvironmentSettings, parts: Parts, delivery: Delivery, signing_keys: SigningKeyService, rules: NameRules
) -> DeviceService:
    """Return the sign-in of devices."""
    return DeviceService(
        parts.sessions,
        delivery,
        signing_keys,
        parts.clock,
        rules=rules,
        is_enabled=settings.device_sign_in,
        token_s=settings.token_minutes * 60,
        session_ms=settings.session_days * 86_400_000,
    )
