"""Idempotent import of scores of players, who are identified by username."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from uuid import UUID

from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.errors import (
    BoardNotFound,
    LeaderForgeError,
    PeriodClosed,
    PlayerExists,
    Unavailable,
    UsernameTaken,
)
from leaderforge.domain.name_rules import BASIC_RULES, NameRules
from leaderforge.domain.players import Player, new_user_ids
from leaderforge.domain.standings import Event, Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.clock import Clock
from leaderforge.ports.index import LadderUpdate
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.services.delivery import Delivery

_CACHED_PLAYERS = 200_000
"""Maximum number of cached player ids. It bounds the memory of an import of any length."""

_ATTEMPTS = 8
"""Maximum attempts to create a player. New ids are random and may collide."""


@dataclass(frozen=True, slots=True)
class ScoreLine:
    """Score to import: its line number, its player and its time (ms). `is_timed` is false if the line has no time."""

    number: int
    player: str
    score: int
    achieved_at: int
    submission_id: UUID
    is_timed: bool = True


OnRefused = Callable[[int, str], None]
"""Callback for each line that cannot be recorded, with the reason. It may raise an error to stop the import."""


def _ignore(_: int, __: str) -> None:
    pass


@dataclass(slots=True)
class ImportTally:
    """Progress of an import. `refused` counts the lines that could not be recorded."""

    recorded: int = 0
    duplicates: int = 0
    players_created: int = 0
    refused: int = 0
    index_behind: bool = False


class Importer:
    """Import of score lines in batches, one transaction each. A line that was recorded before does not count again.

    A line counts in all periods that contain its time and that the board keeps, even if they are closed to late
    submissions. The times of the `reception_clock` (us) keep the order of lines with equal times.
    """

    def __init__(
        self,
        store: ScoreStore,
        users: PlayerStore,
        delivery: Delivery,
        clock: Clock,
        reception_clock: Clock,
        board: Board,
        *,
        rules: NameRules = BASIC_RULES,
        batch: int = 1000,
        refused: OnRefused = _ignore,
    ) -> None:
        self._store = store
        self._users = users
        self._delivery = delivery
        self._clock = clock
        self._reception_clock = reception_clock
        self._board = board
        self._rules = rules
        self._batch = batch
        self._refused = refused
        self._cached_ids: OrderedDict[str, int] = OrderedDict()
        self.tally = ImportTally()

    async def run(self, lines: Iterable[ScoreLine]) -> ImportTally:
        """Record all lines and return the tally. Raises `StoreUnavailable`: a later run then continues the import."""
        iterator = iter(lines)
        while batch := list(islice(iterator, self._batch)):
            await self._import(batch)
        return self.tally

    async def _import(self, lines: Sequence[ScoreLine]) -> None:
        # An import may take hours, and the board may change meanwhile: count in its current periods.
        self._board = await self._current_board(self._board.slug)
        ids = await self._player_ids(lines)
        now = self._clock()
        submissions = [self._submission(line, ids[line.player], now) for line in lines]
        valid = {i: submission for i, submission in enumerate(submissions) if isinstance(submission, Submission)}
        recorded = dict(zip(valid, await self._store.record(list(valid.values())), strict=True))
        await self._index_up(list(recorded.values()))
        outcomes = [
            recorded[i] if isinstance(submission, Submission) else submission
            for i, submission in enumerate(submissions)
        ]
        duplicates = [outcome.duplicate for outcome in outcomes if isinstance(outcome, Recorded)]
        self.tally.duplicates += sum(duplicates)
        self.tally.recorded += len(duplicates) - sum(duplicates)
        for line, outcome in zip(lines, outcomes, strict=True):
            if isinstance(outcome, LeaderForgeError):
                self._note(line, outcome)

    async def _current_board(self, slug: str) -> Board:
        """Return the board with its current settings.

        Raises `BoardNotFound` if the board was deleted or replaced by another board.
        """
        board = await self._store.board(slug)
        if board is None or board.id != self._board.id:
            raise BoardNotFound(f"board {slug!r} was deleted during the import", board=slug)
        return board

    def _submission(self, line: ScoreLine, user_id: int | LeaderForgeError, now: int) -> Submission | LeaderForgeError:
        """Return the line as a submission, or the error that prevents it."""
        if isinstance(user_id, LeaderForgeError):
            return user_id
        ladders = self._board.ladders_kept(line.achieved_at, now)
        if not ladders:
            return PeriodClosed("the periods of its time have expired")
        event = Event(user_id, line.submission_id, line.score, line.achieved_at, received_us=self._reception_clock())
        return Submission(ladders, event, line.achieved_at if line.is_timed else None)

    def _note(self, line: ScoreLine, refusal: LeaderForgeError) -> None:
        # An outage is not an error of the line: end the import, which a later run continues.
        if isinstance(refusal, Unavailable):
            raise refusal
        self.tally.refused += 1
        self._refused(line.number, refusal.message)

    async def _index_up(self, results: Sequence[Recorded | LeaderForgeError]) -> None:
        """Apply the newest standing of each player to the index.

        If the index cannot be reached, note the failure in the tally.
        """
        # Later results of a batch replace earlier ones: only the last standing of a player is applied.
        newest: defaultdict[Ladder, dict[int, Standing]] = defaultdict(dict)
        for result in results:
            if isinstance(result, Recorded):
                for ladder, standing in zip(result.ladders, result.standings, strict=True):
                    newest[ladder][standing.user_id] = standing
        updates = [LadderUpdate(ladder, list(standings.values())) for ladder, standings in newest.items()]
        if not await self._delivery.load(updates):
            self.tally.index_behind = True

    async def _player_ids(self, lines: Sequence[ScoreLine]) -> Mapping[str, int | LeaderForgeError]:
        """Return the id of each player by name, or the error of creating the player."""
        names = dict.fromkeys(line.player for line in lines)
        ids: dict[str, int | LeaderForgeError] = {
            name: self._cached_ids[name] for name in names if name in self._cached_ids
        }
        unknown = [name for name in names if name not in ids]
        if unknown:
            users = await self._users.by_name(unknown)
            ids |= {name: user.user_id for name, user in users.items()}
            ids |= await self._create([name for name in unknown if name not in users])
        self._remember({name: user_id for name, user_id in ids.items() if isinstance(user_id, int)})
        return ids

    async def _create(self, names: Sequence[str]) -> Mapping[str, int | LeaderForgeError]:
        """Create the players and return their ids by name, also of players whom another process creates meanwhile."""
        ids: dict[str, int | LeaderForgeError] = {
            name: refusal for name in names if (refusal := self._rules.refusal(name))
        }
        names = [name for name in names if name not in ids]
        for _ in range(_ATTEMPTS):
            if not names:
                break
            now = self._clock()
            new = [Player(i, name, None, now) for i, name in zip(new_user_ids(now, len(names)), names, strict=True)]
            results = dict(zip(names, await self._users.create(new), strict=True))
            self.tally.players_created += sum(isinstance(result, Player) for result in results.values())
            ids |= {name: result.user_id if isinstance(result, Player) else result for name, result in results.items()}
            taken = [name for name, result in results.items() if isinstance(result, UsernameTaken)]
            if taken:
                ids |= {name: user.user_id for name, user in (await self._users.by_name(taken)).items()}
            names = [name for name in names if isinstance(ids[name], PlayerExists | UsernameTaken)]
        return ids

    def _remember(self, ids: Mapping[str, int]) -> None:
        for name, user_id in ids.items():
            self._cached_ids[name] = user_id
            self._cached_ids.move_to_end(name)
        while len(self._cached_ids) > _CACHED_PLAYERS:
            self._cached_ids.popitem(last=False)
