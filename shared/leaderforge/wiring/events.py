"""Construction of the services that deliver events."""

from dataclasses import dataclass

from leaderforge.config import EnvironmentSettings
from leaderforge.domain.dispatching import RetryRules
from leaderforge.domain.timing import LAST_COUNT_MS
from leaderforge.parts import Parts
from leaderforge.services.derived_notices import DerivedNotices
from leaderforge.services.dispatching import DispatchService, EndpointDispatch
from leaderforge.services.endpoints import EndpointService
from leaderforge.services.ladders import Ladders
from leaderforge.services.notice_feed import NoticeFeed
from leaderforge.services.notice_relay import NoticeRelay
from leaderforge.services.overtaking import OvertakingService
from leaderforge.services.query import QueryService


@dataclass(frozen=True, slots=True)
class EventServices:
    """Events: their dispatch, the endpoints that receive them, and the stream of events."""

    dispatch: DispatchService
    endpoints: EndpointService
    feed: NoticeFeed


def event_services(settings: EnvironmentSettings, parts: Parts, query: QueryService) -> EventServices:
    """Return the services of events."""
    return EventServices(
        dispatch=_dispatch(settings, parts, query),
        endpoints=_endpoints(settings, parts),
        feed=NoticeFeed(parts.notices),
    )


def _endpoints(settings: EnvironmentSettings, parts: Parts) -> EndpointService:
    return EndpointService(
        parts.endpoints,
        parts.notice_sender,
        parts.notice_signer,
        parts.clock,
        allowed=settings.event_networks,
        has_aws=settings.has_aws_credentials,
    )


def _dispatch(settings: EnvironmentSettings, parts: Parts, query: QueryService) -> DispatchService:
    """Return the relay and the dispatch of notices. Without a signing secret, notices only go to the log."""
    return DispatchService(
        _relay(settings, parts, query),
        _endpoint_dispatch(settings, parts),
        parts.notices,
        parts.index,
        parts.clock,
        parts.telemetry,
        kept_ms=settings.event_days * 86_400_000,
        kept_rows=settings.event_rows,
    )


def _relay(settings: EnvironmentSettings, parts: Parts, query: QueryService) -> NoticeRelay:
    closes_after_ms = settings.late_grace_ms + LAST_COUNT_MS
    ladders = Ladders(parts.store, parts.clock)
    store, friends, clock = parts.derived_notices, parts.friends, parts.clock
    derived = DerivedNotices(store, query, ladders, clock, closes_after_ms=closes_after_ms)
    overtaking = OvertakingService(
        store, friends, query, ladders, clock, settings.friends, closes_after_ms=closes_after_ms
    )
    return NoticeRelay(parts.notices, parts.store, derived, overtaking)


def _endpoint_dispatch(settings: EnvironmentSettings, parts: Parts) -> EndpointDispatch | None:
    if parts.notice_signer is None:
        return None
    return EndpointDispatch(
        parts.endpoints,
        parts.notice_sender,
        parts.notice_signer,
        parts.clock,
        parts.telemetry,
        rules=RetryRules(settings.event_attempts, settings.event_pause_ms),
    )
