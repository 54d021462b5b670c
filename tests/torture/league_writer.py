"""Client of a league. It submits to the oldest season that is open, which is settled a minute later."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random
from time import monotonic, time
from typing import Any
from uuid import UUID

import asyncpg

from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.score_store import PostgresScoreStore
from leaderforge.domain.boards import Board, Policy
from leaderforge.domain.league_rules import stored_league
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Submission
from leaderforge.torture.checks import Problem
from leaderforge.torture.report import Report
from tests.torture.api_writer import ApiWriter, lasting_problems
from tests.torture.leagues import BOARD, RULES, SEASON_S, StoredSeason, lost, period_of, season_of
from tests.torture.ledger import StoredEvent
from tests.torture.rig import GRACE_S, Rig

_SETTLED_AFTER_S = 20.0
"""Time in s from the end of a season's grace until the season may be settled: see `leaderforge.domain.timing`."""
_SEARCH_S = 15.0
"""Time in s within which a due settlement is written: the interval of the searches plus the length of a lease."""
_EARLIER_SEASONS = 3
"""Number of seasons that are written before the start of a run. Therefore even a short run settles some seasons."""
_ACTIVE = 0.7
_PAUSE_S = 0.5
_REFUSALS = frozenset({"period_closed", "not_ranked", "period_not_found"})
_Result = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class _Settled:
    """Answer about a settled season. `result` has the player's group, rank, movement and next division."""

    period: int
    user_id: int
    result: _Result


