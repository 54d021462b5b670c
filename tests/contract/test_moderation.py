"""Contract of moderation: one suite over the in-memory and the real adapters."""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import count
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.boards import Board, Ladder, Order, Policy, ScoreLimits
from leaderforge.domain.errors import Conflict, NotRanked, PlayerNotFound, SubmissionConflict
from leaderforge.domain.merge import Row
from leaderforge.domain.order import FIRST, key_bytes, place
from leaderforge.domain.periods import ALL_TIME, Calendar, PeriodKind
from leaderforge.domain.standings import HIDDEN_ENTRY, HIDDEN_PLAYER, Event, LadderStanding, Standing
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Stores, numbers, submit
from tests.oracle import Oracle

NOON = 1_795_435_200_000
"""2026-11-23T12:00:00Z, a Monday."""
DAY = 86_400_000
DAILY = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY, PeriodKind.WEEKLY))


def act(action: str = "entry.hide", at: int = NOON, **more: object) -> AuditEntry:
    return AuditEntry(at, "key:ops", action, reason="cheating", **more)  # type: ignore[arg-type]


def counting(board: Board, event: Event) -> Submission:
    """Return the submission of the event in all periods that contain its time."""
    return Submission(board.ladders_at(event.achieved_at), event)


def event(user_id: int, score: int, at: int = NOON, submission_id: int | None = None) -> Event:
    return Event(user_id, UUID(int=next(numbers) if submission_id is None else submission_id), score, at)


async def record(stores: Stores, *submissions: Submission) -> None:
    outcomes = await stores.scores.record(submissions)
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes


async def listed(stores: Stores, ladder: Ladder) -> list[tuple[int, int]]:
    """Return the visible players and scores, best first."""
    window = await stores.scores.window(ladder, FIRST, before=0, after=1000)
    assert window.total == len(window.after)
    return [(p.user_id, p.score) for p in (place(ladder.board, row.key) for row in window.after)]


async def held(stores: Stores, ladder: Ladder, user_id: int) -> Standing:
    [standing] = await stores.scores.standings(ladder, [user_id])
    return standing


def ladders(changed: Sequence[LadderStanding]) -> list[int]:
    return sorted(ladder.period for ladder, _ in changed)


