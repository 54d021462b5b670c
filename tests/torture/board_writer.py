"""Client that creates, changes, fills, reads and deletes boards of its own."""

import asyncio
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Reply
from leaderforge.torture.report import Report
from leaderforge.torture.wire import FAILED
from tests.torture.api_writer import RETRY_S, ApiWriter
from tests.torture.rig import Rig

_ACTS = {"create": 4, "submit": 20, "read": 25, "change": 6, "delete": 3}
_MAX_BOARDS = 6


class OwnBoard:
    """Board of the client, with the acknowledged scores of each player in the order of submission."""

    def __init__(self, slug: str, policy: str, order: str, jumps: int) -> None:
        self.slug, self.policy, self.order, self.jumps = slug, policy, order, jumps
        self.scores: dict[int, list[int]] = {}

    def expected(self) -> list[tuple[int, int]]:
        """Return the players and their scores, best first."""
        results = [(player, self._combined(scores)) for player, scores in self.scores.items()]
        return sorted(results, key=lambda result: result[1], reverse=self.order == "desc")

    def _combined(self, scores: list[int]) -> int:
        if self.policy == "best":
            return max(scores) if self.order == "desc" else min(scores)
        return sum(scores) if self.policy == "sum" else scores[-1]


class BoardWriter(ApiWriter):
    """Client of boards that nobody else uses. It checks that each board has exactly the client's submissions to it."""

    def __init__(self, rig: Rig, report: Report, random: Random, players: list[int]) -> None:
        super().__init__(rig, report, random, "board")
        self._players = players
        self._boards: list[OwnBoard] = []
        self._created = 0

    async def write(self, pace_s: float) -> None:
        """Choose and perform random acts until `over` is set."""
        while not self.over:
            [act] = self._random.choices(list(_ACTS), list(_ACTS.values()))
            if act == "create" or self._boards:
                await getattr(self, act)()
            await asyncio.sleep(pace_s * self._random.uniform(0.5, 1.5))

    async def create(self) -> None:
        """Create a board, unless there are many."""
        if len(self._boards) == _MAX_BOARDS:
            return
        self._created += 1
        policy, order = self._random.choice(("sum", "best", "latest")), self._random.choice(("desc", "asc"))
        board = OwnBoard(f"own-{self._created}", policy, order, self._rig.clock.jumps)
        body = {"board": board.slug, "policy": policy, "order": order, "periods": ["daily"]}
        answer = await self._until_changed("POST", "/api/boards", body, retry_refusal=409)
        if answer.status in {201, 409}:
            self._boards.append(board)

    async def submit(self) -> None:
        """Submit a score that no other player has on the board."""
        board, player = self._random.choice(self._boards), self._random.choice(self._players)
        score = self._random.randrange(10**9)
        body = {"user_id": player, "score": score, "submission_id": str(UUID(int=self._random.getrandbits(128)))}
        answer = await self._until_changed("POST", f"/api/boards/{board.slug}/scores", body)
        if answer.status == 200:
            board.scores.setdefault(player, []).append(score)

    async def read(self) -> None:
        """Read a board through any process. The answer must have exactly the acknowledged submissions."""
        board = self._random.choice(self._boards)
        if self._rig.clock.jumps != board.jumps:
            return  # a jump of the clock may spread the submissions over days, and change their order
        process = self._random.choice(self.processes)
        client = self._rig.client(process)
        answer = await client.ask("GET", f"/api/boards/{board.slug}/range?limit=100&period=daily")
        client.close()
        problems = []
        if answer.status == 200:
            shown = [(entry["user_id"], entry["score"]) for entry in answer.body["entries"]]
            if shown != board.expected():
                problems.append(Problem("wrong board", f"{board.slug}: {board.expected()}", str(shown)))
        elif answer.status not in {FAILED, 503} and (board.scores or answer.code != "period_not_found"):
            problems.append(Problem("refused wrongly", f"a page of {board.slug}", f"{answer.status} {answer.body}"))
        self._report.read("own board", process, answer, problems)

    async def change(self) -> None:
        """Change a setting. An added period kind is backfilled."""
        board = self._random.choice(self._boards)
        settings: dict[str, Any] = self._random.choice(
            (
                {"name": f"Board {self._random.randrange(10**6)}"},
                {"max_score": 10**9 + self._random.randrange(10**6)},
                {"rank_style": self._random.choice(("ordinal", "shared"))},
                {"periods": ["daily", "all-time"]},
            )
        )
        await self._until_changed("PATCH", f"/api/boards/{board.slug}", settings)

    async def delete(self) -> None:
        """Delete a board."""
        if len(self._boards) > 1:
            board = self._boards.pop(self._random.randrange(len(self._boards)))
            await self._until_changed("DELETE", f"/api/boards/{board.slug}", None, retry_refusal=404)

    async def _until_changed(self, method: str, path: str, body: Any, *, retry_refusal: int | None = None) -> Reply:
        """Repeat a request through random processes until an answer has a status below 500.

        A retry with the status `retry_refusal` counts as success, because an earlier attempt has then succeeded.
        """
        attempts, began = 0, monotonic()
        while True:
            answer = await self._send(began, method, path, body)
            attempts += 1
            if 200 <= answer.status < 300 or (attempts > 1 and answer.status == retry_refusal):
                return answer
            if answer.status != FAILED and not answer.refused_well:
                self._report_refusal(answer, method, path, body)
            if 400 <= answer.status < 500:
                return answer
            await asyncio.sleep(RETRY_S)
