"""Scores of teams in PostgreSQL.

On Citus, a contribution is on the same node as the standing of its team. The events of the members may be on other
nodes. A refresh locks the team and reads the events afterwards. Of several refreshes, the last refresh therefore reads
all events that were committed before. Each refresh writes the contributions and the standing in one transaction.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TypeAlias

from leaderforge.adapters.postgres.history import fold_parameters
from leaderforge.adapters.postgres.past_rows import keep_past
from leaderforge.adapters.postgres.periods import Periods
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.score_store import microseconds
from leaderforge.adapters.postgres.standing_rows import period_bounds, replacing_row, standing_of_row
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.adapters.postgres.voiding import replaced_since
from leaderforge.adapters.postgres.writing import hide_newcomers
from leaderforge.domain.boards import Board, Ladder, Policy
from leaderforge.domain.grouping import grouped
from leaderforge.domain.players import BEFORE_ALL
from leaderforge.domain.standings import LadderStanding, Standing, removed_standing
from leaderforge.domain.teams import Contribution, is_same_result, stale_members, team_standing
from leaderforge.domain.timing import commit_limit_s
from leaderforge.ports.clock import Clock
from leaderforge.ports.teams import MemberEvent

_Contributions: TypeAlias = Mapping[tuple[int, int], Contribution]
"""Contributions by team id and player id."""


class PostgresTeamScores:
    """`TeamScoreStore` on PostgreSQL. `clock` is the clock of the score store, in microseconds."""

    def __init__(self, pool: Pool, periods: Periods, *, clock: Clock = microseconds) -> None:
        self._pool = pool
        self._periods = periods
        self._clock = clock

    async def contributions(self, ladder: Ladder, team_ids: Collection[int]) -> Mapping[int, Sequence[Contribution]]:
        ids = ladder.board.id, ladder.period, joined(team_ids)
        stored = _by_member(await self._pool.fetch(statement("team_contributions"), *ids))
        return grouped((team_id, contribution) for (team_id, _), contribution in sorted(stored.items()))

    async def stale(self, ladder: Ladder, source: Board, user_ids: Collection[int]) -> Mapping[int, Collection[int]]:
        async with self._pool.connection() as connection:
            ids = ladder.board.id, ladder.period, joined(user_ids)
            stored = _by_member(await connection.fetch(statement("member_contributions"), *ids))
            folded = await _fold(connection, ladder, source, user_ids)
        return stale_members(stored, folded)

    async def refresh(
        self, ladder: Ladder, source: Board, team_id: int, user_ids: Collection[int]
    ) -> Sequence[LadderStanding]:
        async def work(connection: Connection) -> Standing | None:
            if not await connection.fetch(statement("lock_user"), team_id):
                return None
            contributions = await _update(connection, ladder, source, team_id, user_ids)
            return await _rank(connection, ladder, team_id, contributions, self._clock())

        await self._periods.open([ladder])
        standing = await self._pool.transact(work, commit_limit_s(self._pool.timeout_s))
        return [] if standing is None else [(await self._periods.with_state(ladder), standing)]

    async def submitted_between(self, sources: Collection[Board], since: int, until: int) -> Sequence[MemberEvent]:
        ids = joined([board.id for board in sources])
        rows = await self._pool.fetch(statement("team_events_between"), ids, since, until)
        return [MemberEvent(*row.values()) for row in rows]

    async def periods_of(self, board: Board, source: Board, user_ids: Collection[int]) -> Mapping[int, Collection[int]]:
        users = joined(user_ids)
        rows = [
            *await self._pool.fetch(statement("contributed_periods"), board.id, users),
            *await self._pool.fetch(statement("periods_of_members"), source.id, users),
        ]
        by_period: defaultdict[int, set[int]] = defaultdict(set)
        for row in rows:
            by_period[row["period_id"]].add(row["user_id"])
        return by_period

    async def members_after(self, user_id: int | None, limit: int) -> Sequence[int]:
        after = BEFORE_ALL if user_id is None else user_id
        return [row["user_id"] for row in await self._pool.fetch(statement("team_players_after"), after, limit)]

    async def teams_after(self, team_id: int | None, limit: int) -> Sequence[int]:
        after = BEFORE_ALL if team_id is None else team_id
        return [row["team_id"] for row in await self._pool.fetch(statement("teams_after"), after, limit)]

    async def reached(self, board: Board) -> int | None:
        rows = await self._pool.fetch(statement("team_progress"), board.id)
        return rows[0]["reached"] if rows else None

    async def set_reached(self, board: Board, at: int) -> None:
        await self._pool.transact(
            lambda connection: connection.execute(statement("set_team_progress"), board.id, at),
            commit_limit_s(self._pool.timeout_s),
        )


async def _update(
    connection: Connection, ladder: Ladder, source: Board, team_id: int, user_ids: Collection[int]
) -> Sequence[Contribution]:
    """Replace the contributions of these players to a locked team. Return all members' contributions."""
    ids = ladder.board.id, ladder.period
    rows = await connection.fetch(statement("team_contributions"), *ids, str(team_id))
    stored = {user_id: contribution for (_, user_id), contribution in _by_member(rows).items()}
    folded = {i: c for (_, i), c in (await _fold(connection, ladder, source, user_ids, team_id)).items()}
    changed = [folded[i] for i in sorted(folded) if folded[i] != stored.get(i)]
    gone = [i for i in user_ids if i in stored and i not in folded]
    await run_rows(connection, "store_contributions", [_values(team_id, ladder, c) for c in changed])
    if gone:
        await connection.execute(statement("delete_contributions"), team_id, *ids, joined(gone))
    remaining = {i: c for i, c in stored.items() if i not in gone} | folded
    return list(remaining.values())


