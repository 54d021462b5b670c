"""All clients of a run, with their models."""

from collections.abc import Coroutine
from random import Random
from typing import Any

from leaderforge.domain.chunks import chunks
from leaderforge.torture.model import LadderModel
from leaderforge.torture.readers import LadderReader
from leaderforge.torture.report import Report
from leaderforge.torture.writers import ACTS, BASE, Numbers, Writer
from tests.torture.board_writer import BoardWriter
from tests.torture.challenge_writer import ChallengeWriter
from tests.torture.cup_writer import CupWriter
from tests.torture.feed_writer import FeedWriter
from tests.torture.late import LateWriter
from tests.torture.league_writer import LeagueWriter
from tests.torture.ledger import Ledger
from tests.torture.ledger_writers import LedgerWriter
from tests.torture.plan import Plan
from tests.torture.rig import API_PROCESSES, BOARD, Rig
from tests.torture.stage import Stage
from tests.torture.team_writer import TeamWriter


class Clients:
    """All clients of a run: readers and writers of the main board and of past seasons, and writers of other boards."""

    def __init__(self, plan: Plan, rig: Rig, report: Report) -> None:
        self._plan, self._rig, self._report = plan, rig, report
        self._random = Random(plan.seed)
        self.players = list(range(1, plan.players + 1))
        self.late_players = list(range(5001, 5021))
        self.ledger_players = list(range(6001, 6041))
        self.board_players = list(range(7001, 7009))
        self.cup_players = list(range(8001, 8013))
        self.league_players = list(range(9001, 9025))
        self.challenge_players = list(range(9501, 9513))
        self.team_players = list(range(9601, 9613))
        self.feed_players = list(range(9801, 9811))
        self.main, self.ledger = LadderModel(BOARD), Ledger()
        ladders: list[LadderModel] = []
        numbers = Numbers(self._new_random())
        groups = chunks(self.players, -(-len(self.players) // plan.writers))
        self.writers = [Writer(rig.target, self.main, report, numbers, self._new_random(), group) for group in groups]
        self.late = LateWriter(rig, ladders, report, numbers, self._new_random(), self.late_players)
        self.readers = [
            LadderReader(rig.target, process, self.main, ladders, report, self._new_random())
            for process in range(API_PROCESSES)
            for _ in range(plan.readers)
        ]
        players = list(self.ledger_players)
        self.ledger_writers = [
            LedgerWriter(rig, self.ledger, report, self._new_random(), players, str(number))
            for number in range(plan.ledger_writers)
        ]
        self.board_writers = [BoardWriter(rig, report, self._new_random(), self.board_players)][: plan.ledger_writers]
        self.cup_writers = [CupWriter(rig, report, self._new_random(), self.cup_players)][: plan.ledger_writers]
        leagues = [LeagueWriter(rig, report, self._new_random(), self.league_players)]
        self.league_writers = leagues[: plan.ledger_writers]
        challenges = [ChallengeWriter(rig, report, self._new_random(), self.challenge_players)]
        self.challenge_writers = challenges[: plan.ledger_writers]
        self.team_writers = [TeamWriter(rig, report, self._new_random(), self.team_players)][: plan.ledger_writers]
        self.feed_writers = [FeedWriter(rig, report, self._new_random(), self.feed_players)][: plan.ledger_writers]

    @property
    def all_players(self) -> list[int]:
        """Return the players who exist at the start."""
        groups = [self.players, self.late_players, self.ledger_players, self.board_players]
        of_competitions = self.cup_players, self.league_players, self.challenge_players
        groups += [*of_competitions, self.team_players, self.feed_players]
        return [player for group in groups for player in group]

    def stage(self) -> Stage:
        """Return the stage of the nemeses."""
        competitions = [*self.cup_writers, *self.league_writers, *self.challenge_writers, *self.team_writers]
        own = [*self.board_writers, *competitions, *self.feed_writers]
        shared = self._rig, self.writers, self.readers, self.late, self.ledger_writers
        stage = Stage(*shared, own, self._report, self._plan)
        if self._plan.all_acts:
            stage.background = {**BASE, **ACTS}
        return stage

    def tasks(self) -> list[Coroutine[Any, Any, None]]:
        """Return a coroutine for each client, which acts until `stop` is called."""
        plan = self._plan
        return [
            *(writer.write(plan.write_pace_s) for writer in self.writers),
            *(writer.write(plan.ledger_pace_s) for writer in self.ledger_writers),
            *(writer.write(plan.ledger_pace_s) for writer in self.board_writers),
            *(writer.write(plan.cup_pace_s) for writer in self.cup_writers),
            *(writer.write(plan.league_pace_s) for writer in self.league_writers),
            *(writer.write(plan.challenge_pace_s) for writer in self.challenge_writers),
            *(writer.write(plan.team_pace_s) for writer in self.team_writers),
            *(writer.write(plan.feed_pace_s) for writer in self.feed_writers),
            *(reader.read(plan.read_pace_s) for reader in self.readers),
        ]

    def stop(self) -> None:
        """Stop each client after its present act."""
        competitions = self.cup_writers, self.league_writers, self.challenge_writers, self.team_writers
        own = self.board_writers, *competitions, self.feed_writers
        for clients in (self.writers, self.readers, self.ledger_writers, *own):
            for client in clients:
                client.over = True

    def _new_random(self) -> Random:
        return Random(self._random.random())
