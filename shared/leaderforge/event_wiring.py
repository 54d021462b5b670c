"""Construction of the services that deliver events."""

from leaderforge.config import EnvironmentSettings
from leaderforge.domain.dispatching import RetryRules
from leaderforge.parts import Parts
from leaderforge.services.dispatching import DispatchService, EndpointDispatch
from leaderforge.services.endpoints import EndpointService
from leaderforge.services.notice_relay import NoticeRelay


def dispatch_service(settings: EnvironmentSettings, parts: Parts) -> DispatchService:
    """Return the relay and the dispatch of notices. Without a signing secret, notices only go to the log."""
    dispatch = None
    if parts.notice_signer is not None:
        dispatch = EndpointDispatch(
            parts.endpoints,
            parts.notice_sender,
            parts.notice_signer,
            parts.clock,
            parts.telemetry,
            rules=RetryRules(settings.event_attempts, settings.event_pause_ms),
        )
    return DispatchService(
        NoticeRelay(parts.notices, parts.store),
        dispatch,
        parts.notices,
        parts.index,
        parts.clock,
        parts.telemetry,
        kept_ms=settings.event_days * 86_400_000,
        kept_rows=settings.event_rows,
    )


def endpoint_service(settings: EnvironmentSettings, parts: Parts) -> EndpointService:
    """Return the management of endpoints."""
    return EndpointService(
        parts.endpoints, parts.notice_sender, parts.notice_signer, parts.clock, allowed=settings.event_networks
    )
