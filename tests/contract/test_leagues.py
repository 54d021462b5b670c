"""Leagues on real databases, compared with a reference program that shares no code."""

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from leaderforge.adapters.memory.league_store import MemoryLeagueStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.adapters.memory.settlement_store import MemorySettlementStore
from leaderforge.adapters.postgres.awards import PostgresAwards
from leaderforge.adapters.postgres.league_store import PostgresLeagueStore
from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.settlement_store import PostgresSettlementStore
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Ladder, Policy
from leaderforge.domain.errors import NotRanked, StoreUnavailable
from leaderforge.domain.league import Arrival, DivisionRank, Inactivity, LeagueResult, MemberSeat, Movement, Zone
from leaderforge.domain.league_places import LeaguePlace
from leaderforge.domain.moments import Moments
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.reward_tables import reward_table_of
from leaderforge.domain.rewards import Claim
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.settlement import SettlementProgress, SettlementStep
from leaderforge.domain.submissions import Submission
from leaderforge.ports.leagues import LeagueStore
from leaderforge.ports.settlement import SettlementStore
from leaderforge.services.leagues import SeatService
from leaderforge.services.settlement import SettlementService
from tests.contract.league_world import START, WEEK_MS, WEEKLY, LeagueWorld, Weeks, league
from tests.contract.store_fixtures import Database, Stores, submit
from tests.simulation import weeks as simulated
from tests.simulation.weeks import Simulation

RULES = [pytest.param(rules, id=name) for name, rules in simulated.RULES.items()]
RULES_OF_TYPES = [
    pytest.param(rules, score_type, id=f"{name}-{score_type}", marks=() if i == j else pytest.mark.long)
    for i, (name, rules) in enumerate(simulated.RULES.items())
    for j, score_type in enumerate(ScoreType)
]

INSERTIONS = (
    "insert into noticed_tiers (user_id, board_id, period_id, revision) values (1, $1, $2, 1)",
    "insert into noticed_tops (board_id, period_id, user_ids) values ($1, $2, '1')",
    "insert into occurrences (board_id, period_id, entrants) values ($1, $2, 1)",
    "insert into entrants (user_id, board_id, period_id) values (9, $1, $2)",
)
"""Statements that insert a row of a period into each table that leagues and rewards do not use."""


@pytest.mark.parametrize(("rules", "score_type"), RULES_OF_TYPES)
async def test_weeks_with_a_kill_at_every_step_equal_the_reference(
    database: Database, rules: Mapping[str, Any], score_type: ScoreType
) -> None:
    simulation = Simulation(players=120, weeks=2, group_size=10, chunk=60, moderated=0.03)
    await simulation.run(await simulation.begin(database, rules, score_type))


