"""Contract of score stores: one suite over the in-memory and the real adapters."""

import asyncio
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from random import Random
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import BoardExists, LeaderForgeError, PlayerNotFound, Refused, ScoreOutOfRange
from leaderforge.domain.merge import Row
from leaderforge.domain.order import FIRST, LAST, MAX_TIME, SCORE_BYTES, TIME_BYTES, score_bound, sort_key
from leaderforge.domain.players import Player
from leaderforge.domain.standings import Event, Standing, fold, is_improvement
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.ports.scores import ScoreStore
from tests.contract.store_fixtures import Database, Stores, other_period, submit
from tests.strategies import tied_events

PLAYERS = [Player(i, f"Player {i}", None, 0) for i in range(1, 13)]
"""All players of `tied_events`."""

every_rule = pytest.mark.parametrize(("policy", "order"), [(p, o) for p in Policy for o in Order])
# Every example uses a new board. Therefore the examples may share the stores of the fixture.
on_boards_of_their_own = settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


async def record(store: ScoreStore, *submissions: Submission) -> list[Recorded]:
    """Record submissions. Fails if one is refused."""
    outcomes = await store.record(submissions)
    assert len(outcomes) == len(submissions)
    assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
    return [outcome for outcome in outcomes if isinstance(outcome, Recorded)]


async def all_standings(store: ScoreStore, ladder: Ladder) -> dict[int, Standing]:
    found = [standing async for chunk in store.all_standings(ladder) for standing in chunk]
    assert len({standing.user_id for standing in found}) == len(found)
    return {standing.user_id: standing for standing in found}


async def changed(store: ScoreStore, since: int, until: int = 10**9) -> dict[tuple[str, int], set[int]]:
    found: dict[tuple[str, int], set[int]] = defaultdict(set)
    async for ladder, standings in store.changed_between(since, until):
        found[ladder.board.slug, ladder.period] |= {standing.user_id for standing in standings}
    return dict(found)


def folded(ladder: Ladder, events: Iterable[Event]) -> dict[int, Standing]:
    """Return the standing that results from each player's events. Each submission id counts once."""
    by_user: dict[int, dict[UUID, Event]] = defaultdict(dict)
    for event in events:
        by_user[event.user_id].setdefault(event.submission_id, event)
    return {user_id: fold(ladder.board, own.values()) for user_id, own in by_user.items()}


def unrevised(standings: Mapping[int, Standing]) -> dict[int, Standing]:
    return {user_id: standing._replace(revision=0) for user_id, standing in standings.items()}


def key_of(ladder: Ladder, standing: Standing) -> bytes:
    return sort_key(ladder.board, standing)


def parts(items: Sequence[Submission], cuts: Iterable[int]) -> list[Sequence[Submission]]:
    edges = [0, *sorted(cut for cut in cuts if cut < len(items)), len(items)]
    return [items[i:j] for i, j in pairwise(edges)]


class TestBoards:
    async def test_the_default_board_exists_from_the_start(self, stores: Stores) -> None:
        board = await stores.scores.board("default")
        assert board == Board(1, "default", "Default", Policy.SUM, Order.DESC, RankStyle.ORDINAL)
        assert await stores.scores.ladders() == [Ladder(board)]

    @every_rule
    async def test_a_board_is_found_as_it_was_created(self, stores: Stores, policy: Policy, order: Order) -> None:
        assert await stores.scores.board("speed-run") is None
        board = await stores.scores.create_board(Board(0, "speed-run", "Spëed 'run'", policy, order, RankStyle.SHARED))
        assert board == Board(board.id, "speed-run", "Spëed 'run'", policy, order, RankStyle.SHARED)
        assert board.id != 1
        assert await stores.scores.board("speed-run") == board
        assert Ladder(board) in await stores.scores.ladders()

    async def test_a_slug_is_taken_once(self, stores: Stores) -> None:
        async def create() -> Board:
            return await stores.scores.create_board(Board(0, "x", "X", Policy.BEST, Order.ASC))

        outcomes = await asyncio.gather(*(create() for _ in range(5)), return_exceptions=True)
        assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Board"] + ["BoardExists"] * 4
        with pytest.raises(BoardExists):
            await stores.scores.create_board(Board(0, "default", "X"))


