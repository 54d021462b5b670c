"""Teams in the stores: members under races, and scores computed from the events and the spans."""

from asyncio import gather
from collections.abc import Awaitable, Sequence
from dataclasses import replace

import pytest

from leaderforge.adapters.postgres.period_store import PostgresPeriodStore
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.domain.audit import AuditEntry, AuditFilter
from leaderforge.domain.boards import MAX_INTEGER, Board, Ladder, Order, Policy
from leaderforge.domain.errors import LeaderForgeError, PlayerNotFound, UsernameTaken
from leaderforge.domain.moments import Moments
from leaderforge.domain.order import place
from leaderforge.domain.periods import Calendar, PeriodKind
from leaderforge.domain.players import Player
from leaderforge.domain.standings import HIDDEN_PLAYER
from leaderforge.domain.team_errors import InOtherTeam, IsTeam, NotInTeam, TeamFull, TeamNotFound
from leaderforge.domain.team_rules import TeamFunction, TeamRules
from leaderforge.domain.teams import Joining, Roster, Team, TeamSpan
from tests.contract.store_fixtures import Database, Stores, submit

DAY_MS = 86_400_000
ACT = AuditEntry(5, "tests", "team.change")
RED, BLUE = -1, -2


async def create(stores: Stores, team_id: int, name: str | None = None, **values: object) -> Team:
    team = replace(Team(team_id), **values)  # type: ignore[arg-type]
    joined = None if team.captain_id is None else AuditEntry(ACT.at, "tests", "team.join", user_id=team.captain_id)
    await stores.teams.create(Player(team_id, name or f"Team {-team_id}", None, 0), team, ACT, joined)
    return team


async def join(stores: Stores, team_id: int, user_id: int, at: int = 0, *, transfers: bool = True) -> object:
    return await outcome(stores.teams.join(team_id, user_id, at, ACT, transfers=transfers))


async def outcome(change: Awaitable[object]) -> object:
    try:
        return await change
    except LeaderForgeError as error:
        return error


async def members(stores: Stores, team_id: int) -> list[tuple[int, int]]:
    roster = await stores.teams.roster(team_id)
    assert roster is not None
    return [(span.user_id, span.joined_at) for span in roster.members]


async def team_board(
    stores: Stores,
    source: Board,
    function: TeamFunction = TeamFunction.SUM,
    k: int | None = None,
    moments: Moments | None = None,
) -> Ladder:
    rules = TeamRules(source.slug, function, k)
    shared = {"policy": source.policy, "order": source.order, "calendar": source.calendar}
    return Ladder(await stores.board(**shared, team=rules, moments=moments))


async def refreshed(stores: Stores, ladder: Ladder, source: Board, *user_ids: int) -> Sequence[int]:
    """Refresh the scores of the stale teams of these players on a ladder. Return the ids of the teams, RED first."""
    stale = await stores.team_scores.stale(ladder, source, user_ids)
    for team_id, players in sorted(stale.items()):
        await stores.team_scores.refresh(ladder, source, team_id, players)
    assert not await stores.team_scores.stale(ladder, source, user_ids)
    return sorted(stale, reverse=True)


async def scores(stores: Stores, ladder: Ladder, *team_ids: int) -> dict[int, int]:
    standings = await stores.scores.standings(ladder, team_ids)
    return {s.user_id: s.score for s in standings if not s.removed}


async def test_a_team_has_a_unique_name_and_at_most_its_maximum_of_members(stores: Stores) -> None:
    await stores.players(1, 2, 3)
    team = await create(stores, RED, "Reds", max_members=2, joining=Joining.OPEN, captain_id=2)
    assert await stores.teams.teams([RED, BLUE, 1]) == {RED: team}
    with pytest.raises(UsernameTaken):
        await create(stores, BLUE, "reds")
    assert await stores.teams.roster(RED) == Roster(team, [TeamSpan(2, RED, ACT.at)])
    assert await join(stores, RED, 1, 20) == [TeamSpan(1, RED, 20)]
    assert await join(stores, RED, 2, 30) == []
    assert isinstance(await join(stores, RED, 3, 40), TeamFull)
    assert isinstance(await join(stores, BLUE, 3, 40), TeamNotFound)
    assert isinstance(await join(stores, RED, 9, 40), PlayerNotFound)
    assert await members(stores, RED) == [(2, ACT.at), (1, 20)]


