"""Client that submits to past seasons."""

import asyncio
from datetime import UTC, datetime
from random import Random
from time import monotonic, time
from uuid import UUID

from leaderforge.torture.checks import Problem
from leaderforge.torture.history import State
from leaderforge.torture.model import LadderModel
from leaderforge.torture.report import Report
from leaderforge.torture.wire import FAILED
from leaderforge.torture.writers import Numbers
from tests.api_client import SUBMIT_KEY
from tests.torture.rig import API_PROCESSES, LATE_BOARD, Rig

_SEASON_S = 60
_FIRST_SEASON, _LAST_SEASON = 2, 100
"""Range of the seasons for late scores, counted backwards from now. The oldest is within the grace of two hours."""

_POLLED_S = 0.3
"""Time in s for which readers poll a season before its first score is submitted."""

_RETRY_S = 0.05


class LateWriter:
    """Writer of late scores. Each call of `write` uses a season in which no submission counts yet."""

    def __init__(
        self,
        rig: Rig,
        ladders: list[LadderModel],
        report: Report,
        numbers: Numbers,
        random: Random,
        players: list[int],
    ) -> None:
        self._rig, self._ladders, self._report, self._numbers, self._random = rig, ladders, report, numbers, random
        self._players = players
        self._clients = [rig.client(process, SUBMIT_KEY) for process in range(API_PROCESSES)]
        self._seasons: set[int] = set()

    async def write(self, count: int) -> None:
        """Submit late scores of `count` players to a season that readers already poll."""
        season = self._season()
        if season is None or self._rig.clock.offset_s:
            return
        name = datetime.fromtimestamp(season * _SEASON_S, UTC).strftime("season-%Y%m%dT%H%MZ")
        ladder = LadderModel(LATE_BOARD, name)
        for user_id in self._players:
            step = ladder.begin(user_id, State(True, f"player {user_id}"), monotonic())
            ladder.acknowledge(user_id, step, monotonic())
        self._ladders.append(ladder)
        await asyncio.sleep(_POLLED_S)
        for user_id in self._random.sample(self._players, count):
            await self._submit(ladder, season, user_id)

    async def _submit(self, ladder: LadderModel, season: int, user_id: int) -> None:
        score = self._numbers.score()
        achieved = datetime.fromtimestamp((season + 1) * _SEASON_S - 0.001, UTC)
        body = {
            "user_id": user_id,
            "score": score,
            "submission_id": str(UUID(int=self._random.getrandbits(128))),
            "achieved_at": achieved.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        state = ladder.state(user_id)
        step = ladder.begin(user_id, state._replace(score=score, submissions=1), monotonic())
        while True:
            process = self._random.randrange(API_PROCESSES)
            answer = await self._clients[process].ask("POST", f"/api/boards/{LATE_BOARD}/scores", body)
            self._report.wrote(answer)
            if answer.status == 200:
                ladder.acknowledge(user_id, step, monotonic())
                return
            if answer.status != FAILED and not answer.refused_well:
                problem = Problem("refused wrongly", "200", f"{answer.status} {answer.body}", user_id)
                self._report.violation("late", process, [problem], answer)
                ladder.refuse(user_id, step, monotonic())
                return
            await asyncio.sleep(_RETRY_S)

    def _season(self) -> int | None:
        current = int(time()) // _SEASON_S
        seasons = [i for i in range(current - _LAST_SEASON, current - _FIRST_SEASON + 1) if i not in self._seasons]
        if not seasons:
            return None
        self._seasons.add(seasons[-1])
        return seasons[-1]
