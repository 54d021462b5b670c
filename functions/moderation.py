"""Moderation: hide and remove entries, hide players, set scores. The audit log has each action."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, TypeAlias

from fastapi import Query
from pydantic import ValidationError

from functions.edge.access.security import Moderator, Setter, Viewer
from functions.edge.aws.handler import LambdaHandler
from functions.edge.context import Edge
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.errors import render_item_error
from functions.edge.http.responses import Answer, answer_stored, answer_written
from functions.edge.submissions import player_of
from functions.edge.wire.batches import Malformed
from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import BoardName, SubmissionId, UserId
from functions.edge.wire.moderation import (
    HiddenOut,
    HiddenQuery,
    ModeratedOut,
    PlayerScoreIn,
    ReasonIn,
    ReasonQuery,
    RemovalQuery,
    RemovalsIn,
    RemovalsOut,
    ScoreIn,
    ScoresIn,
    ScoresOut,
    render_hidden,
    render_moderated,
)
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import (
    BoardNotFound,
    IndexUnavailable,
    LeaderForgeError,
    NotRanked,
    PeriodNotFound,
    PlayerNotFound,
    Refused,
    ScoreOutOfRange,
    StoreUnavailable,
    SubmissionConflict,
    SubmissionNotFound,
)
from leaderforge.domain.players import ExternalId
from leaderforge.domain.standings import LadderStanding
from leaderforge.domain.team_errors import IsTeam, ScoredByMembers
from leaderforge.services.moderation import AuditContext, ScoreToSet

routes = router("moderation")
handler = LambdaHandler(routes)

ActionOutcome: TypeAlias = Sequence[LadderStanding] | LeaderForgeError
"""Result for one player of an action on many players: the changes of the player's entries, or the error."""

_NO_ENTRY = (BoardNotFound, PlayerNotFound, NotRanked, StoreUnavailable)
_NO_SUBMISSION = (BoardNotFound, PlayerNotFound, SubmissionNotFound, ScoreOutOfRange, StoreUnavailable)


@routes.post(
    "/api/boards/{board}/entries/{user_id}/hide",
    **documentation.write(ModeratedOut, *_NO_ENTRY),
)
async def hide_entry(edge: TheEdge, caller: Moderator, board: BoardName, user_id: UserId, body: ReasonIn) -> Answer:
    """Hide a player's entry on a board, in all periods. The player and viewers still see it. Moderators only."""
    stored_board = await edge.board_unchecked(board)
    changes = await edge.services.moderation.hide_entry(stored_board, user_id, _grounds(caller, body.reason))
    return await _moderated(edge, user_id, changes)


@routes.post(
    "/api/boards/{board}/entries/{user_id}/unhide",
    **documentation.write(ModeratedOut, *_NO_ENTRY),
)
async def unhide_entry(edge: TheEdge, caller: Moderator, board: BoardName, user_id: UserId, body: ReasonIn) -> Answer:
    """Show a hidden entry again. It stays hidden if its player is hidden. Moderators only."""
    stored_board = await edge.board_unchecked(board)
    changes = await edge.services.moderation.unhide_entry(stored_board, user_id, _grounds(caller, body.reason))
    return await _moderated(edge, user_id, changes)


@routes.delete(
    "/api/boards/{board}/entries/{user_id}",
    **documentation.change(ModeratedOut, *_NO_ENTRY, PeriodNotFound, ScoredByMembers),
)
async def remove_entry(
    edge: TheEdge, caller: Moderator, board: BoardName, user_id: UserId, query: Annotated[RemovalQuery, Query()]
) -> Answer:
    """Remove a player's entry from a board in all open periods. All submissions so far stop counting. Moderators only.

    With `period`, remove the entry from this period only, which may be a past one. The submissions still count in
    other periods.
    """
    grounds = _grounds(caller, query.reason)
    if query.period is None:
        changes = await edge.services.moderation.remove_entry(await edge.board_unchecked(board), user_id, grounds)
    else:
        ladder = await edge.readable_ladder(board, caller, query.period)
        changes = await edge.services.moderation.remove_from(ladder, user_id, grounds)
    return await _moderated(edge, user_id, changes)