async def test_a_team_is_created_with_its_captain_or_not_at_all(stores: Stores) -> None:
    await stores.players(1)
    await create(stores, RED, captain_id=1)
    [entry] = await stores.audit.entries(AuditFilter(action="team.join"), 100)
    assert entry.entry.user_id == 1
    for captain_id, refusal in ((1, InOtherTeam), (RED, IsTeam), (9, PlayerNotFound)):
        assert isinstance(await outcome(create(stores, BLUE, captain_id=captain_id)), refusal)
    assert await stores.teams.teams([RED, BLUE]) == {RED: Team(RED, 1)}
    assert BLUE not in await stores.users.get([BLUE])
    # A player whose earlier membership ended later than now, because the clock was set back, joins at its end.
    await stores.teams.leave(RED, 1, 30, ACT)
    await create(stores, BLUE, captain_id=1)
    assert await members(stores, BLUE) == [(1, 30)]
    assert await members(stores, RED) == []


async def test_concurrent_creations_with_one_captain_leave_one_team(stores: Stores) -> None:
    await stores.players(1)
    outcomes = await gather(*(outcome(create(stores, -i, captain_id=1)) for i in range(1, 9)))
    [created] = [team for team in outcomes if isinstance(team, Team)]
    assert await stores.teams.teams(range(-9, 0)) == {created.team_id: created}
    assert await members(stores, created.team_id) == [(1, ACT.at)]


async def test_a_player_is_in_one_team_at_a_time(stores: Stores) -> None:
    await stores.players(1)
    for team_id in (RED, BLUE):
        await create(stores, team_id)
    assert isinstance(await join(stores, RED, BLUE), IsTeam)
    await join(stores, RED, 1, 10)
    assert isinstance(await join(stores, BLUE, 1, 20, transfers=False), InOtherTeam)
    assert await join(stores, BLUE, 1, 20) == [TeamSpan(1, RED, 10, 20), TeamSpan(1, BLUE, 20)]
    assert isinstance(await outcome(stores.teams.leave(RED, 1, 30, ACT)), NotInTeam)
    assert await stores.teams.leave(BLUE, 1, 30, ACT) == TeamSpan(1, BLUE, 20, 30)
    assert isinstance(await outcome(stores.teams.leave(BLUE, 1, 30, ACT)), NotInTeam)
    # The clock was set back from 30 to 25, and then to 5. A new span starts no earlier than the end of the previous
    # span, and no span ends before its start. An empty span is not stored.
    assert await join(stores, RED, 1, 25) == [TeamSpan(1, RED, 30)]
    assert await stores.teams.leave(RED, 1, 5, ACT) == TeamSpan(1, RED, 30, 30)
    assert await join(stores, RED, 1, 31) == [TeamSpan(1, RED, 31)]
    spans = [TeamSpan(1, RED, 10, 20), TeamSpan(1, BLUE, 20, 30), TeamSpan(1, RED, 31)]
    assert await stores.teams.spans([1, 2]) == spans
    entries = await stores.audit.entries(AuditFilter(action="team.change"), 100)
    assert len(entries) == 8


