"""Errors of the delivery of events."""

from leaderforge.domain.errors import Conflict, NotFound


class EndpointNotFound(NotFound):
    """No webhook endpoint has the requested id."""

    code = "endpoint_not_found"

    @classmethod
    def of(cls, endpoint_id: str) -> "EndpointNotFound":
        """Return the error for an id without an endpoint."""
        return cls(f"there is no endpoint {endpoint_id!r}", endpoint_id=endpoint_id)


class EventsExpired(Conflict):
    """The log of events does not contain the requested event any more, and may have lost events after it too."""

    code = "events_expired"

    @classmethod
    def of(cls, position: int) -> "EventsExpired":
        """Return the error for a position at which the log has no event."""
        message = f"event {position} is not kept any more: begin with after=0, and read the boards again"
        return cls(message, event=position)


class TooManyEndpoints(Conflict):
    """There are as many webhook endpoints as allowed."""

    code = "too_many_endpoints"
