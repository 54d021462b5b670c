"""Conversion of submissions on the wire to the domain's."""

from asyncio import gather
from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Protocol, cast

from functions.edge.alternatives import require_one
from functions.edge.context import Edge
from functions.edge.wire.submissions import SubmissionIn
from leaderforge.domain.acceptance import accept
from leaderforge.domain.boards import Board, Policy
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import BoardNotFound, Forbidden, LeaderForgeError, Overloaded, PlayerNotFound, Refused
from leaderforge.domain.feeding import accepted_again, fed_or_error, with_feeds
from leaderforge.domain.permissions import Permission
from leaderforge.domain.players import ExternalId
from leaderforge.domain.submissions import Submission
from leaderforge.domain.timing import PAUSE_MS, SUBMISSION_WAIT_MS

_Item = tuple[SubmissionIn, str]
"""A submission as the client sent it, and the slug of its board."""
ANYBODY = 0
"""Placeholder for the player id in a submission that is only checked, and not recorded."""


async def submission_of(edge: Edge, caller: Caller, slug: str, item: SubmissionIn) -> Submission:
    """Return a caller's submission to a board. Raises an error, such as `PlayerNotFound`, if it cannot be counted."""
    user_id = item.user_id
    if item.external_id is not None:
        # Look the player up before the board, as in `submissions_of`. An unknown player needs the slower steps below.
        user_id = await edge.services.players.ids.find(item.external_id) if user_id is None else None
    if user_id is not None:
        return await _submission_by(edge, caller, slug, item, user_id)
    [outcome] = await submissions_of(edge, caller, [(item, slug)])
    if isinstance(outcome, LeaderForgeError):
        raise outcome
    return outcome


async def _submission_by(edge: Edge, caller: Caller, slug: str, item: SubmissionIn, user_id: int) -> Submission:
    board = await edge.board_unchecked(slug)
    if not board.feeds:
        return _submission_from(edge, caller, board, item, user_id)
    targets = await targets_of(edge, [board])
    return with_fed(edge, _submission_from(edge, caller, board, item, user_id), targets)


async def submissions_of(edge: Edge, caller: Caller, items: Sequence[_Item]) -> Sequence[Submission | LeaderForgeError]:
    """Return, for each item, the caller's submission, or the error that prevents it. Raises `StoreUnavailable`.

    If LEADERFORGE_CREATE_PLAYERS is set, a valid submission with a key and an external id creates a missing player.
    """
    external_ids = {item.external_id for item, _ in items if item.external_id is not None}
    # Look players up before boards. The boards must be recent, and a slow look-up of players would make the boards too
    # old.
    user_ids = await edge.services.players.ids.find_many(external_ids) if external_ids else {}
    may_create = edge.services.settings.create_players and caller.may(Permission.EDIT_PLAYERS)
    if len(user_ids) < len(external_ids) and may_create:
        return await _with_new_players(edge, caller, items, user_ids)
    return await _checked_all(edge, caller, items, user_ids)


async def _with_new_players(
    edge: Edge, caller: Caller, items: Sequence[_Item], user_ids: Mapping[ExternalId, int]
) -> Sequence[Submission | LeaderForgeError]:
    """Create the unknown players of valid submissions, then return the submission or error of each item."""
    sighted = {i: ANYBODY for item, _ in items if (i := item.external_id) is not None and i not in user_ids}
    checked = await _checked_all(edge, caller, items, {**user_ids, **sighted})
    valid = {item.external_id for (item, _), o in zip(items, checked, strict=True) if isinstance(o, Submission)}
    await edge.services.players.ids.ensure_many(i for i in sighted if i in valid)
    # Check all items again, because boards and other players may have changed meanwhile.
    user_ids = await edge.services.players.ids.find_many({*user_ids, *sighted})
    final = await _checked_all(edge, caller, items, user_ids)
    return [first if isinstance(first, LeaderForgeError) else last for first, last in zip(checked, final, strict=True)]


async def _checked_all(
    edge: Edge, caller: Caller, items: Sequence[_Item], user_ids: Mapping[ExternalId, int]
) -> Sequence[Submission | LeaderForgeError]:
    boards = await _boards_of(edge, {slug for _, slug in items})
    existing = [board for board in boards.values() if isinstance(board, Board)]
    targets = await targets_of(edge, existing)
    checked = [_checked(edge, caller, boards[slug], item, user_ids) for item, slug in items]
    if not any(board.feeds for board in existing):
        return checked
    now, grace_ms = edge.services.clock(), edge.services.settings.late_grace_ms
    return [fed_or_error(outcome, targets, now=now, grace_ms=grace_ms) for outcome in checked]


async def all_accepted_again(edge: Edge, submissions: Sequence[Submission]) -> Sequence[Submission | LeaderForgeError]:
    """Return each earlier submission as its board accepts it now, or the error that prevents this."""
    boards = await _boards_of(edge, {submission.board.slug for submission in submissions})
    targets = await targets_of(edge, [board for board in boards.values() if isinstance(board, Board)])
    now, grace_ms = edge.services.clock(), edge.services.settings.late_grace_ms
    return [
        accepted_again(submission, board, targets, now=now, grace_ms=grace_ms)
        if isinstance(board := boards[submission.board.slug], Board)
        else board
        for submission in submissions
    ]


def is_recent(edge: Edge, since: int) -> bool:
    """Return whether submissions may be recorded whose boards were read after `since` (ms).

    Otherwise, periods may have closed, and the boards may have changed.
    """
    return edge.services.clock() - since <= SUBMISSION_WAIT_MS