class TestHide:
    async def test_an_entry_is_listed_no_more_until_it_is_shown_again(self, stores: Stores) -> None:
        ladder, other = await stores.ladder(), await stores.ladder()
        await stores.players(1, 2)
        await record(stores, submit(ladder, 1, 5), submit(ladder, 2, 3), submit(other, 1, 5))
        before = await held(stores, ladder, 1)
        [(where, hidden)] = await stores.moderation.set_entry_hidden(ladder.board, 1, True, act())
        assert (where, hidden.hidden) == (ladder, HIDDEN_ENTRY)
        assert hidden.revision > before.revision
        assert await held(stores, ladder, 1) == hidden
        assert await listed(stores, ladder) == [(2, 3)]
        assert await listed(stores, other) == [(1, 5)]
        # A lookup by player id still returns the row, because hidden players may see their own entry.
        assert (await stores.scores.rows(ladder, [1]))[1].hidden
        await record(stores, submit(ladder, 1, 5))
        assert await listed(stores, ladder) == [(2, 3)]
        [(_, shown)] = await stores.moderation.set_entry_hidden(ladder.board, 1, False, act("entry.unhide"))
        assert (shown.hidden, shown.score) == (0, 10)
        assert await listed(stores, ladder) == [(1, 10), (2, 3)]

    async def test_an_entry_is_hidden_in_all_its_periods(self, stores: Stores) -> None:
        board = await stores.board(calendar=DAILY)
        await stores.players(1)
        yesterday, today = event(1, 5, NOON - DAY), event(1, 6, NOON)
        await record(stores, counting(board, yesterday), counting(board, today))
        changed = await stores.moderation.set_entry_hidden(board, 1, True, act())
        everywhere = {*board.ladders_at(yesterday.achieved_at), *board.ladders_at(NOON)}
        assert {ladder for ladder, _ in changed} == everywhere
        for ladder in everywhere:
            assert await listed(stores, ladder) == []

    async def test_a_player_is_hidden_everywhere_and_later(self, stores: Stores) -> None:
        one, other, later = await stores.ladder(), await stores.ladder(Policy.BEST), await stores.ladder()
        await stores.players(1, 2)
        await record(stores, submit(one, 1, 5), submit(other, 1, 5), submit(other, 2, 1))
        changed = await stores.moderation.set_player_hidden(1, True, act("player.hide"))
        assert {ladder for ladder, _ in changed} == {one, other}
        await record(stores, submit(later, 1, 9), submit(one, 1, 1))
        assert [await listed(stores, ladder) for ladder in (one, other, later)] == [[], [(2, 1)], []]
        assert (await held(stores, later, 1)).hidden == HIDDEN_PLAYER
        changed = await stores.moderation.set_player_hidden(1, False, act("player.unhide"))
        assert {ladder for ladder, _ in changed} == {one, other, later}
        assert await listed(stores, one) == [(1, 6)]
        assert await listed(stores, later) == [(1, 9)]

    async def test_both_reasons_to_hide_hold_by_themselves(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        await record(stores, submit(ladder, 1, 5))
        await stores.moderation.set_entry_hidden(ladder.board, 1, True, act())
        await stores.moderation.set_player_hidden(1, True, act())
        assert (await held(stores, ladder, 1)).hidden == HIDDEN_ENTRY | HIDDEN_PLAYER
        await stores.moderation.set_entry_hidden(ladder.board, 1, False, act())
        assert await listed(stores, ladder) == []
        await stores.moderation.set_player_hidden(1, False, act())
        assert await listed(stores, ladder) == [(1, 5)]

    async def test_a_repeated_act_changes_no_standing(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        await record(stores, submit(ladder, 1, 5))
        for hidden in (False, True, False):
            await stores.moderation.set_entry_hidden(ladder.board, 1, hidden, act())
            await stores.moderation.set_player_hidden(1, hidden, act())
            before = await held(stores, ladder, 1)
            assert list(await stores.moderation.set_entry_hidden(ladder.board, 1, hidden, act())) == []
            assert list(await stores.moderation.set_player_hidden(1, hidden, act())) == []
            assert await held(stores, ladder, 1) == before

    async def test_a_player_on_no_board_can_be_hidden(self, stores: Stores) -> None:
        await stores.players(1)
        assert list(await stores.moderation.set_player_hidden(1, True, act("player.hide"))) == []
        ladder = await stores.ladder()
        await record(stores, submit(ladder, 1, 5))
        assert await listed(stores, ladder) == []

    async def test_hidden_standings_are_found_by_player(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(-3, 1, 2, 3, 4)
        await record(stores, *(submit(ladder, i, 5) for i in (-3, 1, 2, 3, 4)))
        for user_id in (-3, 2, 4):
            await stores.moderation.set_entry_hidden(ladder.board, user_id, True, act())
        await stores.moderation.set_player_hidden(3, True, act())
        await stores.moderation.remove(ladder.board, 4, act())
        found = await stores.moderation.hidden(ladder, 10)
        assert [(s.user_id, s.hidden) for s in found] == [(-3, 1), (2, 1), (3, 2)]
        assert [s.user_id for s in await stores.moderation.hidden(ladder, 1)] == [-3]
        assert [s.user_id for s in await stores.moderation.hidden(ladder, 1, after=-3)] == [2]
        assert [s.user_id for s in await stores.moderation.hidden(ladder, 9, after=3)] == []


class TestRemove:
    @pytest.mark.parametrize("order", Order)
    @pytest.mark.parametrize("policy", Policy)
    async def test_what_is_submitted_later_counts_from_nothing(
        self, stores: Stores, policy: Policy, order: Order
    ) -> None:
        ladder = await stores.ladder(policy, order)
        await stores.players(1)
        old = submit(ladder, 1, 7, at=100, metadata="{}")
        await record(stores, old)
        [(_, removed)] = await stores.moderation.remove(ladder.board, 1, act("entry.remove"))
        assert removed.removed
        assert await stores.scores.rows(ladder, [1]) == {}
        assert await listed(stores, ladder) == []
        [copy] = await stores.scores.record([old])
        assert isinstance(copy, Conflict)
        new = submit(ladder, 1, 3, at=50)
        await record(stores, new)
        standing = await held(stores, ladder, 1)
        assert (standing.score, standing.submissions, standing.achieved_at) == (3, 1, 50)
        assert (standing.run_id, standing.metadata) == (new.event.submission_id, None)
        assert standing.revision > removed.revision
        # The new standing does not restore the removed event: a copy of the event is still refused.
        [copy] = await stores.scores.record([old])
        assert isinstance(copy, Conflict)

    async def test_periods_that_are_over_keep_what_they_had(self, stores: Stores) -> None:
        board = await stores.board(calendar=DAILY)
        await stores.players(1)
        sunday, monday = event(1, 5, NOON - DAY), event(1, 6, NOON)
        await record(stores, counting(board, sunday), counting(board, monday))
        changed = await stores.moderation.remove(board, 1, act("entry.remove"))
        assert {ladder for ladder, _ in changed} == set(board.ladders_at(NOON))
        for ladder in board.ladders_at(NOON):
            assert await listed(stores, ladder) == []
        _, day_before, week_before = board.ladders_at(NOON - DAY)
        assert [await listed(stores, ladder) for ladder in (day_before, week_before)] == [[(1, 5)]] * 2

    async def test_one_period_alone(self, stores: Stores) -> None:
        board = await stores.board(calendar=DAILY)
        await stores.players(1)
        old = counting(board, event(1, 5, NOON - DAY))
        await record(stores, old)
        ladder = board.ladders_at(NOON - DAY)[1]
        [(where, standing)] = await stores.moderation.remove_from(ladder, 1, act("entry.remove"))
        assert (where, standing.removed) == (ladder, True)
        assert await listed(stores, ladder) == []
        assert await listed(stores, Ladder(board)) == [(1, 5)]
        [copy] = await stores.scores.record([old])
        assert isinstance(copy, Recorded)
        assert ladder not in copy.ladders

    async def test_void_events_are_no_neighbours(self, stores: Stores) -> None:
        board = await stores.board(limits=ScoreLimits(min_interval_ms=1000))
        await stores.players(1)
        await record(stores, counting(board, event(1, 5)))
        await stores.moderation.remove(board, 1, act())
        await record(stores, counting(board, event(1, 5, NOON + 1)))

    async def test_a_hidden_player_stays_hidden(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        await record(stores, submit(ladder, 1, 5))
        await stores.moderation.set_entry_hidden(ladder.board, 1, True, act())
        await stores.moderation.remove(ladder.board, 1, act())
        await record(stores, submit(ladder, 1, 5))
        assert await listed(stores, ladder) == []


class TestSet:
    @pytest.mark.parametrize("policy", Policy)
    async def test_the_score_is_what_was_set(self, stores: Stores, policy: Policy) -> None:
        board = await stores.board(policy=policy, calendar=DAILY, limits=ScoreLimits(max_score=10, min_interval_ms=99))
        await stores.players(1)
        await record(stores, counting(board, event(1, 5, NOON - DAY)), counting(board, event(1, 9, NOON)))
        put = event(1, 500, NOON)
        changed = await stores.moderation.set_score(counting(board, put), act("entry.set"))
        assert {ladder for ladder, _ in changed} == set(board.ladders_at(NOON))
        for ladder, standing in changed:
            assert (standing.score, standing.submissions, standing.run_id) == (500, 1, put.submission_id)
            assert await held(stores, ladder, 1) == standing
            assert await listed(stores, ladder) == [(1, 500)]
        assert await listed(stores, board.ladders_at(NOON - DAY)[1]) == [(1, 5)]
        [copy] = await stores.scores.record([counting(board, put)])
        assert isinstance(copy, Recorded)
        assert copy.duplicate

    async def test_a_repeated_id_changes_nothing(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        first, second = submit(ladder, 1, 7), submit(ladder, 1, 9)
        await stores.moderation.set_score(first, act("entry.set"))
        await stores.moderation.set_score(second, act("entry.set"))
        assert await stores.moderation.set_score(first, act("entry.set")) == []
        assert await listed(stores, ladder) == [(1, 9)]
        with pytest.raises(SubmissionConflict) as error:
            await stores.moderation.set_score(second._replace(event=second.event._replace(score=8)), act("entry.set"))
        assert error.value.details["differences"] == {"score": {"stored": 9, "sent": 8}}
        assert await listed(stores, ladder) == [(1, 9)]

    async def test_on_a_board_without_the_player(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1, 2)
        await stores.moderation.set_score(submit(ladder, 1, -4), act("entry.set"))
        assert await listed(stores, ladder) == [(1, -4)]
        await stores.moderation.set_player_hidden(2, True, act())
        [(_, standing)] = await stores.moderation.set_score(submit(ladder, 2, 9), act("entry.set"))
        assert standing.hidden == HIDDEN_PLAYER
        assert await listed(stores, ladder) == [(1, -4)]

    async def test_later_submissions_count_on_top(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        await record(stores, submit(ladder, 1, 5))
        await stores.moderation.set_score(submit(ladder, 1, 100), act("entry.set"))
        await record(stores, submit(ladder, 1, 5))
        assert await listed(stores, ladder) == [(1, 105)]


class TestEveryAct:
    async def test_it_is_audited_and_touches_the_player(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        stores.clock.ms = NOON
        await record(stores, submit(ladder, 1, 5))
        acts = [act(name, user_id=1, board=ladder.board.slug) for name in "abcdef"]
        stores.clock.ms = NOON + 1000
        await stores.moderation.set_entry_hidden(ladder.board, 1, True, acts[0])
        await stores.moderation.set_player_hidden(1, True, acts[1])
        await stores.moderation.set_score(submit(ladder, 1, 5), acts[2])
        await stores.moderation.remove_from(ladder, 1, acts[3])
        await stores.moderation.set_score(submit(ladder, 1, 5), acts[4])
        await stores.moderation.remove(ladder.board, 1, acts[5])
        found = [one.entry for one in await stores.audit.entries(AuditFilter(user_id=1), 10)]
        assert found == acts[::-1]
        assert set(await stores.scores.touched_between(NOON + 1000, NOON + 1001)) == {1}
        changed = [c async for c in stores.scores.changed_between(NOON + 1000, NOON + 1001)]
        assert all(standing.removed for _, standings in changed for standing in standings)
        assert changed

    async def test_nothing_is_left_of_one_that_cannot_be_done(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        refused = (
            stores.moderation.set_entry_hidden(ladder.board, 1, True, act()),
            stores.moderation.remove(ladder.board, 1, act()),
            stores.moderation.remove_from(ladder, 1, act()),
        )
        for one in refused:
            with pytest.raises(NotRanked):
                await one
        unknown = (
            stores.moderation.set_entry_hidden(ladder.board, 9, True, act()),
            stores.moderation.set_player_hidden(9, True, act()),
            stores.moderation.remove(ladder.board, 9, act()),
            stores.moderation.set_score(submit(ladder, 9, 1), act()),
        )
        for one in unknown:
            with pytest.raises(PlayerNotFound):
                await one
        assert list(await stores.audit.entries(AuditFilter(), 10)) == []
        assert set(await stores.scores.touched_between(0, 2**53)) == set()

    async def test_what_is_removed_is_removed_once(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        await record(stores, submit(ladder, 1, 5))
        await stores.moderation.remove(ladder.board, 1, act())
        with pytest.raises(NotRanked):
            await stores.moderation.remove(ladder.board, 1, act())


class TestRaces:
    async def test_submissions_count_before_or_after_as_a_whole(self, stores: Stores) -> None:
        """Acts and submissions take effect in one order. Therefore a player's standings on all ladders are equal."""
        board = await stores.board(calendar=DAILY)
        await stores.players(*range(1, 6))

        async def submit_some(user_id: int) -> None:
            for _ in range(12):
                await record(stores, *(counting(board, event(i, 1)) for i in (user_id, user_id % 5 + 1)))

        async def moderate(user_id: int) -> None:
            for _ in range(4):
                with suppress(NotRanked):
                    await stores.moderation.remove(board, user_id, act())
                await stores.moderation.set_score(counting(board, event(user_id, 10)), act())
                await stores.moderation.set_player_hidden(user_id, True, act())
                await stores.moderation.set_player_hidden(user_id, False, act())

        await asyncio.gather(*(submit_some(i) for i in range(1, 6)), *(moderate(i) for i in range(1, 6)))
        for user_id in range(1, 6):
            standings = [await held(stores, ladder, user_id) for ladder in board.ladders_at(NOON)]
            assert {s.hidden for s in standings} == {0}
            # The set score is 10, and each submission after it adds 1.
            assert {s.score - s.submissions for s in standings} == {9}
            assert len({s.submissions for s in standings}) == 1

    async def test_a_player_hidden_while_it_enters_is_hidden(self, stores: Stores) -> None:
        boards = [await stores.ladder() for _ in range(10)]
        for user_id in range(1, 9):
            await stores.players(user_id)
            await asyncio.gather(
                *(record(stores, submit(ladder, user_id, 1)) for ladder in boards),
                stores.moderation.set_player_hidden(user_id, True, act()),
            )
        for ladder in boards:
            assert await listed(stores, ladder) == []


@dataclass
class Model:
    """Brute-force model of moderation: every event with its periods, and the hidden players."""

    board: Board
    events: dict[int, list[Event]] = field(default_factory=lambda: defaultdict(list))
    """Events that count, by period."""
    void: set[UUID] = field(default_factory=set)
    entered: dict[int, set[int]] = field(default_factory=lambda: defaultdict(set))
    """Players that ever had a standing, by period."""
    hidden_entries: set[tuple[int, int]] = field(default_factory=set)
    hidden_players: set[int] = field(default_factory=set)

    def submit(self, one: Event) -> None:
        for ladder in self.board.ladders_at(one.achieved_at):
            self.events[ladder.period].append(one)
            self.entered[ladder.period].add(one.user_id)

    def has(self, user_id: int, periods: Sequence[int]) -> bool:
        return any(one.user_id == user_id for period in periods for one in self.events[period])

    def drop(self, user_id: int, periods: Sequence[int]) -> None:
        for period in periods:
            self.events[period] = [one for one in self.events[period] if one.user_id != user_id]

    def periods_at(self, time: int) -> list[int]:
        return [ladder.period for ladder in self.board.ladders_at(time)]

    def is_hidden(self, user_id: int, period: int) -> bool:
        return user_id in self.hidden_players or (user_id, period) in self.hidden_entries


@dataclass(frozen=True)
class Step:
    kind: str
    user_id: int
    score: int
    subscore: int
    days: int
    period: int


STEPS = st.lists(
    st.builds(
        Step,
        kind=st.sampled_from(
            ["submit"] * 6 + ["hide", "unhide", "hide player", "unhide player", "remove", "remove from", "set"]
        ),
        user_id=st.integers(1, 4),
        score=st.integers(-3, 3),
        subscore=st.integers(-2, 2),
        days=st.integers(0, 2),
        period=st.integers(0, 2),
    ),
    max_size=25,
)
boards_of_all_kinds = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(Policy),
        "order": st.sampled_from(Order),
        "subscore_order": st.none() | st.sampled_from(Order),
        "calendar": st.sampled_from([Calendar(), DAILY]),
    }
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(rules=boards_of_all_kinds, steps=STEPS)
async def test_any_sequence_of_acts_comes_to_what_brute_force_says(
    stores: Stores, rules: dict[str, object], steps: list[Step]
) -> None:
    board = await stores.board(**rules)
    first = next(_players) * 10
    await stores.players(*range(first + 1, first + 5))
    model = Model(board)
    for step in steps:
        await take(stores, model, replace(step, user_id=first + step.user_id))
    for period in {ALL_TIME, *model.entered}:
        await compare(stores, model, Ladder(board, period), range(first + 1, first + 5))


_players = count(100)


async def take(stores: Stores, model: Model, step: Step) -> None:
    """Apply the step to the store and to the model. Fails if only one of the two accepts the step."""
    board, user_id, now = model.board, step.user_id, NOON
    made = event(user_id, step.score, NOON - step.days * DAY)
    made = made._replace(subscore=step.subscore if board.subscore_order else 0)
    open_periods = model.periods_at(now)
    match step.kind:
        case "submit":
            await record(stores, counting(board, made))
            model.submit(made)
        case "hide" | "unhide":
            entered = [period for period, users in model.entered.items() if user_id in users]
            change = stores.moderation.set_entry_hidden(board, user_id, step.kind == "hide", act())
            if await done(change, model.has(user_id, entered)):
                marks = {(user_id, period) for period in entered}
                model.hidden_entries = (
                    (model.hidden_entries | marks) if step.kind == "hide" else model.hidden_entries - marks
                )
        case "hide player":
            await stores.moderation.set_player_hidden(user_id, True, act())
            model.hidden_players.add(user_id)
        case "unhide player":
            await stores.moderation.set_player_hidden(user_id, False, act())
            model.hidden_players.discard(user_id)
        case "remove":
            if await done(stores.moderation.remove(board, user_id, act()), model.has(user_id, open_periods)):
                model.drop(user_id, open_periods)
        case "remove from":
            ladders_then = board.ladders_at(made.achieved_at)
            ladder = ladders_then[step.period % len(ladders_then)]
            change = stores.moderation.remove_from(ladder, user_id, act())
            if await done(change, model.has(user_id, [ladder.period])):
                model.drop(user_id, [ladder.period])
        case _:
            put = made._replace(achieved_at=NOON)
            await stores.moderation.set_score(counting(board, put), act())
            model.drop(user_id, open_periods)
            model.submit(put)


async def done(change: object, possible: bool) -> bool:
    """Make the change, and return whether the store accepted it. Fails if the result differs from `possible`."""
    try:
        await change  # type: ignore[misc]
    except NotRanked:
        assert not possible
        return False
    assert possible
    return True


async def compare(stores: Stores, model: Model, ladder: Ladder, players: Sequence[int]) -> None:
    events = model.events[ladder.period]
    shown = Oracle(model.board, [e for e in events if not model.is_hidden(e.user_id, ladder.period)])
    window = await stores.scores.window(ladder, FIRST, before=0, after=100)
    assert window.total == shown.total
    assert [line(ladder, row) for row in window.after] == [
        (one.user_id, one.score, one.subscore or 0, one.achieved_at, one.submissions) for one in shown.lines
    ]
    rows = await stores.scores.rows(ladder, players)
    every = {one.user_id: one for one in Oracle(model.board, events).lines}
    assert set(rows) == set(every)
    for user_id, row in rows.items():
        one = every[user_id]
        assert len(row.key) == key_bytes(model.board)
        assert line(ladder, row) == (user_id, one.score, one.subscore or 0, one.achieved_at, one.submissions)
        assert row.hidden == model.is_hidden(user_id, ladder.period)


def line(ladder: Ladder, row: Row) -> tuple[int, int, int, int, int]:
    p = place(ladder.board, row.key)
    return p.user_id, p.score, p.subscore, p.achieved_at, row.submissions
