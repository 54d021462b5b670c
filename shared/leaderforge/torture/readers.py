"""Clients that read every few milliseconds and check each answer."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from random import Random
from time import monotonic
from typing import Any
from urllib.parse import quote

from leaderforge.torture import checks
from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Client, Reply
from leaderforge.torture.model import LadderModel, LadderView
from leaderforge.torture.report import Report
from leaderforge.torture.target import Target
from leaderforge.torture.wire import FAILED

CACHE_AGE_S = 1.0
"""Maximum age of a top and of a first page, in s (docs/live.md, docs/pages.md)."""

CALM_S = 5.0
"""Time in s after a nemesis during which reads may still be refused."""

_RECENT = 40
_MAX_SCORE = 10**12

Check = Callable[[LadderView, Reply], Iterator[Problem]]


def promised_since(answer: Reply, age_s: float, *, shares_clock: bool, lacks_database: bool) -> float:
    """Return the time (s, monotonic) up to which the answer must have all acknowledged changes.

    The answer may be `age_s` old. If a process lacks the database, the `as_of` of its answers stands still. Another
    process may then acknowledge changes that the index lacks. The answers must have the changes before `as_of` only.
    """
    since, as_of = answer.sent - age_s, answer.as_of
    if as_of is None or as_of >= answer.came or not shares_clock:
        return since
    return as_of if lacks_database else max(since, as_of)


class LadderReader:
    """Reader of ladders through one API process. It varies the kind of read."""

    def __init__(
        self,
        target: Target,
        process: int,
        main: LadderModel,
        late: Sequence[LadderModel],
        report: Report,
        random: Random,
    ) -> None:
        self._target, self.process, self._report, self._random = target, process, report, random
        self._main, self._late = main, late
        self._client = target.client(process)
        self._exporter = target.client(process, target.submit_key)
        self._following: tuple[str, float] | None = None
        self.over = False
        self.paused = False
        self._reads = {
            self.rank: 40,
            self.around: 9,
            self.window: 5,
            self.page: 14,
            self.next_page: 14,
            self.top: 10,
            self.lookup: 8,
            self.score_range: 6,
            self.distribution: 3,
            self.percentile: 4,
            self.user: 4,
            self.standings: 4,
            self.export: 1,
            self.stream: 3,
        }

    async def read(self, pace_s: float) -> None:
        """Read until the event `over` is set. Do not read while `paused`.

        Pause after each read for as long as the read took, but at least `pace_s` and at most five times `pace_s`.
        """
        reads, weights = list(self._reads), list(self._reads.values())
        while not self.over:
            if self.paused:
                await asyncio.sleep(pace_s)
                continue
            began = monotonic()
            [read] = self._random.choices(reads, weights)
            late = self._late and self._random.random() < 0.2
            await read(self._random.choice(self._late[-6:]) if late else self._main)
            await asyncio.sleep(max(pace_s, min(monotonic() - began, 5 * pace_s)))
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
        self._exporter.close()

    async def rank(self, ladder: LadderModel) -> None:
        """Read one player's entry."""
        user_id = self._player(ladder)
        check = _of_player(user_id, lambda view, body: checks.check_player(view, body, user_id))
        await self._ask("rank", ladder, f"ranks/{user_id}", check, "not_ranked")

    async def around(self, ladder: LadderModel) -> None:
        """Read a player and the neighbours."""
        user_id, radius = self._player(ladder), self._random.choice((1, 3, 10))
        check = _of_player(user_id, lambda view, body: checks.check_around(view, body, user_id, radius))
        await self._ask("around", ladder, f"around/{user_id}?radius={radius}", check, "not_ranked")

    async def window(self, ladder: LadderModel) -> None:
        """Read a fixed number of entries that contain a player."""
        user_id, window = self._player(ladder), self._random.choice((1, 7, 20))
        check = _of_player(user_id, lambda view, body: checks.check_window(view, body, user_id, window))
        await self._ask("window", ladder, f"around/{user_id}?window={window}", check, "not_ranked")

    async def page(self, ladder: LadderModel) -> None:
        """Read a page that starts at a rank. The first page may be a second old."""
        total = max(1, len(ladder.histories))
        rank, limit = self._random.choice((1, self._random.randint(1, total))), self._random.choice((5, 20, 50))
        path, age_s = f"page?rank={rank}&limit={limit}", CACHE_AGE_S if rank == 1 else 0
        check: Check = lambda v, a: checks.check_page(v, a.body, rank, limit)  # noqa: E731 - a short lambda
        answer = await self._ask("page", ladder, path, check, age_s=age_s)
        self._remember(ladder, answer)

    async def next_page(self, ladder: LadderModel) -> None:
        """Follow the cursor of the last page."""
        if self._following is None or ladder is not self._main:
            await self.page(ladder)
            return
        (cursor, after), self._following, limit = self._following, None, self._random.choice((5, 20, 200))
        path = f"page?cursor={quote(cursor)}&limit={limit}"
        answer = await self._ask("cursor", ladder, path, lambda v, a: checks.check_following(v, a.body, after, limit))
        self._remember(ladder, answer)

    async def top(self, ladder: LadderModel) -> None:
        """Read the first entries, which may be a second old."""
        limit = self._random.choice((10, 10, 30, 1000))
        check: Check = lambda v, a: checks.check_top(v, a.body, limit)  # noqa: E731 - a short lambda
        await self._ask("top", ladder, f"top?limit={limit}", check, age_s=CACHE_AGE_S)

    async def lookup(self, ladder: LadderModel) -> None:
        """Look some players up."""
        user_ids = list({self._player(ladder) for _ in range(10)})
        await self._ask(
            "lookup",
            ladder,
            "ranks/lookup",
            lambda v, a: checks.check_lookup(v, a.body, user_ids),
            body={"user_ids": user_ids},
        )

    async def score_range(self, ladder: LadderModel) -> None:
        """Read a range of scores."""
        low, high = sorted(self._random.randrange(_MAX_SCORE) for _ in range(2))
        path = f"range?min_score={low}&max_score={high}&limit=50"
        await self._ask("range", ladder, path, lambda v, a: checks.check_range(v, a.body, low, high, 50))

    async def distribution(self, ladder: LadderModel) -> None:
        """Read a histogram."""
        await self._ask(
            "distribution", ladder, "distribution?buckets=10", lambda v, a: checks.check_distribution(v, a.body)
        )

    async def percentile(self, ladder: LadderModel) -> None:
        """Read the entry at a percentile."""
        percent = self._random.randint(0, 100)

        def check(view: LadderView, answer: Reply) -> Iterator[Problem]:
            if answer.status == 404:
                if view.total()[0]:
                    yield Problem("vanished", f"{view.total()[0]} players at least", "nobody is ranked")
                return
            yield from checks.check_percentile(view, answer.body, percent)

        await self._ask("percentile", ladder, f"percentile/{percent}", check, "not_ranked")

    async def user(self, _: LadderModel) -> None:
        """Read a profile."""
        user_id = self._player(self._main)
        answer = await self._client.ask("GET", f"/api/users/{user_id}")
        view = self._main.view(answer.sent, answer.came)
        problems = self._refusal(answer)
        if answer.status == 200 or answer.code == "user_not_found":
            problems = list(checks.check_user(view, answer.body if answer.status == 200 else None, user_id))
        self._report.read("user", self.process, answer, problems)

    async def standings(self, _: LadderModel) -> None:
        """Read a player's standings, limited to the main board."""
        user_id, ladder = self._player(self._main), self._main
        answer = await self._client.ask("GET", f"/api/users/{user_id}/standings?board={ladder.board}")
        view = ladder.view(answer.sent, answer.came)
        problems = self._refusal(answer)
        if answer.status == 200:
            entries = answer.body["standings"]
            check = checks.check_player(view, entries[0], user_id) if entries else checks.check_unranked(view, user_id)
            problems = list(check)
        elif answer.code == "user_not_found":
            problems = list(checks.check_user(view, None, user_id))
        self._report.read("standings", self.process, answer, self._without_excused(problems))

    async def export(self, ladder: LadderModel) -> None:
        """Read all entries."""
        check: Check = lambda v, a: checks.check_export(v, a.body)  # noqa: E731 - a short lambda
        await self._ask("export", ladder, "export?format=ndjson", check, client=self._exporter)

    async def stream(self, _: LadderModel) -> None:
        """Read the first event of a stream."""
        limit = self._random.choice((5, 100))
        answer = await self._client.first_event(f"/api/boards/{self._main.board}/stream?limit={limit}")
        view = self._main.view(answer.sent - CACHE_AGE_S, answer.came)
        problems = list(checks.check_top(view, answer.body, limit)) if answer.status == 200 else self._refusal(answer)
        self._report.read("stream", self.process, answer, self._without_excused(problems))

    async def _ask(
        self,
        kind: str,
        ladder: LadderModel,
        path: str,
        check: Check,
        *codes: str,
        body: object = None,
        age_s: float = 0,
        client: Client | None = None,
    ) -> Reply:
        if ladder.period is not None:
            path = f"{path}{'&' if '?' in path else '?'}period={ladder.period}"
        path = f"/api/boards/{ladder.board}/{path}"
        answer = await (client or self._client).ask("GET" if body is None else "POST", path, body)
        since = promised_since(
            answer,
            age_s,
            shares_clock=self._target.shares_clock(),
            lacks_database=self._is_database_away(answer.sent),
        )
        view = ladder.view(since, answer.came)
        if answer.status == 200 or answer.code in codes:
            problems = list(check(view, answer))
        elif answer.code == "period_not_found":
            total = view.total()[0]
            problems = [Problem("period vanished", f"{total} players in {ladder.period}", answer.code)] if total else []
        else:
            problems = self._refusal(answer)
        problems = self._without_excused(problems)
        kind = kind if ladder.period is None else f"{kind} (past)"
        self._report.read(kind, self.process, answer, problems)
        if answer.status == FAILED:
            await asyncio.sleep(0.02)  # no connection, because the process is being restarted
        return answer

    def _is_database_away(self, now: float) -> bool:
        """Return whether processes may lack the database at a time (s, monotonic)."""
        return now < self._target.journal.database_back + CALM_S

    def _without_excused(self, problems: list[Problem]) -> list[Problem]:
        """Return the problems. Leave out missing names while the database is away."""
        is_away = self._is_database_away(monotonic())
        return [problem for problem in problems if not (is_away and problem.kind == checks.NAMELESS)]

    def _refusal(self, answer: Reply) -> list[Problem]:
        """Return a problem if the refusal of a read is not allowed at this time."""
        journal = self._target.journal
        calm = journal.nemesis == "calm" and monotonic() - journal.since > CALM_S
        if (answer.status == FAILED or answer.refused_well) and not calm:
            return []
        return [Problem("refused wrongly", "200", f"{answer.status} {answer.body}")]

    def _remember(self, ladder: LadderModel, answer: Reply) -> None:
        if ladder is self._main and answer.status == 200 and answer.body["next"] is not None:
            self._following = (answer.body["next"], -answer.body["entries"][-1]["score"])

    def _player(self, ladder: LadderModel) -> int:
        """Return a player. In half of all cases, select a player that changed recently."""
        recent = ladder.recent(_RECENT)
        if recent and self._random.random() < 0.5:
            return self._random.choice(recent)
        return self._random.choice(list(ladder.histories))


def _of_player(user_id: int, check_body: Callable[[LadderView, Any], Iterator[Problem]]) -> Check:
    """Return the check of an answer about one player. The answer may also be that the player is not ranked."""

    def check(view: LadderView, answer: Reply) -> Iterator[Problem]:
        if answer.status == 404:
            return checks.check_unranked(view, user_id)
        return check_body(view, answer.body)

    return check
