"""Derivation of fed submissions: submissions to the targets of a board's feeds, which count with their origin."""

from collections.abc import Iterator, Mapping

from leaderforge.domain.acceptance import accept
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import BoardNotFound, LeaderForgeError, Refused
from leaderforge.domain.feeds import Feed
from leaderforge.domain.numbers import numbers_of
from leaderforge.domain.submissions import Submission


def with_feeds(
    submission: Submission, targets: Mapping[str, Board], *, now: int, grace_ms: int, history: bool = False
) -> Submission:
    """Return the submission with its fed submissions. `targets` are boards by slug.

    `now`, `grace_ms` and `history` have the same meaning as in `accept`. Raises an error that names the target if the
    target does not exist, or cannot count the feed's number. Raises `Refused` for a change, which has no score yet.
    """
    if submission.board.feeds and submission.event.change is not None:
        slug = submission.board.slug
        raise Refused(f"board {slug!r} feeds other boards, which need a run; send score instead of change", board=slug)
    fed = tuple(_fed_submissions(submission, targets, now=now, grace_ms=grace_ms, history=history))
    return submission._replace(fed=fed) if fed else submission


def fed_or_error(
    outcome: Submission | LeaderForgeError,
    targets: Mapping[str, Board],
    *,
    now: int,
    grace_ms: int,
    history: bool = False,
) -> Submission | LeaderForgeError:
    """Return the submission as `with_feeds` does, or the error that prevents it or one of its fed submissions."""
    if isinstance(outcome, LeaderForgeError):
        return outcome
    try:
        return with_feeds(outcome, targets, now=now, grace_ms=grace_ms, history=history)
    except LeaderForgeError as error:
        return error


def accepted_again(
    submission: Submission,
    board: Board,
    targets: Mapping[str, Board],
    *,
    now: int,
    grace_ms: int,
    history: bool = False,
) -> Submission | LeaderForgeError:
    """Return an earlier submission as `board` accepts it now, or the error that prevents this.

    The submission keeps its id, time and reception. Its periods may have closed, and the settings of its board may have
    changed. `targets` are the existing boards that the board feeds, by slug. `now`, `grace_ms` and `history` have the
    same meaning as in `accept`.
    """
    event = submission.event
    try:
        again = accept(
            board,
            user_id=event.user_id,
            submission_id=event.submission_id,
            score=event.score,
            subscore=None if board.tiebreakers else event.subscore or None,
            metadata=event.metadata,
            requested_at=event.achieved_at,
            received_us=event.received_us,
            now=now,
            grace_ms=grace_ms,
            change=event.change,
            numbers=event.numbers,
            history=history,
        )
        again = with_feeds(again, targets, now=now, grace_ms=grace_ms, history=history)
    except LeaderForgeError as error:
        return error
    requested_at = submission.requested_at
    fed = tuple(part._replace(requested_at=requested_at) for part in again.fed)
    return again._replace(requested_at=requested_at, fed=fed)


def error_of_target(error: LeaderForgeError, slug: str, target: str) -> LeaderForgeError:
    """Return the error with the name of the board that it concerns: the target of a feed of the board `slug`."""
    error.message = f"board {target!r}, which board {slug!r} feeds: {error.message}"
    error.args = (error.message,)
    error.details = {**error.details, "board": target}
    return error


def _fed_submissions(
    submission: Submission, targets: Mapping[str, Board], *, now: int, grace_ms: int, history: bool
) -> Iterator[Submission]:
    board, event = submission.board, submission.event
    numbers = numbers_of(event.numbers)
    for feed in board.feeds:
        score = feed.score(event.score, numbers)
        if score is None:
            continue
        try:
            target = _target(feed, targets)
            yield accept(
                target,
                user_id=event.user_id,
                submission_id=event.submission_id,
                score=score,
                subscore=None,
                metadata=event.metadata,
                requested_at=submission.requested_at,
                received_us=event.received_us,
                now=now,
                grace_ms=grace_ms,
                # Other targets need no copy of the numbers, because the event of the origin has them.
                numbers=event.numbers if target.tiebreakers else None,
                history=history,
            )
        except LeaderForgeError as error:
            raise error_of_target(error, board.slug, feed.board) from None


def _target(feed: Feed, targets: Mapping[str, Board]) -> Board:
    if feed.board not in targets:
        raise BoardNotFound.of(feed.board)
    return targets[feed.board]
