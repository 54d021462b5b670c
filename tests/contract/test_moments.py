"""Reads at past moments equal the reads that were made at these moments."""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from struct import pack
from typing import Any
from uuid import UUID

import pytest

from leaderforge.adapters.postgres.checkpoint_series import CheckpointSeries
from leaderforge.adapters.postgres.moment_store import PostgresMoments
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.reads import edge_of, ladder_ids
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board, Ladder, Order, Policy, RankStyle
from leaderforge.domain.errors import NotRanked
from leaderforge.domain.merge import Row, SegmentBound
from leaderforge.domain.moments import Moments
from leaderforge.domain.order import FIRST, LAST, user_id_of
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.score_types import MAX_LONG, ScoreType
from leaderforge.domain.segments import Segment
from leaderforge.domain.standings import Event
from leaderforge.domain.submissions import Recorded, Submission
from leaderforge.domain.tiebreakers import Tiebreaker, packed
from leaderforge.domain.times import time_text
from leaderforge.ports.ranking import Ranking
from leaderforge.services.moment_comparison import MomentComparison
from tests.contract.store_fixtures import Database, Stores, numbers
from tests.waiting import until

NOON = 1_795_435_200_000
"""2026-11-23T12:00:00Z, a Monday."""
PLAYERS = range(1, 10)
DAILY = Calendar((PeriodKind.ALL_TIME, PeriodKind.DAILY))
MOMENTS = Moments(30, 0, 0, 0)
LONG_STEPS = {Policy.LATEST: (MAX_LONG - 9, 2**53, 3 - MAX_LONG), Policy.SUM: (2**55, -(2**55))}
"""Distances of long scores from small ones. The sums of all scores are within 64 bits."""
TIEBREAKERS = (Tiebreaker("laps", Order.DESC, -1, 1), Tiebreaker("time_ms", Order.ASC, 0, 2))
ATTRIBUTES = {"country": ("FI", "SE", "Côte d'Ivoire", None), "platform": ("pc", "phone")}
GAMES = [
    {"policy": Policy.SUM, "calendar": DAILY},
    {"policy": Policy.BEST, "order": Order.ASC, "subscore_order": Order.DESC},
    {"policy": Policy.LATEST, "rank_style": RankStyle.SHARED, "min_submissions": 2},
    {"policy": Policy.BEST, "rank_style": RankStyle.SHARED, "subscore_order": Order.ASC, "tiebreakers": TIEBREAKERS},
    {"policy": Policy.SUM, "calendar": DAILY, "segments": tuple(ATTRIBUTES)},
    {"policy": Policy.LATEST, "order": Order.ASC, "min_submissions": 2, "segments": ("platform", "country")},
    {"policy": Policy.LATEST, "score_type": ScoreType.INT64, "segments": ("platform",)},
    {"policy": Policy.SUM, "order": Order.ASC, "score_type": ScoreType.INT64, "subscore_order": Order.DESC},
]
NAMES = ["sum", "best", "latest", "tiebreakers", "segments", "segments with a minimum", "long", "long sums"]


@dataclass(frozen=True)
class Seen:
    """View of a ladder at a moment: its entries in order, and the rows of all players."""

    entries: Sequence[Row]
    rows: dict[int, Row]

    def without(self, user_id: int) -> "Seen":
        entries = [row for row in self.entries if user_id_of(row.key) != user_id]
        return Seen(entries, {i: row for i, row in self.rows.items() if i != user_id})


async def seen_by(ranking: Ranking, ladder: Ladder) -> Seen:
    window = await ranking.window(ladder, FIRST, before=0, after=99)
    rows = await ranking.rows(ladder, PLAYERS)
    assert window.total == len(window.after)
    # A player without attributes has no segments, or only None in their place.
    segments = {i: tuple(row.segments) if any(row.segments) else () for i, row in rows.items()}
    return Seen(list(window.after), {i: row._replace(segments=segments[i]) for i, row in rows.items()})


