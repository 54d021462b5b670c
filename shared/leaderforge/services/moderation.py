"""Moderation of entries and players: hide, unhide, remove, set."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeVar
from uuid import UUID, uuid4

from leaderforge.domain.acceptance import accepted_score
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import Conflict, NotFound, NotRanked, Refused
from leaderforge.domain.numbers import numbers_of
from leaderforge.domain.standings import Event, LadderStanding
from leaderforge.domain.submissions import Submission
from leaderforge.domain.team_errors import IsTeam, ScoredByMembers
from leaderforge.domain.tiebreaker_rules import subscore_of
from leaderforge.ports.clock import Clock
from leaderforge.ports.moderation import Moderation
from leaderforge.ports.teams import TeamStore
from leaderforge.services.delivery import Delivery
from leaderforge.services.entries import Entry
from leaderforge.services.reading import Reader
from leaderforge.services.team_ids import team_ids_among

_CONCURRENT = 4
"""Maximum concurrent actions of one call. Each takes a connection, and requests need the remaining connections."""

T = TypeVar("T")
_Changes: TypeAlias = Sequence[LadderStanding]
Unapplied: TypeAlias = NotFound | Refused | Conflict
"""Error of one action of a call with several actions. The other actions are performed nevertheless."""


@dataclass(frozen=True, slots=True)
class ScoreToSet:
    """Score that replaces all earlier submissions of a player. Without `submission_id`, the score gets a random id.

    `numbers` are the named numbers of the submission as JSON text.
    """

    user_id: int
    score: int
    subscore: int | None = None
    metadata: str | None = None
    submission_id: UUID | None = None
    numbers: str | None = None


@dataclass(frozen=True, slots=True)
class AuditContext:
    """Actor and reason of a moderation action, for the audit log."""

    actor: str
    reason: str


@dataclass(frozen=True, slots=True)
class HiddenEntry:
    """Hidden entry, with the rank that it would have if visible. `hidden` has its flags (see `domain.standings`)."""

    entry: Entry
    hidden: int


@dataclass(frozen=True, slots=True)
class HiddenPage:
    """Hidden entries by player id. `next` is the last player id if there may be more entries, else None."""

    entries: Sequence[HiddenEntry]
    next: int | None


class ModerationService:
    """Commit of moderation actions, and delivery to the index. Each action returns the changed standings.

    The `reception_clock` (us) decides whether a set score precedes or follows a submission with an equal time.
    """

    def __init__(
        self,
        moderation: Moderation,
        delivery: Delivery,
        reader: Reader,
        clock: Clock,
        reception_clock: Clock,
        *,
        teams: TeamStore | None = None,
    ) -> None:
        self._moderation = moderation
        self._delivery = delivery
        self._reader = reader
        self._clock = clock
        self._reception_clock = reception_clock
        self._teams = teams

    async def hide_entry(self, board: Board, user_id: int, grounds: AuditContext) -> Sequence[LadderStanding]:
        """Hide a player's entry in every period of a board. Raises `PlayerNotFound` or `NotRanked`."""
        act = self._act("entry.hide", user_id, grounds, board)
        return await self._indexed(user_id, await self._moderation.set_entry_hidden(board, user_id, True, act))

    async def unhide_entry(self, board: Board, user_id: int, grounds: AuditContext) -> Sequence[LadderStanding]:
        """Show a player's entry again, unless the player is hidden. Raises `PlayerNotFound` or `NotRanked`."""
        act = self._act("entry.unhide", user_id, grounds, board)
        return await self._indexed(user_id, await self._moderation.set_entry_hidden(board, user_id, False, act))

    async def hide_player(self, user_id: int, grounds: AuditContext) -> Sequence[LadderStanding]:
        """Hide a player on all boards, also on boards that the player joins later. Raises `PlayerNotFound`."""
        act = self._act("player.hide", user_id, grounds)
        return await self._indexed(user_id, await self._moderation.set_player_hidden(user_id, True, act))

    async def unhide_player(self, user_id: int, grounds: AuditContext) -> Sequence[LadderStanding]:
        """Show a player again, except entries that were hidden individually. Raises `PlayerNotFound`."""
        act = self._act("player.unhide", user_id, grounds)
        return await self._indexed(user_id, await self._moderation.set_player_hidden(user_id, False, act))

    async def remove_entry(self, board: Board, user_id: int, grounds: AuditContext) -> Sequence[LadderStanding]:
        """Void a player's events on a board, and remove the entry in all open periods.

        Raises `PlayerNotFound` or `NotRanked`, and `ScoredByMembers` for a team on a team board.
        """
        await self._require_removable(board, user_id)
        act = self._act("entry.remove", user_id, grounds, board)
        return await self._removed(user_id, self._moderation.remove(board, user_id, act))

    async def remove_entries(
        self, board: Board, user_ids: Sequence[int], grounds: AuditContext
    ) -> Sequence[Sequence[LadderStanding] | Unapplied]:
        """Remove the entries of many players as `remove_entry` does. Return the result or the error for each player."""
        return await _each(user_ids, lambda user_id: self.remove_entry(board, user_id, grounds))

    async def remove_from(self, ladder: Ladder, user_id: int, grounds: AuditContext) -> Sequence[LadderStanding]:
        """Remove a player's entry in one period, and nothing else.

        Raises `PlayerNotFound` or `NotRanked`, and `ScoredByMembers` for a team on a team board.
        """
        await self._require_removable(ladder.board, user_id)
        act = self._act("entry.remove", user_id, grounds, ladder.board, period=ladder.period_name)
        return await self._removed(user_id, self._moderation.remove_from(ladder, user_id, act))

    async def remove_submission(
        self,
        board: Board,
        user_id: int,
        submission_id: UUID,
        grounds: AuditContext,
        targets: Sequence[Board] = (),
    ) -> Sequence[LadderStanding]:
        """Void one submission of a player, and its fed submissions on `targets`, in all open periods.

        Raises `PlayerNotFound`, `SubmissionNotFound` or `ScoreOutOfRange`.
        """
        return await self._set_removed(board, user_id, submission_id, grounds, targets, removed=True)

    async def restore_submission(
        self,
        board: Board,
        user_id: int,
        submission_id: UUID,
        grounds: AuditContext,
        targets: Sequence[Board] = (),
    ) -> Sequence[LadderStanding]:
        """Make a removed submission, and its fed submissions on `targets`, count again in all open periods.

        Raises `PlayerNotFound`, `SubmissionNotFound` or `ScoreOutOfRange`.
        """
        return await self._set_removed(board, user_id, submission_id, grounds, targets, removed=False)

    async def _set_removed(
        self,
        board: Board,
        user_id: int,
        submission_id: UUID,
        grounds: AuditContext,
        targets: Sequence[Board],
        *,
        removed: bool,
    ) -> Sequence[LadderStanding]:
        action = "submission.remove" if removed else "submission.restore"
        act = self._act(action, user_id, grounds, board, submission_id=str(submission_id))
        ids = board, user_id, submission_id
        changed = await self._moderation.set_submission_removed(*ids, removed, act, targets)
        return await self._indexed(user_id, changed)

    async def replace_submission(
        self, submission: Submission, replaced: Mapping[str, object], grounds: AuditContext, *, in_past: bool
    ) -> Sequence[LadderStanding]:
        """Replace the content of a stored submission. `replaced` has the values to show in the audit entry.

        The old content no longer counts in open periods. With `in_past`, it no longer counts in past periods either.
        Raises `PlayerNotFound`, `SubmissionNotFound`, `Conflict` or `ScoreOutOfRange`.
        """
        user_id = submission.event.user_id
        details = {"submission_id": str(submission.event.submission_id), "replaced": replaced}
        act = self._act("submission.replace", user_id, grounds, submission.board, **details)
        change = self._moderation.replace_submission(submission, act, in_past=in_past)
        return await self._indexed(user_id, await change)

    async def set_score(self, board: Board, new: ScoreToSet, grounds: AuditContext) -> Sequence[LadderStanding]:
        """Set a player's score in all open periods.

        The score replaces all earlier submissions. Later submissions are applied on top. A repeated `submission_id`
        changes nothing. Raises `PlayerNotFound`, `SubmissionConflict` for an id that is stored with other content,
        `ScoredByMembers` on a team board, `IsTeam` for a team, and `Refused` for a subscore on a board without
        subscores, or without a number of a tiebreaker.
        """
        if board.team is not None:
            raise ScoredByMembers.of(board.slug, board.team.source)
        if await team_ids_among(self._teams, [new.user_id]):
            raise IsTeam.of(new.user_id)
        subscore = subscore_of(board, new.subscore, new.numbers)
        score = accepted_score(board, new.score)
        details: dict[str, object] = {"score": board.score_type.json_value(score)}
        if new.subscore is not None:
            details["subscore"] = new.subscore
        if new.numbers is not None:
            details["numbers"] = numbers_of(new.numbers)
        act = self._act("entry.set", new.user_id, grounds, board, **details)
        submission_id, received_us = new.submission_id or uuid4(), self._reception_clock()
        event = Event(new.user_id, submission_id, score, act.at, new.metadata, subscore, received_us)
        event = event._replace(numbers=new.numbers)
        changed = await self._moderation.set_score(Submission(board.ladders_at(act.at), event), act)
        return await self._indexed(new.user_id, changed)

    async def set_scores(
        self, board: Board, scores: Sequence[ScoreToSet], grounds: AuditContext
    ) -> Sequence[Sequence[LadderStanding] | Unapplied]:
        """Set the scores of many players as `set_score` does. Return the result or the error for each score."""
        return await _each(scores, lambda new: self.set_score(board, new, grounds))

    async def hidden(self, ladder: Ladder, limit: int, after: int | None = None) -> HiddenPage:
        """Return up to `limit` hidden entries of a ladder with player ids above `after`, by player id."""
        standings = await self._moderation.hidden(ladder, limit, after)
        ids = [standing.user_id for standing in standings]
        ranked = await self._reader.read(ladder, lambda reading: self._reader.entries(reading.ranking, ladder, ids))
        by_player = {entry.user_id: entry for entry in ranked.entries}
        return HiddenPage(
            entries=[HiddenEntry(by_player[s.user_id], s.hidden) for s in standings if s.user_id in by_player],
            next=ids[-1] if len(ids) == limit else None,
        )

    async def _require_removable(self, board: Board, user_id: int) -> None:
        """Raise `ScoredByMembers` for a team on a team board. The next update of its score would undo the removal."""
        if board.team is not None and await team_ids_among(self._teams, [user_id]):
            raise ScoredByMembers.removal(board.slug, board.team.source)

    def _act(
        self, action: str, user_id: int, grounds: AuditContext, board: Board | None = None, **details: object
    ) -> AuditEntry:
        slug = None if board is None else board.slug
        return AuditEntry(self._clock(), grounds.actor, action, slug, user_id, grounds.reason, details)

    async def _removed(self, user_id: int, removal: Awaitable[_Changes]) -> _Changes:
        try:
            changed = await removal
        except NotRanked:
            # This may be the retry of a removal whose process ended between the commit and the update of the index. The
            # index may then still have the entry. Therefore apply the player's standings to the index again.
            await self._delivery.repeated(user_id)
            raise
        return await self._indexed(user_id, changed)

    async def _indexed(self, user_id: int, changed: Sequence[LadderStanding]) -> Sequence[LadderStanding]:
        if changed:
            await self._delivery.moderated(changed)
        else:
            await self._delivery.repeated(user_id)
        return changed


async def _each(items: Sequence[T], act: Callable[[T], Awaitable[_Changes]]) -> Sequence[_Changes | Unapplied]:
    """Do the action `act` for each item, a few items at a time. Return each item's result or its `Unapplied` error.

    After an exception of another type, start no further action. Raise the exception only after the actions in flight
    have ended. An action that went on after the error response could overwrite the effect of the client's next request.
    """
    waiting = iter(enumerate(items))
    outcomes: dict[int, _Changes | Unapplied] = {}
    failures: list[Exception] = []

    async def work() -> None:
        for position, item in waiting:
            try:
                outcomes[position] = await act(item)
            except (NotFound, Refused, Conflict) as error:
                outcomes[position] = error
            except Exception as error:
                failures.append(error)
            if failures:
                break

    await asyncio.gather(*(work() for _ in range(_CONCURRENT)))
    if failures:
        raise failures[0]
    return [outcomes[position] for position in range(len(items))]
