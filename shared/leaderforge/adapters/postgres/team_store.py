"""Teams and their members in PostgreSQL.

A change locks the changed player first, then the teams in the order of their ids. A span changes only while its player
and its team are locked.
"""

from collections.abc import Callable, Collection, Mapping, Sequence

from leaderforge.adapters.postgres.acts import Acts
from leaderforge.adapters.postgres.audit import write_audit
from leaderforge.adapters.postgres.claims import Collision, Taken, insert
from leaderforge.adapters.postgres.links import lock_users
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.score_store import microseconds
from leaderforge.adapters.postgres.statements import joined, statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.players import Player
from leaderforge.domain.presence import required
from leaderforge.domain.team_errors import InOtherTeam, IsTeam, NotInTeam, TeamFull, TeamNotFound
from leaderforge.domain.teams import Joining, Roster, Team, TeamSpan, next_span
from leaderforge.ports.clock import Clock


class PostgresTeamStore:
    """`TeamStore` on PostgreSQL. `clock` is the clock of the score store, in microseconds."""

    def __init__(self, pool: Pool, *, clock: Clock = microseconds, unique_names: bool = True) -> None:
        self._pool = pool
        self._clock = clock
        self._unique_names = unique_names
        self._acts = Acts(pool, clock)

    async def create(self, player: Player, team: Team, act: AuditEntry, joined: AuditEntry | None = None) -> None:
        async def work(connection: Connection, now: int) -> None:
            spans = [] if team.captain_id is None else await _spans_of_free_player(connection, team.captain_id)
            await insert(connection, [player], now // 1000, unique_names=self._unique_names)
            await connection.execute(statement("add_team"), *_values(team))
            if team.captain_id is not None:
                await _open(connection, next_span(spans, team.captain_id, team.team_id, act.at))
                await connection.execute(statement("touch"), team.captain_id, now // 1000)
            if joined is not None:
                await write_audit(connection, joined)

        try:
            await self._acts.do(team.team_id, work, lambda _: act)
        except Collision as collision:
            raise _refusal(collision.taken, player) from None

    async def teams(self, team_ids: Collection[int]) -> Mapping[int, Team]:
        rows = await self._pool.fetch(statement("teams"), joined(team_ids))
        return {row["team_id"]: _team_of(row) for row in rows}

    async def roster(self, team_id: int) -> Roster | None:
        async with self._pool.connection() as connection:
            return await _roster(connection, team_id)

    async def change(self, team_id: int, change: Callable[[Roster], Team], act: AuditEntry) -> Team:
        async def work(connection: Connection, _: int) -> Team:
            team = change(await _lock_team(connection, team_id))
            await connection.execute(statement("change_team"), *_values(team))
            return team

        return await self._acts.do(team_id, work, lambda _: act)

    async def join(
        self, team_id: int, user_id: int, at: int, act: AuditEntry, *, transfers: bool
    ) -> Sequence[TeamSpan]:
        async def work(connection: Connection, _: int) -> Sequence[TeamSpan]:
            await lock_users(connection, user_id)
            spans = await _spans(connection, [user_id])
            current = await _current(connection, spans)
            if current is not None and current.team_id == team_id:
                return []
            if current is not None and not transfers:
                raise InOtherTeam.of(user_id)
            roster = await _lock_teams(connection, team_id, current)
            if await connection.fetch(statement("teams"), str(user_id)):
                raise IsTeam.of(user_id)
            if roster.is_full:
                raise TeamFull.of(team_id, roster.team.max_members)
            if roster.present_team != roster.team:
                await connection.execute(statement("change_team"), *_values(roster.present_team))
            changed = [] if current is None else [await _close(connection, current, at)]
            return [*changed, await _open(connection, next_span([*spans, *changed], user_id, team_id, at))]

        return await self._acts.do(user_id, work, lambda _: act)

    async def leave(self, team_id: int, user_id: int, at: int, act: AuditEntry) -> TeamSpan:
        async def work(connection: Connection, _: int) -> TeamSpan:
            await lock_users(connection, user_id)
            current = await _current(connection, await _spans(connection, [user_id]))
            if current is None or current.team_id != team_id:
                raise NotInTeam.of(team_id, user_id)
            await _lock_team(connection, team_id)
            return await _close(connection, current, at)

        return await self._acts.do(user_id, work, lambda _: act)

    async def spans(self, user_ids: Collection[int]) -> Sequence[TeamSpan]:
        async with self._pool.connection() as connection:
            return await _spans(connection, user_ids)


async def _current(connection: Connection, spans: Sequence[TeamSpan]) -> TeamSpan | None:
    """Return the span in a player's present team, None without a team. If the team was erased, delete the span."""
    current = next((span for span in spans if span.left_at is None), None)
    if current is not None and not await connection.fetch(statement("teams"), str(current.team_id)):
        await connection.execute(statement("delete_team_span"), current.user_id, current.joined_at)
        return None
    return current


async def _lock_teams(connection: Connection, team_id: int, current: TeamSpan | None) -> Roster:
    """Lock a team and the team of the span `current`, in the order of ids. Return the roster of the team `team_id`.

    Raises `TeamNotFound`.
    """
    rosters = {}
    for locked_id in sorted({team_id} if current is None else {team_id, current.team_id}):
        rosters[locked_id] = await _lock_team(connection, locked_id)
    return rosters[team_id]


async def _lock_team(connection: Connection, team_id: int) -> Roster:
    """Lock a team and its members until the commit, and return its roster. Raises `TeamNotFound`."""
    await connection.execute(statement("lock_team"), team_id)
    locked = await connection.fetch(statement("lock_user"), team_id)
    return required(await _roster(connection, team_id) if locked else None, TeamNotFound.of(team_id))


async def _roster(connection: Connection, team_id: int) -> Roster | None:
    rows = await connection.fetch(statement("teams"), str(team_id))
    if not rows:
        return None
    members = await connection.fetch(statement("team_members"), team_id)
    return Roster(_team_of(rows[0]), [TeamSpan(*row.values()) for row in members])


async def _spans(connection: Connection, user_ids: Collection[int]) -> Sequence[TeamSpan]:
    rows = await connection.fetch(statement("team_spans"), joined(user_ids))
    return [TeamSpan(*row.values()) for row in rows]


async def _spans_of_free_player(connection: Connection, user_id: int) -> Sequence[TeamSpan]:
    """Lock a player without a team, and return the spans. Raises `PlayerNotFound`, `IsTeam` or `InOtherTeam`."""
    await lock_users(connection, user_id)
    if await connection.fetch(statement("teams"), str(user_id)):
        raise IsTeam.of(user_id)
    spans = await _spans(connection, [user_id])
    if await _current(connection, spans) is not None:
        raise InOtherTeam.of(user_id)
    return spans


async def _open(connection: Connection, span: TeamSpan) -> TeamSpan:
    """Store a new span, and return it."""
    await connection.execute(statement("open_team_span"), *span[:3])
    return span


async def _close(connection: Connection, span: TeamSpan, at: int) -> TeamSpan:
    """End a span at `at` (ms), or at its start if it starts later. Return the span. Delete a span without duration."""
    closed = span._replace(left_at=max(at, span.joined_at))
    if closed.left_at == span.joined_at:
        await connection.execute(statement("delete_team_span"), span.user_id, span.joined_at)
    else:
        await connection.execute(statement("close_team_span"), span.user_id, span.joined_at, closed.left_at)
    return closed


def _refusal(taken: Taken, player: Player) -> LeaderForgeError:
    return taken.refusal(player) or TeamNotFound.of(player.user_id)


def _team_of(row: Record) -> Team:
    return Team(row["team_id"], row["captain_id"], row["max_members"], Joining(row["joining"]))


def _values(team: Team) -> tuple[object, ...]:
    return team.team_id, team.captain_id, team.max_members, team.joining