@routes.post(
    "/api/boards/{board}/entries/remove",
    **documentation.write(RemovalsOut, BoardNotFound, StoreUnavailable),
)
async def remove_entries(edge: TheEdge, caller: Moderator, board: BoardName, removals: RemovalsIn) -> Answer:
    """Remove the entries of up to 1000 players from a board in all open periods. Moderators only.

    Each player gets its own result, as for the removal of a single entry.
    """
    user_ids = await edge.services.players.ids.find_many(removals.external_ids)
    identities: list[int | ExternalId] = list(dict.fromkeys([*removals.user_ids, *removals.external_ids]))
    players = [user_ids.get(i) if isinstance(i, ExternalId) else i for i in identities]
    target, grounds = await edge.board_unchecked(board), _grounds(caller, removals.reason)
    removed = iter(
        await edge.services.moderation.remove_entries(target, [i for i in players if i is not None], grounds)
    )
    external_ids = await edge.services.players.users.external_ids([i for i in players if i is not None])
    results = [
        _missing(str(identity)) if user_id is None else _result(user_id, next(removed), external_ids)
        for identity, user_id in zip(identities, players, strict=True)
    ]
    return answer_written(JsonBody(f'{{"results":[{",".join(results)}]}}'))


@routes.delete(
    "/api/boards/{board}/entries/{user_id}/submissions/{submission_id}",
    **documentation.change(ModeratedOut, *_NO_SUBMISSION),
)
async def remove_submission(
    edge: TheEdge,
    caller: Moderator,
    board: BoardName,
    user_id: UserId,
    submission_id: SubmissionId,
    query: Annotated[ReasonQuery, Query()],
) -> Answer:
    """Remove one submission of a player from a board in all open periods. All others still count. Moderators only.

    On `best` boards, the previous best counts again, with its own time and metadata. On `latest` boards, the previous
    submission counts again. On `sum` boards, the score is subtracted. An entry without other submissions is removed.
    The submission is also removed from the boards that this board feeds. Sending it again is a conflict (409). Restore
    it instead.
    """
    target = await edge.board_unchecked(board)
    fed = [await edge.board_unchecked(feed.board) for feed in target.feeds]
    changes = await edge.services.moderation.remove_submission(
        target, user_id, submission_id, _grounds(caller, query.reason), fed
    )
    return await _moderated(edge, user_id, changes)


@routes.post(
    "/api/boards/{board}/entries/{user_id}/submissions/{submission_id}/restore",
    **documentation.write(ModeratedOut, *_NO_SUBMISSION),
)
async def restore_submission(
    edge: TheEdge, caller: Moderator, board: BoardName, user_id: UserId, submission_id: SubmissionId, body: ReasonIn
) -> Answer:
    """Let a removed submission count again in all open periods. Moderators only.

    The submission may have been removed alone or with its whole entry. It also counts again on the boards that this
    board feeds, if it was removed there with this submission.
    """
    target = await edge.board_unchecked(board)
    fed = [await edge.board_unchecked(feed.board) for feed in target.feeds]
    changes = await edge.services.moderation.restore_submission(
        target, user_id, submission_id, _grounds(caller, body.reason), fed
    )
    return await _moderated(edge, user_id, changes)


@routes.put(
    "/api/boards/{board}/entries/{user_id}",
    **documentation.write(
        ModeratedOut,
        BoardNotFound,
        PlayerNotFound,
        SubmissionConflict,
        ScoredByMembers,
        IsTeam,
        StoreUnavailable,
    ),
)
async def set_score(edge: TheEdge, caller: Setter, board: BoardName, user_id: UserId, score: ScoreIn) -> Answer:
    """Set a player's score on a board in all open periods. Keys of scope `set` and moderators only.

    It replaces all earlier submissions; later ones are applied on top. A retry with the same `submission_id` changes
    nothing, and its response has no entries.
    """
    target, grounds = await edge.board_unchecked(board), _grounds(caller, score.reason)
    changes = await edge.services.moderation.set_score(target, score.for_player(user_id), grounds)
    return await _moderated(edge, user_id, changes)


@routes.post(
    "/api/boards/{board}/entries/set",
    **documentation.write(ScoresOut, BoardNotFound, StoreUnavailable),
)
async def set_scores(edge: TheEdge, caller: Setter, board: BoardName, scores: ScoresIn) -> Answer:
    """Set the scores of up to 1000 players on a board in all open periods. Keys of scope `set` and moderators only.

    Each score gets its own result, as for a single one. A request may have one score for each player.
    """
    # Look players up before the board. Otherwise, a slow look-up of players could make the board too old.
    new = await _scores_to_set(edge, scores.scores)
    target, grounds = await edge.board_unchecked(board), _grounds(caller, scores.reason)
    valid = [score for score in new if isinstance(score, ScoreToSet)]
    changes = iter(await edge.services.moderation.set_scores(target, valid, grounds))
    external_ids = await edge.services.players.users.external_ids([score.user_id for score in valid])
    results = [_set_result(score, changes, external_ids) for score in new]
    return answer_written(JsonBody(f'{{"results":[{",".join(results)}]}}'))