def require_recent(edge: Edge, since: int) -> None:
    """Raise `Overloaded` unless submissions may be recorded whose boards were read after `since`: see `is_recent`."""
    if not is_recent(edge, since):
        raise Overloaded("the submissions could not be recorded in time; try again shortly")


async def targets_of(edge: Edge, boards: Iterable[Board]) -> Mapping[str, Board]:
    """Return the existing boards that these boards feed, by slug. Accept submissions afterwards.

    Raises `StoreUnavailable`, and `Overloaded` if the settings of `boards` become too old meanwhile.
    """
    slugs, began = {feed.board for board in boards for feed in board.feeds}, edge.services.clock()
    targets = await _boards_of(edge, slugs) if slugs else {}
    # A submission may then wait for its batch. Without this limit, the two waits would add up.
    if edge.services.clock() - began > PAUSE_MS:
        raise Overloaded("the fed boards could not be read in time; try again shortly")
    return {slug: board for slug, board in targets.items() if isinstance(board, Board)}


def with_fed(edge: Edge, submission: Submission, targets: Mapping[str, Board]) -> Submission:
    """Return the submission with its fed submissions. Raises the error of a target that cannot count one of them."""
    return with_feeds(submission, targets, now=edge.services.clock(), grace_ms=edge.services.settings.late_grace_ms)


async def _boards_of(edge: Edge, slugs: Set[str]) -> Mapping[str, Board | BoardNotFound]:
    """Return each board or its error, by slug."""
    return dict(zip(slugs, await gather(*(_board(edge, slug) for slug in slugs)), strict=True))


async def _board(edge: Edge, slug: str) -> Board | BoardNotFound:
    try:
        return await edge.board_unchecked(slug)
    except BoardNotFound as error:
        return error


def submission_received(edge: Edge, board: Board, item: SubmissionIn, user_id: int, received_us: int) -> Submission:
    """Return the submission of a score that a process received at a time (us since 1970).

    `achieved_at` defaults to the time of reception. A later time is clamped to the time of reception. Raises `Refused`,
    `RuleViolated` or `PeriodClosed` if the submission cannot be counted.
    """
    score, change = (item.score, None) if item.score is not None and item.change is None else _change_of(board, item)
    return accept(
        board,
        user_id=user_id,
        submission_id=item.submission_id or edge.services.parts.new_submission_id(),
        score=score,
        subscore=item.subscore,
        metadata=item.metadata,
        requested_at=item.achieved_at,
        received_us=received_us,
        change=change,
        numbers=item.numbers,
        now=edge.services.clock(),
        grace_ms=edge.services.settings.late_grace_ms,
    )


def _change_of(board: Board, item: SubmissionIn) -> tuple[int, int | None]:
    """Return the score and change of a submission with `change`.

    On `sum` boards, the change counts as an ordinary score, and the returned change is None. Raises `Refused` if the
    item also has a score or `achieved_at`, or has neither score nor change.
    """
    require_one(score=item.score, change=item.change)
    if item.achieved_at is not None:
        raise Refused("achieved_at cannot be sent with change, which applies to the present score; remove it")
    change = cast(int, item.change)
    return change, None if board.policy is Policy.SUM else change


class HasPlayer(Protocol):
    """Item of a request that names its player by id or by external id."""

    @property
    def user_id(self) -> int | None: ...
    @property
    def external_id(self) -> ExternalId | None: ...


def identity_of(item: HasPlayer) -> int | ExternalId:
    """Return the player id or external id in an item. Raises `Refused` unless exactly one was sent."""
    # Decide the usual case first: a batch has up to 1000 items, nearly all with a player id.
    if item.user_id is not None and item.external_id is None:
        return item.user_id
    require_one(user_id=item.user_id, external_id=item.external_id)
    return cast(ExternalId, item.external_id)


def player_of(item: HasPlayer, user_ids: Mapping[ExternalId, int]) -> int:
    """Return an item's player id. `user_ids` maps external ids to player ids. Raises `Refused` or `PlayerNotFound`."""
    identity = identity_of(item)
    user_id = user_ids.get(identity) if isinstance(identity, ExternalId) else identity
    if user_id is None:
        raise PlayerNotFound.of_external(str(identity))
    return user_id


def missing_player(edge: Edge, item: SubmissionIn, error: LeaderForgeError) -> LeaderForgeError:
    """Return the error to report for a submission that failed with `error`.

    If the submission names an external id whose player does not exist any more, invalidate the cached player id. The
    returned error then names the external id.
    """
    if item.external_id is None or not isinstance(error, PlayerNotFound):
        return error
    edge.services.players.ids.invalidate([item.external_id])
    return PlayerNotFound.of_external(item.external_id)


def _checked(
    edge: Edge, caller: Caller, board: Board | BoardNotFound, item: SubmissionIn, user_ids: Mapping[ExternalId, int]
) -> Submission | LeaderForgeError:
    """Return the submission of an item, or the error that prevents it."""
    if isinstance(board, BoardNotFound):
        return board
    try:
        return _submission_from(edge, caller, board, item, player_of(item, user_ids))
    except LeaderForgeError as error:
        return error


def _submission_from(edge: Edge, caller: Caller, board: Board, item: SubmissionIn, user_id: int) -> Submission:
    """Return a caller's submission. Raises `Forbidden`, or the errors of `submission_received`."""
    caller.require_submit(board, user_id)
    if item.achieved_at is not None:
        caller.require_timekeeping()
    if caller.has_token and item.achieved_at is not None:
        raise Forbidden("achieved_at cannot be set with a player token; remove it")
    return submission_received(edge, board, item, user_id, edge.services.reception_clock())