class LeagueWriter(ApiWriter):
    """Client of a league with a season each minute. At the end, it compares all seasons with the store."""

    def __init__(self, rig: Rig, report: Report, random: Random, players: Sequence[int]) -> None:
        super().__init__(rig, report, random, "league", refusals=_REFUSALS, successes=frozenset({200}))
        self._players = players
        self._first_s = _oldest_open_s() - _EARLIER_SEASONS * SEASON_S
        self._jumps: dict[int, int] = {}
        """Number of clock jumps before the first submission to a season, by the number of the season."""
        self._counted: dict[UUID, int] = {}
        self._answers: list[_Settled] = []

    async def prepare(self) -> None:
        """Create the board. Write the scores of its first seasons into the store: for the API, these scores are too
        late.
        """
        pool = Pool(self._rig.dsn)
        try:
            scores = PostgresScoreStore(pool, periods=Periods(pool))
            league = stored_league({"assignment": "arrival", **RULES, "since": self._first_s * 1000})
            calendar = Calendar((PeriodKind.SEASON,), season="* * * * *")
            board = await scores.create_board(
                Board(0, BOARD, BOARD, policy=Policy.BEST, calendar=calendar, league=league)
            )
            for number in range(_EARLIER_SEASONS):
                start_ms = (self._first_s + number * SEASON_S) * 1000
                self._jumps[period_of(start_ms // 1000)] = 0
                await scores.record([_submission(board, start_ms, i, self._random) for i in self._active()])
        finally:
            await pool.close()

    async def write(self, pace_s: float) -> None:
        """Submit, and read the results of a settled season, every `pace_s` seconds until `over` is set."""
        while not self.over:
            next_at = monotonic() + pace_s
            if not self._rig.clock.offset_s:
                await asyncio.gather(*(self._submit(i) for i in self._random.sample(self._players, 3)))
                await self._read()
            await asyncio.sleep(max(0.0, next_at - monotonic()))

    async def problems(self, promised_s: float) -> list[Problem]:
        """Return the differences between answers, events, seats and results that last for `promised_s` seconds."""
        return await lasting_problems(self._problems, promised_s)

    async def summary(self) -> str:
        """Return the numbers of seasons, seats, movements and read results as text."""
        seasons, _ = await self._stored()
        settled = [season for season in seasons if season.is_settled]
        movements = sum(len(season.results) for season in settled)
        seats = sum(len(season.members) for season in seasons)
        judged = sum(self._is_judged(season) for season in seasons)
        return (
            f"{len(seasons)} league seasons, {len(settled)} settled, {judged} of them judged, {seats} seats, "
            f"{movements} movements, {len(self._answers)} read"
        )

    async def _problems(self) -> list[Problem]:
        seasons, events = await self._stored()
        problems = [p for season in seasons for p in season.problems(is_judged=self._is_judged(season))]
        results = {(season.period, i): result for season in seasons for i, result in season.results.items()}
        for answer in self._answers:
            stored = results.get((answer.period, answer.user_id), ())
            if stored[1:] != answer.result:
                expected = f"{answer.period}: {answer.result}, as answered"
                problems.append(Problem("settled twice", expected, str(stored), answer.user_id))
        return [*problems, *lost(self._counted, events)]

    def _is_judged(self, season: StoredSeason) -> bool:
        """Return whether the settlement of a season must be stored by now, and must agree with the events.

        Neither holds after a clock jump: a clock that is a day ahead settles seasons before their last submissions.
        """
        due_s = (season.period >> 3) + SEASON_S + GRACE_S + _SETTLED_AFTER_S + _SEARCH_S
        return time() > due_s and self._jumps.get(season.period) == self._rig.clock.jumps

    def _active(self) -> list[int]:
        return [i for i in self._players if self._random.random() < _ACTIVE]

    async def _submit(self, user_id: int) -> None:
        """Submit a score to the oldest open season. Repeat the submission until an answer arrives, even after the
        season's end.
        """
        start_s = _oldest_open_s()
        self._jumps.setdefault(period_of(start_s), self._rig.clock.jumps)
        submission_id = UUID(int=self._random.getrandbits(128))
        achieved = datetime.fromtimestamp(start_s + self._random.randrange(SEASON_S), UTC)
        body = {
            "user_id": user_id,
            "score": self._random.randrange(1, 50),
            "submission_id": str(submission_id),
            "achieved_at": achieved.isoformat(),
        }
        answer = await self._until_done("POST", f"/api/boards/{BOARD}/scores", body)
        if answer.status == 200:
            self._counted[submission_id] = user_id

    async def _read(self) -> None:
        """Read the result of a player in one of the last settled seasons, through any process."""
        start_s = _oldest_open_s() - SEASON_S * self._random.randint(1, _EARLIER_SEASONS)
        user_id, name = (
            self._random.choice(self._players),
            f"season-{datetime.fromtimestamp(start_s, UTC):%Y%m%dT%H%MZ}",
        )
        answer = await self._until_done("GET", f"/api/boards/{BOARD}/league/{user_id}?period={name}", None)
        if answer.status == 200 and answer.body["state"] == "settled":
            members = ("group", "group_rank", "movement", "next_division")
            result = tuple(answer.body[member] for member in members)
            self._answers.append(_Settled(period_of(start_s), user_id, result))

    async def _stored(self) -> tuple[Sequence[StoredSeason], Sequence[StoredEvent]]:
        """Return the stored seasons in order, and all events."""
        connection = await asyncpg.connect(self._rig.dsn)
        try:
            board_id = await connection.fetchval("select board_id from boards where slug = $1", BOARD)
            rows = {
                table: await connection.fetch(f"select * from {table} where board_id = $1", board_id)  # noqa: S608
                for table in ("score_events", "league_members", "league_results", "settlements")
            }
        finally:
            await connection.close()
        events = [
            StoredEvent(
                row["user_id"],
                BOARD,
                row["submission_id"],
                row["score"],
                row["achieved_at"],
                row["received_us"],
                row["void"],
            )
            for row in rows["score_events"]
        ]
        return _seasons(rows, events), events


def _seasons(rows: Mapping[str, Sequence[Any]], events: Sequence[StoredEvent]) -> Sequence[StoredSeason]:
    by_season: defaultdict[int, list[StoredEvent]] = defaultdict(list)
    for event in events:
        by_season[season_of(event)].append(event)
    members: defaultdict[int, dict[int, tuple[int, int, int]]] = defaultdict(dict)
    for row in rows["league_members"]:
        members[row["period_id"]][row["user_id"]] = row["division"], row["group_number"], row["seat"]
    results: defaultdict[int, dict[int, _Result]] = defaultdict(dict)
    columns = ("division", "group_number", "group_rank", "movement", "next_division")
    for row in rows["league_results"]:
        results[row["period_id"]][row["user_id"]] = tuple(row[column] for column in columns)
    settled = {row["period_id"] for row in rows["settlements"] if row["settled_at"] is not None}
    seasons, divisions = [], dict[int, str | None]()
    for period in sorted(by_season.keys() | members.keys() | results.keys()):
        seasons.append(
            StoredSeason(
                period, period in settled, by_season[period], members[period], results[period], dict(divisions)
            )
        )
        divisions |= {user_id: result[-1] for user_id, result in results[period].items()}
    return seasons


def _submission(board: Board, start_ms: int, user_id: int, random: Random) -> Submission:
    at = start_ms + random.randrange(SEASON_S * 1000)
    event = Event(user_id, UUID(int=random.getrandbits(128)), random.randrange(1, 50), at)
    return Submission(board.ladders_at(at), event)


def _oldest_open_s() -> int:
    """Return the start, in s since 1970, of the oldest season in which late scores count."""
    return int(time() - GRACE_S) // SEASON_S * SEASON_S
