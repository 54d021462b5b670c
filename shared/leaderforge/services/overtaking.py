"""Notices about players whom a friend has passed."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.changed_standings import changed_key, reports_submission
from leaderforge.domain.chunks import chunks
from leaderforge.domain.friend_errors import MAX_FRIENDS
from leaderforge.domain.friends import FriendMode
from leaderforge.domain.notice_log import NoticeDraft, OutboxRow, body_of
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.notices import NO_PLAYER
from leaderforge.domain.order import rank_bound
from leaderforge.ports.clock import Clock
from leaderforge.ports.derived_notices import DerivedNoticeStore, NoticedPlace, Overtakings
from leaderforge.ports.friends import FriendStore
from leaderforge.services.cadence import Cadence
from leaderforge.services.entries import PlacedPlayer
from leaderforge.services.ladders import Ladders
from leaderforge.services.query import QueryService

MAX_FOLLOWERS = 5_000
"""Maximum followers of a player who get a notice when the player passes them."""
_LOOKED_UP = 1_000
"""Maximum players of one look-up in the index."""
_FORGET_EVERY_S = 600.0


@dataclass(slots=True)
class _Mover:
    """Player whose standing on a ladder has changed.

    `row` is the last row of the outbox about the standing. `passes` is true if only submissions have changed the
    standing: changes by moderators cause no notices. `is_new` is true if the player had no standing before.
    """

    row: OutboxRow
    passes: bool
    is_new: bool


@dataclass(frozen=True, slots=True)
class _Places:
    """Places of players on a ladder: at the previous check, in the rows of their submissions, and now in the index.

    None stands for no visible entry. The index may get a change later than the outbox gets its row.
    """

    ladder: Ladder
    before: Mapping[int, bytes | None]
    in_rows: Mapping[int, bytes | None]
    now: Mapping[int, PlacedPlayer]

    def key(self, user_id: int) -> bytes | None:
        """Return the present sort key of a player, None without a visible entry."""
        if user_id in self.in_rows:
            return self.in_rows[user_id]
        placed = self.now.get(user_id)
        return None if placed is None else placed.key

    def was_passed(self, user_id: int, friend_id: int, *, friend_is_new: bool) -> bool:
        """Return whether the friend was not ahead of the player at the previous check, and is ahead now.

        Return False if either place at the previous check is unknown.
        """
        mine, theirs = self.key(user_id), self.key(friend_id)
        mine_before = self.before.get(user_id)
        if mine is None or theirs is None or mine_before is None or user_id not in self.now:
            return False
        theirs_before = self.before.get(friend_id)
        if theirs_before is None and friend_id not in self.before and not friend_is_new:
            return False
        board = self.ladder.board
        was_ahead = theirs_before is not None and theirs_before < rank_bound(board, mine_before)
        return not was_ahead and theirs < rank_bound(board, mine)


class OvertakingService:
    """Derivation of notices about overtaken players, for boards that ask for these notices.

    A player is compared with a friend after each change of the friend's standing, in the board's first period kind. The
    place of a player who has submitted is in the row of the outbox. Other places are read from the index after the
    commit. The places are stored in the transaction of the notices.
    Therefore each pass causes at most one notice. Players who pass each other back and forth between two checks cause
    no notice.
    """

    def __init__(
        self,
        store: DerivedNoticeStore,
        friends: FriendStore,
        query: QueryService,
        ladders: Ladders,
        clock: Clock,
        mode: FriendMode,
        *,
        closes_after_ms: int,
    ) -> None:
        self._store = store
        self._friends = friends
        self._query = query
        self._ladders = ladders
        self._clock = clock
        self._mode = mode
        self._closes_after_ms = closes_after_ms
        self._forget_cadence = Cadence(_FORGET_EVERY_S)

    async def derive(self, rows: Sequence[OutboxRow], boards: Mapping[int, Board]) -> Overtakings | None:
        """Return the notices that these rows cause, and the new places. Return None if no row can cause a notice.

        Raises `Unavailable`.
        """
        movers = _movers(rows, boards)
        if not movers:
            return None
        drafts: defaultdict[tuple[int, int], list[NoticeDraft]] = defaultdict(list)
        places: list[NoticedPlace] = []
        recipients: set[int] = set()
        for ladder, on_ladder in zip(await self._ladders.as_stored(movers), movers.values(), strict=True):
            friends = await self._recipients_of([user_id for user_id, mover in on_ladder.items() if mover.passes])
            looked_up = await self._places(ladder, on_ladder, friends)
            places += _noticed(looked_up, on_ladder, friends)
            recipients.update(*friends.values())
            for friend_id, user_ids in friends.items():
                mover = on_ladder[friend_id]
                passed = [i for i in user_ids if looked_up.was_passed(i, friend_id, friend_is_new=mover.is_new)]
                drafts[mover.row.seq, friend_id] += [_draft(ladder, mover.row, i, looked_up.now[i]) for i in passed]
        return Overtakings(drafts, places, recipients)

    async def forget_if_due(self, boards: Sequence[Board]) -> None:
        """Delete the places of ladders that are over, at most every few minutes. Raises `Unavailable`."""
        if not self._forget_cadence.is_due():
            return
        now = self._clock()
        asking = [board for board in boards if NoticeType.PLAYER_OVERTAKEN in board.events]
        current = {
            (board.id, board.ladders_at(at)[0].period) for board in asking for at in (now, now - self._closes_after_ms)
        }
        if not await self._store.forget_places(current):
            self._forget_cadence.pause()

    async def _recipients_of(self, user_ids: Sequence[int]) -> Mapping[int, Sequence[int]]:
        """Return, by the id of each of these players, the players who get a notice when this player passes them."""
        # One query finds the players with followers. The other players then need no query of their own.
        followed = await self._friends.with_followers(user_ids) if user_ids else ()
        return {user_id: await self._recipients(user_id) for user_id in sorted(followed)}

    async def _recipients(self, user_id: int) -> Sequence[int]:
        """Return the players who get a notice when this player passes them."""
        if self._mode is FriendMode.ONE_WAY:
            return await self._friends.followers(user_id, MAX_FOLLOWERS)
        # Every friend is a followed player. Strangers could fill the limited list of followers, but not this list.
        followed = await self._friends.followed(user_id, MAX_FRIENDS)
        return [friend.user_id for friend in followed if friend.is_mutual]

    async def _places(
        self, ladder: Ladder, movers: Mapping[int, _Mover], friends: Mapping[int, Sequence[int]]
    ) -> _Places:
        """Return the places of the movers, and of the players in `friends`."""
        board = ladder.board
        in_rows = {i: changed_key(board, mover.row) for i, mover in movers.items() if reports_submission(mover.row)}
        read = (movers.keys() - in_rows.keys()).union(*friends.values())
        compared = read | friends.keys()
        # Read the stored places before the index. Otherwise, a relay could store newer places between the two reads.
        before = await self._store.places(board.id, ladder.period, compared) if compared else {}
        now: dict[int, PlacedPlayer] = {}
        for chunk in chunks(sorted(read), _LOOKED_UP):
            now |= (await self._query.placed(ladder, chunk)).by_id
        return _Places(ladder, before, in_rows, now)


def _movers(rows: Sequence[OutboxRow], boards: Mapping[int, Board]) -> Mapping[Ladder, Mapping[int, _Mover]]:
    """Return the players whose standings changed, on the first ladder of each board that asks for notices about
    overtaken players.
    """
    movers: defaultdict[Ladder, dict[int, _Mover]] = defaultdict(dict)
    for row in rows:
        board = boards.get(row.board_id)
        if board is None or NoticeType.PLAYER_OVERTAKEN not in board.events or not _changes_standing(row):
            continue
        is_submission = reports_submission(row)
        is_new = is_submission and row.data["submissions"] == 1
        for period in _first_periods(row, board):
            on_ladder = movers[Ladder(board, period)]
            earlier = on_ladder.get(row.user_id)
            passes = is_submission and (earlier is None or earlier.passes)
            on_ladder[row.user_id] = _Mover(row, passes, is_new or (earlier is not None and earlier.is_new))
    return movers


def _changes_standing(row: OutboxRow) -> bool:
    """Return whether the row reports a change of a player's standing. Return False for an erasure."""
    is_moderation = row.type.startswith("moderation.") and row.type != NoticeType.MODERATION_ERASED
    return row.user_id != NO_PLAYER and (reports_submission(row) or is_moderation)


