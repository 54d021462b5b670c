"""Webhook endpoints and their deliveries on the wire."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from pydantic import ConfigDict, Field, StrictBool, StrictInt, StrictStr

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import BoardName, CountOut, TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import FROM_NUMBER, FROM_TEXT, Rule
from leaderforge.domain.api_keys import MAX_OVERLAP_S
from leaderforge.domain.dispatching import DispatchAttempt
from leaderforge.domain.endpoints import MAX_ENDPOINT_BOARDS, MAX_URL_LENGTH, Endpoint, IssuedSecret
from leaderforge.domain.notice_types import NoticeType
from leaderforge.ports.notices import DeadNotice, LoggedAttempt

MAX_DELIVERIES = 200

_ENDPOINT = "whe_0011223344556677"
_NOTICE = "0b56c1a2-6d1c-4f6e-9b0c-2f5d1a7c9e11"

EndpointId = Annotated[
    str,
    Field(pattern=r"^whe_[0-9a-f]{16}$", description="The id of the endpoint.", examples=[_ENDPOINT]),
    Rule("must be the id of an endpoint: whe_ and 16 hexadecimal digits"),
]


class EndpointIn(StrictIn):
    """A webhook endpoint to create. It receives the events from now on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"url": "https://game.example/hooks", "types": ["score.improved"]}]}
    )

    url: Annotated[StrictStr, Field(min_length=9, max_length=MAX_URL_LENGTH)] = Field(
        description="The public address to which events are sent, with `https`. In the cloud deployment also the ARN"
        " of an SQS queue or of an EventBridge bus.",
        examples=["https://game.example/hooks"],
    )
    types: Annotated[list[NoticeType], Field(max_length=len(NoticeType))] = Field(
        [], description="The types of events to receive; an empty list: all types."
    )
    boards: Annotated[list[BoardName], Field(max_length=MAX_ENDPOINT_BOARDS)] = Field(
        [], description="The boards whose events to receive; an empty list: all boards."
    )


class EndpointChangesIn(StrictIn):
    """A change of an endpoint."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"disabled": True}]})

    disabled: StrictBool = Field(
        description="True to send nothing; false to send again, also the missed events that are still kept."
    )


class SecretRotationIn(StrictIn):
    """The rotation of an endpoint's secret."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"overlap_s": 3600}]})

    overlap_s: Annotated[StrictInt, Field(ge=0, le=MAX_OVERLAP_S), FROM_NUMBER] = Field(
        0, description="The seconds for which events are signed with the previous secret too."
    )


class DeliveriesQuery(StrictIn):
    limit: Annotated[StrictInt, Field(ge=1, le=MAX_DELIVERIES), FROM_TEXT] = Field(
        50, description="The maximum number of items."
    )


class EndpointOut(StrictOut):
    """A webhook endpoint. Its secret is shown only when it is created or rotated."""

    endpoint_id: str = Field(examples=[_ENDPOINT])
    url: str = Field(examples=["https://game.example/hooks"])
    types: list[NoticeType] = Field(description="The types of events that it receives; an empty list: all types.")
    boards: list[str] = Field(description="The boards whose events it receives; an empty list: all boards.")
    created_at: TimeOut
    created_by: str = Field(description="The actor that created the endpoint.", examples=["env:admin"])
    previous_secret_until: TimeOut | None = Field(
        description="The time until which events are signed with the previous secret too; null without one."
    )
    disabled_at: TimeOut | None
    disabled_reason: str | None = Field(
        description="Why the endpoint is disabled; null if it is enabled.", examples=["it answered 410 (gone)"]
    )
    failing: bool = Field(
        description="Whether all attempts of the latest round failed. Then few events are tried until one is accepted."
    )


class IssuedEndpointOut(EndpointOut):
    """A webhook endpoint with its new secret, which is shown only once."""

    secret: str = Field(
        description="The secret for the verification of signatures, in the form of Standard Webhooks.",
        examples=["whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="],
    )


class EndpointsOut(StrictOut):
    """All webhook endpoints in order of creation."""

    endpoints: list[EndpointOut]


class DeletedEndpointOut(StrictOut):
    """An endpoint that was deleted."""

    endpoint_id: str = Field(description="The id of the deleted endpoint.", examples=[_ENDPOINT])