async def require_seen(ranking: Ranking, ladder: Ladder, seen: Seen, random: Random) -> None:
    """Compare each kind of read of a ladder with the view `seen`."""
    assert await seen_by(ranking, ladder) == seen
    keys = [row.key for row in seen.entries]
    bounds = [*random.sample(keys, min(3, len(keys))), random.randbytes(20), FIRST]
    counts = await ranking.counts(ladder, bounds)
    assert (counts.total, list(counts.above)) == (len(keys), [sum(key < bound for key in keys) for bound in bounds])
    if ladder.board.segments and ladder.segment is None:
        await require_counts_within(ranking, ladder, seen, bounds)
    rank = random.randint(1, len(keys) + 1)
    assert await ranking.key_at(ladder, rank) == (keys[rank - 1] if rank <= len(keys) else None)
    window = await ranking.window_at(ladder, rank, 3, counted=bounds)
    assert (window.total, window.above, list(window.after)) == (len(keys), rank - 1, seen.entries[rank - 1 :][:3])
    assert window.counted == tuple(counts.above)
    bound = random.choice(bounds)
    position = sum(key < bound for key in keys)
    around = await ranking.window(ladder, bound, before=2, after=2, counted=bounds)
    assert around.counted == tuple(counts.above)
    assert list(around.before) == seen.entries[max(0, position - 2) : position]
    assert list(around.after) == seen.entries[position : position + 2]


async def require_counts_within(ranking: Ranking, ladder: Ladder, seen: Seen, bounds: Sequence[bytes]) -> None:
    """Compare the numbers of entries above bounds in each segment with the view `seen`."""
    segments = [(i, value) for i, name in enumerate(ladder.board.segments) for value in ATTRIBUTES[name] if value]
    within = [SegmentBound(i, value, bound) for bound in bounds for i, value in segments]
    keys = {
        segment: [row.key for row in seen.entries if segment in enumerate(seen.rows[user_id_of(row.key)].segments)]
        for segment in segments
    }
    expected = [sum(key < bound for key in keys[i, value]) for i, value, bound in within]
    assert list((await ranking.counts(ladder, bounds, within=within)).within) == expected


def ladders_of(board: Board) -> Sequence[Ladder]:
    """Return the ladders of a board, as a whole and restricted to each segment."""
    ladders = board.ladders_at(NOON)
    segments = [Segment(name, value) for name in board.segments for value in ATTRIBUTES[name] if value is not None]
    return [*ladders, *(ladder._replace(segment=segment) for ladder in ladders for segment in segments)]


