"""Random histories of boards, players, teams and friends, on the product and on the reference program.

One store feeds indexes with several numbers of partitions. Each change is made on the store, delivered to all indexes,
and repeated on the reference program. Its clock advances with each change.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any
from uuid import UUID

from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.board_settings import changed_board
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import Conflict
from leaderforge.domain.friends import FriendMode
from leaderforge.domain.moments import Moments
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event, LadderStanding, Standing
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.team_rules import TeamFunction, TeamRules
from leaderforge.domain.teams import Team
from leaderforge.domain.tier_rules import tiers_of
from leaderforge.ports.index import LadderUpdate, RankIndex
from leaderforge.services.friend_ranking import FriendRankingService
from leaderforge.services.friends import FriendService
from leaderforge.services.movement import MovementService
from leaderforge.services.team_scores import TeamScores
from tests import history_reference as reference
from tests.contract.store_fixtures import Stores, numbers
from tests.delivering import Process
from tests.history_reference import ALL, DAY_MS, BoardHistory, Friends, Rules, Teams, View

START = 20_000 * DAY_MS - DAY_MS // 144
"""Ten minutes before midnight, in ms."""
ATTRIBUTES: Mapping[str, Sequence[str | None]] = {
    "country": ("FI", "SE", "JP", "BR", "Côte d'Ivoire", "日本", "DE", None),
    "platform": ("pc", "phone", "console"),
}
RULES = {
    "points": Rules("sum", segments=("country", "platform"), daily=True),
    "times": Rules("best", order="asc", shared=True, segments=("country",)),
    "duels": Rules("latest", minimum=3, segments=("platform", "country")),
}
SHARES = {"points": 60, "times": 25, "duels": 15}
"""Shares of the boards in the submissions, in percent."""
TEAM_FUNCTIONS = {"team-sum": ("sum", 0), "team-best": ("best", 3), "team-mean": ("mean", 2)}
"""Function and number of members of each team board. Their source is the board `points`."""
DAILY_TEAMS = "team-sum"
TEAMS = range(-12, 0)
TELEMETRY = Fanout([])


class Product:
    """Services of one process over the shared stores and an index of its own."""

    def __init__(self, stores: Stores, index: RankIndex, clock: Any) -> None:
        self.process = Process(
            stores.scores, stores.users, index, clock=clock, telemetry=TELEMETRY, moments=stores.moments
        )
        self.index, self.delivery = index, self.process.delivery
        self.query, self.maintain = self.process.query, self.process.maintain
        self.movement = MovementService(self.process.reader)
        lists = {mode: FriendService(stores.friends, stores.users, clock, mode) for mode in FriendMode}
        self.friends = {mode: FriendRankingService(lists[mode], self.process.reader) for mode in FriendMode}


class Deliveries:
    """Delivery of the changes of team scores to the indexes of several products."""

    def __init__(self, products: Sequence[Product]) -> None:
        self._products = products

    async def moderated(self, changed: Sequence[LadderStanding]) -> None:
        await asyncio.gather(*(product.delivery.moderated(changed) for product in self._products))


class World:
    """Product and reference program with the same history. `now` is the present time (ms) of both.

    `names` has the present names of all players and teams, `erased` the ids of the players who were erased.
    `team_rules` has the present rules of the team boards.
    """

    def __init__(self, stores: Stores, indexes: Sequence[RankIndex], random: Random, population: int) -> None:
        self.stores, self.random, self.population = stores, random, population
        self.now = START
        stores.clock.ms = START
        self.products = [Product(stores, index, lambda: self.now) for index in indexes]
        self.everywhere = Deliveries(self.products)
        parts = stores.scores, stores.team_scores, self.everywhere, indexes[0], lambda: self.now
        self.team_scores = TeamScores(*parts)  # type: ignore[arg-type]
        self.products[0].delivery.on_changed = self.team_scores.note
        self.boards: dict[str, Board] = {}
        self.histories = {name: BoardHistory(rules) for name, rules in RULES.items()}
        self.team_rules = {name: Rules("sum", daily=name == DAILY_TEAMS) for name in TEAM_FUNCTIONS}
        self.teams, self.friends = Teams(), Friends()
        self.names: dict[int, str] = {}
        self.attributes: dict[int, Mapping[str, str]] = {}
        self.hidden: set[int] = set()
        self.erased: set[int] = set()
        self.recent: list[tuple[str, Submission]] = []
        self.submitted = 0

    async def start(self) -> None:
        """Create boards, teams and players, and build the indexes."""
        for name, rules in RULES.items():
            self.boards[name] = await self.stores.board(**_settings(rules))
        for name, (function, members) in TEAM_FUNCTIONS.items():
            team = TeamRules(self.boards["points"].slug, TeamFunction(function), members or None)
            self.boards[name] = await self.stores.board(**{**_settings(self.team_rules[name]), "team": team})
        for product in self.products:
            await product.maintain.reconcile()
        for team_id in TEAMS:
            self.names[team_id] = f"team {-team_id}"
            await self.stores.teams.create(
                Player(team_id, self.names[team_id], None, 0), Team(team_id, None, 500), self.act
            )
            await self._created([Player(team_id, self.names[team_id], None, 0)])
        await self.add_players(range(1, self.population + 1))

    async def close(self) -> None:
        await self.team_scores.settle()
        for product in self.products:
            await product.process.close()

    @property
    def players(self) -> Sequence[int]:
        """Return all players who are not erased."""
        return list(self.attributes)

    async def settle(self) -> None:
        """Advance the clock, and bring the teams up to date with all changes before this moment."""
        self.set_now(self.now + 10_000)
        await self.team_scores.settle()
        await self.team_scores.sweep()

    def set_now(self, ms: int) -> None:
        self.now = self.stores.clock.ms = ms

    def ladder(self, name: str, period: int = ALL) -> Ladder:
        board = self.boards[name]
        return Ladder(board) if period == ALL else board.ladders_at(period * DAY_MS)[1]

    def places(self) -> Sequence[tuple[str, int]]:
        """Return the boards and periods that are compared at a moment."""
        today = self.now // DAY_MS
        daily = ("points", DAILY_TEAMS)
        return [*((name, ALL) for name in self.boards), *((name, day) for name in daily for day in (today, today - 1))]

    def view(self, name: str, period: int) -> View:
        """Return the present entries of a board by the reference program."""
        if name in self.histories:
            return self.histories[name].view(period, self.hidden)
        rules, source = self.team_rules[name], self.histories["points"]
        return self.teams.view(source, rules, TEAM_FUNCTIONS[name], period, self.hidden)

    def rules(self, name: str) -> Rules:
        """Return the present rules of a board."""
        return self.histories[name].rules if name in self.histories else self.team_rules[name]

    async def change_rules(self, name: str, rules: Rules) -> None:
        """Change the rank style and the tiers of a board."""
        settings = {"rank_style": _rank_style(rules), "tiers": tiers_of(map(_tier_members, rules.tiers))}
        self.boards[name] = await self.stores.scores.change_board(
            self.boards[name].slug, lambda board: changed_board(board, settings, self.now), self.act
        )
        if name in self.histories:
            self.histories[name].rules = rules
        else:
            self.team_rules[name] = rules

    async def submit(self, count: int) -> None:
        """Submit a batch to one board, with some repetitions of earlier submissions."""
        self.set_now(self.now + self.random.choice((1, 40)))
        [name] = self.random.choices(list(SHARES), list(SHARES.values()))
        batch = [self.submission(name, self.random.choice(self.players)) for _ in range(count)]
        new = len(batch)
        repeated = [s for board, s in self.random.sample(self.recent, min(2, len(self.recent))) if board == name]
        batch += [s for s in repeated if s.event.user_id in self.attributes]
        outcomes = await self.stores.scores.record(batch)
        assert all(isinstance(outcome, Recorded) for outcome in outcomes[:new]), outcomes
        assert all(isinstance(outcome, Recorded | Conflict) for outcome in outcomes[new:]), outcomes
        await self._apply([outcome for outcome in outcomes if isinstance(outcome, Recorded)])
        for submission in batch[:new]:
            self.note(name, submission)
        self.recent = [*self.recent, *((name, s) for s in batch[:new])][-500:]
        self.submitted += new

    async def _apply(self, outcomes: Sequence[Recorded]) -> None:
        # Each outcome has the standing after the whole batch. Therefore apply one for each player.
        by_ladder: defaultdict[Ladder, dict[int, Standing]] = defaultdict(dict)
        for outcome in outcomes:
            for ladder, standing in zip(outcome.ladders, outcome.standings, strict=True):
                by_ladder[ladder][standing.user_id] = standing
        updates = [LadderUpdate(ladder, list(standings.values())) for ladder, standings in by_ladder.items()]
        await asyncio.gather(*(product.delivery.apply(updates) for product in self.products))

    def submission(self, name: str, player: int) -> Submission:
        number, lag = next(numbers), self.random.choice((0, 1, 2, 3)) + DAY_MS * (self.random.random() < 0.04)
        score, at = self.random.randint(-20, 300) // 3, self.now - lag
        return Submission(
            self.boards[name].ladders_at(at), Event(player, UUID(int=number), score, at, received_us=number)
        )

    def note(self, name: str, submission: Submission) -> None:
        """Count a submission in the reference program."""
        player, number, score, at = submission.event[:4]
        event = reference.Event(number.int, score, at, number.int)
        self.histories[name].submit(player, event, self.attributes[player])

    @property
    def act(self) -> AuditEntry:
        return AuditEntry(self.now, "tests", "tests.act")

    async def add_players(self, user_ids: Iterable[int]) -> None:
        """Create players with names and attributes."""
        players = []
        for user_id in user_ids:
            self.names[user_id], self.attributes[user_id] = f"player {user_id}", self.random_attributes()
            text = json.dumps(self.attributes[user_id]) if self.attributes[user_id] else None
            players.append(Player(user_id, self.names[user_id], None, self.now, attributes=text))
        await self.stores.users.create(players)
        await self._created(players)

    async def _created(self, players: Sequence[Player]) -> None:
        for product in self.products:
            await product.delivery.created(players)

    def random_attributes(self) -> Mapping[str, str]:
        values = {name: self.random.choice(choices) for name, choices in ATTRIBUTES.items()}
        return {name: value for name, value in values.items() if value is not None}


def _settings(rules: Rules) -> Mapping[str, Any]:
    kinds = (PeriodKind.ALL_TIME, PeriodKind.DAILY) if rules.daily else (PeriodKind.ALL_TIME,)
    return {
        "policy": Policy(rules.policy),
        "order": Order(rules.order),
        "rank_style": _rank_style(rules),
        "min_submissions": rules.minimum,
        "segments": rules.segments,
        "calendar": Calendar(kinds),
        "moments": Moments(3660, 0, 0, 0),
    }


def _rank_style(rules: Rules) -> RankStyle:
    return RankStyle.SHARED if rules.shared else RankStyle.ORDINAL


def _tier_members(tier: reference.TierRule) -> Mapping[str, str | float]:
    """Return a tier as the JSON object of the API."""
    return {"name": tier.name, tier.kind: tier.limit} if tier.kind else {"name": tier.name}
