"""Events on the wire: the parameters and the pieces of the stream."""

from typing import Annotated

from pydantic import Field

from functions.edge.wire.bodies import string_json
from functions.edge.wire.fields import BoardName
from functions.edge.wire.models import StrictIn
from functions.edge.wire.rules import FROM_TEXT, Omittable
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import Refused
from leaderforge.domain.notice_log import Notice
from leaderforge.domain.notice_types import NoticeType

_MAX_DIGITS = 16


class EventsQuery(StrictIn):
    after: Omittable[Annotated[int, Field(ge=0, le=MAX_INTEGER), FROM_TEXT]] = Field(
        None,
        description="The id of the event after which to begin, 0 for the oldest event that is kept. Defaults to the "
        "newest event. The header `Last-Event-ID` overrides it.",
    )
    type: Omittable[NoticeType] = Field(None, description="Send only events of this type. Defaults to all types.")
    board: Omittable[BoardName] = Field(None, description="Send only events of this board. Defaults to all boards.")


def last_position(text: bytes | None) -> int | None:
    """Return the position in a header Last-Event-ID, None without the header. Raises `Refused` if it is no position."""
    if not text:
        return None
    if not text.isdigit() or len(text) > _MAX_DIGITS:
        raise Refused("Last-Event-ID: must be the id of an event of this stream")
    return int(text)


def event_bytes(notice: Notice) -> bytes:
    """Return a notice as a server-sent event. Its data contains the id, which webhooks have in a header."""
    data = f'{{"id": {string_json(notice.notice_id)}, {notice.body[1:]}'
    return f"id: {notice.position}\nevent: {notice.type}\ndata: {data}\n\n".encode()


def heartbeat_bytes(position: int) -> bytes:
    """Return a heartbeat. Its id moves the client's Last-Event-ID past events that are not for the client.

    Without data, it causes no event.
    """
    return f"id: {position}\n\n".encode()