@pytest.mark.long
@pytest.mark.parametrize("rules", RULES)
async def test_twelve_weeks_of_many_players_with_a_kill_at_every_step_equal_the_reference(
    database: Database, rules: Mapping[str, Any], capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    """Print the time of each settlement, which includes the restarts after all kills."""
    is_citus = request.node.callspec.params["database"] == "citus"
    players, chunk = (5_000, 1_000) if is_citus else (100_000, 3_000)

    def report(text: str) -> None:
        with capsys.disabled():
            sys.stdout.write(f"{text}\n")

    simulation = Simulation(players, weeks=12, group_size=30, chunk=chunk, moderated=0.0005, report=report)
    await simulation.run(await simulation.begin(database, rules))


async def test_concurrent_settlements_write_each_result_once(on_postgres: Database) -> None:
    world = await LeagueWorld.of(on_postgres, league(4, promotion=Zone(places=1), relegation=Zone(places=1)))
    weeks = Weeks(world, Random(6), [])
    await weeks.create(range(1, 60))
    await weeks.play(active=1, arrivals=0)

    async def settle() -> None:
        await asyncio.gather(*(run_until_settled(world.settlement()) for _ in range(4)))

    await weeks.require_reference(await weeks.end(settle))
    assert await world.settlement().run() == 0


async def run_until_settled(settlement: SettlementService) -> None:
    """Run until nothing is due. Repeat a run that exceeds the time limit of a commit, which may happen on a slow
    machine.
    """
    while await settlement.due():
        with suppress(StoreUnavailable):
            await settlement.run()


async def test_players_who_arrive_concurrently_have_one_seat_each(database: Database) -> None:
    world = await LeagueWorld.of(database, league(6))
    await database.players(*range(1, 61))
    submissions = [submit(world.ladder, i, i, at=START + i) for i in range(1, 61)]
    services = [world.seats() for _ in range(6)]

    async def record(seats: SeatService, batch: list[Submission]) -> None:
        await seats.take(batch, await database.scores.record(batch))

    # Each player submits in two processes.
    again = [submit(world.ladder, i, i, at=START + i) for i in range(60, 0, -1)]
    both = [s for pair in zip(submissions, again, strict=True) for s in pair]
    await asyncio.gather(*(record(services[i % 6], both[i * 5 : i * 5 + 5]) for i in range(24)))
    await world.seats().search()
    members = await world.members(world.ladder)
    assert sorted(members) == list(range(1, 61))
    assert sorted(seat for _, _, seat in members.values()) == list(range(1, 61))
    assert Counter(group for _, group, _ in members.values()) == dict.fromkeys(range(1, 11), 6)


async def arrive(world: LeagueWorld, *user_ids: int) -> None:
    """Make players submit now, through a process of their own."""
    batch = [submit(world.ladder, i, i, at=world.now) for i in user_ids]
    await world.seats().take(batch, await world.database.scores.record(batch))


async def test_groups_open_when_the_previous_period_is_settled(on_postgres: Database) -> None:
    world = await LeagueWorld.of(on_postgres, league(6, promotion=Zone(places=1)))
    await on_postgres.players(1, 2, 3)
    await arrive(world, 1, 2)
    world.set_now(START + WEEK_MS + 60_000)
    await arrive(world, 1, 2, 3)
    assert await world.members(world.ladder) == {}
    assert await world.settlement().run() == 0
    world.set_now(START + WEEK_MS + 600_000)
    assert await world.settlement().run() == 1
    assert {i: division for i, (division, _, _) in (await world.members(world.ladder)).items()} == {1: 4, 2: 3, 3: 4}
    places = await PostgresLeagueStore(on_postgres.pool).of_player({world.board.id: world.board}, 2)
    assert [place for _, place in places] == [LeaguePlace(4, 1, 1, Movement.PROMOTED), LeaguePlace(3, 1)]


async def test_changed_rules_apply_to_the_next_period(on_postgres: Database) -> None:
    world = await LeagueWorld.of(on_postgres, league(6))
    await on_postgres.players(1)
    await arrive(world, 1)
    store = PostgresLeagueStore(on_postgres.pool)
    await store.open(world.ladder, league(20), START)
    assert await store.rules(world.ladder) == league(6)


async def test_an_erased_player_keeps_no_seat(database: Database) -> None:
    world = await LeagueWorld.of(database, league(6))
    store = PostgresLeagueStore(database.pool)
    await database.players(7)
    await store.seat(world.ladder, league(6), 4, [Arrival(7, 1), Arrival(8, 1)])
    assert await store.seat_of(world.ladder, 7) == MemberSeat(4, 1)
    assert await store.seat_of(world.ladder, 8) is None


async def test_an_erased_player_keeps_no_result(stores: Stores) -> None:
    """Player 7 is erased after the settlement, player 8 before it has written the results that it has computed."""
    ladder = (await stores.board(calendar=WEEKLY, league=league(6))).ladders_at(START)[0]
    settlements = settlement_store(stores)
    store = league_store(stores, settlements)
    await stores.players(6, 7)
    step = SettlementStep(ladder, SettlementProgress("league", {}), {"phase": "groups"})
    await settlements.begin(ladder, step.before)
    results = [LeagueResult(i, 4, 1, i - 5, 3, Movement.STAYED, "Iron") for i in (6, 7, 8)]
    await store.write_results(step, results)
    assert {r.user_id for r in await store.results(ladder, [6, 7, 8])} == {6, 7}
    await stores.records.erase(7, AuditEntry(START, "tests", "player.erase"))
    assert await store.results(ladder, [6, 7, 8]) == results[:1]
    assert await store.group_results(ladder, 4, 1) == results[:1]


def settlement_store(stores: Stores) -> SettlementStore:
    """Return the store of settlements over the scores of these stores."""
    if isinstance(stores, Database):
        return PostgresSettlementStore(stores.pool)
    assert isinstance(stores.scores, MemoryScoreStore)
    return MemorySettlementStore(stores.scores.outbox)


def league_store(stores: Stores, settlements: SettlementStore | None = None) -> LeagueStore:
    """Return the store of leagues over the scores of these stores, by default with settlements of its own."""
    if isinstance(stores, Database):
        return PostgresLeagueStore(stores.pool)
    assert isinstance(stores.scores, MemoryScoreStore)
    return MemoryLeagueStore(stores.scores, settlements or settlement_store(stores))  # type: ignore[arg-type]


async def test_groups_open_once(stores: Stores) -> None:
    ladder = (await stores.board(calendar=WEEKLY, league=league(6))).ladders_at(START)[0]
    store = league_store(stores)
    assert await store.opened_at(ladder) is None
    for at in (START + 7, START + 9):
        await store.open(ladder, league(6), at)
    assert await store.opened_at(ladder) == START + 7


async def test_division_ranks_at_a_moment_are_those_of_then(stores: Stores) -> None:
    """Players 1 to 5 are in division 4, and player 6 is in division 3. Player 7 has no seat."""
    random, moments = Random(3), Moments(30, START, START, START)
    settings = {"calendar": WEEKLY, "league": league(6), "moments": moments, "min_submissions": 2}
    board = await stores.board(policy=Policy.BEST, **settings)
    ladder, store = board.ladders_at(START)[0], league_store(stores)
    await stores.players(*range(1, 8))
    await store.seat(ladder, league(6), 4, [Arrival(i, 1) for i in range(1, 6)])
    await store.seat(ladder, league(6), 3, [Arrival(6, 1)])

    async def ranks(at: int | None = None) -> list[DivisionRank]:
        return [await store.division_rank(ladder._replace(at=at), 4, user_id) for user_id in (1, 2, 3, 7)]

    ranks_at = {}
    for moment in range(START, START + 48_000, 1000):
        stores.clock.ms = moment
        user_id = random.randint(1, 7)
        if random.random() < 0.8:
            await stores.scores.record([submit(ladder, user_id, random.randint(1, 9), at=moment)])
        else:
            entry = AuditEntry(moment, "tests", "moderate")
            with suppress(NotRanked):
                await stores.moderation.set_entry_hidden(board, user_id, random.random() < 0.3, entry)
        ranks_at[moment] = await ranks()
    assert len({tuple(seen) for seen in ranks_at.values()}) > 6
    for moment, expected in ranks_at.items():
        assert await ranks(moment) == expected


async def test_verification_lists_a_result_that_the_scores_do_not_yield(on_postgres: Database) -> None:
    world = await LeagueWorld.of(on_postgres, league(6, promotion=Zone(places=1)))
    await on_postgres.players(*range(1, 11))
    await arrive(world, *range(1, 11))
    ladder = world.ladder
    world.set_now(START + WEEK_MS + 600_000)
    assert await world.settlement().run() == 1
    assert await world.settlement().faults() == []
    forged = "update league_results set movement = 'stayed', next_division = 'Iron' where group_rank = 1"
    await on_postgres.run(f"{forged} and user_id = 10")
    [fault] = await world.settlement().faults()
    assert "player 10 " in fault.text
    await on_postgres.run("delete from league_results where user_id = 3")
    assert any("1 members have no result" in fault.text for fault in await world.settlement().faults())
    assert (fault.board, fault.period) == (world.board.slug, ladder.period_name)


async def test_retention_removes_all_rows_of_a_period_except_claimed_awards(database: Database) -> None:
    everyone = {"period": "weekly", "rewards": [{"reward": "all", "payload": {}}]}
    rules = league(6, promotion=Zone(places=1), inactive=Inactivity.RELEGATE)
    world = await LeagueWorld.of(database, rules, reward_table_of(everyone, START))
    await database.players(*range(1, 10))
    await arrive(world, *range(1, 9))
    first = world.ladder
    await settle_next_week(world)
    await arrive(world, *range(2, 9))
    second = world.ladder
    await settle_next_week(world)
    await PostgresAwards(database.pool).claim(first, 1, "all", Claim("1", 1, "tests"))
    for insertion in INSERTIONS:
        await database.pool.fetch(insertion, first.board.id, first.period)
    before = await rows_by_table(database, second)
    assert (await rows_by_table(database, first)).keys() > before.keys() >= {"league_results", "settlements"}
    store = PostgresPeriodStore(database.pool, Periods(database.pool))
    while await store.remove(first, 3):
        continue
    assert await rows_by_table(database, first) == {"awards": 1}
    assert await rows_by_table(database, second) == before
    # Verification of the second week still finds no faults, although it derives the divisions from the results of
    # the first week.
    assert await world.settlement().faults() == []


async def settle_next_week(world: LeagueWorld) -> None:
    """End the present week, and settle it."""
    world.set_now(world.now + WEEK_MS + 600_000)
    assert await world.settlement().run() == 1


@pytest.mark.parametrize("again", [None, "weekly", "daily"])
async def test_results_of_a_league_stay_when_awards_are_corrected(database: Database, again: str | None) -> None:
    """The rewards were removed after the settlement. Some tests set them again."""
    everyone = {"period": "weekly", "rewards": [{"reward": "all", "payload": {}}]}
    rules = league(6, promotion=Zone(places=1))
    calendar = Calendar((PeriodKind.WEEKLY, PeriodKind.DAILY))
    world = await LeagueWorld.of(database, rules, reward_table_of(everyone, START), calendar=calendar)
    await database.players(1, 2, 3)
    await arrive(world, 1, 2, 3)
    ladder = world.ladder
    await settle_next_week(world)
    await world.resettlement().run()
    results = await world.results(ladder)
    others = {"period": again, "rewards": [{"reward": "others", "payload": {}}]}
    table = None if again is None else reward_table_of(others, world.now)
    entry = AuditEntry(world.now, "tests", "board.change")
    await database.scores.change_board(world.board.slug, lambda board: replace(board, rewards=table), entry)
    await database.moderation.set_player_hidden(3, True, entry)
    world.set_now(world.now + 60_000)
    assert await world.resettlement().run() == 1
    assert await world.settlement().run() == 1
    assert await world.results(ladder) == results
    assert await world.awards(ladder) == {(1, "all"), (2, "all")}
    assert await world.settlement().due() == []


async def rows_by_table(database: Database, ladder: Ladder) -> dict[str, int]:
    """Return the number of rows of a period by table. Tables without such rows are left out."""
    tables = await database.run(
        "select table_name from information_schema.columns where column_name = 'period_id' and table_schema = 'public'"
    )
    counts = {}
    for [table] in tables:
        query = f"select count(*) from {table} where board_id = $1 and period_id = $2"  # noqa: S608
        [[counts[table]]] = await database.pool.fetch(query, ladder.board.id, ladder.period)
    return {table: count for table, count in counts.items() if count}


async def test_verification_does_not_compare_groups_that_moderators_changed(on_postgres: Database) -> None:
    world = await LeagueWorld.of(on_postgres, league(6, promotion=Zone(places=1)))
    await on_postgres.players(1, 2, 3, 4)
    await arrive(world, 1, 2, 3, 4)
    world.set_now(START + WEEK_MS + 600_000)
    await world.settlement().run()
    entry = AuditEntry(world.now, "tests", "moderate")
    await on_postgres.moderation.set_player_hidden(4, True, entry)
    assert await world.settlement().faults() == []
    await on_postgres.records.erase(3, entry)
    assert await world.settlement().faults() == []
