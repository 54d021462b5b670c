"""Score limits of boards, as every store checks them."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.domain.boards import Board, Ladder, Order, Policy, ScoreLimits
from leaderforge.domain.errors import LeaderForgeError, RuleViolated, SubmissionConflict
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.submissions import Recorded, Submission
from tests.contract.store_fixtures import Stores, submit

JUDGED_BY_CHANGE = (Policy.BEST, Policy.LATEST)
DAY_MS = 86_400_000

on_boards_of_their_own = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def outcome(one: Recorded | LeaderForgeError) -> str:
    """Return the violated rule, or `conflict`, `duplicate` or `counted`."""
    if isinstance(one, RuleViolated):
        return str(one.details["rule"])
    if isinstance(one, SubmissionConflict):
        return "conflict"
    assert isinstance(one, Recorded), one
    return "duplicate" if one.duplicate else "counted"


async def outcomes(stores: Stores, *submissions: Submission) -> list[str]:
    return [outcome(one) for one in await stores.scores.record(submissions)]


async def ladder(stores: Stores, policy: Policy = Policy.BEST, **limits: int) -> Ladder:
    return Ladder(await stores.board(policy=policy, limits=ScoreLimits(**limits)))


class TestInterval:
    @pytest.mark.parametrize("policy", Policy)
    async def test_it_lies_between_any_two_whichever_comes_first(self, stores: Stores, policy: Policy) -> None:
        one = await ladder(stores, policy, min_interval_ms=10)
        await stores.players(1, 2)
        for at, expected in (
            *((100, "counted"), (109, "min_interval"), (110, "counted"), (91, "min_interval"), (90, "counted")),
            *((105, "min_interval"), (100, "min_interval"), (-50, "counted")),
        ):
            assert await outcomes(stores, submit(one, 1, 1, at=at)) == [expected], at
        assert await outcomes(stores, submit(one, 2, 1, at=100)) == ["counted"]
        [standing] = await stores.scores.standings(one, [1])
        assert standing.submissions == 4

    async def test_boards_are_judged_apart(self, stores: Stores) -> None:
        one, other = [await ladder(stores, min_interval_ms=10) for _ in range(2)]
        await stores.players(1)
        assert await outcomes(stores, submit(one, 1, 1), submit(other, 1, 1)) == ["counted", "counted"]

    async def test_what_is_refused_does_not_hold_up_the_next(self, stores: Stores) -> None:
        one = await ladder(stores, min_interval_ms=10)
        await stores.players(1)
        some = [submit(one, 1, 1, at=at) for at in (0, 5, 10, 12, 20)]
        expected = ["counted", "min_interval", "counted", "min_interval", "counted"]
        assert await outcomes(stores, *some) == expected

    async def test_a_duplicate_is_never_refused(self, stores: Stores) -> None:
        one = await ladder(stores, min_interval_ms=10, max_change=0)
        await stores.players(1)
        first = submit(one, 1, 5, id=-1 % 2**128)
        assert await outcomes(stores, first, first) == ["counted", "duplicate"]
        later = first._replace(event=first.event._replace(achieved_at=3))
        assert await outcomes(stores, later, submit(one, 1, 5, at=3), first) == [
            *("duplicate", "min_interval", "duplicate")
        ]

    async def test_what_was_refused_may_come_again(self, stores: Stores) -> None:
        one = await ladder(stores, min_interval_ms=10)
        await stores.players(1)
        early = submit(one, 1, 1, at=5, id=77)
        assert await outcomes(stores, submit(one, 1, 1, at=0), early) == ["counted", "min_interval"]
        late = early._replace(event=early.event._replace(achieved_at=10))
        assert await outcomes(stores, late, late) == ["counted", "duplicate"]

    @pytest.mark.parametrize("policy", Policy)
    async def test_of_racing_submissions_one_is_counted(self, stores: Stores, policy: Policy) -> None:
        one = await ladder(stores, policy, min_interval_ms=100)
        await stores.players(*range(1, 6))
        racing = [[submit(one, user_id, 1, at=i) for user_id in range(1, 6)] for i in range(12)]
        results = await asyncio.gather(*(outcomes(stores, *batch) for batch in racing))
        for own in zip(*results, strict=True):
            assert sorted(own) == ["counted"] + ["min_interval"] * 11
        assert {s.submissions for s in await stores.scores.standings(one, range(1, 6))} == {1}


class TestChange:
    @pytest.mark.parametrize("policy", JUDGED_BY_CHANGE)
    async def test_it_is_measured_from_the_standing(self, stores: Stores, policy: Policy) -> None:
        one = await ladder(stores, policy, max_change=10)
        await stores.players(1)
        assert await outcomes(stores, submit(one, 1, 1000)) == ["counted"]
        for at, (score, expected) in enumerate(
            [(1011, "max_change"), (1010, "counted"), (1021, "max_change"), (999, "max_change")], 1
        ):
            assert await outcomes(stores, submit(one, 1, score, at=at)) == [expected], score
        [standing] = await stores.scores.standings(one, [1])
        assert (standing.score, standing.submissions) == (1010, 2)

    @pytest.mark.parametrize("policy", JUDGED_BY_CHANGE)
    async def test_a_batch_is_judged_in_its_order(self, stores: Stores, policy: Policy) -> None:
        one = await ladder(stores, policy, max_change=10)
        await stores.players(1, 2)
        steps = [submit(one, user_id, score, at=i) for i, score in enumerate((0, 10, 20, 31, 30)) for user_id in (1, 2)]
        expected = [one for kind in ("counted",) * 3 + ("max_change", "counted") for one in (kind, kind)]
        assert await outcomes(stores, *steps) == expected
        assert {s.score for s in await stores.scores.standings(one, [1, 2])} == {30}

    @pytest.mark.parametrize("policy", JUDGED_BY_CHANGE)
    async def test_racing_submissions_never_jump(self, stores: Stores, policy: Policy) -> None:
        """Each score exceeds the previous score by the maximum change. It therefore counts only after the previous
        score.
        """
        one = await ladder(stores, policy, max_change=10)
        await stores.players(1)
        await outcomes(stores, submit(one, 1, 0))
        steps = [submit(one, 1, 10 * i, at=i) for i in range(1, 15)]
        results = await asyncio.gather(*(outcomes(stores, step) for step in reversed(steps)))
        counted = [results[len(steps) - i][0] == "counted" for i in range(1, 15)]
        assert counted == sorted(counted, reverse=True)
        [standing] = await stores.scores.standings(one, [1])
        assert standing.score == 10 * sum(counted)

    async def test_another_period_begins_anew(self, stores: Stores) -> None:
        calendar = Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME))
        board = await stores.board(policy=Policy.BEST, calendar=calendar, limits=ScoreLimits(max_change=10))
        await stores.players(1)
        for day, score, expected in ((0, 100, "counted"), (0, 111, "max_change"), (1, 500, "counted")):
            at = day * DAY_MS
            submission = submit(Ladder(board), 1, score, at=at)._replace(ladders=board.ladders_at(at))
            assert await outcomes(stores, submission) == [expected]


class TestNeighbours:
    async def test_who_breaks_no_rule_is_not_affected(self, stores: Stores) -> None:
        strict, free = await ladder(stores, min_interval_ms=10), await ladder(stores, Policy.SUM)
        await stores.players(1, 2)
        some = [submit(strict, 1, 1), submit(free, 1, 1), submit(strict, 1, 1, at=1), submit(strict, 2, 1, at=1)]
        some += [submit(free, 1, 1), submit(free, 3, 1)]
        results = await stores.scores.record(some)
        assert [outcome(one) for one in results[:-1]] == [*("counted", "counted", "min_interval", "counted", "counted")]
        assert getattr(results[-1], "code", None) == "user_not_found"


@dataclass
class Judge:
    """Oracle of score limits. It checks every submission against all submissions counted before it."""

    board: Board

    def __post_init__(self) -> None:
        self.counted: list[Submission] = []

    def judge(self, submission: Submission) -> str:
        event, limits = submission.event, self.board.limits
        own = [one.event for one in self.counted if one.event.user_id == event.user_id]
        stored = {one.submission_id: one.score for one in own}
        if event.submission_id in stored:
            return "duplicate" if event.score == stored[event.submission_id] else "conflict"
        if any(abs(one.achieved_at - event.achieved_at) < (limits.min_interval_ms or 0) for one in own):
            return "min_interval"
        steps = self.board.policy is not Policy.SUM and own and limits.max_change is not None
        if steps and abs(event.score - self.standing(own)) > (limits.max_change or 0):
            return "max_change"
        self.counted.append(submission)
        return "counted"

    def standing(self, own: Sequence[Any]) -> int:
        if self.board.policy is Policy.LATEST:
            return int(max(own, key=lambda one: (one.achieved_at, one.submission_id)).score)
        best = max if self.board.order is Order.DESC else min
        return int(best(one.score for one in own))


submissions = st.lists(
    st.tuples(st.integers(1, 3), st.integers(-6, 6), st.integers(0, 12), st.integers(0, 14)), min_size=1, max_size=25
)


class TestOracle:
    @on_boards_of_their_own
    @given(
        policy=st.sampled_from(Policy),
        order=st.sampled_from(Order),
        interval=st.none() | st.integers(0, 5),
        change=st.none() | st.integers(0, 5),
        drawn=submissions,
        cut=st.integers(0, 25),
    )
    async def test_every_submission_is_judged_by_those_before_it(
        self,
        stores: Stores,
        policy: Policy,
        order: Order,
        interval: int | None,
        change: int | None,
        drawn: list[tuple[int, int, int, int]],
        cut: int,
    ) -> None:
        limits = ScoreLimits(min_interval_ms=interval, max_change=change)
        one = Ladder(await stores.board(policy=policy, order=order, limits=limits))
        await self.three_players(stores)
        some = [submit(one, user_id, score, at=at, id=id_) for user_id, score, at, id_ in drawn]
        judge = Judge(one.board)
        expected = [judge.judge(submission) for submission in some]
        found = [*await outcomes(stores, *some[:cut]), *await outcomes(stores, *some[cut:])]
        assert found == expected
        standings = await stores.scores.standings(one, [1, 2, 3])
        assert sum(standing.submissions for standing in standings) == len(judge.counted)

    async def three_players(self, stores: Stores) -> None:
        if not await stores.users.get([1]):
            await stores.players(1, 2, 3)
