"""Events as rows of the database, and rows as events."""

from collections.abc import Sequence

from leaderforge.adapters.postgres.pool import Record
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import EventKey, Submission


def event_of_row(row: Record) -> Event:
    """Return the event in a row."""
    return Event(
        user_id=row["user_id"],
        submission_id=row["submission_id"],
        score=row["score"],
        achieved_at=row["achieved_at"],
        metadata=row["metadata"],
        subscore=row["subscore"],
        received_us=row["received_us"],
        change=row.get("change"),
        numbers=row.get("numbers"),
    )


def event_row(key: EventKey, submission: Submission, recorded_at: int) -> Sequence[object]:
    """Return the values of an event's row, in the order of the columns in insert_events.sql. `recorded_at` is in ms."""
    event = submission.event
    values = event.score, event.subscore, event.achieved_at, event.received_us, recorded_at, event.metadata
    return *key, *values, event.numbers