class Story:
    """Random changes of one board, at least a ms apart, and the views of its ladders after each change."""

    def __init__(self, stores: Stores, board: Board, random: Random) -> None:
        self.stores, self.board, self.random = stores, board, random
        self.now = NOON
        self.ladders = list(board.ladders_at(NOON))
        self.views = ladders_of(board)
        self.events: list[Event] = []
        self.seen: list[tuple[int, Ladder, Seen]] = []

    async def step(self) -> None:
        self.now += self.random.choice([1, 40])
        self.stores.clock.ms = self.now
        acts = [self.hide, self.hide_player, self.void, self.remove, self.set]
        change = self.random.choice([self.submit] * 6 + [self.move] * 3 * bool(self.board.segments) + acts)
        try:
            await change(self.random.choice(PLAYERS))
        except NotRanked:
            return
        for ladder in self.views:
            self.seen.append((self.now, ladder, await seen_by(self.stores.scores, ladder)))

    async def submit(self, user_id: int) -> None:
        users = [user_id, self.random.choice(PLAYERS)]
        events = [self.event(i) for i in users]
        outcomes = await self.stores.scores.record([Submission(self.board.ladders_at(NOON), e) for e in events])
        assert all(isinstance(outcome, Recorded) for outcome in outcomes), outcomes
        self.events += events

    def event(self, user_id: int) -> Event:
        metadata = self.random.choice([None, '{"run":1}'])
        score, subscore = self.random.randint(-3, 9), self.random.randint(0, 2)
        if self.board.tiebreakers:
            score = self.random.randint(0, 2)
            subscore = packed(TIEBREAKERS, {"laps": self.random.randint(-1, 1), "time_ms": subscore})
        elif self.board.subscore_order is None:
            subscore = 0
        if self.board.score_type is ScoreType.INT64:
            score += self.random.choice(LONG_STEPS[self.board.policy])
        return Event(user_id, UUID(int=next(numbers)), score, NOON + self.random.randint(0, 2), metadata, subscore)

    async def move(self, user_id: int) -> None:
        """Replace the attributes of a player."""
        attributes: Mapping[str, str | None] = {
            name: self.random.choice(values) for name, values in ATTRIBUTES.items() if self.random.random() < 0.9
        }
        act = self.act("player.change", user_id)
        await self.stores.users.change(user_id, {"attributes": json.dumps(attributes)}, act)

    async def hide(self, user_id: int) -> None:
        await self.stores.moderation.set_entry_hidden(
            self.board, user_id, self.random.random() < 0.5, self.act("entry.hide", user_id)
        )

    async def hide_player(self, user_id: int) -> None:
        act = self.act("player.hide", user_id)
        await self.stores.moderation.set_player_hidden(user_id, self.random.random() < 0.5, act)

    async def void(self, _: int) -> None:
        if self.events:
            event = self.random.choice(self.events)
            act = self.act("submission.remove", event.user_id)
            ids = self.board, event.user_id, event.submission_id
            await self.stores.moderation.set_submission_removed(*ids, self.random.random() < 0.7, act)

    async def remove(self, user_id: int) -> None:
        await self.stores.moderation.remove(self.board, user_id, self.act("entry.remove", user_id))

    async def set(self, user_id: int) -> None:
        submission = Submission(self.board.ladders_at(NOON), self.event(user_id))
        await self.stores.moderation.set_score(submission, self.act("entry.set", user_id))

    def act(self, action: str, user_id: int) -> AuditEntry:
        return AuditEntry(self.now, "key:ops", action, self.board.slug, user_id, "a test")

    async def require(self, erased: int | None = None) -> None:
        for moment, ladder, seen in self.random.sample(self.seen, min(12 + 4 * len(self.views), len(self.seen))):
            expected = seen if erased is None else seen.without(erased)
            await require_seen(self.stores.moments.ranking(moment), ladder._replace(at=moment), expected, self.random)


@pytest.mark.parametrize("game", GAMES, ids=NAMES)
@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.long), pytest.param(3, marks=pytest.mark.long)])
async def test_each_moment_can_be_read_as_it_was(stores: Stores, game: dict[str, object], seed: int) -> None:
    random = Random(seed)
    story = Story(stores, await stores.board(**game, moments=MOMENTS), random)
    await stores.players(*PLAYERS)
    for _ in range(40):
        await story.step()
        if random.random() < 0.3:
            await stores.moments.add_checkpoint(story.ladders[0], 5, story.now)
    await story.require()
    erased = random.choice(PLAYERS)
    await stores.records.erase(erased, story.act("player.erase", erased), creatable_at=story.now)
    await story.require(erased)
    for ladder in story.ladders:
        is_added = await stores.moments.add_checkpoint(ladder, 1, story.now)
        corrections = await stores.moments.correct(ladder)
        assert not (is_added and corrections)
    await story.require(erased)
    revisions = await stores.moments.checkpoints(story.ladders[0])
    for revision in revisions:
        assert await stores.moments.repair_checkpoint(story.ladders[0], revision)


