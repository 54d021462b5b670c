"""Clients that change players and report each change to the model. Each client has its own players."""

import asyncio
from collections.abc import Mapping, Sequence
from random import Random
from time import monotonic
from typing import Any
from uuid import UUID

from leaderforge.torture.checks import Json, Problem, check_rank
from leaderforge.torture.client import HUNG, Reply
from leaderforge.torture.history import NOBODY, State, StateStep
from leaderforge.torture.model import LadderModel
from leaderforge.torture.report import Report
from leaderforge.torture.target import Target
from leaderforge.torture.wire import FAILED

BASE: Mapping[str, int] = {
    "submit": 75,
    "rename": 6,
    "hide_entry": 4,
    "unhide_entry": 8,
    "hide_player": 2,
    "unhide_player": 4,
    "remove": 3,
    "set_score": 4,
}
"""Weights of the acts while no nemesis changes them."""

ACTS: Mapping[str, int] = {"newcomer": 2, "erase": 2, "recreate": 4, "duel": 1, "swap_names": 2}
"""Weights of further acts, which a run adds to `BASE` or leaves to nemeses that consist of such acts."""

_MAX_SCORE = 10**12
_RETRY_S = 0.05
_FEWEST_PLAYERS = 15


class Numbers:
    """Unique numbers for all writers of a run. Unique scores leave no ties, whose order would depend on times."""

    def __init__(self, random: Random, last_player: int = 10_000) -> None:
        self._random = random
        self._last = last_player
        self._scores: set[int] = set()

    def player(self) -> int:
        """Return an id that no player ever had."""
        self._last += 1
        return self._last

    def score(self) -> int:
        """Return a score that no player ever had."""
        while (score := self._random.randrange(1, _MAX_SCORE)) in self._scores:
            pass
        self._scores.add(score)
        return score


