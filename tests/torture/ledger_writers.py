"""Clients whose submissions are in the ledger. They share players, and retry while earlier attempts are in flight."""

import asyncio
from collections.abc import Sequence
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Reply
from leaderforge.torture.report import Report
from leaderforge.torture.wire import FAILED
from tests.torture.api_writer import RETRY_S, ApiWriter
from tests.torture.ledger import RECENT, TALLY, TURNS, Attempt, Ledger
from tests.torture.rig import API_PROCESSES, Rig

_ACTS = {"single": 30, "overlapping": 40, "first_sight": 6, "put": 4, "void": 12, "erase": 1}
_MAX_SCORE = 1000
_MAX_ITEMS = 6
_FEWEST_PLAYERS = 20
_REFUSALS = {"user_not_found", "submission_not_found"}
"""Codes of refusals that are permanent: the player was erased."""
_TRANSIENT = {"store_unavailable", "index_unavailable", "unavailable", "overloaded"}


class LedgerWriter(ApiWriter):
    """Client that submits to the ledger's boards. All such clients share the same players."""

    def __init__(self, rig: Rig, ledger: Ledger, report: Report, random: Random, players: list[int], name: str) -> None:
        super().__init__(rig, report, random, "ledger", refusals=_REFUSALS)
        self._ledger, self._players, self._name = ledger, players, name
        self._first_sights = 0
        self._removable: list[Attempt] = []
        self.hurried = False
        """Whether the client sends overlapping batches without pause."""

    async def write(self, pace_s: float) -> None:
        """Submit scores, remove submissions, and create and erase players, at random, until `over` is set.

        After each act, pause for `pace_s` on average. Do not pause while the client is `hurried`.
        """
        while not self.over:
            [act] = ["overlapping"] if self.hurried else self._random.choices(list(_ACTS), list(_ACTS.values()))
            await getattr(self, act)()
            await asyncio.sleep(0 if self.hurried else pace_s * self._random.uniform(0.5, 1.5))

    async def single(self) -> None:
        """Submit a score through one process, and read it through another one."""
        attempt = self.new_attempt()
        answer = await self._until_done("POST", f"/api/boards/{attempt.board}/scores", _without_board(attempt.body))
        if answer.status == 200:
            self._note(answer, self._ledger.acknowledge(attempt, answer.body))
            await self._read_own(attempt)

    async def overlapping(self) -> None:
        """Send a batch through all processes at once, like a client that retries before the first answer."""
        attempts = [self.new_attempt() for _ in range(self._random.randint(2, _MAX_ITEMS))]
        await asyncio.gather(*(self._send_batch(attempts) for _ in range(API_PROCESSES)))
        self._removable += [attempt for attempt in attempts if attempt.board == TALLY and attempt.is_acknowledged]

    async def first_sight(self) -> None:
        """Submit twice at once for an external id that nobody has. Both submissions must count for one new player."""
        self._first_sights += 1
        external_id = f"torture:{self._name}:{self._first_sights}"
        attempts = [self.new_attempt(user_id=0) for _ in range(API_PROCESSES)]

        async def submit(attempt: Attempt) -> None:
            body = {**_without_board(attempt.body), "external_id": external_id}
            del body["user_id"]
            answer = await self._until_done("POST", f"/api/boards/{attempt.board}/scores", body)
            if answer.status == 200:
                attempt.user_id = answer.body["user_id"]
                self._note(answer, self._ledger.acknowledge(attempt, answer.body))

        await asyncio.gather(*map(submit, attempts))
        self._add_player({attempt.user_id for attempt in attempts}, external_id)

    async def put(self) -> None:
        """Create a player by an external id, by two requests at once. All clients submit for this player later."""
        self._first_sights += 1
        external_id = f"torture:{self._name}:{self._first_sights}"
        path = f"/api/users/ext:{external_id}"
        body = {"username": f"put {self._name} {self._first_sights}"}
        answers = await asyncio.gather(*(self._until_done("PUT", path, body) for _ in range(API_PROCESSES)))
        self._add_player({answer.body["user_id"] for answer in answers if answer.status in {200, 201}}, external_id)

    async def void(self) -> None:
        """Remove a submission, or restore it."""
        if not self._removable:
            return
        attempt = self._removable.pop(self._random.randrange(len(self._removable)))
        path = f"/api/boards/{attempt.board}/entries/{attempt.user_id}/submissions/{attempt.submission_id}"
        if attempt.is_removed:
            answer = await self._until_done("POST", f"{path}/restore", {"reason": "torture"})
        else:
            answer = await self._until_done("DELETE", f"{path}?reason=torture", None)
        if answer.status == 200:
            attempt.is_removed = not attempt.is_removed
            self._removable.append(attempt)

    async def erase(self) -> None:
        """Erase a player, for whom other clients may be submitting, unless few players are left."""
        if len(self._players) > _FEWEST_PLAYERS:
            user_id = self._players.pop(self._random.randrange(len(self._players)))
            self._ledger.erased.add(user_id)
            await self._until_done("DELETE", f"/api/users/{user_id}", None)

    async def _read_own(self, attempt: Attempt) -> None:
        """Read the player of an attempt through any process. All acknowledged submissions of the player must count."""
        user_id, board = attempt.user_id, attempt.board
        if board == TALLY:
            return  # clients remove submissions from this board
        acknowledged = self._ledger.acknowledged[board, user_id]
        process = self._random.choice(self.processes)
        client = self._rig.client(process)
        answer = await client.ask("GET", f"/api/boards/{board}/ranks/{user_id}?period=all-time")
        client.close()
        problems = []
        if answer.status in {200, 404} and user_id not in self._ledger.erased:
            shown = answer.body["submissions"] if answer.status == 200 else 0
            if shown < acknowledged:
                expected = f"{acknowledged} submissions of player {user_id} on {board}"
                problems.append(Problem("behind own write", expected, f"{answer.status} {answer.body}", user_id))
        self._report.read("own write", process, answer, problems)

    async def _send_batch(self, attempts: Sequence[Attempt]) -> None:
        """Send a batch until each submission in it is acknowledged or refused."""
        began = monotonic()
        pending = list(attempts)
        while pending:
            client = self._client()
            answer = await client.ask(
                "POST", "/api/scores/batch?rank=none", {"submissions": [attempt.body for attempt in pending]}
            )
            client.close()
            self._report.wrote(answer, began)
            if answer.status == 200:
                results = zip(pending, answer.body["results"], strict=True)
                pending = [attempt for attempt, result in results if not self._is_settled(answer, attempt, result)]
            elif answer.status != FAILED and not answer.refused_well:
                self._note(answer, [Problem("refused wrongly", "200", f"{answer.status} {answer.body}")])
                break
            if pending:
                await asyncio.sleep(RETRY_S)

    def _is_settled(self, answer: Reply, attempt: Attempt, result: dict[str, Any]) -> bool:
        """Record the result of one submission of a batch. Return whether the result is final."""
        if "error" not in result:
            self._note(answer, self._ledger.acknowledge(attempt, result))
            return True
        code = result["error"]["code"]
        if code in _TRANSIENT:
            return False
        if code not in _REFUSALS or attempt.user_id not in self._ledger.erased:
            self._note(answer, [Problem("refused wrongly", str(attempt.body), str(result), attempt.user_id)])
        return True

    def _add_player(self, user_ids: set[int], external_id: str) -> None:
        """Make all clients submit for a new player. Report a problem unless the external id has exactly one player."""
        if len(user_ids) != 1:
            self._report.conclude([Problem("player twice", f"one player for {external_id}", str(user_ids))])
        self._players += user_ids

    def _note(self, answer: Reply, problems: Any) -> None:
        self._report.violation("ledger", 0, list(problems), answer)

    def new_attempt(self, user_id: int | None = None) -> Attempt:
        board = self._random.choice((TALLY, TURNS, RECENT))
        player = self._random.choice(self._players) if user_id is None else user_id
        submission_id = UUID(int=self._random.getrandbits(128))
        return self._ledger.begin(board, player, self._random.randrange(1, _MAX_SCORE), submission_id)


def _without_board(body: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in body.items() if key != "board"}
