"""Client that moves players between teams and segments while they score, and checks all scores of teams."""

import asyncio
from collections.abc import Sequence
from random import Random
from uuid import UUID

import asyncpg

from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Reply
from leaderforge.torture.report import Report
from tests.torture.api_writer import ApiWriter, lasting_problems
from tests.torture.fold import Folded
from tests.torture.ledger import StoredEvent
from tests.torture.rig import API_PROCESSES, Rig
from tests.torture.teams import (
    COUNTRIES,
    SOURCE,
    TEAM_BOARDS,
    TEAMS,
    Entry,
    OwnPlayers,
    StoredSpan,
    StoredSquads,
    entry_problems,
    problems_of,
    segment_problems,
)

_ACTS = {"submit": 12, "move": 5, "leave": 1, "relocate": 4}
_REFUSALS = frozenset({"not_in_team", "user_exists", "username_taken", "board_exists"})
"""Codes of refusals that a retry may get, because an earlier attempt succeeded, but its answer was lost."""


class TeamWriter(ApiWriter):
    """Client that acts for players of its own, one act after another. At the end, it compares all results."""

    def __init__(self, rig: Rig, report: Report, random: Random, players: Sequence[int]) -> None:
        super().__init__(rig, report, random, "team", refusals=_REFUSALS)
        self._players = players
        self._own = OwnPlayers()

    async def write(self, pace_s: float) -> None:
        """Perform random acts every `pace_s` seconds until `over` is set."""
        await self._until_done("POST", "/api/boards", {"board": SOURCE, "policy": "sum", "segments": ["country"]})
        for board, rules in TEAM_BOARDS.items():
            await self._until_done("POST", "/api/boards", {"board": board, "policy": "sum", "team": rules})
        for team_id in TEAMS:
            await self._until_done("POST", "/api/teams", {"team_id": team_id, "name": f"squad {-team_id}"})
        while not self.over:
            [act] = self._random.choices(list(_ACTS), list(_ACTS.values()))
            await getattr(self, f"_{act}")(self._random.choice(self._players))
            await asyncio.sleep(pace_s * self._random.uniform(0.5, 1.5))

    async def problems(self, promised_s: float) -> list[Problem]:
        """Return the differences between acts, store and answers that last for `promised_s` seconds."""
        return await lasting_problems(self._problems, promised_s)

    async def summary(self) -> str:
        """Return the numbers of submissions, memberships and teams as text."""
        stored = await self._stored()
        teams = sum(len(scores) for scores in stored.scores.values())
        return f"{len(stored.events)} submissions, {len(stored.spans)} memberships, {teams} scores of teams"

    async def _submit(self, user_id: int) -> None:
        submission_id = UUID(int=self._random.getrandbits(128))
        body = {"user_id": user_id, "score": self._random.randrange(-20, 100), "submission_id": str(submission_id)}
        if (await self._until_done("POST", f"/api/boards/{SOURCE}/scores", body)).status == 200:
            self._own.submissions[submission_id] = user_id

    async def _move(self, user_id: int) -> None:
        team_id = self._random.choice(TEAMS)
        if (await self._until_done("PUT", f"/api/teams/{team_id}/members/{user_id}", None)).status == 200:
            self._own.teams[user_id] = team_id

    async def _leave(self, user_id: int) -> None:
        team_id = self._own.teams.get(user_id)
        if team_id is None:
            return
        answer = await self._until_done("DELETE", f"/api/teams/{team_id}/members/{user_id}", None)
        if answer.status == 200 or answer.code == "not_in_team":
            self._own.teams[user_id] = None

    async def _relocate(self, user_id: int) -> None:
        country = self._random.choice(COUNTRIES)
        answer = await self._until_done("PATCH", f"/api/users/{user_id}", {"attributes": {"country": country}})
        if answer.status == 200:
            self._own.countries[user_id] = country
            if user_id in self._own.submissions.values():
                await self._read_segments(user_id, country)

    async def _read_segments(self, user_id: int, country: str) -> None:
        """Read the ranks of a player who is in a country, and report an answer of another state.

        No other client changes this board, and this client has no other request in flight.
        """
        process = self._random.choice(self.processes)
        client, path = self._rig.client(process), f"/api/boards/{SOURCE}/ranks/{user_id}"
        try:
            answer = await client.ask("GET", path)
            within = {c: await client.ask("GET", f"{path}?segment=country:{c}") for c in COUNTRIES}
        finally:
            client.close()
        ranks = {c: _rank(reply) for c, reply in within.items() if reply.status == 200 or reply.code == "not_ranked"}
        rank_in = answer.body["rank_in"] if answer.status == 200 else None
        self._report.read(
            "ranks in segments", process, answer, list(segment_problems(user_id, country, rank_in, ranks))
        )

    async def _problems(self) -> list[Problem]:
        stored = await self._stored()
        problems = list(problems_of(self._own, stored))
        for process in range(API_PROCESSES):
            for country in COUNTRIES:
                entries = await self._entries(process, f"{SOURCE}/top?limit=100&segment=country:{country}")
                problems += entry_problems(f"{country} of process {process}", stored.entries_in(country), entries)
            for board, scores in stored.scores.items():
                entries = await self._entries(process, f"{board}/top?limit=100")
                problems += entry_problems(f"{board} of process {process}", sorted(scores.items()), sorted(entries))
        return problems

    async def _entries(self, process: int, path: str) -> list[Entry]:
        client = self._rig.client(process)
        try:
            answer = await client.ask("GET", f"/api/boards/{path}")
        finally:
            client.close()
        return [(e["user_id"], e["score"]) for e in answer.body["entries"]] if answer.status == 200 else []

    async def _stored(self) -> StoredSquads:
        connection = await asyncpg.connect(self._rig.dsn)
        try:
            boards = {row["slug"]: row["board_id"] for row in await connection.fetch("select * from boards")}
            ids = boards.get(SOURCE)
            spans = await connection.fetch("select user_id, team_id, joined_at, left_at from team_spans")
            events = await connection.fetch("select * from score_events where board_id = $1", ids)
            standings = await connection.fetch("select * from standings where hidden = 0")
        finally:
            await connection.close()
        return StoredSquads(
            [StoredSpan(*row.values()) for row in spans],
            [_event(row) for row in events],
            {
                row["user_id"]: (
                    Folded(row["score"], row["achieved_at"], row["submissions"]),
                    (row["segments"] or [None])[0],
                )
                for row in standings
                if row["board_id"] == ids
            },
            {
                board: {row["user_id"]: row["score"] for row in standings if row["board_id"] == boards.get(board)}
                for board in TEAM_BOARDS
            },
        )


def _rank(answer: Reply) -> int | None:
    """Return the rank in an answer, None if the player is not ranked."""
    return answer.body["rank"] if answer.status == 200 else None


def _event(row: asyncpg.Record) -> StoredEvent:
    values = row["submission_id"], row["score"], row["achieved_at"], row["received_us"], row["void"]
    return StoredEvent(row["user_id"], SOURCE, *values)