async def test_a_change_sees_the_members_and_keeps_the_team_if_it_is_refused(stores: Stores) -> None:
    await stores.players(1)
    team = await create(stores, RED)
    await join(stores, RED, 1)
    rosters: list[Roster] = []

    def appoint(roster: Roster) -> Team:
        rosters.append(roster)
        return replace(roster.team, captain_id=1, max_members=3, joining=Joining.CAPTAIN)

    def refuse(_: Roster) -> Team:
        raise TeamFull.of(RED, 1)

    changed = await stores.teams.change(RED, appoint, ACT)
    assert rosters == [Roster(team, [TeamSpan(1, RED, 0)])]
    with pytest.raises(TeamFull):
        await stores.teams.change(RED, refuse, ACT)
    with pytest.raises(TeamNotFound):
        await stores.teams.change(BLUE, appoint, ACT)
    assert await stores.teams.teams([RED]) == {RED: changed}


@pytest.mark.parametrize("way", ["leave", "transfer", "erasure"])
async def test_a_captain_who_comes_back_is_no_captain(stores: Stores, way: str) -> None:
    await stores.players(1, 2, 3)
    await create(stores, RED, captain_id=1)
    await create(stores, BLUE)
    await join(stores, RED, 2, 10)
    await join(stores, RED, 3, 11)
    if way == "leave":
        await stores.teams.leave(RED, 1, 20, ACT)
    elif way == "transfer":
        await join(stores, BLUE, 1, 20)
    else:
        await stores.records.erase(1, ACT)
        await stores.players(1)
    assert await captain(stores) == 2
    await join(stores, RED, 1, 30)
    assert await captain(stores) == 2
    # The next captain is the member who joined first. The last member is the captain, and so is the next first member.
    await stores.teams.leave(RED, 2, 40, ACT)
    assert await captain(stores) == 3
    for user_id in (3, 1):
        await stores.teams.leave(RED, user_id, 50, ACT)
    assert await captain(stores) is None
    for user_id in (2, 3):
        await join(stores, RED, user_id, 60)
        assert await captain(stores) == 2


async def captain(stores: Stores) -> int | None:
    roster = await stores.teams.roster(RED)
    assert roster is not None
    return roster.captain_id


async def test_the_last_place_is_taken_once(stores: Stores) -> None:
    await stores.players(*range(1, 9))
    for team_id in (RED, BLUE):
        await create(stores, team_id, max_members=2)
    outcomes = await gather(*(join(stores, RED, i) for i in range(1, 9)))
    assert sum(isinstance(o, TeamFull) for o in outcomes) == 6
    # Transfers in both directions at the same time neither deadlock nor overfill a team.
    for time in range(10, 15):
        await gather(*(join(stores, (RED, BLUE)[(i + time) % 2], i, time) for i in range(1, 9)))
        await gather(*(outcome(stores.teams.leave(RED, i, time, ACT)) for i in range(1, 9)))
        await gather(*(join(stores, RED, i, time) for i in range(1, 9)))
        assert len(await members(stores, RED)) == 2
        assert len(await members(stores, BLUE)) <= 2
    spans = await stores.teams.spans(range(1, 9))
    assert len({span.user_id for span in spans if span.left_at is None}) == sum(s.left_at is None for s in spans)


async def test_scores_belong_to_the_team_of_their_time(stores: Stores) -> None:
    source = await stores.board()
    await stores.players(1, 2)
    for team_id in (RED, BLUE):
        await create(stores, team_id)
    ladder = await team_board(stores, source)
    await join(stores, RED, 1, 10)
    await join(stores, RED, 2, 10)
    played = [(1, 100, 9), (1, 1, 10), (1, 2, 19), (1, 4, 20), (2, 8, 30)]
    await join(stores, BLUE, 1, 20)
    await stores.scores.record([submit(Ladder(source), user_id, score, at=at) for user_id, score, at in played])
    assert await refreshed(stores, ladder, source, 1, 2) == [RED, BLUE]
    assert await scores(stores, ladder, RED, BLUE) == {RED: 11, BLUE: 4}
    # When a player leaves a team, and joins one later, the scores of the earlier spans stay with their teams.
    await stores.teams.leave(BLUE, 1, 40, ACT)
    await join(stores, RED, 1, 50)
    await stores.scores.record([submit(Ladder(source), 1, 16, at=45), submit(Ladder(source), 1, 32, at=50)])
    assert await refreshed(stores, ladder, source, 1, 2) == [RED]
    assert await scores(stores, ladder, RED, BLUE) == {RED: 43, BLUE: 4}
    contributions = (await stores.team_scores.contributions(ladder, [RED, BLUE]))[RED]
    assert [(c.user_id, c.score, c.submissions, c.achieved_at) for c in contributions] == [
        (1, 35, 3, 50),
        (2, 8, 1, 30),
    ]
    [standing] = await stores.scores.standings(ladder, [RED])
    assert (standing.achieved_at, standing.submissions, standing.run_id) == (50, 4, contributions[0].run_id)