def _first_periods(row: OutboxRow, board: Board) -> Iterator[int]:
    """Yield the periods of the board's first kind in which the row reports a change."""
    if reports_submission(row):
        if row.data["main"]:
            yield row.period
        return
    for period in row.data["periods"]:
        if board.calendar.knows(period) and board.calendar.numbered(period).kind is board.calendar.kinds[0]:
            yield period


def _noticed(
    places: _Places, movers: Mapping[int, _Mover], friends: Mapping[int, Sequence[int]]
) -> Iterator[NoticedPlace]:
    """Yield the places to store: of all `movers`, and of other players in `friends` whose places are not stored yet."""
    seqs = {user_id: movers[friend_id].row.seq for friend_id, ids in friends.items() for user_id in ids}
    seqs = {user_id: seq for user_id, seq in seqs.items() if user_id not in places.before}
    seqs |= {user_id: mover.row.seq for user_id, mover in movers.items()}
    board, period = places.ladder.board, places.ladder.period
    for user_id, seq in seqs.items():
        yield NoticedPlace(user_id, board.id, period, places.key(user_id), seq)


def _draft(ladder: Ladder, row: OutboxRow, user_id: int, passed: PlacedPlayer) -> NoticeDraft:
    """Return the notice to `user_id`. The row's player has passed that player, and now has the place `passed`."""
    slug = ladder.board.slug
    data = {
        "board": slug,
        "user_id": user_id,
        "period": ladder.period_name,
        "overtaken_by": row.user_id,
        "rank": passed.rank,
        "score": ladder.board.score_type.json_value(passed.score),
    }
    body = body_of(NoticeType.PLAYER_OVERTAKEN, row.at, data)
    origin = f"overtaken:{row.seq}:{ladder.board.id}:{ladder.period}:{row.user_id}:{user_id}"
    return NoticeDraft(origin, user_id, NoticeType.PLAYER_OVERTAKEN, slug, row.at, body)
