"""Awards in the stores: granted once, claimed once, and corrected after changes by moderators."""

import asyncio
import json
from collections import Counter
from collections.abc import Awaitable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count
from random import Random
from typing import Any

import pytest

from leaderforge.adapters.memory.awards import MemoryAwards, MemoryResettlements
from leaderforge.adapters.memory.index import MemoryIndex
from leaderforge.adapters.memory.league_store import MemoryLeagueStore
from leaderforge.adapters.memory.notice_store import MemoryNoticeStore
from leaderforge.adapters.memory.period_store import MemoryPeriodStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.adapters.postgres.awards import PostgresAwards, PostgresResettlements
from leaderforge.adapters.postgres.league_store import PostgresLeagueStore
from leaderforge.adapters.postgres.notice_store import PostgresNoticeStore
from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.settlement_store import PostgresSettlementStore
from leaderforge.adapters.postgres.statements import statement
from leaderforge.adapters.telemetry.fanout import Fanout
from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.boards import Board, Ladder, Policy, RankStyle
from leaderforge.domain.notice_log import OutboxRow
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.periods import ALL_TIME, Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.reward_tables import Reward, RewardTable
from leaderforge.domain.rewards import Award, AwardRules, Claim
from leaderforge.domain.settlement import SettlementProgress
from leaderforge.domain.team_rules import TeamRules
from leaderforge.domain.teams import Team
from leaderforge.domain.timing import SETTLE_MS
from leaderforge.domain.tournament_errors import AwardClaimed, AwardNotFound, AwardRevoked
from leaderforge.domain.tournaments import TournamentRules
from leaderforge.ports.awards import AwardPosition, AwardStore, RankPosition, ResettlementStore
from leaderforge.ports.leagues import LeagueStore
from leaderforge.ports.periods import PeriodStore
from leaderforge.ports.settlement import SettlementStore
from leaderforge.services import award_settlement, bracket_ranks
from leaderforge.services.award_settlement import AWARDS, AwardPart
from leaderforge.services.resettlement import ResettlementService
from leaderforge.services.settlement import SettlementService
from tests.contract.interrupting import interrupted
from tests.contract.store_fixtures import Database, Stores, submit

END = 1_795_435_200_000  # 2026-11-23T12:00:00Z
PODIUM = (
    Reward("winner", '{"gold": 50}', last=1),
    Reward("podium", '{"gold": 10}', last=3),
    Reward("half", "{}", percent=50),  # type: ignore[arg-type]
)


@dataclass
class World:
    """Stores, the services that grant and claim awards, and a clock (ms) that the test sets."""

    stores: Stores
    awards: AwardStore
    resettlements: ResettlementStore
    settlements: SettlementStore
    leagues: LeagueStore
    periods: PeriodStore
    now: int = END

    def __post_init__(self) -> None:
        self.part = AwardPart(self.stores.scores, self.awards, self.leagues, self.stores.tournaments, lambda: self.now)
        self.service = self.process()
        self.resettlement = ResettlementService(
            self.stores.scores, self.settlements, self.resettlements, lambda: self.now, part=AWARDS
        )

    def process(self) -> SettlementService:
        """Return the settlement of another process."""
        parts = self.stores.scores, self.periods, self.settlements, [self.part], MemoryIndex(1)
        return SettlementService(*parts, lambda: self.now, Fanout([]), grace_ms=0)

    async def board(self, *rewards: Reward, **settings: Any) -> Board:
        """Return a board with these rewards and a tournament that ended at `END`."""
        table = RewardTable(PeriodKind.ALL_TIME, rewards or PODIUM)
        settings = {"tournament": TournamentRules(starts_at=0, ends_at=END), **settings}
        return await self.stores.board(policy=Policy.BEST, rewards=table, **settings)

    async def settle(self) -> int:
        """Settle all periods a minute later. Return their number."""
        self.now += 60_000
        await self.resettlement.run()
        return await self.service.run()

    async def granted(self, board: Board) -> list[tuple[int, str]]:
        """Return the valid awards of a board, each as its player and its reward."""
        return sorted(await self.awards.granted(Ladder(board), range(1, 31)))


@pytest.fixture
def world(stores: Stores) -> World:
    return new_world(stores)


