"""Groups of a submission and its fed submissions, which count together or not at all."""

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from itertools import islice
from typing import NamedTuple, TypeAlias

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import Conflict, LeaderForgeError
from leaderforge.domain.feeding import error_of_target
from leaderforge.domain.submissions import EventKey, FedRecord, Recorded, Submission

Judged: TypeAlias = MutableMapping[EventKey, Submission | LeaderForgeError]
"""New events by key: the submission of each event or, for a refused and therefore deleted event, the error."""


class FeedGroup(NamedTuple):
    """Submission and its fed submissions (`parts`), by their positions among the parts of all groups of a batch."""

    parts: Mapping[int, Submission]

    @property
    def origin(self) -> Submission:
        """Return the submission from which the fed submissions of the group are derived."""
        return next(iter(self.parts.values()))

    def keys(self, firsts: Mapping[EventKey, int]) -> Sequence[EventKey]:
        """Return the event keys of the parts. Leave out parts that repeat the event of an earlier part of the batch."""
        return [part.event_key for position, part in self.parts.items() if firsts[part.event_key] == position]


def feed_groups(submissions: Sequence[Submission]) -> Iterator[FeedGroup]:
    """Yield a group for each submission. Positions count from 0: each submission, then its fed submissions."""
    position = 0
    for submission in submissions:
        parts = submission.parts
        yield FeedGroup(dict(enumerate(parts, position)))
        position += len(parts)


async def unite(
    connection: Connection, groups: Sequence[FeedGroup], firsts: Mapping[EventKey, int], judged: Judged
) -> None:
    """Give a submission and its fed submissions one outcome. Delete the events that therefore do not count.

    A group is refused if one of its submissions is refused, or if a target has another submission with the same id. If
    the origin is stored already, the group is a duplicate, and submissions without a stored event do not count either.
    `firsts` maps the key of each event to the position of its first copy.
    """
    for group in groups:
        keys = group.keys(firsts)
        is_new = group.origin.event_key in judged and group.origin.event_key in keys
        error = _refusal(group, keys, judged) if is_new else None
        if is_new and error is None:
            continue
        for key in keys:
            if isinstance(judged.get(key), Submission):
                await connection.execute(statement("delete_event"), *key)
            if error is None:
                judged.pop(key, None)
            else:
                judged[key] = error


def grouped_outcomes(
    submissions: Sequence[Submission], outcomes: Sequence[Recorded | LeaderForgeError]
) -> Sequence[Recorded | LeaderForgeError]:
    """Return the outcome of each submission. `outcomes` lists, after each, the outcomes of its fed submissions."""
    remaining = iter(outcomes)
    return [_outcome(submission, *islice(remaining, len(submission.parts))) for submission in submissions]


def _outcome(
    submission: Submission, outcome: Recorded | LeaderForgeError, *of_fed: Recorded | LeaderForgeError
) -> Recorded | LeaderForgeError:
    if not isinstance(outcome, Recorded):
        return outcome
    # Only a duplicate can have errors here: its fed submission may be removed, or missing if the feed is newer.
    pairs = zip(submission.fed, of_fed, strict=True)
    fed = tuple(FedRecord(part, recorded) for part, recorded in pairs if isinstance(recorded, Recorded))
    return outcome._replace(fed=fed)


def _refusal(
    group: FeedGroup, keys: Sequence[EventKey], judged: Mapping[EventKey, Submission | LeaderForgeError]
) -> LeaderForgeError | None:
    """Return the error that refuses the new group, None if all its submissions are new and accepted."""
    origin = group.origin
    for part in group.parts.values():
        outcome = judged.get(part.event_key) if part.event_key in keys else None
        if outcome is None:
            outcome = Conflict("another submission has this id; use a new id", submission_id=origin.event.submission_id)
        if isinstance(outcome, LeaderForgeError):
            return outcome if part is origin else error_of_target(outcome, origin.board.slug, part.board.slug)
    return None