@pytest.mark.parametrize(
    ("policy", "order", "function", "k", "expected"),
    [
        (Policy.BEST, Order.DESC, TeamFunction.BEST, 2, {RED: 15}),
        (Policy.BEST, Order.ASC, TeamFunction.BEST, 2, {RED: 3}),
        (Policy.LATEST, Order.DESC, TeamFunction.SUM, None, {RED: 12}),
        (Policy.SUM, Order.DESC, TeamFunction.MEAN, 3, {RED: 10}),
        (Policy.SUM, Order.DESC, TeamFunction.MEAN, 4, {}),
    ],
)
async def test_functions(
    stores: Stores, policy: Policy, order: Order, function: TeamFunction, k: int | None, expected: dict[int, int]
) -> None:
    source = await stores.board(policy=policy, order=order)
    await stores.players(1, 2, 3)
    await create(stores, RED)
    ladder = await team_board(stores, source, function, k)
    for user_id in (1, 2, 3):
        await join(stores, RED, user_id)
    played = [(1, 5, 1), (1, 1, 2), (2, 10, 1), (2, 9, 3), (3, 4, 1), (3, 2, 4)]
    await stores.scores.record([submit(Ladder(source), user_id, score, at=at) for user_id, score, at in played])
    await refreshed(stores, ladder, source, 1, 2, 3)
    assert await scores(stores, ladder, RED) == expected


async def test_acts_of_moderators_correct_the_team(stores: Stores) -> None:
    source = await stores.board()
    await stores.players(1, 2, 3)
    await create(stores, RED)
    ladder = await team_board(stores, source)
    for user_id in (1, 2, 3):
        await join(stores, RED, user_id)
    played = [submit(Ladder(source), user_id, 10**user_id, at=user_id) for user_id in (1, 2, 3)]
    await stores.scores.record(played)
    await refreshed(stores, ladder, source, 1, 2, 3)
    moderation = stores.moderation

    async def total() -> dict[int, int]:
        await refreshed(stores, ladder, source, 1, 2, 3)
        return await scores(stores, ladder, RED)

    await moderation.set_player_hidden(1, True, ACT)
    assert await total() == {RED: 1100}
    await moderation.set_entry_hidden(source, 2, True, ACT)
    assert await total() == {RED: 1000}
    await moderation.set_submission_removed(source, 3, played[2].event.submission_id, True, ACT)
    assert await total() == {}
    await moderation.set_submission_removed(source, 3, played[2].event.submission_id, False, ACT)
    await moderation.set_entry_hidden(source, 2, False, ACT)
    await moderation.set_player_hidden(1, False, ACT)
    assert await total() == {RED: 1110}
    await moderation.remove(source, 2, ACT)
    await moderation.remove_from(Ladder(source), 3, ACT)
    assert await total() == {RED: 10}
    await stores.records.erase(1, ACT)
    assert await total() == {}