async def _rank(
    connection: Connection, ladder: Ladder, team_id: int, contributions: Sequence[Contribution], now: int
) -> Standing | None:
    """Replace the standing of a locked team. Return the standing, None if it has not changed. `now` is in us."""
    board = ladder.board
    rows = await connection.fetch(statement("standings"), board.id, ladder.period, str(team_id))
    stored = standing_of_row(board, rows[0]) if rows else None
    standing = team_standing(board, team_id, contributions, now)
    if is_same_result(stored, standing):
        return None
    # Like all writers, first lock the standing, or insert a removed standing. A moderator may hold the lock.
    empty = removed_standing(board, team_id, now)
    await run_rows(connection, "hold_standings", [replacing_row(ladder, empty, now)])
    written = await run_rows(connection, "replace_standings", [replacing_row(ladder, standing, now)])
    key = team_id, board.id, ladder.period
    changed = {key: standing_of_row(board, written[0])}
    changed |= await hide_newcomers(connection, [team_id], {board.id: board})
    await keep_past(connection, changed, [board])
    await connection.execute(statement("touch"), team_id, now // 1000)
    return changed[key]


async def _fold(
    connection: Connection, ladder: Ladder, source: Board, user_ids: Collection[int], team_id: int | None = None
) -> _Contributions:
    """Return the contributions of these players to one team or to all, computed from their events."""
    # The contributions to a team have no subscore, therefore its sum needs no limit.
    further = fold_parameters(source)[:1] if source.policy is Policy.SUM else fold_parameters(source)
    users = joined(user_ids)
    starts_at, ends_at = period_bounds(ladder)
    values = source.id, users, team_id, ladder.period, starts_at, ends_at, *replaced_since(ends_at), *further
    folded = await connection.fetch(statement(f"team_fold_{source.policy}"), *values)
    hidden_in = source.id, users, ladder.period
    hidden = {row["user_id"] for row in await connection.fetch(statement("hidden_members"), *hidden_in)}
    return {(row["team_id"], row["user_id"]): _contribution(row, row["user_id"] in hidden) for row in folded}


def _by_member(rows: Sequence[Record]) -> _Contributions:
    return {(row["team_id"], row["user_id"]): _contribution(row, row["hidden"]) for row in rows}


def _contribution(row: Record, hidden: bool) -> Contribution:
    return Contribution(
        row["user_id"], row["score"], row["achieved_at"], row["received_us"], row["run_id"], row["submissions"], hidden
    )


def _values(team_id: int, ladder: Ladder, contribution: Contribution) -> tuple[object, ...]:
    return team_id, ladder.board.id, ladder.period, *contribution
