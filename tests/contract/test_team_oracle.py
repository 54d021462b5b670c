"""Team scores after random scores, memberships and acts of moderators equal those of the reference program."""

from collections.abc import Sequence
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Order, Policy
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.periods import ALL_TIME, Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.team_rules import TeamFunction, TeamRules
from leaderforge.domain.teams import Team
from leaderforge.services.team_scores import TeamScores
from tests.contract.store_fixtures import Database, Stores, in_memory, numbers
from tests.delivering import Process
from tests.team_reference import ALL, DAY_MS, Reference

START = 20_000 * DAY_MS + 1
SETTLED_MS = 60_000
PLAYERS, TEAMS = range(1, 5), (-1, -2, -3)
FUNCTIONS = ((TeamFunction.SUM, None), (TeamFunction.BEST, 2), (TeamFunction.MEAN, 2))
CALENDAR = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))

Step = tuple[str, int, int, int]
"""Action, player, and two numbers whose meaning depends on the action."""

ACTIONS = (
    *("submit",) * 8,
    *("submit and die",) * 2,
    *("join",) * 4,
    "leave",
    "hide",
    "show",
    "hide entry",
    "show entry",
    "remove",
    "remove from",
    "void",
    "restore",
    "set",
    "hide team",
    "show team",
    "erase",
    "erase team",
    "sweep",
    "wait",
)
steps = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.sampled_from(PLAYERS), st.integers(0, 5), st.integers(0, 9)),
    min_size=25,
    max_size=60,
)