@routes.get(
    "/api/boards/{board}/hidden",
    operation_id="listHiddenEntries",
    **documentation.read(HiddenOut, BoardNotFound, PeriodNotFound, IndexUnavailable, StoreUnavailable),
)
async def hidden_entries(
    edge: TheEdge, caller: Viewer, board: BoardName, query: Annotated[HiddenQuery, Query()]
) -> Answer:
    """Return the hidden entries of a board, ordered by player id, with the ranks that they would have. Viewers only."""
    ladder = await edge.readable_ladder(board, caller, query.period)
    page = await edge.services.moderation.hidden(ladder, query.limit, query.after)
    return answer_stored(render_hidden(ladder, page))


@routes.post(
    "/api/users/{user_id}/hide",
    **documentation.write(ModeratedOut, PlayerNotFound, StoreUnavailable),
)
async def hide_player(edge: TheEdge, caller: Moderator, user_id: UserId, body: ReasonIn) -> Answer:
    """Hide a player on all boards, including boards that it enters later. The player still sees its own ranks.

    Moderators only.
    """
    changes = await edge.services.moderation.hide_player(user_id, _grounds(caller, body.reason))
    return await _moderated(edge, user_id, changes)


@routes.post(
    "/api/users/{user_id}/unhide",
    **documentation.write(ModeratedOut, PlayerNotFound, StoreUnavailable),
)
async def unhide_player(edge: TheEdge, caller: Moderator, user_id: UserId, body: ReasonIn) -> Answer:
    """Show a hidden player again. Entries that were hidden individually stay hidden. Moderators only."""
    changes = await edge.services.moderation.unhide_player(user_id, _grounds(caller, body.reason))
    return await _moderated(edge, user_id, changes)


def _missing(external_id: str) -> str:
    return render_item_error(PlayerNotFound.of_external(external_id))


async def _scores_to_set(
    edge: Edge, items: Sequence[PlayerScoreIn | Malformed]
) -> Sequence[ScoreToSet | LeaderForgeError | ValidationError]:
    """Return, for each item, the score to set and its player, or the error."""
    external_ids = {i.external_id for i in items if isinstance(i, PlayerScoreIn) and i.external_id is not None}
    user_ids = await edge.services.players.ids.find_many(external_ids) if external_ids else {}
    players: set[int] = set()
    return [item.error if isinstance(item, Malformed) else _score_to_set(item, user_ids, players) for item in items]


def _score_to_set(
    item: PlayerScoreIn, user_ids: Mapping[ExternalId, int], players: set[int]
) -> ScoreToSet | LeaderForgeError:
    """Return the score to set, or an error. `players` has the players of earlier items. Add the player of this item."""
    try:
        user_id = player_of(item, user_ids)
    except LeaderForgeError as error:
        return error
    if user_id in players:
        return Refused(f"player {user_id} has another score in this request; remove one", user_id=user_id)
    players.add(user_id)
    return item.for_player(user_id)


async def _moderated(edge: Edge, user_id: int, changes: Sequence[LadderStanding]) -> Answer:
    """Return the answer to an action, with the player's external id."""
    external_ids = await edge.services.players.users.external_ids([user_id])
    return answer_written(render_moderated(user_id, changes, external_ids))


def _set_result(
    score: ScoreToSet | LeaderForgeError | ValidationError,
    outcomes: Iterator[ActionOutcome],
    external_ids: Mapping[int, str],
) -> str:
    """Return the result of a score to set as a JSON object. `outcomes` has an outcome for each valid score only."""
    if isinstance(score, ScoreToSet):
        return _result(score.user_id, next(outcomes), external_ids)
    return render_item_error(score)


def _result(user_id: int, outcome: ActionOutcome, external_ids: Mapping[int, str]) -> str:
    """Return the result of an action on one of many players, as a JSON object."""
    if isinstance(outcome, LeaderForgeError):
        return render_item_error(outcome)
    return render_moderated(user_id, outcome, external_ids).closed().decode()


def _grounds(caller: Caller, reason: str) -> AuditContext:
    return AuditContext(caller.actor, reason)