async def test_what_was_replaced_before_the_retention_is_deleted(stores: Stores) -> None:
    random = Random(4)
    story = Story(stores, await stores.board(moments=MOMENTS), random)
    await stores.players(*PLAYERS)
    for _ in range(30):
        await story.step()
        await stores.moments.add_checkpoint(story.ladders[0], 4, story.now)
    moment = story.seen[len(story.seen) // 2][0]
    await stores.moments.forget_checkpoints(story.board, moment)
    await stores.moments.forget_before(story.board, list(PLAYERS), moment)
    story.seen = [seen for seen in story.seen if seen[0] >= moment]
    await story.require()


async def test_standings_from_before_are_copied(stores: Stores) -> None:
    random = Random(5)
    board = await stores.board()
    await stores.players(*PLAYERS)
    story = Story(stores, board, random)
    for _ in range(20):
        await story.step()
    enabled = replace(board, moments=Moments(30, story.now))
    act = AuditEntry(story.now, "key:ops", "board.change", board.slug, None, "a test")
    await stores.scores.change_board(board.slug, lambda _: enabled, act)
    await stores.moments.copy_standings(enabled, list(PLAYERS))
    story.now += 1
    first = story.now
    assert await stores.moments.begin(enabled, first)
    story.seen = [(story.now, Ladder(enabled), await seen_by(stores.scores, Ladder(enabled)))]
    story.board = enabled
    for _ in range(20):
        await story.step()
    await story.require()
    stored = await stores.scores.board(board.slug)
    assert stored is not None
    assert stored.moments is not None
    assert stored.moments.since == first


async def test_segments_of_states_without_them_are_added_later(stores: Stores) -> None:
    story = Story(stores, await stores.board(moments=replace(MOMENTS, segments_since=None), **GAMES[4]), Random(7))
    await stores.players(*PLAYERS)
    for _ in range(30):
        await story.step()
        await stores.moments.add_checkpoint(story.ladders[0], 4, story.now)
    if isinstance(stores, Database):
        await stores.run("update past_standings set segments = null")
        assert await stores.moments.players_without_state(story.board, 9) == []
    await stores.moments.copy_standings(story.board, list(PLAYERS))
    story.now += 1
    assert await stores.moments.begin(story.board, story.now)
    board = await stores.scores.board(story.board.slug)
    assert board is not None
    assert board.moments == replace(MOMENTS, segments_since=story.now)
    story.board, story.views, story.ladders = board, ladders_of(board), list(board.ladders_at(NOON))
    story.seen = [(story.now, ladder, await seen_by(stores.scores, ladder)) for ladder in story.views]
    for _ in range(20):
        await story.step()
        await stores.moments.add_checkpoint(story.ladders[0], 4, story.now)
    await story.require()
    for revision in await stores.moments.checkpoints(story.ladders[0]):
        assert await stores.moments.is_checkpoint_correct(story.ladders[0], revision)
    if isinstance(stores, Database):
        await stores.run("update past_standings set segments = null")
        divided = "segments is not null and hidden & 4 = 0"
        lacking = await stores.run(f"select distinct user_id from standings where {divided} order by user_id")  # noqa: S608
        assert await stores.moments.players_without_state(story.board, 9) == [row["user_id"] for row in lacking]


async def test_metadata_is_that_of_the_moment(stores: Stores) -> None:
    board = await stores.board(policy=Policy.BEST, moments=MOMENTS)
    await stores.players(1)
    for i in range(2):
        stores.clock.ms = NOON + i
        event = Event(1, UUID(int=next(numbers)), i, NOON, f'{{"run": {i}}}')
        await stores.scores.record([Submission(board.ladders_at(NOON), event)])
    for i in range(2):
        metadata = await stores.moments.metadata(Ladder(board, at=NOON + i), [1])
        assert {user_id: text.replace(" ", "") for user_id, text in metadata.items()} == {1: f'{{"run":{i}}}'}


async def test_a_replaced_submission_has_no_metadata_at_moments_before(stores: Stores) -> None:
    """The metadata of then are deleted. Those of the replacement belong to another score."""
    board = await stores.board(moments=MOMENTS)
    await stores.players(1)
    stores.clock.ms = NOON
    event = Event(1, UUID(int=next(numbers)), 7, NOON, '{"run":1}')
    submission = Submission(board.ladders_at(NOON), event)
    await stores.scores.record([submission])
    stores.clock.ms = NOON + 1
    act = AuditEntry(NOON + 1, "key:ops", "submission.replace", board.slug, 1, "a test")
    replacement = submission._replace(event=event._replace(score=8, metadata='{"run":2}'))
    await stores.moderation.replace_submission(replacement, act, in_past=False)
    seen = [await stores.moments.metadata(Ladder(board, at=NOON + i), [1]) for i in range(2)]
    assert [{i: text.replace(" ", "") for i, text in metadata.items()} for metadata in seen] == [{}, {1: '{"run":2}'}]


async def test_boards_without_moments_store_no_past(database) -> None:
    board = await database.board()
    await database.players(1)
    event = Event(1, UUID(int=next(numbers)), 7, NOON)
    await database.scores.record([Submission(board.ladders_at(NOON), event)])
    assert await database.run("select from past_standings") == []


async def test_the_keys_of_a_checkpoint_are_spaced_by_former_states_too(database: Database) -> None:
    board = await database.board(moments=MOMENTS)
    await database.players(1)
    for i in range(8):
        database.clock.ms = NOON + i
        event = Event(1, UUID(int=next(numbers)), 1, NOON + i)
        await database.scores.record([Submission(board.ladders_at(NOON), event)])
    assert await database.moments.add_checkpoint(Ladder(board), 8, NOON + 8)
    rows = await database.run("select total, above from moment_checkpoints")
    # The ladder has one entry. It has had 8 states, and every second state has a key in the checkpoint. The packed
    # numbers say how many entries are above each of the 4 keys: none above the best key, one above the others.
    assert [(row["total"], row["above"]) for row in rows] == [(1, pack(">4q", 0, 1, 1, 1))]


async def test_few_players_with_many_states_get_new_keys(database: Database) -> None:
    board = await database.board(policy=Policy.LATEST, moments=MOMENTS)
    await database.players(1, 2)
    keys = []
    for i in range(60):
        database.clock.ms = NOON + i
        event = Event(i % 2 + 1, UUID(int=next(numbers)), i, NOON + i)
        await database.scores.record([Submission(board.ladders_at(NOON), event)])
        if await database.moments.add_checkpoint(Ladder(board), 10, NOON + i):
            [row] = await database.run(
                "select length(above) / 8 as keys from moment_checkpoints order by revision desc limit 1"
            )
            keys.append(row["keys"])
    # A scan chooses a key for each second state. Scans follow after more than 20 new states. Each other checkpoint adds
    # the key of the best entry.
    assert keys == [5, 6, 7, 20, 21, 22]


async def test_many_entries_above_the_first_key_get_new_keys(database: Database) -> None:
    ladder = Ladder(await database.board(policy=Policy.SUM, moments=MOMENTS))
    await database.players(*range(1, 11))
    for _ in range(2):
        await submit_in_turn(database, ladder, range(1, 11), 10)
        assert await database.moments.add_checkpoint(ladder, 10, NOON + 60)
    rows = await database.run("select above from moment_checkpoints order by revision")
    # Both checkpoints have a key for each second state. The 10 players have passed all keys of the first checkpoint.
    assert [len(row["above"]) // 8 for row in rows] == [5, 10]


async def test_a_read_at_an_early_moment_skips_later_states(on_postgres: Database) -> None:
    ladder = Ladder(await on_postgres.board(policy=Policy.SUM, moments=MOMENTS))
    await on_postgres.players(1, 2)
    await submit_in_turn(on_postgres, ladder, (1, 2), 60)
    [first] = await on_postgres.run("select min(revision) from past_standings")
    bounds = edge_of(ladder.board, FIRST), edge_of(ladder.board, LAST)
    values = *ladder_ids(ladder), *bounds[0], 5, 1, first[0], None, 1, *bounds[1]
    explained = "explain (analyze, format json) " + statement("past_window_after")
    [[plan]] = await on_postgres.pool.fetch(explained, *values)
    # The subquery for the latest state of a player runs for the states up to the moment only, not for all 60 states.
    assert max(int(loops) for loops in re.findall(r'"Actual Loops": (\d+)', plan)) < 10


async def submit_in_turn(database: Database, ladder: Ladder, players: Sequence[int], count: int) -> None:
    """Let players submit 1 in turn, each submission at the next ms."""
    for i in range(count):
        database.clock.ms = NOON if database.clock.ms is None else database.clock.ms + 1
        event = Event(players[i % len(players)], UUID(int=next(numbers)), 1, database.clock.ms)
        await database.scores.record([Submission([ladder], event)])


@pytest.mark.parametrize("game", [GAMES[0], GAMES[4]], ids=["sum", "segments"])
async def test_no_checkpoint_has_a_key_of_an_erased_player(database: Database, game: dict[str, object]) -> None:
    story = Story(database, await database.board(**game, moments=MOMENTS), Random(9))
    await database.players(*PLAYERS)
    for _ in range(30):
        await story.step()
        await database.moments.add_checkpoint(story.ladders[0], 4, story.now)
    listed = await players_in_checkpoints(database, story.board)
    gone = sorted(listed)[:3]
    story.now += 1
    database.clock.ms = story.now
    await database.moderation.set_entry_hidden(story.board, gone[0], True, story.act("entry.hide", gone[0]))
    assert await database.moments.add_checkpoint(story.ladders[0], 1, story.now)
    # Keys of former states stay in checkpoints after the states' deletion. The first player has only a hidden state.
    await database.moments.forget_before(story.board, list(PLAYERS), story.now)
    for user_id in gone:
        await database.records.erase(user_id, story.act("player.erase", user_id), creatable_at=story.now)
    assert await players_in_checkpoints(database, story.board) >= set(gone)
    await database.moments.correct(story.ladders[0])
    assert await players_in_checkpoints(database, story.board) == listed - set(gone)
    [*_, last] = await database.moments.checkpoints(story.ladders[0])
    assert await database.moments.is_checkpoint_correct(story.ladders[0], last)


async def players_in_checkpoints(database: Database, board: Board) -> set[int]:
    """Return the players whose sort keys are in checkpoints of the board."""
    rows = await database.run(
        "select keys, above from moment_checkpoints union all select keys, above from segment_checkpoints"
    )
    keys = [row["keys"] for row in rows]
    widths = [len(row["keys"]) * 8 // len(row["above"]) for row in rows if row["above"]]
    pairs = zip([key for key in keys if key], widths, strict=True)
    return {user_id_of(key[i : i + width]) for key, width in pairs for i in range(0, len(key), width)}


async def test_a_comparison_during_a_new_checkpoint_corrects_nothing(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint stays correct if an erasure and a comparison happen between its computation and its storing."""
    story = Story(database, await database.board(moments=MOMENTS), Random(10))
    await database.players(*PLAYERS)
    for _ in range(12):
        await story.step()
    [ladder] = story.ladders
    assert await database.moments.add_checkpoint(ladder, 4, story.now)
    [first] = await database.moments.checkpoints(ladder)
    transact = database.pool.transact
    last = story.seen[-1][2].entries[0]

    async def interrupted(*args: Any, **options: Any) -> Any:
        monkeypatch.undo()
        erased = user_id_of(last.key)
        await database.records.erase(erased, story.act("player.erase", erased), creatable_at=story.now)
        assert await database.moments.is_checkpoint_correct(ladder, first)
        return await transact(*args, **options)

    monkeypatch.setattr(database.pool, "transact", interrupted)
    assert await database.moments.add_checkpoint(ladder, 4, story.now)
    assert await database.run("select from moment_corrections") == []
    for revision in await database.moments.checkpoints(ladder):
        assert await database.moments.is_checkpoint_correct(ladder, revision)
    assert user_id_of(last.key) not in await players_in_checkpoints(database, story.board)


async def test_a_checkpoint_is_computed_again_after_an_erasure_between_its_reads(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On Citus, the reads of a transaction see an erasure that is committed between them, but not in the first read."""
    [ladder] = (await database.board(moments=MOMENTS)).ladders_at(NOON)
    await database.players(*PLAYERS)
    moments = PostgresMoments(database.pool, block=1, uneven=99)
    await submit_in_turn(database, ladder, PLAYERS, 20)
    assert await moments.add_checkpoint(ladder, 20, NOON + 100)
    await submit_in_turn(database, ladder, PLAYERS[:5], 20)
    moves, erased = CheckpointSeries.moves, PLAYERS[0]

    async def interrupted(*args: Any, **options: Any) -> Any:
        monkeypatch.undo()
        await database.records.erase(erased, AuditEntry(NOON, "key:ops", "player.erase", "", erased))
        return await moves(*args, **options)

    monkeypatch.setattr(CheckpointSeries, "moves", interrupted)
    assert await moments.add_checkpoint(ladder, 10, NOON + 100)
    [*_, last] = await moments.checkpoints(ladder)
    assert await moments.is_checkpoint_correct(ladder, last)
    assert erased not in await players_in_checkpoints(database, ladder.board)


async def test_a_checkpoint_waits_until_the_nodes_of_erased_players_have_committed(database: Database) -> None:
    """Between the commits of the coordinator and of a worker, the worker keeps the lock on the erased player.

    Here another transaction has the lock, on a new player with the same id.
    """
    [ladder] = (await database.board(moments=MOMENTS)).ladders_at(NOON)
    await database.players(*PLAYERS)
    await submit_in_turn(database, ladder, PLAYERS, 20)
    await database.records.erase(PLAYERS[0], AuditEntry(NOON, "key:ops", "player.erase", "", PLAYERS[0]))
    await database.players(PLAYERS[0])
    async with database.pool.transaction() as connection:
        await connection.fetch(statement("lock_player"), PLAYERS[0])
        adding = asyncio.create_task(database.moments.add_checkpoint(ladder, 4, NOON + 100))
        lock = "select 1 from pg_stat_activity where state = 'active' and query like '%for no key update%'"
        await until(lambda: database.run(f"{lock} and pid <> pg_backend_pid()"), "the wait for the player")
        assert not adding.done()
    assert await adding


async def test_a_checkpoint_is_derived_if_the_scan_takes_too_long(database: Database) -> None:
    story = Story(database, await database.board(moments=MOMENTS), Random(8))
    await database.players(*PLAYERS)
    for _ in range(12):
        await story.step()
    assert await database.moments.add_checkpoint(story.ladders[0], 4, story.now)
    impatient = Pool(database.dsn, stream_timeout_s=1e-6)
    moments = PostgresMoments(impatient, block=2, uneven=0)
    assert await moments.add_checkpoint(story.ladders[0], 4, story.now)
    assert await moments.add_checkpoint(story.ladders[0], 4, story.now)
    await impatient.close()
    for revision in await database.moments.checkpoints(story.ladders[0]):
        assert await database.moments.is_checkpoint_correct(story.ladders[0], revision)


async def test_a_wrong_checkpoint_and_a_missing_state_are_reported(database: Database) -> None:
    random = Random(6)
    story = Story(database, await database.board(moments=MOMENTS), random)
    await database.players(*PLAYERS)
    ladder = story.ladders[0]
    for _ in range(20):
        await story.step()
        await database.moments.add_checkpoint(ladder, 4, story.now)
    comparison = MomentComparison(database.scores, database.moments)
    assert await comparison.faults() == []
    revisions = await database.moments.checkpoints(ladder)
    await database.run(f"update moment_checkpoints set total = total + 1 where revision = {revisions[1]}")  # noqa: S608
    assert [fault.text for fault in await comparison.faults()] == [checkpoint_fault(revisions[1])]
    assert not await database.moments.repair_checkpoint(ladder, revisions[1])
    assert await comparison.faults() == []
    [player] = random.sample([row["user_id"] for row in await database.run("select user_id from standings")], 1)
    await database.run(f"delete from past_standings where user_id = {player}")  # noqa: S608 - an id from this test
    wrong = [i for i in revisions if not await database.moments.is_checkpoint_correct(ladder, i)]
    assert [fault.text for fault in await comparison.faults()] == [
        f"the present state of player {player} is missing in the past standings",
        *map(checkpoint_fault, wrong),
    ]


def checkpoint_fault(revision: int) -> str:
    return f"the checkpoint of {time_text(revision // 1000)} has wrong numbers"