def new_world(stores: Stores) -> World:
    stores.clock.ms = END
    if isinstance(stores, Database):
        pool = stores.pool
        return World(
            stores,
            PostgresAwards(pool),
            PostgresResettlements(pool),
            PostgresSettlementStore(pool),
            PostgresLeagueStore(pool),
            PostgresPeriodStore(pool, Periods(pool)),
        )
    assert isinstance(stores.scores, MemoryScoreStore)
    settlements = MemorySettlementStore(stores.scores.outbox)
    return World(
        stores,
        MemoryAwards(stores.scores, settlements, stores.audit),  # type: ignore[arg-type]
        MemoryResettlements(stores.scores, settlements),
        settlements,
        MemoryLeagueStore(stores.scores, settlements),
        MemoryPeriodStore(stores.scores),
    )


def expected(ranking: Sequence[int]) -> list[tuple[int, str]]:
    """Return the awards of `PODIUM`, as player and reward. `ranking` has the players in the order of their ranks."""
    half = (len(ranking) + 1) // 2
    limits = {"winner": 1, "podium": 3, "half": half}
    return sorted((user_id, reward) for reward, last in limits.items() for user_id in ranking[:last])


async def scored(world: World, board: Board, *user_ids: int) -> None:
    """Create players and record their scores. The first player has the best score."""
    await world.stores.players(*user_ids)
    submissions = [submit(Ladder(board), i, 100 - n, at=5) for n, i in enumerate(user_ids)]
    await world.stores.scores.record(submissions)


async def test_a_settlement_grants_what_the_ranks_earned_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(award_settlement, "_CHUNK", 3)
    board = await world.board()
    await scored(world, board, *range(1, 11))
    assert await world.service.run() == 0
    assert await world.settle() == 1
    assert await world.granted(board) == expected(range(1, 11))
    assert await world.awards.count(Ladder(board)) == 9
    assert await world.settle() == 0
    assert await world.service.faults() == []
    audit = await world.stores.audit.entries(AuditFilter(board=board.slug), 10)
    assert audit == []


async def test_processes_that_settle_concurrently_grant_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(award_settlement, "_CHUNK", 2)
    board = await world.board(Reward("all", "{}"))
    await scored(world, board, *range(1, 11))
    world.now += 60_000
    counts = await asyncio.gather(*(world.process().run() for _ in range(3)))
    assert sum(counts) == 1
    assert await world.granted(board) == [(i, "all") for i in range(1, 11)]