class DeliveryResultOut(StrictOut):
    """One request to an endpoint."""

    status: int | None = Field(description="The HTTP status of the response; null without a response.", examples=[204])
    failure: str | None = Field(description="Why the attempt failed; null if the event was accepted.")
    duration_ms: CountOut = Field(description="The duration of the request in milliseconds.")


class DeliveryOut(DeliveryResultOut):
    """One request of the delivery log."""

    event_id: str = Field(description="The id of the event, in the header `webhook-id`.", examples=[_NOTICE])
    type: str = Field(examples=["score.improved"])
    at: TimeOut
    attempt: CountOut = Field(description="The number of the attempt, from 1.")
    redriven: bool = Field(description="Whether the event was sent again after it had been given up.")


class DeliveriesOut(StrictOut):
    """The latest requests to an endpoint, newest first."""

    deliveries: list[DeliveryOut]


class DeadEventOut(StrictOut):
    """An event that was given up."""

    event_id: str = Field(examples=[_NOTICE])
    type: str = Field(examples=["score.improved"])
    board: str
    at: TimeOut = Field(description="The time of the event.")
    given_up_at: TimeOut
    attempts: CountOut
    reason: str = Field(description="Why the last attempt failed.", examples=["status 500"])


class DeadEventsOut(StrictOut):
    """The events that were given up, newest first."""

    dead_letters: list[DeadEventOut]


class RedrivenOut(StrictOut):
    """The number of dead letters that are sent again."""

    redriven: CountOut = Field(description="The number of events that will be sent again.")


def render_endpoints(endpoints: Iterable[Endpoint], now: int) -> JsonBody:
    """Return the body with endpoints. `now` is in ms."""
    return JsonBody.of(EndpointsOut(endpoints=[_endpoint_out(endpoint, now) for endpoint in endpoints]))


def render_endpoint(endpoint: Endpoint, now: int) -> JsonBody:
    """Return the body that describes an endpoint. `now` is in ms."""
    return JsonBody.of(_endpoint_out(endpoint, now))


def render_issued_endpoint(issued: IssuedSecret, now: int) -> JsonBody:
    """Return the body that describes an endpoint, with its new secret. `now` is in ms."""
    endpoint = _endpoint_out(issued.endpoint, now)
    return JsonBody.of(IssuedEndpointOut(**endpoint.model_dump(), secret=issued.secret))


def render_attempt(attempt: DispatchAttempt) -> JsonBody:
    """Return the body with the result of a test delivery."""
    return JsonBody.of(DeliveryResultOut(status=attempt.status, failure=attempt.error, duration_ms=attempt.duration_ms))


def render_deliveries(attempts: Sequence[LoggedAttempt]) -> JsonBody:
    """Return the delivery log of an endpoint."""
    return JsonBody.of(DeliveriesOut(deliveries=list(map(_delivery_out, attempts))))


def render_dead_letters(dead: Sequence[DeadNotice]) -> JsonBody:
    """Return the dead letters of an endpoint."""
    return JsonBody.of(DeadEventsOut(dead_letters=list(map(_dead_event_out, dead))))


def _delivery_out(logged: LoggedAttempt) -> DeliveryOut:
    return DeliveryOut(
        event_id=logged.notice_id,
        type=logged.type,
        at=logged.at,
        attempt=logged.number,
        redriven=logged.is_redriven,
        status=logged.attempt.status,
        failure=logged.attempt.error,
        duration_ms=logged.attempt.duration_ms,
    )


def _dead_event_out(letter: DeadNotice) -> DeadEventOut:
    notice = letter.queued.notice
    return DeadEventOut(
        event_id=notice.notice_id,
        type=notice.type,
        board=notice.board,
        at=notice.at,
        given_up_at=letter.dead_at,
        attempts=letter.queued.attempts,
        reason=letter.reason,
    )


def _endpoint_out(endpoint: Endpoint, now: int) -> EndpointOut:
    signs_twice = len(endpoint.secret_ids(now)) > 1
    return EndpointOut(
        endpoint_id=endpoint.endpoint_id,
        url=endpoint.url,
        types=list(endpoint.types),
        boards=list(endpoint.boards),
        created_at=endpoint.created_at,
        created_by=endpoint.created_by,
        previous_secret_until=endpoint.previous_until if signs_twice else None,
        disabled_at=endpoint.disabled_at,
        disabled_reason=endpoint.disabled_reason,
        failing=endpoint.failures > 0,
    )
