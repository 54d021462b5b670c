"""Notices in the log: their order, and their JSON for other systems."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from leaderforge.domain.times import time_text

MAX_BODY_BYTES = 64 * 1024
"""Maximum length of a notice's JSON. A longer notice is sent without its data."""


class OutboxRow(NamedTuple):
    """Notice in the outbox. `seq` is its sequence number, `data` its decoded JSON. See `NewNotice`."""

    seq: int
    user_id: int
    board_id: int
    period: int
    type: str
    at: int
    data: Mapping[str, Any]

    @property
    def origin(self) -> str:
        """Return the text that identifies this notice in the log."""
        return f"outbox:{self.seq}"


class NoticeDraft(NamedTuple):
    """Notice to append to the log, which ignores a notice whose `origin` it has already."""

    origin: str
    user_id: int
    type: str
    board: str
    at: int
    body: str


class Notice(NamedTuple):
    """Notice in the log. `position` is its place in the order of all notices. `notice_id` identifies it permanently.

    The notices of a player have the order in which their changes were committed. `body` is the notice as JSON.
    `is_bundled` is true if the log has the notice only as a part of a bundle, not as a row.
    """

    position: int
    notice_id: str
    user_id: int
    type: str
    board: str
    at: int
    body: str
    is_bundled: bool = False


def body_of(notice_type: str, at: int, data: Mapping[str, object]) -> str:
    """Return the JSON of a notice: `type`, `timestamp` and `data`."""
    members = {"type": notice_type, "timestamp": time_text(at)}
    text = json.dumps({**members, "data": data}, ensure_ascii=False)
    if len(text.encode()) <= MAX_BODY_BYTES:
        return text
    return json.dumps({**members, "data": {"omitted": True}})