async def test_a_change_of_a_settled_period_revokes_and_grants_the_difference(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(award_settlement, "_CHUNK", 4)
    board = await world.board(events=(NoticeType.AWARD_GRANTED, NoticeType.AWARD_REVOKED))
    await scored(world, board, *range(1, 11))
    await world.settle()
    stores = world.stores
    stores.clock.ms = world.now
    act = AuditEntry(world.now, "tests", "entry.hide", board.slug, 1)
    await stores.moderation.set_entry_hidden(board, 1, True, act)
    assert [(f.board, f.text) for f in await world.service.faults()] != []
    assert await world.settle() == 1
    assert await world.granted(board) == expected(range(2, 11))
    assert await world.service.faults() == []
    entries = await stores.audit.entries(AuditFilter(board=board.slug, actor="settlement"), 20)
    changes = [(e.entry.action, e.entry.user_id, e.entry.details["reward"]) for e in entries]
    before, after = set(expected(range(1, 11))), set(expected(range(2, 11)))
    assert Counter(changes) == Counter(
        [("award.revoke", *award) for award in before - after] + [("award.grant", *award) for award in after - before]
    )
    # The reverse change restores the awards.
    stores.clock.ms = world.now
    await stores.moderation.set_entry_hidden(board, 1, False, act)
    assert await world.settle() == 1
    assert await world.granted(board) == expected(range(1, 11))
    assert await world.settle() == 0
    granted, revoked = [*before, *(after - before), *(before - after)], [*(before - after), *(after - before)]
    assert await reported(world) == Counter(
        [(NoticeType.AWARD_GRANTED, *award) for award in granted]
        + [(NoticeType.AWARD_REVOKED, *award) for award in revoked]
    )


async def test_a_change_of_a_profile_does_not_settle_a_period_again(world: World) -> None:
    board = await world.board()
    await scored(world, board, 1, 2, 3, 4)
    await world.settle()
    world.stores.clock.ms = world.now
    await world.stores.users.change(1, {"username": "Renamed"}, AuditEntry(world.now, "tests", "player.change"))
    assert await world.settle() == 0
    # An earlier note of the player does not hide a later act.
    world.stores.clock.ms = world.now
    await world.stores.moderation.set_player_hidden(1, True, AuditEntry(world.now, "tests", "player.hide"))
    assert await world.settle() == 1
    assert await world.granted(board) == expected([2, 3, 4])


async def test_every_act_on_a_standing_is_a_change_of_its_period(world: World) -> None:
    stores, times = world.stores, count(END + 1)
    board, other = await stores.board(policy=Policy.BEST), await stores.board(policy=Policy.BEST)
    ladder, entry = Ladder(board), AuditEntry(END, "tests", "moderate")
    await stores.players(1)
    submission = submit(ladder, 1, 7, at=5)
    await stores.scores.record([submission, submit(Ladder(other), 1, 7, at=5)])

    async def changed(act: Awaitable[object]) -> Collection[tuple[int, int]]:
        await act
        return await world.resettlements.changed_between(stores.clock.ms or 0, (stores.clock.ms or 0) + 1)

    id_, moderation = submission.event.submission_id, stores.moderation
    for act in (
        lambda: moderation.set_entry_hidden(board, 1, True, entry),
        lambda: moderation.set_entry_hidden(board, 1, False, entry),
        lambda: moderation.set_submission_removed(board, 1, id_, True, entry),
        lambda: moderation.set_submission_removed(board, 1, id_, False, entry),
        lambda: moderation.replace_submission(submit(ladder, 1, 8, at=6, id=id_.int), entry, in_past=False),
        lambda: moderation.remove_from(ladder, 1, entry),
        lambda: moderation.set_score(submit(ladder, 1, 9, at=7), entry),
        lambda: moderation.remove(board, 1, entry),
        lambda: stores.scores.refold(ladder, [1]),
    ):
        stores.clock.ms = next(times)
        assert set(await changed(act())) == {(board.id, ALL_TIME)}
    stores.clock.ms = next(times)
    hidden = await changed(moderation.set_player_hidden(1, True, entry))
    assert set(hidden) == {(board.id, ALL_TIME), (other.id, ALL_TIME)}


async def test_a_score_of_a_team_is_a_change_of_its_period_only(world: World) -> None:
    stores, day_ms = world.stores, 86_400_000
    daily: dict[str, Any] = {"policy": Policy.BEST, "calendar": Calendar((PeriodKind.DAILY,))}
    source = await stores.board(**daily)
    board = await stores.board(**daily, team=TeamRules(source.slug))
    stores.clock.ms = END - day_ms
    entry = AuditEntry(stores.clock.ms, "tests", "team.create")
    await stores.players(1)
    joined = replace(entry, action="team.join", user_id=1)
    await stores.teams.create(Player(-1, "Team", None, 0), Team(-1, captain_id=1), entry, joined)
    for at in (END, END + day_ms):
        stores.clock.ms = at
        [ladder], [of_source] = board.ladders_at(at), source.ladders_at(at)
        await stores.scores.record([submit(of_source, 1, 7, at=at)])
        assert await stores.team_scores.refresh(ladder, source, -1, [1]) != []
        assert set(await world.resettlements.changed_between(at, at + 1)) == {(board.id, ladder.period)}


@pytest.mark.parametrize("ahead_ms", [600_000, 82_800_000, 3 * 86_400_000])
async def test_an_act_counts_after_the_clock_of_a_process_was_ahead(world: World, ahead_ms: int) -> None:
    board = await world.board()
    await scored(world, board, 1, 2, 3, 4)
    await world.settle()
    world.now += ahead_ms
    await world.settle()
    world.now -= ahead_ms
    world.stores.clock.ms = world.now
    await world.stores.moderation.set_player_hidden(1, True, AuditEntry(world.now, "tests", "player.hide"))
    assert await world.settle() == 1
    assert await world.granted(board) == expected([2, 3, 4])
    assert await world.settle() == 0


async def test_no_period_is_settled_again_after_a_clock_was_minutes_ahead(world: World) -> None:
    board = await world.board()
    await scored(world, board, 1, 2)
    await world.settle()
    world.now += 600_000
    await world.settle()
    world.now -= 600_000
    assert await world.settle() == 0
    assert await world.resettlements.reviewed_until() == world.now - SETTLE_MS


async def test_a_review_is_not_set_back_by_a_slower_process(world: World) -> None:
    store = world.resettlements
    await store.note_reviewed(END, None)
    await store.note_reviewed(END + 5, END)
    await store.note_reviewed(END + 3, END)
    await store.note_reviewed(END + 4, None)
    assert await store.reviewed_until() == END + 5
    await store.note_reviewed(END + 1, END + 5)
    assert await store.reviewed_until() == END + 1


async def reported(world: World) -> Counter[tuple[str, int, str]]:
    """Return type, player and reward of each notice in the outbox. Each notice must have the reward's payload."""
    scores = world.stores.scores
    store = MemoryNoticeStore(scores.outbox) if isinstance(scores, MemoryScoreStore) else None
    rows = await (store or PostgresNoticeStore(world.stores.pool)).outbox(100)  # type: ignore[attr-defined]
    payloads = {reward.id: json.loads(reward.payload) for reward in PODIUM}
    notices = [row for row in rows if isinstance(row, OutboxRow)]
    assert all(json.loads(row.data["payload"]) == payloads[row.data["reward"]] for row in notices)
    return Counter((row.type, row.user_id, row.data["reward"]) for row in notices)


async def test_ranks_in_brackets_earn_rewards(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare the awards with the awards of the expected brackets, before and after a moderator hides a winner."""
    monkeypatch.setattr(award_settlement, "_CHUNK", 4)
    monkeypatch.setattr(bracket_ranks, "_AT_ONCE", 6)
    rules = TournamentRules(starts_at=0, ends_at=END, bracket_size=3)
    rewards = Reward("first", "{}", last_bracket_rank=1), Reward("others", "{}", first_bracket_rank=2)
    board = await world.board(*rewards, tournament=rules)
    stores, random = world.stores, Random(3)
    await stores.players(*range(1, 11))
    for user_id in (joining := random.sample(range(1, 11), 10)):
        await stores.tournaments.join(board, ALL_TIME, user_id, 5)
    scores = {user_id: random.randint(0, 99) * 16 + user_id for user_id in joining if user_id != joining[4]}
    await stores.scores.record([submit(Ladder(board), i, score, at=5) for i, score in scores.items()])
    # The tenth entrant would be alone in the last bracket, and therefore joins the bracket before it.
    brackets = [joining[:3], joining[3:6], joining[6:]]
    assert await world.settle() == 1
    assert await world.granted(board) == by_bracket(brackets, scores)
    assert await world.service.faults() == []
    winner = max(joining[6:], key=scores.__getitem__)
    stores.clock.ms = world.now
    await stores.moderation.set_entry_hidden(
        board, winner, True, AuditEntry(world.now, "tests", "entry.hide", board.slug, winner)
    )
    assert [fault.text for fault in await world.service.faults()] != []
    assert await world.settle() == 1
    del scores[winner]
    assert await world.granted(board) == by_bracket(brackets, scores)
    assert await world.service.faults() == []


def by_bracket(brackets: Sequence[Sequence[int]], scores: Mapping[int, int]) -> list[tuple[int, str]]:
    """Return players and expected rewards: `first` for the best player of each bracket, `others` for the rest."""
    ranked = [sorted((i for i in bracket if i in scores), key=lambda i: -scores[i]) for bracket in brackets]
    return sorted((i, "others" if place else "first") for players in ranked for place, i in enumerate(players))


async def test_an_erasure_grants_the_awards_of_the_next_players(world: World) -> None:
    board = await world.board()
    await scored(world, board, 1, 2, 3, 4)
    await world.settle()
    world.stores.clock.ms = world.now
    await world.stores.records.erase(2, AuditEntry(world.now, "tests", "player.erase"))
    assert await world.settle() == 1
    assert await world.granted(board) == expected([1, 3, 4])
    boards = {board.id: board}
    assert await world.awards.of_player(boards, 2, 10, AwardPosition()) == []


async def test_a_killed_settlement_continues(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(award_settlement, "_CHUNK", 3)
    board = await world.board(Reward("all", "{}"))
    await scored(world, board, *range(1, 11))
    world.now += 60_000
    ladder = Ladder(board)
    for written in range(4):
        # A process dies after each chunk. The next process begins with the stored progress.
        progress = (await world.settlements.settlements(board, 0)).get(ALL_TIME)
        before = SettlementProgress(AWARDS, {}) if progress is None else progress.progress
        await world.settlements.begin(ladder, before)
        assert await world.part.settle_chunk(ladder, before) is not None
        assert await world.awards.count(ladder) == min(10, 3 * (written + 1))
    assert await world.service.run() == 1
    assert await world.granted(board) == [(i, "all") for i in range(1, 11)]


async def test_the_rules_are_those_of_the_first_settlement(world: World) -> None:
    board = await world.board()
    await scored(world, board, 1, 2, 3, 4)
    await world.stores.scores.record([submit(Ladder(board), 2, 100, at=6)])  # as many points as player 1, but later
    await world.settle()
    entry = AuditEntry(world.now, "tests", "board.change", board.slug)
    other = RewardTable(PeriodKind.ALL_TIME, (Reward("other", "{}"),))

    def change(stored: Board) -> Board:
        return replace(stored, rewards=other, rank_style=RankStyle.SHARED)

    board = await world.stores.scores.change_board(board.slug, change, entry)
    await world.resettlements.request([(board.id, ALL_TIME)], world.now)
    assert await world.settle() == 1
    assert await world.granted(board) == expected([1, 2, 3, 4])
    assert await world.service.faults() == []


async def test_rules_without_a_rank_style_take_that_of_the_board(on_postgres: Database) -> None:
    world = new_world(on_postgres)
    board = await world.board(rank_style=RankStyle.SHARED)
    await world.awards.keep_rules(Ladder(board), AwardRules(PODIUM, (), RankStyle.ORDINAL))
    await on_postgres.run("update award_rules set rules = rules - 'rank_style'")
    rules = await world.awards.rules(Ladder(board))
    assert rules is not None
    assert rules.rank_style is RankStyle.SHARED


@pytest.mark.parametrize("table", [None, RewardTable(PeriodKind.ALL_TIME, PODIUM[:1], since=END + 1)])
async def test_awards_are_corrected_after_the_rewards_were_removed(world: World, table: RewardTable | None) -> None:
    """The table may have been set again, and then applies to later periods."""
    board = await world.board()
    await scored(world, board, 1, 2, 3, 4)
    await world.settle()
    entry = AuditEntry(world.now, "tests", "board.change", board.slug)
    await world.stores.scores.change_board(board.slug, lambda stored: replace(stored, rewards=table), entry)
    world.stores.clock.ms = world.now
    await world.stores.moderation.set_player_hidden(1, True, AuditEntry(world.now, "tests", "player.hide"))
    assert await world.settle() == 1
    assert await world.granted(board) == expected([2, 3, 4])
    assert await world.settle() == 0
    assert await world.resettlements.requests() == {}


async def test_the_first_settlement_ends_with_its_rules(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(award_settlement, "_CHUNK", 2)
    boards = [await world.board() for _ in range(2)]
    await scored(world, boards[0], 1, 2, 3, 4)
    await world.stores.scores.record([submit(Ladder(boards[1]), 1, 7, at=5)])
    world.now += 60_000
    begun = SettlementProgress(AWARDS, {})
    for board in boards:
        await world.settlements.begin(Ladder(board), begun)
    await world.part.settle_chunk(Ladder(boards[0]), begun)
    entry = AuditEntry(world.now, "tests", "board.change")
    other = RewardTable(PeriodKind.ALL_TIME, (Reward("other", "{}"),), since=END + 1)
    for board in boards:
        await world.stores.scores.change_board(board.slug, lambda stored: replace(stored, rewards=other), entry)
    assert await world.settle() == 2
    assert await world.granted(boards[0]) == expected([1, 2, 3, 4])
    # The settlement of the second board had no rules yet, and the present rewards apply to later periods.
    assert await world.awards.count(Ladder(boards[1])) == 0


async def test_the_removal_of_a_period_keeps_claimed_awards_only(world: World) -> None:
    board = await world.board(Reward("all", "{}"))
    await scored(world, board, 1, 2, 3)
    await world.settle()
    ladder = Ladder(board)
    award = await world.awards.claim(ladder, 2, "all", Claim("1", 9, "key:server"))
    while await world.periods.remove(ladder, 2):
        continue
    assert await world.awards.of_period(ladder, 10, RankPosition()) == [award]
    assert await world.awards.rules(ladder) is None
    assert await world.settlements.settlements(board, 0) == {}
    assert await world.awards.claim(ladder, 2, "all", Claim("1", 9, "key:server")) == award


async def claim(world: World, board: Board, claim_id: str, caller: str = "key:server") -> Award | AwardClaimed:
    try:
        return await world.awards.claim(Ladder(board), 1, "winner", Claim(claim_id, 9, caller))
    except AwardClaimed as error:
        return error


async def test_one_of_50_concurrent_claims_succeeds(world: World) -> None:
    board = await world.board()
    await scored(world, board, 1, 2)
    with pytest.raises(AwardNotFound):
        await claim(world, board, "0")
    await world.settle()
    outcomes = await asyncio.gather(*(claim(world, board, str(n), f"key:{n}") for n in range(50)))
    [award] = [outcome for outcome in outcomes if isinstance(outcome, Award)]
    assert award.claim is not None
    assert sum(isinstance(outcome, AwardClaimed) for outcome in outcomes) == 49
    # A claim with the same id succeeds again, even from another caller. The award keeps its first caller.
    again = await claim(world, board, award.claim.claim_id, "key:other")
    assert again == award
    refused = await claim(world, board, "51")
    assert isinstance(refused, AwardClaimed)
    assert refused.details["claimed_by"] == award.claim.claimed_by


@pytest.mark.parametrize("is_granted_again", [False, True])
async def test_a_claim_at_the_moment_of_a_grant_is_stored(database: Database, is_granted_again: bool) -> None:
    world = new_world(database)
    board = await world.board()
    await scored(world, board, 1)
    if is_granted_again:
        await world.settle()
        await set_hidden(world, board, True)
        await world.settle()

    async def grant() -> None:
        await set_hidden(world, board, False)
        await world.settle()

    async with interrupted(database) as (_, pool):
        pool.before(statement("award"), grant)
        claimed = await PostgresAwards(pool).claim(Ladder(board), 1, "winner", Claim("1", 9, "key:one"))
    [stored] = [a for a in await world.awards.of_period(Ladder(board), 10, RankPosition()) if a.reward == "winner"]
    assert claimed == stored
    refused = await claim(world, board, "2")
    assert isinstance(refused, AwardClaimed)
    assert refused.details["claimed_by"] == "key:one"


async def set_hidden(world: World, board: Board, is_hidden: bool) -> None:
    """Hide or show the entry of player 1, and request another settlement."""
    act = AuditEntry(world.now, "tests", "entry.hide", board.slug, 1)
    await world.stores.moderation.set_entry_hidden(board, 1, is_hidden, act)
    await world.resettlements.request([(board.id, ALL_TIME)], world.now)


async def test_awards_of_a_period_come_by_rank(world: World) -> None:
    board = await world.board()
    await scored(world, board, 1, 2, 3, 4)
    await world.settle()
    ladder = Ladder(board)
    every = await world.awards.of_period(ladder, 10, RankPosition())
    positions = [RankPosition(award.rank, award.user_id, award.reward) for award in every]
    assert positions == sorted(positions)
    assert len(every) == 6  # awards: one for the winner, three for the podium, two for half of 4 players
    assert await world.awards.of_period(ladder, 2, positions[1]) == every[2:4]
    assert await world.awards.of_period(Ladder(board, 9), 10, RankPosition()) == []


async def test_a_revoked_award_cannot_be_claimed_and_keeps_its_claim(world: World) -> None:
    board = await world.board()
    await scored(world, board, 1, 2, 3, 4)
    await world.settle()
    assert isinstance(await claim(world, board, "1"), Award)
    world.stores.clock.ms = world.now
    await world.stores.records.erase(4, AuditEntry(world.now, "tests", "player.erase"))
    await world.settle()
    boards = {board.id: board}
    [half] = [a for a in await world.awards.of_player(boards, 2, 10, AwardPosition()) if a.reward == "half"]
    assert half.revoked_at is None
    ladder, act = Ladder(board), AuditEntry(world.now, "tests", "entry.hide", board.slug, 1)
    await world.stores.moderation.set_entry_hidden(board, 1, True, act)
    await world.resettlements.request([(board.id, ALL_TIME)], world.now)
    await world.settle()
    awards = await world.awards.of_player(boards, 1, 10, AwardPosition())
    assert [(a.reward, a.revoked_at is None, a.claim is None) for a in awards] == [
        ("half", False, True),
        ("podium", False, True),
        ("winner", False, False),
    ]
    with pytest.raises(AwardRevoked):
        await world.awards.claim(ladder, 1, "podium", Claim("2", 9, "key:server"))
    page = await world.awards.of_player(boards, 1, 2, AwardPosition(board.id, ALL_TIME, "half"))
    assert [award.reward for award in page] == ["podium", "winner"]
