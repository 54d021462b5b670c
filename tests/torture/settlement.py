"""Checks at the end of a run, when all clients have stopped: store, index and history must agree."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf
from time import monotonic
from typing import Any
from urllib.parse import quote

import asyncpg

from leaderforge.torture import checks
from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Client, Reply
from leaderforge.torture.model import LadderModel
from tests.api_client import ADMIN_KEY
from tests.torture.fold import CountedEvent, Folded, fold, periods_at
from tests.torture.ledger import Ledger, StoredEvent
from tests.torture.rig import API_PROCESSES, LATE_BOARD, Rig

_REMOVED = 4
"""Bit of `standings.hidden` that marks a removed standing. The other bits mark hidden standings."""
_PAUSE_S = 0.5
_PAGE = 500
_SEASON = 4

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredStanding:
    """Row of `standings`, with the username of its player."""

    user_id: int
    folded: Folded
    hidden: int
    name: str | None

    @property
    def is_listed(self) -> bool:
        """Whether the standing has an entry."""
        return self.hidden == 0


@dataclass(frozen=True, slots=True)
class StoredBoard:
    """Board, its events and, for each period, its standings. The standings of a team board have no events.

    Answers of a board that `has_long_scores` have scores as text.
    """

    slug: str
    policy: str
    order: str
    kinds: Sequence[str]
    events: Sequence[StoredEvent]
    standings: Mapping[int, Sequence[StoredStanding]]
    ranks_teams: bool = False
    has_long_scores: bool = False

    def problems(self) -> Iterator[Problem]:
        """Yield a problem for each standing that is not the fold of the stored events. Skip standings of teams."""
        if self.ranks_teams:
            return
        counted: defaultdict[tuple[int, int], list[CountedEvent]] = defaultdict(list)
        for event in self.events:
            if not event.void:
                for period in periods_at(self.kinds, event.achieved_at):
                    counted[period, event.user_id].append(
                        CountedEvent(event.score, event.achieved_at, event.received_us, event.submission_id)
                    )
        stored = {(period, s.user_id): s for period, rows in self.standings.items() for s in rows}
        for key in counted.keys() | stored.keys():
            standing = stored.get(key)
            present = standing.folded if standing is not None and not standing.hidden & _REMOVED else None
            expected = fold(self.policy, self.order, counted[key]) if key in counted else None
            if present != expected:
                subject = f"{self.slug}, period {key[0]}"
                yield Problem("not the fold", f"{subject}: {expected}", str(present), key[1])

    def entries(self, period: int) -> list[dict[str, Any]]:
        """Return the entries that a page of the period must have, best first."""
        sign = -1 if self.order == "desc" else 1
        listed = [standing for standing in self.standings[period] if standing.is_listed]
        listed.sort(key=lambda s: (sign * s.folded.score, s.folded.achieved_at, s.user_id))
        return [
            {
                "rank": rank,
                "user_id": s.user_id,
                "username": s.name,
                "score": str(s.folded.score) if self.has_long_scores else s.folded.score,
                "submissions": s.folded.submissions,
            }
            for rank, s in enumerate(listed, 1)
        ]


async def settle(rig: Rig, main: LadderModel, ledger: Ledger, promised_s: float) -> tuple[list[Problem], float]:
    """Compare store, history and index after the clients have stopped. Return the lasting problems.

    Also return the time in s until the index agreed with the store. Differences between index and store are problems
    only if they last longer than `promised_s`.
    """
    boards = await stored_boards(rig.dsn)
    problems = [problem for board in boards for problem in board.problems()]
    of_ledger = {attempt.board for attempt in ledger.attempts.values()}
    events = [event for board in boards if board.slug in of_ledger for event in board.events]
    problems += ledger.problems(events)
    began = monotonic()
    while True:
        differences = [problem async for problem in _differences(rig, boards, main)]
        if not differences or monotonic() - began > promised_s:
            break
        await asyncio.sleep(_PAUSE_S)
        boards = await stored_boards(rig.dsn)  # read again: the sweep of teams may have corrected scores
    waited_s = monotonic() - began
    if not differences and not await _is_verified(rig, promised_s):
        differences.append(Problem("verification", "no difference", "`leaderforge verify` found differences"))
    return [*problems, *differences], waited_s


async def _is_verified(rig: Rig, promised_s: float) -> bool:
    """Run `leaderforge verify` until it finds no differences, at most for `promised_s` s. Return False if some remain.

    A process may have died before it updated a team. The sweep of teams corrects the team some seconds later.
    """
    deadline = monotonic() + promised_s
    while await rig.command("verify"):
        if monotonic() > deadline:
            return False
        await asyncio.sleep(_PAUSE_S)
    return True


async def stored_boards(dsn: str) -> list[StoredBoard]:
    """Read boards, events and standings from the store. Leave out boards whose backfill is pending."""
    connection = await asyncpg.connect(dsn)
    try:
        boards = await connection.fetch("select * from boards where not deleted and backfill_kinds is null")
        events = await connection.fetch("select * from score_events")
        standings = await connection.fetch(
            "select standings.*, users.username from standings join users using (user_id)"
        )
    finally:
        await connection.close()
    events_of: defaultdict[int, list[StoredEvent]] = defaultdict(list)
    slugs = {row["board_id"]: row["slug"] for row in boards}
    for row in events:
        values = (row["submission_id"], row["score"], row["achieved_at"], row["received_us"], row["void"])
        events_of[row["board_id"]].append(StoredEvent(row["user_id"], slugs.get(row["board_id"], ""), *values))
    standings_of: defaultdict[int, defaultdict[int, list[StoredStanding]]] = defaultdict(lambda: defaultdict(list))
    for row in standings:
        folded = Folded(row["score"], row["achieved_at"], row["submissions"])
        standing = StoredStanding(row["user_id"], folded, row["hidden"], row["username"])
        standings_of[row["board_id"]][row["period_id"]].append(standing)
    return [
        StoredBoard(
            row["slug"],
            row["policy"],
            row["direction"],
            row["periods"].split(","),
            events_of[row["board_id"]],
            standings_of[row["board_id"]],
            row["team"] is not None,
            row["score_type"] is not None,
        )
        for row in boards
    ]


async def _differences(rig: Rig, boards: Sequence[StoredBoard], main: LadderModel) -> AsyncIterator[Problem]:
    """Yield the differences between the answers of all processes and the store or the model."""
    for process in range(API_PROCESSES):
        client = rig.client(process, ADMIN_KEY)
        try:
            for board in boards:
                async for problem in _differences_of(client, board):
                    yield problem
            async for problem in _differences_of_model(client, main):
                yield problem
        finally:
            client.close()


async def _differences_of(client: Client, board: StoredBoard) -> AsyncIterator[Problem]:
    for period in board.standings:
        if board.slug == LATE_BOARD and period & 7 == _SEASON:
            continue  # skip past seasons: they are many, and the readers poll them during the run
        name = _name_of(period)
        answers = [answer async for answer in pages(client, board.slug, name)]
        entries = [entry for answer in answers for entry in _entries(answer)]
        expected = board.entries(period)
        shown = [{key: entry[key] for key in expected[0]} for entry in entries] if expected else entries
        if shown != expected:
            different = next((pair for pair in zip(expected, shown, strict=False) if pair[0] != pair[1]), None)
            text = f"{board.slug} {name}: {len(expected)} entries, first difference {different}"
            yield Problem("index differs", text, f"{len(shown)} entries, status {answers[0].status}")
        # Require the index for all-time only. After a jump of the clock, days and seasons may be retired, so that the
        # store rightly answers for them.
        if name == "all-time" and any(answer.source == "postgres" for answer in answers):
            yield Problem("index not believed", f"{board.slug} {name} from the index", "from postgres")


async def _differences_of_model(client: Client, main: LadderModel) -> AsyncIterator[Problem]:
    after = -inf
    async for answer in pages(client, main.board, "current"):
        view = main.view(answer.sent, answer.came)
        if answer.status != 200:
            yield Problem("refused wrongly", "200", f"{answer.status} {answer.body}")
            return
        for problem in checks.check_following(view, answer.body, after, _PAGE):
            yield problem
        if answer.body["entries"]:
            after = -answer.body["entries"][-1]["score"]


async def pages(client: Client, board: str, period: str) -> AsyncIterator[Reply]:
    """Yield the pages of a period from the first one to the last one. End after a refused page."""
    cursor = ""
    while True:
        position = f"cursor={quote(cursor)}" if cursor else "rank=1"
        answer = await client.ask("GET", f"/api/boards/{board}/page?{position}&limit={_PAGE}&period={period}")
        yield answer
        if answer.status != 200 or answer.body["next"] is None:
            return
        cursor = answer.body["next"]


def _entries(answer: Reply) -> Sequence[Json]:
    return answer.body["entries"] if answer.status == 200 else ()


def _name_of(period: int) -> str:
    """Return the name of a period in the API."""
    start = datetime.fromtimestamp(period >> 3, UTC)
    return {0: "all-time", 1: f"{start:%Y-%m-%d}", _SEASON: f"{start:season-%Y%m%dT%H%MZ}"}[period & 7]
