"""Leagues in PostgreSQL."""

import json
from collections.abc import Collection, Mapping, Sequence

from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.settlement_store import make_step
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.boards import Board, Ladder
from leaderforge.domain.grouping import grouped
from leaderforge.domain.league import (
    Arrival,
    DivisionRank,
    DivisionSeats,
    FilledGroup,
    Finisher,
    GroupMember,
    LastResult,
    League,
    LeagueResult,
    MemberSeat,
    Movement,
    OpenGroup,
    take_seat,
)
from leaderforge.domain.league_places import LeaguePlace
from leaderforge.domain.league_rules import stored_league, stored_members_of
from leaderforge.domain.moments import revision_at
from leaderforge.domain.settlement import SettlementStep
from leaderforge.domain.standings import VISIBLE
from leaderforge.domain.timing import commit_limit_s

_ROWS_A_CHUNK = 10_000
"""Maximum rows of a chunk of a large result.

Statements with large results are streams, because the time limit of streams is long.
"""
_RESULT_COLUMNS = (
    *("user_id", "board_id", "period_id", "division", "group_number", "group_rank", "group_size", "movement"),
    "next_division",
)


class PostgresLeagueStore:
    """`LeagueStore` on PostgreSQL.

    The row of a division is locked while a batch of its players is seated. All rows of a board's divisions are on one
    node, and seats are on the nodes of their players.
    """

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def rules(self, ladder: Ladder) -> League | None:
        rows = await self._pool.fetch(statement("league_rules"), *_ids(ladder))
        return stored_league(json.loads(rows[0]["rules"])) if rows else None

    async def open(self, ladder: Ladder, league: League, at: int) -> None:
        rules = json.dumps(stored_members_of(league))
        await self._pool.fetch(statement("open_league_period"), *_ids(ladder), rules, at)

    async def opened_at(self, ladder: Ladder) -> int | None:
        rows = await self._pool.fetch(statement("league_opened_at"), *_ids(ladder))
        return int(rows[0]["opened_at"]) if rows else None

    async def last_results(self, ladder: Ladder, user_ids: Collection[int]) -> Mapping[int, LastResult]:
        rows = await self._pool.fetch(statement("last_league_results"), *_ids(ladder), joined(user_ids))
        return {row["user_id"]: _last_result(row) for row in rows}

    async def seat(self, ladder: Ladder, league: League, division: int, arrivals: Sequence[Arrival]) -> None:
        limit_s = commit_limit_s(self._pool.timeout_s)
        seated = await self._pool.transact(
            lambda connection: _seat(connection, ladder, league, division, arrivals), limit_s
        )
        if seated:
            await self._pool.fetch(statement("forget_missing_members"), *_ids(ladder), joined(seated))

    async def waiting(self, ladder: Ladder, since: int = 0) -> Sequence[int]:
        if since:
            return await self._players("unseated_newcomers", *_ids(ladder), since)
        return await self._players("unseated_players", *_ids(ladder))

    async def filled_groups(self, ladder: Ladder) -> Mapping[int, Sequence[FilledGroup]]:
        rows = await self._scan("filled_league_groups", *_ids(ladder), ladder.board.min_submissions)
        return grouped(
            (row["division"], FilledGroup(row["group_number"], row["players"], row["last_seat"])) for row in rows
        )

    async def members(self, ladder: Ladder, division: int, groups: Collection[int]) -> Sequence[GroupMember]:
        values = division, joined(groups), ladder.board.min_submissions
        return [_group_member(row) for row in await self._scan("league_group_members", *_ids(ladder), *values)]

    async def absent(self, ladder: Ladder, after: int, limit: int) -> Sequence[LastResult]:
        return [_last_result(row) for row in await self._scan("absent_league_players", *_ids(ladder), after, limit)]

    async def write_results(self, step: SettlementStep, results: Sequence[LeagueResult]) -> None:
        ids = _ids(step.ladder)

        async def write(connection: Connection) -> None:
            await make_step(connection, step)
            records = [
                (r.user_id, *ids, r.division, r.group, r.rank, r.size, r.movement, r.next_division) for r in results
            ]
            # COPY is several times faster than VALUES. COPY cannot skip existing rows, but each chunk is written once.
            if records:
                await connection.copy_records_to_table("league_results", columns=_RESULT_COLUMNS, records=records)

        await self._pool.transact(write)
        if results:
            user_ids = joined([result.user_id for result in results])
            await self._pool.fetch(statement("forget_missing_results"), *ids, user_ids)

    async def results(self, ladder: Ladder, user_ids: Collection[int]) -> Sequence[LeagueResult]:
        rows = await self._pool.fetch(statement("league_results"), *_ids(ladder), joined(user_ids))
        return [_result(row) for row in rows]

    async def first_period(self, board: Board) -> int | None:
        [row] = await self._pool.fetch(statement("first_league_period"), board.id)
        return None if row["period_id"] is None else int(row["period_id"])

    async def unsettled(self, ladder: Ladder) -> int:
        [row] = await self._scan("unsettled_members", *_ids(ladder))
        return int(row["members"])

    async def group_results(self, ladder: Ladder, division: int, group: int) -> Sequence[LeagueResult]:
        rows = await self._pool.fetch(statement("league_group_results"), *_ids(ladder), division, group)
        return [_result(row) for row in rows]

    async def seat_of(self, ladder: Ladder, user_id: int) -> MemberSeat | None:
        rows = await self._pool.fetch(statement("league_seat"), *_ids(ladder), user_id)
        return MemberSeat(*rows[0]) if rows else None

    async def of_player(self, boards: Mapping[int, Board], user_id: int) -> Sequence[tuple[Ladder, LeaguePlace]]:
        rows = await self._pool.fetch(statement("league_places_of_player"), user_id)
        return [
            (Ladder(boards[row["board_id"]], row["period_id"]), _place(row))
            for row in rows
            if row["board_id"] in boards
        ]

    async def division_rank(self, ladder: Ladder, division: int, user_id: int) -> DivisionRank:
        minimum = ladder.board.min_submissions
        prefix, moment = ("", ()) if ladder.at is None else ("past_", (revision_at(ladder.at),))
        places = await self._pool.fetch(statement(f"{prefix}league_place"), *_ids(ladder), user_id, *moment)
        place = tuple(places[0])[:4] if places else (0, 0, 0, 0)
        values = *_ids(ladder), division, minimum, *place, *moment
        [row] = await self._scan(f"{prefix}league_division_rank", *values)
        has_entry = bool(places) and places[0]["submissions"] >= minimum
        return DivisionRank(row["above"] + 1 if has_entry else None, row["total"])

    async def _players(self, name: str, *values: int) -> Sequence[int]:
        return [row["user_id"] for row in await self._scan(name, *values)]

    async def _scan(self, name: str, *values: object) -> Sequence[Record]:
        """Return the rows of a statement whose time grows with the number of seats."""
        chunks = self._pool.stream(statement(name), *values, chunk=_ROWS_A_CHUNK)
        return [row async for chunk in chunks for row in chunk]