class TestRecord:
    async def test_nothing(self, stores: Stores) -> None:
        assert list(await stores.scores.record([])) == []

    async def test_a_first_score(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(7)
        [recorded] = await record(stores.scores, submit(ladder, 7, 5, at=-3, id=9, metadata='{"level": 1}'))
        assert not recorded.duplicate
        assert recorded.improved
        standing = recorded.standing
        assert standing._replace(revision=0) == Standing(7, 5, -3, UUID(int=9), '{"level": 1}', True, 1)
        assert standing.revision > 0
        assert await all_standings(stores.scores, ladder) == {7: standing}
        assert list(await stores.scores.standings(ladder, [7, 8])) == [standing]
        assert await stores.scores.metadata(ladder, [7, 8]) == {7: '{"level": 1}'}

    @pytest.mark.parametrize("scores", [(5, 5, 5), (5, 0, 5)])
    @pytest.mark.parametrize("times", [(7, 7, 7), (7, 7, 8)])
    @pytest.mark.parametrize(
        "metadata", [(None, None, None), ("{}", "{}", "{}"), (None, "{}", "{}"), ("{}", "[1]", "{}")]
    )
    async def test_batches_of_equal_and_of_different_values(
        self, stores: Stores, scores: Sequence[int], times: Sequence[int], metadata: Sequence[str | None]
    ) -> None:
        ladder = await stores.ladder()
        await stores.players(1, 2, 3)
        values = list(zip((1, 2, 3), scores, times, metadata, strict=True))
        sent = [
            Submission([ladder, other_period(ladder)], submit(ladder, user_id, score, at=at, metadata=text).event)
            for user_id, score, at, text in values
        ]
        await record(stores.scores, *sent)
        for counted in sent[0].ladders:
            standings = await all_standings(stores.scores, counted)
            assert [(s.user_id, s.score, s.achieved_at, s.metadata) for _, s in sorted(standings.items())] == values
            assert [s.run_id for _, s in sorted(standings.items())] == [s.event.submission_id for s in sent]
        # The stored events have the same content, because other content would be a conflict.
        assert all(outcome.duplicate for outcome in await record(stores.scores, *sent))

    async def test_the_same_id_again_changes_nothing(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1, 2)
        first, other = submit(ladder, 1, 5), submit(ladder, 1, 3)
        stores.clock.ms = 2
        before = await record(stores.scores, first, other)
        stores.clock.ms = 3
        later = first._replace(event=first.event._replace(achieved_at=99))
        [again] = await record(stores.scores, later)
        assert again == Recorded([ladder], [before[1].standing], duplicate=True, improved=True)
        assert await all_standings(stores.scores, ladder) == {1: before[1].standing}
        assert await changed(stores.scores, 3) == {}
        # Another player may use the same submission id, because ids are unique per player.
        [mine] = await record(stores.scores, submit(ladder, 2, 1, id=first.event.submission_id.int))
        assert not mine.duplicate

    async def test_copies_within_a_batch_count_once(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        once = submit(ladder, 1, 5)
        outcomes = await record(stores.scores, once, submit(ladder, 1, 1), once, once._replace())
        assert [outcome.duplicate for outcome in outcomes] == [False, False, True, True]
        assert {outcome.standing.score for outcome in outcomes} == {6}
        assert {outcome.standing.submissions for outcome in outcomes} == {2}

    async def test_an_id_is_free_on_another_board(self, stores: Stores) -> None:
        one, other = await stores.ladder(), await stores.ladder(Policy.BEST)
        await stores.players(1)
        outcomes = await record(stores.scores, submit(one, 1, 5, id=1), submit(other, 1, 6, id=1))
        assert [(o.duplicate, o.standing.score) for o in outcomes] == [(False, 5), (False, 6)]

    async def test_one_batch_spans_players_boards_and_policies(self, stores: Stores) -> None:
        ladders = [await stores.ladder(policy, order) for policy in Policy for order in Order]
        await stores.players(*range(1, 6))
        random = Random(3)
        batch = [
            submit(random.choice(ladders), random.randint(1, 5), random.randint(-9, 9), at=random.randint(0, 3))
            for _ in range(300)
        ]
        outcomes = await record(stores.scores, *batch)
        for ladder in ladders:
            want = folded(ladder, [s.event for s in batch if ladder in s.ladders])
            assert unrevised(await all_standings(stores.scores, ladder)) == want
        for submission, outcome in zip(batch, outcomes, strict=True):
            assert outcome.standing.user_id == submission.event.user_id
            assert outcome.improved == is_improvement(submission.board, submission.event, outcome.standing)

    async def test_unknown_players_do_not_keep_others_from_it(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1, 2)
        outcomes = await stores.scores.record(
            [submit(ladder, 404, 1), submit(ladder, 1, 1), submit(ladder, 405, 1), submit(ladder, 2, 1)]
        )
        assert [type(outcome) for outcome in outcomes] == [PlayerNotFound, Recorded, PlayerNotFound, Recorded]
        assert [o.details["user_id"] for o in outcomes if isinstance(o, LeaderForgeError)] == [404, 405]
        assert set(await all_standings(stores.scores, ladder)) == {1, 2}

    async def test_a_sum_out_of_range_does_not_keep_others_from_it(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(*range(1, 9))
        await record(stores.scores, submit(ladder, 3, MAX_INTEGER), submit(ladder, 4, -MAX_INTEGER))
        too_much, too_little = submit(ladder, 3, 1), submit(ladder, 4, -1)
        batch = [*(submit(ladder, i, i) for i in range(1, 9) if i not in (3, 4)), too_much, too_little]
        outcomes = await stores.scores.record([*batch, submit(ladder, 404, 1)])
        assert [type(o) for o in outcomes] == [Recorded] * 6 + [ScoreOutOfRange] * 2 + [PlayerNotFound]
        standings = await all_standings(stores.scores, ladder)
        assert {i: s.score for i, s in standings.items()} == {
            **{i: i for i in range(1, 9)},
            3: MAX_INTEGER,
            4: -MAX_INTEGER,
        }
        # The id of a refused submission is still free.
        await record(stores.scores, too_much._replace(event=too_much.event._replace(score=-1)))

    @pytest.mark.parametrize("sign", [1, -1])
    @pytest.mark.parametrize("in_new_period", [False, True])
    async def test_a_sum_that_leaves_the_range_within_a_batch_is_refused(
        self, stores: Stores, sign: int, in_new_period: bool
    ) -> None:
        ladder = await stores.ladder()
        await stores.players(1, 2)
        target = other_period(ladder) if in_new_period else ladder
        if in_new_period:
            await record(stores.scores, submit(ladder, 1, -sign))
        batch = [submit(target, 1, sign * MAX_INTEGER), submit(target, 1, sign * MAX_INTEGER), submit(target, 2, 5)]
        outcomes = await stores.scores.record(batch)
        assert [type(outcome) for outcome in outcomes] == [Recorded, ScoreOutOfRange, Recorded]
        standings = await all_standings(stores.scores, target)
        assert {i: (s.score, s.submissions) for i, s in standings.items()} == {1: (sign * MAX_INTEGER, 1), 2: (5, 1)}

    @every_rule
    async def test_bounds_are_exact(self, stores: Stores, policy: Policy, order: Order) -> None:
        ladder = await stores.ladder(policy, order)
        await stores.players(MAX_INTEGER, -MAX_INTEGER)
        await record(
            stores.scores,
            submit(ladder, MAX_INTEGER, MAX_INTEGER, at=MAX_TIME),
            submit(ladder, -MAX_INTEGER, -MAX_INTEGER, at=-MAX_TIME),
        )
        standings = await all_standings(stores.scores, ladder)
        assert {(s.score, s.achieved_at) for s in standings.values()} == {
            (MAX_INTEGER, MAX_TIME),
            (-MAX_INTEGER, -MAX_TIME),
        }
        window = await stores.scores.window(ladder, FIRST, before=1, after=3)
        assert [row.key for row in window.after] == sorted(key_of(ladder, s) for s in standings.values())
        assert (window.total, window.above) == (2, 0)

    async def test_every_change_raises_the_revision(self, stores: Stores) -> None:
        ladder = await stores.ladder(Policy.BEST)
        await stores.players(1)
        revisions = [(await record(stores.scores, submit(ladder, 1, -i)))[0].standing.revision for i in range(20)]
        assert revisions == sorted(set(revisions))

    async def test_periods_are_ladders_of_their_own(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        period = other_period(ladder)
        await stores.players(1)
        await record(stores.scores, submit(ladder, 1, 5), submit(period, 1, 3, id=8))
        assert {i: s.score for i, s in (await all_standings(stores.scores, ladder)).items()} == {1: 5}
        assert {i: s.score for i, s in (await all_standings(stores.scores, period)).items()} == {1: 3}
        ladders = await stores.scores.ladders()
        assert ladder in ladders
        assert period in ladders
        slug = ladder.board.slug
        everything = await changed(stores.scores, 0, 2**53)
        assert everything == {(slug, ladder.period): {1}, (slug, period.period): {1}}

    async def test_batches_of_any_size(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(*range(700))
        for size in (1, 17, 33, 255, 257, 700):
            outcomes = await record(stores.scores, *(submit(ladder, i, 1) for i in range(size)))
            assert [outcome.standing.user_id for outcome in outcomes] == list(range(size))
        standings = await all_standings(stores.scores, ladder)
        assert sum(standing.score for standing in standings.values()) == 1 + 17 + 33 + 255 + 257 + 700

    async def test_large_batches_with_recurring_players(self, stores: Stores) -> None:
        ladders = [await stores.ladder(policy) for policy in (Policy.SUM, Policy.LATEST)]
        await stores.players(*range(300))
        players = [*range(300), 7, 7, 299, 0]
        batch = [submit(ladder, user_id, score) for ladder in ladders for score, user_id in enumerate(players, 1)]
        outcomes = await record(stores.scores, *batch, batch[0])
        assert [outcome.duplicate for outcome in outcomes] == [False] * len(batch) + [True]
        for ladder in ladders:
            expected = folded(ladder, [submission.event for submission in batch if submission.ladders[0] == ladder])
            assert unrevised(await all_standings(stores.scores, ladder)) == unrevised(expected)
        # All outcomes of a player have the standing after the whole batch, not after their own submission.
        assert outcomes[7].standing == outcomes[300].standing == outcomes[301].standing

    @on_boards_of_their_own
    @given(
        events=st.lists(tied_events, min_size=1, max_size=40),
        repeats=st.lists(st.integers(0, 39), max_size=10),
        cuts=st.lists(st.integers(1, 50), max_size=6),
        policy=st.sampled_from(Policy),
        order=st.sampled_from(Order),
        together=st.booleans(),
        seed=st.integers(0, 1000),
    )
    async def test_standings_are_the_fold_of_all_events(
        self,
        stores: Stores,
        events: list[Event],
        repeats: list[int],
        cuts: list[int],
        policy: Policy,
        order: Order,
        together: bool,
        seed: int,
    ) -> None:
        """The result does not depend on batches, order, copies or concurrency."""
        ladder = await stores.ladder(policy, order)
        await stores.users.create(PLAYERS)
        distinct = list({(event.user_id, event.submission_id): event for event in events}.values())
        copies = [distinct[i] for i in repeats if i < len(distinct)]
        submissions = [Submission([ladder], event) for event in [*distinct, *copies]]
        Random(seed).shuffle(submissions)
        batches = parts(submissions, cuts)
        if together:
            results = await asyncio.gather(*(record(stores.scores, *batch) for batch in batches))
        else:
            results = [await record(stores.scores, *batch) for batch in batches]
        outcomes = [outcome for result in results for outcome in result]
        assert sum(not outcome.duplicate for outcome in outcomes) == len(distinct)
        assert unrevised(await all_standings(stores.scores, ladder)) == folded(ladder, distinct)

    async def test_racing_copies_count_once(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(*range(4))
        copies = [submit(ladder, user_id, 5) for user_id in range(4)]
        results = await asyncio.gather(*(record(stores.scores, *copies) for _ in range(24)))
        assert [sum(not result[i].duplicate for result in results) for i in range(4)] == [1] * 4
        assert {outcome.standing.score for result in results for outcome in result} == {5}
        assert {s.submissions for s in (await all_standings(stores.scores, ladder)).values()} == {1}

    @every_rule
    async def test_concurrent_batches_of_the_same_players(self, stores: Stores, policy: Policy, order: Order) -> None:
        ladders = [await stores.ladder(policy, order), await stores.ladder()]
        await stores.players(*range(30))
        random = Random(5)
        batches = [
            [
                submit(random.choice(ladders), random.randrange(30), random.randint(-5, 5), at=random.randint(0, 5))
                for _ in range(60)
            ]
            for _ in range(16)
        ]
        await asyncio.gather(*(record(stores.scores, *batch) for batch in batches))
        for ladder in ladders:
            want = folded(ladder, [s.event for batch in batches for s in batch if ladder in s.ladders])
            assert unrevised(await all_standings(stores.scores, ladder)) == want


class TestReads:
    async def test_changes_between(self, stores: Stores) -> None:
        one, other = await stores.ladder(), await stores.ladder(Policy.BEST)
        await stores.players(1, 2, 3)
        for stores.clock.ms, submissions in (
            (10, [submit(one, 1, 1)]),
            (11, [submit(other, 2, 1)]),
            (12, [submit(one, 2, 0), submit(one, 1, 1)]),
        ):
            await record(stores.scores, *submissions)
        slugs = (one.board.slug, 0), (other.board.slug, 0)
        assert await changed(stores.scores, 10) == {slugs[0]: {1, 2}, slugs[1]: {2}}
        assert await changed(stores.scores, 11) == {slugs[0]: {1, 2}, slugs[1]: {2}}
        assert await changed(stores.scores, 12) == {slugs[0]: {1, 2}}
        assert await changed(stores.scores, 13) == {}
        assert await changed(stores.scores, 10, 11) == {slugs[0]: {1}}
        assert await changed(stores.scores, 11, 12) == {slugs[1]: {2}}
        assert await changed(stores.scores, 12, 12) == {}
        found = {s.user_id: s async for _, chunk in stores.scores.changed_between(12, 13) for s in chunk}
        assert found == await all_standings(stores.scores, one)

    async def test_an_empty_ladder(self, stores: Stores) -> None:
        ladder = await stores.ladder()
        await stores.players(1)
        assert await all_standings(stores.scores, ladder) == {}
        assert await stores.scores.metadata(ladder, [1]) == {}
        assert await stores.scores.rows(ladder, [1]) == {}
        assert await stores.scores.key_at(ladder, 1) is None
        counts = await stores.scores.counts(ladder, [FIRST, LAST])
        assert (counts.total, list(counts.above)) == (0, [0, 0])
        window = await stores.scores.window(ladder, FIRST, before=5, after=5)
        assert (window.total, window.above, list(window.before), list(window.after)) == (0, 0, [], [])

    async def test_standings_of_many_ladders(self, stores: Stores) -> None:
        one, other, apart = [await stores.ladder() for _ in range(3)]
        ladders = [one, other, other_period(one), await stores.ladder()]
        await stores.players(1, 2, 3)
        played = [submit(ladder, i, i) for ladder in (*ladders[:3], apart, other_period(other)) for i in (1, 2, 3)]
        await record(stores.scores, *played)
        found: dict[Ladder, dict[int, Standing]] = {ladder: {} for ladder in ladders}
        async for ladder, standings in stores.scores.standings_on(ladders):
            found[ladder] |= {standing.user_id: standing for standing in standings}
        assert found == {ladder: await all_standings(stores.scores, ladder) for ladder in ladders}
        assert [len(own) for own in found.values()] == [3, 3, 3, 0]

    async def test_names_of_all(self, stores: Stores) -> None:
        assert [chunk async for chunk in stores.scores.all_names()] == []
        await stores.players(*range(50))
        names: dict[int, str] = {}
        async for chunk in stores.scores.all_names():
            names |= chunk
        assert names == {i: f"Player {i}" for i in range(50)}

    async def test_health(self, stores: Stores) -> None:
        health = await stores.scores.health()
        assert health["postgres"]
        assert all(health.values())

    @pytest.mark.parametrize("order", Order)
    @pytest.mark.parametrize("crowd", [{"scores": 3, "times": 1}, {"scores": 10**6, "times": 9}, {"scores": 0}])
    @pytest.mark.parametrize("minimum", [1, 2])
    async def test_ranking_is_that_of_the_sorted_list(
        self, stores: Stores, order: Order, crowd: dict[str, int], minimum: int
    ) -> None:
        ladder = Ladder(await stores.board(policy=Policy.LATEST, order=order, min_submissions=minimum))
        standings = await self.fill(stores, ladder, 200, **crowd)
        await self.fill(stores, await stores.ladder(order=order), 50, first=1000, **crowd)
        keys = sorted(key_of(ladder, s) for s in standings.values() if s.submissions >= minimum)
        assert len(keys) == 200 // minimum
        random = Random(2)
        absent = [sort_key(ladder.board, s._replace(user_id=random.randint(-500, 500))) for s in standings.values()]
        edges = [score_bound(ladder.board, score) for score in (-MAX_INTEGER, -1, 0, 1, MAX_INTEGER)]
        bounds = [FIRST, LAST, *edges, *absent[:40], *keys[::9], keys[-1]]
        bounds += [key[:SCORE_BYTES] for key in keys[::17]] + [key[: SCORE_BYTES + TIME_BYTES] for key in keys[::13]]
        bounds += [key + b"\0" for key in keys[::11]]
        bounds += [b"\0", keys[0][:1], b"\x7f" * 3, FIRST]

        counts = await stores.scores.counts(ladder, bounds)
        assert counts.total == len(keys)
        assert list(counts.above) == [bisect_left(keys, bound) for bound in bounds]
        assert (await stores.scores.counts(ladder, [])).total == len(keys)
        assert (await stores.scores.counts(ladder, bounds, keys)).all_present
        nobody = sort_key(ladder.board, next(iter(standings.values()))._replace(user_id=10**9))
        unlisted = (key_of(ladder, s) for s in standings.values() if s.submissions < minimum)
        for missing in (nobody, *unlisted):
            assert not (await stores.scores.counts(ladder, bounds, [*keys, missing])).all_present
        for bound in [*random.sample(bounds, 12), FIRST, LAST]:
            before, after = random.choice([(0, 5), (5, 0), (3, 3), (0, 0), (500, 500)])
            counted = random.sample(bounds, random.randrange(3))
            window = await stores.scores.window(ladder, bound, before=before, after=after, counted=counted)
            above = bisect_left(keys, bound)
            assert (window.total, window.above) == (len(keys), above)
            assert window.counted == tuple(bisect_left(keys, other) for other in counted)
            assert [row.key for row in window.before] == keys[max(0, above - before) : above]
            assert [row.key for row in window.after] == keys[above : above + after]
            self.check_rows([*window.before, *window.after], ladder, standings)
        rows = await stores.scores.rows(ladder, [*list(standings)[::3], 10**9])
        assert set(rows) == set(list(standings)[::3])
        self.check_rows(rows.values(), ladder, standings)
        for rank in (-1, 0, 1, 2, 100, 200, 201):
            want = keys[rank - 1] if 1 <= rank <= len(keys) else None
            assert await stores.scores.key_at(ladder, rank) == want
        for rank in (1, 2, 200, 201):
            window = await stores.scores.window_at(ladder, rank, 3, counted=[keys[7]])
            assert (window.total, window.above, window.before) == (len(keys), min(rank - 1, len(keys)), [])
            assert window.counted == (7,)
            assert [row.key for row in window.after] == keys[rank - 1 :][:3]

    async def fill(
        self, stores: Stores, ladder: Ladder, players: int, *, scores: int, times: int = 0, first: int = -100
    ) -> dict[int, Standing]:
        random = Random(players)
        await stores.players(*range(first, first + players))
        await record(
            stores.scores,
            *(
                submit(
                    ladder,
                    first + i,
                    random.randint(-scores, scores),
                    at=random.randint(-times, times),
                    metadata='{"level": 1}' if i % 3 else None,
                )
                for i in range(players)
                for _ in range(1 + i % 2)
            ),
        )
        return await all_standings(stores.scores, ladder)

    def check_rows(self, rows: Iterable[Row], ladder: Ladder, standings: Mapping[int, Standing]) -> None:
        want = {key_of(ladder, s): (s.submissions, f"Player {i}", s.metadata is not None) for i, s in standings.items()}
        for row in rows:
            assert (row.submissions, row.label, row.has_metadata) == want[row.key]


class TestDatabase:
    """Guarantees that only the real databases give."""

    async def test_a_player_erased_and_created_anew_has_greater_revisions(self, database: Database) -> None:
        ladder = await database.ladder()
        await database.players(1)
        for _ in range(3):
            [before] = await record(database.scores, submit(ladder, 1, 1))
        await database.run("delete from score_events where user_id = 1")
        await database.run("delete from users where user_id = 1")
        await database.run("delete from username_claims where user_id = 1")
        assert await all_standings(database.scores, ladder) == {}
        await database.players(1)
        [after] = await record(database.scores, submit(ladder, 1, 1))
        assert after.standing.revision > before.standing.revision

    async def test_a_value_that_cannot_be_stored_does_not_keep_others_from_it(self, database: Database) -> None:
        ladder = await database.ladder()
        await database.players(1, 2, 3)
        outcomes = await database.scores.record(
            [
                submit(ladder, 1, 1, metadata='{"a": "\\u0000"}'),
                submit(ladder, 2, 1, metadata="no JSON"),
                submit(ladder, 3, 1, metadata="{}"),
                submit(ladder, 3, 2**70),
            ]
        )
        assert [type(outcome) for outcome in outcomes] == [Refused, Refused, Recorded, Refused]
        assert set(await all_standings(database.scores, ladder)) == {3}

    async def test_a_stream_can_be_left_early(self, database: Database) -> None:
        ladder = await database.ladder()
        await database.players(1)
        await record(database.scores, submit(ladder, 1, 1))
        for _ in range(20):
            stream = database.scores.all_standings(ladder)
            async for _ in stream:
                break
            await stream.aclose()
        assert len(await all_standings(database.scores, ladder)) == 1