async def test_a_hidden_team_stays_hidden_and_an_erased_one_is_ignored(stores: Stores) -> None:
    source = await stores.board()
    await stores.players(1)
    await create(stores, RED)
    ladder = await team_board(stores, source)
    await stores.moderation.set_player_hidden(RED, True, ACT)
    await join(stores, RED, 1)
    await stores.scores.record([submit(Ladder(source), 1, 5)])
    await refreshed(stores, ladder, source, 1)
    [standing] = await stores.scores.standings(ladder, [RED])
    assert (standing.score, standing.hidden) == (5, HIDDEN_PLAYER)
    await stores.records.erase(RED, ACT)
    assert await stores.teams.spans([1]) == []
    assert await stores.teams.teams([RED]) == {}
    assert await stores.team_scores.stale(ladder, source, [1]) == {}
    assert await stores.team_scores.refresh(ladder, source, RED, [1]) == []
    assert await stores.scores.standings(ladder, [RED]) == []


@pytest.mark.parametrize("is_copied", [False, True])
async def test_each_state_of_a_team_is_a_moment(stores: Stores, is_copied: bool) -> None:
    source = await stores.board()
    await stores.players(1)
    await create(stores, RED)
    ladder = await team_board(stores, source, moments=None if is_copied else Moments(30, 0, 0))
    await join(stores, RED, 1)
    for at, score in ((10, 5), (20, 7)):
        stores.clock.ms = at
        await stores.scores.record([submit(Ladder(source), 1, score, at=at)])
        await refreshed(stores, ladder, source, 1)
    if is_copied:
        await stores.moments.copy_standings(ladder.board, [RED])
    stores.clock.ms = 30
    await stores.moderation.set_player_hidden(1, True, ACT)
    await refreshed(stores, with_moments(ladder), source, 1)
    expected = {20: 12, 29: 12, 30: None} if is_copied else {9: None, 10: 5, 19: 5, 20: 12, 29: 12, 30: None}
    for moment, score in expected.items():
        rows = await stores.moments.ranking(moment).rows(with_moments(ladder)._replace(at=moment), [RED])
        assert {i: place(ladder.board, row.key).score for i, row in rows.items()} == ({RED: score} if score else {})


def with_moments(ladder: Ladder) -> Ladder:
    return ladder._replace(board=replace(ladder.board, moments=Moments(30, 0, 0)))


async def test_periods_are_counted_apart(stores: Stores) -> None:
    calendar = Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME))
    source = await stores.board(calendar=calendar)
    await stores.players(1)
    await create(stores, RED)
    board = (await team_board(stores, source)).board
    await join(stores, RED, 1)
    for day, score in ((0, 1), (1, 2), (1, 4)):
        ladders = source.ladders_at(day * DAY_MS)
        submission = submit(ladders[0], 1, score, at=day * DAY_MS)
        await stores.scores.record([submission._replace(ladders=ladders)])
    for day, expected in ((0, [1, 7]), (1, [6, 7])):
        for ladder, score in zip(board.ladders_at(day * DAY_MS), expected, strict=True):
            await refreshed(stores, ladder, source, 1)
            assert await scores(stores, ladder, RED) == {RED: score}
    assert {ladder.period for ladder in await stores.scores.ladders_of(board)} == {
        ladder.period for ladder in await stores.scores.ladders_of(source)
    }


async def test_a_sum_of_a_team_is_clamped_to_the_range_of_scores(stores: Stores) -> None:
    source = await stores.board(policy=Policy.BEST)
    await stores.players(1, 2)
    await create(stores, RED)
    ladder = await team_board(stores, source)
    for user_id in (1, 2):
        await join(stores, RED, user_id)
    await stores.scores.record([submit(Ladder(source), user_id, MAX_INTEGER) for user_id in (1, 2)])
    await refreshed(stores, ladder, source, 1, 2)
    assert await scores(stores, ladder, RED) == {RED: MAX_INTEGER}