class TeamWorld:
    """One process with a source and three team boards, and the same history in the reference program."""

    def __init__(self, stores: Stores, source: Board, boards: Sequence[Board]) -> None:
        self.stores = stores
        self.source = source
        self.boards = boards
        self.now = START
        stores.clock.ms = START
        self.process = Process(stores.scores, stores.users, MemoryIndex(3), clock=lambda: self.now)
        index, delivery = self.process.index, self.process.delivery
        self.scores = TeamScores(stores.scores, stores.team_scores, delivery, index, lambda: self.now)
        delivery.on_changed = self.scores.note
        self.reference = Reference(source.policy, source.order)

    @classmethod
    async def of(cls, stores: Stores, policy: Policy, order: Order) -> "TeamWorld":
        common: dict[str, Any] = {"policy": policy, "order": order, "calendar": CALENDAR}
        source = await stores.board(**common)
        boards = [await stores.board(team=TeamRules(source.slug, f, k), **common) for f, k in FUNCTIONS]
        world = cls(stores, source, boards)
        await world.process.maintain.reconcile()
        await stores.players(*PLAYERS)
        for team_id in TEAMS:
            await stores.teams.create(Player(team_id, f"Team {-team_id}", None, 0), Team(team_id), world.act)
        await world.scores.sweep()
        return world

    @property
    def act(self) -> AuditEntry:
        return AuditEntry(self.now, "tests", "tests.act")

    async def take(self, step: Step) -> None:
        """Perform a step in the product and, unless the product refuses it, in the reference program."""
        self.set_now(self.now + 1 + step[3])
        try:
            await getattr(self, f"_{step[0].replace(' ', '_')}")(*step[1:])
        except LeaderForgeError:
            return

    def set_now(self, ms: int) -> None:
        self.now = self.stores.clock.ms = ms

    async def check(self) -> None:
        """Compare all standings of teams with the reference program, after all changes have settled."""
        self.set_now(self.now + SETTLED_MS)
        await self.scores.settle()
        await self.scores.sweep()
        for board, (function, k) in zip(self.boards, FUNCTIONS, strict=True):
            for period in self.reference.periods():
                ladder = Ladder(board) if period == ALL else board.ladders_at(period * DAY_MS)[1]
                standings = await self.stores.scores.standings(ladder, TEAMS)
                found = {s.user_id: (s.score, s.achieved_at, s.submissions) for s in standings if not s.removed}
                assert found == self.reference.scores(function, k, period), (board.team, period)
        assert await self.scores.rebuild_all() == 0

    async def _submit(self, player: int, score: int, lag: int) -> None:
        outcome = await self._record(player, score, lag)
        if isinstance(outcome, Recorded):
            await self.process.delivery.moderated(list(zip(outcome.ladders, outcome.standings, strict=True)))

    async def _submit_and_die(self, player: int, score: int, lag: int) -> None:
        await self._record(player, score, lag)

    async def _record(self, player: int, score: int, lag: int) -> object:
        # A score may have a time after `now`, because the clock of another process may be ahead.
        number, at = next(numbers), self.now - (lag - 1) * 3
        [outcome] = await self.stores.scores.record([self._submission(player, number, score, at)])
        if isinstance(outcome, Recorded):
            self.reference.submit(player, number, score, at)
        return outcome

    def _submission(self, player: int, number: int, score: int, at: int) -> Submission:
        return Submission(self.source.ladders_at(at), Event(player, UUID(int=number), score, at))

    async def _join(self, player: int, team: int, dies: int) -> None:
        team_id = TEAMS[team % 3]
        if await self.stores.teams.join(team_id, player, self.now, self.act, transfers=True):
            self.reference.join(player, team_id, self.now)
        if dies < 5:
            await self.scores.refresh_now([player])

    async def _leave(self, player: int, *_: int) -> None:
        team_id = self.reference.team_of(player)
        if team_id is not None:
            await self.stores.teams.leave(team_id, player, self.now, self.act)
            self.reference.leave(player, self.now)

    async def _hide(self, player: int, *_: int) -> None:
        await self._moderate(self.stores.moderation.set_player_hidden(player, True, self.act))
        self.reference.hidden.add(player)

    async def _show(self, player: int, *_: int) -> None:
        await self._moderate(self.stores.moderation.set_player_hidden(player, False, self.act))
        self.reference.hidden.discard(player)

    async def _hide_entry(self, player: int, *_: int) -> None:
        await self._moderate(self.stores.moderation.set_entry_hidden(self.source, player, True, self.act))
        self.reference.hide_entry(player)

    async def _show_entry(self, player: int, *_: int) -> None:
        await self._moderate(self.stores.moderation.set_entry_hidden(self.source, player, False, self.act))
        self.reference.show_entry(player)

    async def _remove(self, player: int, *_: int) -> None:
        await self._moderate(self.stores.moderation.remove(self.source, player, self.act))
        self.reference.void(player)

    async def _remove_from(self, player: int, which: int, _: int) -> None:
        ladder = self.source.ladders_at(self.now)[which % 2]
        await self._moderate(self.stores.moderation.remove_from(ladder, player, self.act))
        self.reference.void_in(player, ALL if ladder.period == ALL_TIME else self.now // DAY_MS)

    async def _void(self, player: int, which: int, _: int) -> None:
        await self._set_void(player, which, True)

    async def _restore(self, player: int, which: int, _: int) -> None:
        await self._set_void(player, which, False)

    async def _set_void(self, player: int, which: int, void: bool) -> None:
        events = [event for event in self.reference.events if event["player"] == player]
        if events:
            event = events[which % len(events)]
            key = self.source, player, UUID(int=event["number"])
            await self._moderate(self.stores.moderation.set_submission_removed(*key, void, self.act))
            self.reference.set_void(event, void)

    async def _set(self, player: int, score: int, _: int) -> None:
        number = next(numbers)
        submission = self._submission(player, number, score, self.now)
        await self._moderate(self.stores.moderation.set_score(submission, self.act))
        self.reference.replace(player, self.now)
        self.reference.submit(player, number, score, self.now)

    async def _hide_team(self, _: int, team: int, __: int) -> None:
        await self._moderate(self.stores.moderation.set_player_hidden(TEAMS[team % 3], True, self.act))

    async def _show_team(self, _: int, team: int, __: int) -> None:
        await self._moderate(self.stores.moderation.set_player_hidden(TEAMS[team % 3], False, self.act))

    async def _erase(self, player: int, which: int, _: int) -> None:
        if which == 0:
            erased = await self.stores.records.erase(player, self.act)
            await self.process.delivery.erased(player, erased.removed)
            self.reference.erase(player)

    async def _erase_team(self, _: int, team: int, which: int) -> None:
        if which == 0:
            erased = await self.stores.records.erase(TEAMS[team % 3], self.act)
            await self.process.delivery.erased(TEAMS[team % 3], erased.removed)
            self.reference.erase(TEAMS[team % 3])

    async def _sweep(self, *_: int) -> None:
        await self.scores.sweep()

    async def _wait(self, _: int, hours: int, __: int) -> None:
        self.set_now(self.now + hours * 5 * 3_600_000)

    async def _moderate(self, act: Any) -> None:
        await self.process.delivery.moderated(await act)


@given(steps, st.sampled_from(Policy), st.sampled_from(Order))
@settings(max_examples=40, deadline=None)
async def test_random_histories_in_memory(history: list[Step], policy: Policy, order: Order) -> None:
    world = await TeamWorld.of(in_memory(), policy, order)
    for step in history:
        await world.take(step)
    await world.check()
    # `check` has compared the store. Reconciliation brings the index up to date. Then `verify` compares index and
    # store.
    await world.process.maintain.reconcile()
    assert list((await world.process.maintain.verify()).differences) == []
    await world.process.close()


@pytest.mark.parametrize(
    ("policy", "seed", "count"),
    [
        (Policy.SUM, 1, 120),
        (Policy.BEST, 2, 60),
        (Policy.LATEST, 3, 60),
        *(pytest.param(policy, seed, 1500, marks=pytest.mark.long) for policy in Policy for seed in (4, 5)),
    ],
)
async def test_a_random_history_on_a_database(database: Database, policy: Policy, seed: int, count: int) -> None:
    random = Random(seed)
    world = await TeamWorld.of(database, policy, random.choice(list(Order)))
    for i in range(count):
        step = random.choice(ACTIONS), random.choice(PLAYERS), random.randrange(6), random.randrange(10)
        await world.take(step)
        if i % 60 == 59:
            await world.check()
    await world.check()
    await world.process.close()


async def test_a_restored_submission_of_a_past_period_counts_for_its_team_again(stores: Stores) -> None:
    world = await TeamWorld.of(stores, Policy.SUM, Order.DESC)
    await world.take(("join", 1, 0, 0))
    await world.take(("submit", 1, 5, 1))
    await world.check()
    for action in ("void", "restore"):
        world.set_now(world.now + 5 * DAY_MS)
        await world.scores.sweep()
        await world.take((action, 1, 0, 0))
        await world.check()
    await world.process.close()


@pytest.mark.parametrize("act", ["set", "hide entry"])
async def test_an_act_on_an_entry_changes_the_team_in_the_periods_of_the_entry_only(stores: Stores, act: str) -> None:
    """A set score leaves past periods as they are, and a hidden entry the periods after it."""
    world = await TeamWorld.of(stores, Policy.SUM, Order.DESC)
    await world.take(("join", 1, 0, 0))
    for _ in range(3):
        await world.take(("submit", 1, 5, 1))
        await world.check()
        await world.take((act, 1, 3, 0))
        await world.check()
        world.set_now(world.now + DAY_MS)
    days = [world.reference.scores("sum", None, period) for period in world.reference.periods() - {ALL}]
    assert len([scores for scores in days if scores]) == (3 if act == "set" else 0)
    await world.process.close()
