"""All stored data of one player, in PostgreSQL."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import replace

from leaderforge.adapters.postgres.acts import Acts, lock_player
from leaderforge.adapters.postgres.claims import release, user_of
from leaderforge.adapters.postgres.event_rows import event_of_row
from leaderforge.adapters.postgres.links import erase_links
from leaderforge.adapters.postgres.outbox import write_notices
from leaderforge.adapters.postgres.placing import standings_of_player
from leaderforge.adapters.postgres.pool import Connection, Pool, Record
from leaderforge.adapters.postgres.score_store import microseconds
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.history import Erased, Kept
from leaderforge.domain.notices import moderation_notices
from leaderforge.domain.players import Player
from leaderforge.domain.score_types import ScoreType
from leaderforge.domain.standings import LadderStanding, removed_standing
from leaderforge.domain.teams import is_team_id
from leaderforge.ports.clock import Clock

_CHUNK = 1000
"""Maximum events of a chunk."""
_LINKS_AT_ONCE = 2000
"""Maximum links that one transaction deletes before the erasure. A player may have any number of followers."""
_NOTICES = (
    "erase_notices",
    "erase_bundled",
    "erase_logged_notices",
    "erase_logged_bundled",
    "erase_overtaken_notices",
    "erase_noticed_tiers",
    "erase_noticed_places",
)
"""Statements that erase notices.

They run under the lock of the log, because a relay must not move notices meanwhile.
"""


class PostgresPlayerRecords:
    """`PlayerRecords` on PostgreSQL. `clock` is the clock of the score store, in microseconds."""

    def __init__(self, pool: Pool, *, clock: Clock = microseconds) -> None:
        self._pool = pool
        self._acts = Acts(pool, clock)

    async def standings(self, user_id: int) -> Sequence[LadderStanding]:
        async with self._pool.connection() as connection:
            standings = await standings_of_player(connection, user_id)
        return [(ladder, standing) for ladder, standing in standings if not standing.removed]

    async def events(self, user_id: int) -> AsyncGenerator[Sequence[Kept], None]:
        async with aclosing(self._pool.stream(statement("events_of_user"), user_id, chunk=_CHUNK)) as stream:
            async for rows in stream:
                yield [_stored_event(row) for row in rows]

    async def erase(self, user_id: int, act: AuditEntry, creatable_at: int | None = None) -> Erased:
        async def work(connection: Connection, now: int) -> Erased:
            await connection.fetch(statement("write_in_sequence"))
            player = await _locked_player(connection, user_id)
            standings = await standings_of_player(connection, user_id)
            erased = await _erase_scores(connection, player, standings, now // 1000)
            await _erase_past(connection, user_id)
            await _request_resettlements(connection, standings, now // 1000)
            await connection.execute(statement("lock_notice_log"))
            for erase in ("erase_leaders", "erase_league_members", "erase_league_results", *_NOTICES):
                await connection.execute(statement(erase), user_id)
            await write_notices(connection, moderation_notices(user_id, act, standings))
            await release(connection, player, now // 1000, creatable_at)
            await _erase_user(connection, user_id)
            # Last, because on Citus this statement blocks the audit entries of all other transactions until the commit.
            # One of them could hold a lock that the erasure still needs.
            anonymized = await connection.execute(statement("anonymize_audit"), user_id, f"player:{user_id}")
            return replace(erased, acts=_count(anonymized))

        while await self._pool.transact(lambda connection: erase_links(connection, user_id, _LINKS_AT_ONCE)):
            pass
        return await self._acts.do(user_id, work, lambda erased: erased.noted_in(act))


async def _locked_player(connection: Connection, user_id: int) -> Player:
    """Lock a player and the player's standings, and return the player. Delete the player's entrants."""
    # Delete entrants before the player is locked, because submissions lock entrants first, and another order could
    # deadlock.
    await connection.execute(statement("erase_entrants"), user_id)
    player = user_of(await lock_player(connection, user_id))
    # Delete entrants again, because a submission in flight may have added an entrant before the lock.
    await connection.execute(statement("erase_entrants"), user_id)
    # The locks wait for submissions in flight, whose events are then committed. The erasure deletes these events too.
    await connection.fetch(statement("lock_standings"), user_id)
    return player


async def _erase_scores(connection: Connection, player: Player, standings: Sequence[LadderStanding], at: int) -> Erased:
    """Delete the events and standings of a locked player."""
    user_id = player.user_id
    last = max((standing.revision for _, standing in standings), default=0) + 1
    # If the id is reused, the new player's standings need higher revisions, because the index ignores lower revisions.
    await connection.execute(statement("touch_erased"), user_id, at, last)
    return Erased(
        events=_count(await connection.execute(statement("erase_events"), user_id)),
        standings=_count(await connection.execute(statement("erase_standings"), user_id)),
        removed=[(ladder, removed_standing(ladder.board, user_id, last)) for ladder, _ in standings],
        external_id=player.external_id,
    )


async def _erase_past(connection: Connection, user_id: int) -> None:
    """Delete the player's past standings. First store the places, because checkpoints still count the places."""
    await connection.execute(statement("correct_checkpoints"), user_id)
    await connection.execute(statement("correct_segment_checkpoints"), user_id)
    await connection.execute(statement("erase_past_standings"), user_id)


async def _request_resettlements(connection: Connection, standings: Sequence[LadderStanding], at: int) -> None:
    """Request that the ladders with rewards are settled again, because the ranks of other players have changed.

    The player's own awards are deleted with the player.
    """
    ladders = {(ladder.board.id, ladder.period) for ladder, _ in standings if ladder.board.rewards is not None}
    # Sorted, because erasures that lock the same rows in different orders could deadlock.
    for board_id, period in sorted(ladders):
        await connection.execute(statement("request_resettlement"), board_id, period, at)


async def _erase_user(connection: Connection, user_id: int) -> None:
    """Delete the player, the player's devices and sessions, and the links that `erase` had not deleted before."""
    await connection.execute(statement("release_devices"), user_id)
    await connection.fetch(statement("end_sessions"), user_id)
    while await erase_links(connection, user_id, _LINKS_AT_ONCE):
        pass
    if is_team_id(user_id):
        await connection.execute(statement("erase_team_spans"), user_id)
    await connection.execute(statement("erase_user"), user_id)


def _count(status: str) -> int:
    """Return the number of changed rows, which is the last word of the server's command tag, such as `DELETE 3`."""
    return int(status.rpartition(" ")[2])


def _stored_event(row: Record) -> Kept:
    event, score_type = event_of_row(row), ScoreType(row["score_type"] or ScoreType.NUMBER)
    return Kept(row["board"], event._replace(score=score_type.typed(event.score)), row["recorded_at"], row["void"])