async def _seat(
    connection: Connection, ladder: Ladder, league: League, division: int, arrivals: Sequence[Arrival]
) -> Sequence[int]:
    """Give the players seats, and return the ids of the players who had no seat before."""
    key = *_ids(ladder), division
    await connection.execute(statement("open_league_division"), *key)
    # The lock also excludes other batches with the same players: a player has the same division in all these batches.
    [row] = await connection.fetch(statement("lock_league_division"), *key)
    user_ids = joined([arrival.user_id for arrival in arrivals])
    rows = await connection.fetch(statement("seated_players"), *_ids(ladder), user_ids)
    already = {row["user_id"] for row in rows}
    seats = DivisionSeats(row["seats"], row["groups"], _open_groups(row["open_groups"]))
    members: dict[int, tuple[int, ...]] = {}
    for arrival in arrivals:
        if arrival.user_id not in already and arrival.user_id not in members:
            seats, seat = take_seat(league, seats, arrival.band)
            members[arrival.user_id] = (arrival.user_id, *key, seat.group, seat.number)
    if members:
        await run_rows(connection, "insert_league_members", [members[user_id] for user_id in sorted(members)])
        open_groups = json.dumps([[group.number, group.players] for group in seats.open_groups])
        values = *key, seats.seats, seats.groups, open_groups
        await connection.execute(statement("fill_league_division"), *values)
    return list(members)


def _open_groups(text: str) -> tuple[OpenGroup, ...]:
    return tuple(OpenGroup(number, tuple(players)) for number, players in json.loads(text))


def _ids(ladder: Ladder) -> tuple[int, int]:
    return ladder.board.id, ladder.period


def _last_result(row: Record) -> LastResult:
    user_id, rank, size, movement, next_division = row
    return LastResult(user_id, rank, size, Movement(movement), next_division)


def _result(row: Record) -> LeagueResult:
    user_id, division, group, rank, size, movement, next_division = row
    return LeagueResult(user_id, division, group, rank, size, Movement(movement), next_division)


def _group_member(row: Record) -> GroupMember:
    key = (row["ranked"], row["subranked"], row["achieved_at"], row["user_id"]) if row["has_entry"] else None
    is_hidden = key is not None and row["hidden"] != VISIBLE
    return GroupMember(row["group_number"], Finisher(row["user_id"], key, is_hidden), row["revision"] or 0)


def _place(row: Record) -> LeaguePlace:
    movement = None if row["movement"] is None else Movement(row["movement"])
    return LeaguePlace(row["division"], row["group_number"], row["group_rank"], movement)