async def test_concurrent_refreshes_see_all_committed_scores(database: Database) -> None:
    source = await database.board()
    await database.players(*range(1, 9))
    await create(database, RED)
    ladder = await team_board(database, source)
    for user_id in range(1, 9):
        await join(database, RED, user_id)

    async def play(user_id: int) -> None:
        for _ in range(5):
            await database.scores.record([submit(Ladder(source), user_id, 1)])
            await database.team_scores.refresh(ladder, source, RED, [user_id])

    await gather(*map(play, range(1, 9)))
    assert await scores(database, ladder, RED) == {RED: 40}


async def test_changes_are_found_by_the_time_of_recording(stores: Stores) -> None:
    source, other = await stores.board(), await stores.board()
    await stores.players(1, 2)
    await create(stores, RED)
    board = (await team_board(stores, source)).board
    stores.clock.ms = 1000
    await join(stores, RED, 1, 5)
    await stores.scores.record([submit(Ladder(source), 1, 5, at=7), submit(Ladder(other), 2, 5, at=8)])
    assert await stores.team_scores.submitted_between([source], 1000, 1001) == [(source.id, 1, 7)]
    assert await stores.team_scores.submitted_between([source, other], 0, 1000) == []
    assert await stores.team_scores.periods_of(board, source, [1, 2]) == {0: {1}}
    assert await stores.team_scores.periods_of(board, other, [1, 2]) == {}  # player 2 was never in a team
    await stores.team_scores.refresh(Ladder(board), source, RED, [1])
    assert await stores.team_scores.periods_of(board, other, [1, 2]) == {0: {1}}
    assert await stores.team_scores.members_after(None, 9) == [1]
    assert await stores.team_scores.members_after(1, 9) == []
    assert await stores.team_scores.teams_after(None, 9) == [RED]
    assert await stores.team_scores.teams_after(RED, 9) == []
    assert await stores.team_scores.reached(board) is None
    for at in (7, 5):
        await stores.team_scores.set_reached(board, at)
        assert await stores.team_scores.reached(board) == 7


async def test_a_purged_board_leaves_no_contributions(stores: Stores) -> None:
    source = await stores.board()
    await stores.players(1)
    await create(stores, RED)
    ladder = await team_board(stores, source)
    await join(stores, RED, 1)
    await stores.scores.record([submit(Ladder(source), 1, 5)])
    await refreshed(stores, ladder, source, 1)
    await stores.team_scores.set_reached(ladder.board, 5)
    await stores.scores.delete_board(ladder.board.slug, ACT)
    await stores.scores.purge(ladder.board, [RED])
    await stores.scores.forget_board(ladder.board)
    assert await stores.team_scores.contributions(ladder, [RED]) == {}
    assert await stores.team_scores.reached(ladder.board) is None


async def test_contributions_of_teams_without_a_standing_are_purged(database: Database) -> None:
    calendar = Calendar((PeriodKind.DAILY, PeriodKind.ALL_TIME))
    source = await database.board(calendar=calendar)
    await database.players(1)
    await create(database, RED)
    board = (await team_board(database, source, TeamFunction.MEAN, 2)).board
    await join(database, RED, 1)
    ladders = source.ladders_at(0)
    await database.scores.record([submit(ladders[0], 1, 5)._replace(ladders=ladders)])
    daily, ever = board.ladders_at(0)
    for ladder in (daily, ever):
        await refreshed(database, ladder, source, 1)
        assert await database.scores.standings(ladder, [RED]) == []

    async def stored(ladder: Ladder) -> int:
        return len((await database.team_scores.contributions(ladder, [RED])).get(RED, ()))

    periods = PostgresPeriodStore(database.pool, Periods(database.pool))
    assert [await periods.remove(daily, 5) for _ in range(2)] == [1, 0]
    assert [await stored(daily), await stored(ever)] == [0, 1]
    await database.scores.delete_board(board.slug, ACT)
    assert [user_ids async for user_ids in database.scores.players_on(board)] == [[RED]]
    await database.scores.purge(board, [RED])
    assert [user_ids async for user_ids in database.scores.players_on(board)] == []
    assert await stored(ever) == 0