class Writer:
    """Writer that changes its own players one after another, and retries every change until it is acknowledged."""

    def __init__(
        self,
        target: Target,
        ladder: LadderModel,
        report: Report,
        numbers: Numbers,
        random: Random,
        players: Sequence[int],
    ) -> None:
        self._target, self._ladder, self._report = target, ladder, report
        self._numbers, self._random = numbers, random
        self._clients = [target.client(process, target.admin_key) for process in target.processes]
        self._players = list(players)
        self._erased: list[int] = []
        self.weights: Mapping[str, int] = BASE
        self.processes: Sequence[int] = target.processes
        self.over = False
        now = monotonic()
        for user_id in players:
            ladder.acknowledge(user_id, ladder.begin(user_id, State(True, f"player {user_id}"), now), now)

    async def write(self, pace_s: float) -> None:
        """Change players until `over` is set."""
        while not self.over:
            [act] = self._random.choices(list(self.weights), list(self.weights.values()))
            await getattr(self, act)()
            await asyncio.sleep(pace_s * self._random.uniform(0.5, 1.5))
        for client in self._clients:
            client.close()

    async def pause(self) -> None:
        """Change nothing for a moment."""

    async def submit(self) -> None:
        """Submit a score, in most cases a higher score than before."""
        await self._submit(self._player())

    async def rename(self) -> None:
        """Rename a player."""
        user_id = self._player()
        await self._rename(user_id, self._new_name(user_id))

    async def swap_names(self) -> None:
        """Swap the names of two players, by way of a third name. A released name is free at once."""
        user_ids = self._random.sample(self._players, 2)
        names = [self._ladder.state(user_id).name for user_id in user_ids]
        await self._rename(user_ids[0], self._new_name(user_ids[0]))
        await self._rename(user_ids[1], names[0])
        await self._rename(user_ids[0], names[1])

    async def hide_entry(self) -> None:
        """Hide the entry of a player who has one."""
        await self._hide("entry_hidden", f"/api/boards/{self._target.board}/entries/{{}}/hide", hidden=True)

    async def unhide_entry(self) -> None:
        """Show the entry of a player again."""
        await self._hide("entry_hidden", f"/api/boards/{self._target.board}/entries/{{}}/unhide", hidden=False)

    async def hide_player(self) -> None:
        """Hide a player."""
        await self._hide("player_hidden", "/api/users/{}/hide", hidden=True)

    async def unhide_player(self) -> None:
        """Show a player again."""
        await self._hide("player_hidden", "/api/users/{}/unhide", hidden=False)

    async def remove(self) -> None:
        """Remove the entry of a player who has one."""
        user_id = self._player()
        state = self._ladder.state(user_id)
        if state.score is None:
            return
        path = f"/api/boards/{self._target.board}/entries/{user_id}?reason=torture"
        await self._change(user_id, state._replace(score=None, submissions=0), "DELETE", path, retry_refusal=404)

    async def set_score(self) -> None:
        """Set a player's score."""
        user_id, score = self._player(), self._numbers.score()
        state = self._ladder.state(user_id)._replace(score=score, submissions=1)
        path = f"/api/boards/{self._target.board}/entries/{user_id}"
        await self._change(user_id, state, "PUT", path, {"score": score, "reason": "torture"})

    async def newcomer(self) -> None:
        """Create a player, submit a score and change the name, directly one after another."""
        user_id = self._numbers.player()
        await self._create(user_id)
        await self._submit(user_id)
        await self._rename(user_id, self._new_name(user_id))
        self._players.append(user_id)

    async def erase(self) -> None:
        """Erase a player, unless few are left."""
        if len(self._players) > _FEWEST_PLAYERS:
            user_id = self._random.choice(self._players)
            await self._erase(user_id)

    async def recreate(self) -> None:
        """Create an erased player again, or erase a player and create the player again at once."""
        if not self._erased:
            await self._erase(self._player())
        user_id = self._erased.pop(self._random.randrange(len(self._erased)))
        if not await self._create(user_id):
            return
        if self._random.random() < 0.7:
            await self._submit(user_id)
        self._players.append(user_id)

    async def duel(self) -> None:
        """Erase a new player while two clients submit the same scores for the player. Some submissions then fail."""
        user_id = self._numbers.player()
        await self._create(user_id)
        score = self._numbers.score()
        ids = [self._new_id() for _ in range(6)]
        state = self._ladder.state(user_id)
        steps = [
            self._ladder.begin(user_id, state._replace(score=score, submissions=i + 1), monotonic())
            for i in range(len(ids))
        ]

        bodies = [{"user_id": user_id, "score": score, "submission_id": str(submission_id)} for submission_id in ids]
        first, last = self._target.processes[0], self._target.processes[-1]
        *_, erasure = await asyncio.gather(
            self._submit_in_duel(first, bodies), self._submit_in_duel(last, bodies), self._erase_soon(user_id)
        )
        for step in (*steps, erasure):
            self._ladder.acknowledge(user_id, step, monotonic())

    async def _submit_in_duel(self, process: int, bodies: Sequence[Json]) -> None:
        """Submit these scores of one player to a process. The player may be erased meanwhile."""
        client = self._target.client(process, self._target.admin_key)
        for body in bodies:
            answer = await client.ask("POST", f"/api/boards/{self._target.board}/scores", body)
            self._report.wrote(answer)
            if answer.status not in {200, 404, FAILED} and not answer.refused_well:
                problem = Problem("refused wrongly", "200, or 404 once erased", _reply_text(answer), body["user_id"])
                self._report.violation("duel", process, [problem], answer)
        client.close()

    async def _erase_soon(self, user_id: int) -> StateStep:
        """Erase a player after up to 30 ms. Return the step, which the caller must acknowledge."""
        await asyncio.sleep(self._random.uniform(0, 0.03))
        step = self._ladder.begin(user_id, NOBODY, monotonic())
        await self._until_done("DELETE", f"/api/users/{user_id}", None, 404)
        return step

    async def _submit(self, user_id: int) -> None:
        state = self._ladder.state(user_id)
        score = self._numbers.score()
        best = score if state.score is None else max(score, state.score)
        state = state._replace(score=best, submissions=state.submissions + 1)
        body = {"user_id": user_id, "score": score, "submission_id": str(self._new_id())}
        answer = await self._change(user_id, state, "POST", f"/api/boards/{self._target.board}/scores", body)
        if answer.status == 200:
            self._check_receipt(user_id, state, answer)

    def _check_receipt(self, user_id: int, state: State, answer: Reply) -> None:
        """Report the problems of the receipt of a submission that led to this state."""
        if (answer.body["score"], answer.body["submissions"]) != (state.score, state.submissions):
            problem = Problem("wrong receipt", f"{state.score} ({state.submissions})", str(answer.body), user_id)
            self._report.violation("receipt", self._process, [problem], answer)
        if answer.body["rank"] is not None:
            view = self._ladder.view(answer.sent, answer.came)
            self._report.violation("receipt", self._process, list(check_rank(view, answer.body)), answer)

    async def _hide(self, field: str, path: str, *, hidden: bool) -> None:
        candidates = [i for i in self._players if getattr(self._ladder.state(i), field) != hidden]
        candidates = [i for i in candidates if field == "player_hidden" or self._ladder.state(i).score is not None]
        if candidates:
            user_id = self._random.choice(candidates)
            state = self._ladder.state(user_id)
            state = (
                state._replace(entry_hidden=hidden) if field == "entry_hidden" else state._replace(player_hidden=hidden)
            )
            await self._change(user_id, state, "POST", path.format(user_id), {"reason": "torture"})

    async def _rename(self, user_id: int, name: str) -> None:
        state = self._ladder.state(user_id)._replace(name=name)
        await self._change(user_id, state, "PATCH", f"/api/users/{user_id}", {"username": name})

    async def _create(self, user_id: int) -> bool:
        """Create a player. Return False if the product refuses the id, because its player was erased a moment ago."""
        name = self._new_name(user_id)
        body = {"user_id": user_id, "username": name}
        await self._change(user_id, State(True, name), "POST", "/api/users", body, retry_refusal=409)
        return self._ladder.state(user_id).exists

    async def _erase(self, user_id: int) -> None:
        self._players.remove(user_id)
        await self._change(user_id, NOBODY, "DELETE", f"/api/users/{user_id}", retry_refusal=404)
        self._erased.append(user_id)

    async def _change(
        self, user_id: int, state: State, method: str, path: str, body: Any = None, *, retry_refusal: int | None = None
    ) -> Reply:
        """Send a change until it is acknowledged. The status `retry_refusal` of a retry proves an earlier success."""
        step = self._ladder.begin(user_id, state, monotonic())
        answer = await self._until_done(method, path, body, retry_refusal)
        if answer.status in {200, 201, retry_refusal} and not _is_too_early(answer):
            self._ladder.acknowledge(user_id, step, monotonic())
        else:
            self._ladder.refuse(user_id, step, monotonic())
        return answer

    async def _until_done(self, method: str, path: str, body: Any, retry_refusal: int | None) -> Reply:
        attempts, began = 0, monotonic()
        while True:
            self._process = self._random.choice(self.processes)
            answer = await self._clients[self._process].ask(method, path, body)
            self._report.wrote(answer, began)
            attempts += 1
            is_too_early = _is_too_early(answer)
            if answer.status in {200, 201} or (attempts > 1 and answer.status == retry_refusal and not is_too_early):
                return answer
            if answer.status != FAILED and not answer.refused_well and not is_too_early:
                problem = Problem("refused wrongly", f"{method} {path} done", _reply_text(answer))
                self._report.violation("write", self._process, [problem], answer)
            if 400 <= answer.status < 500:
                return answer
            await asyncio.sleep(_RETRY_S)

    def _player(self) -> int:
        return self._random.choice(self._players)

    def _new_name(self, user_id: int) -> str:
        return f"n{user_id}-{self._random.getrandbits(40):x}"

    def _new_id(self) -> UUID:
        return UUID(int=self._random.getrandbits(128))


def _is_too_early(answer: Reply) -> bool:
    """Return whether the creation of a player was refused because its id was erased a moment ago."""
    return answer.code == "user_exists" and "recently" in str(answer.body)


def _reply_text(answer: Reply) -> str:
    return "no answer" if answer.status == HUNG else f"{answer.status} {answer.body}"
