"""Bulk load of new players and their events by COPY."""

from collections.abc import Iterable, Sequence

from leaderforge.adapters.postgres.past_rows import PAST_COLUMNS, past_row
from leaderforge.adapters.postgres.pool import Connection, Pool
from leaderforge.adapters.postgres.standing_rows import standing_row
from leaderforge.domain.boards import Ladder
from leaderforge.domain.names import claims_of
from leaderforge.domain.players import Player, email_key
from leaderforge.domain.standings import Standing
from leaderforge.ports.history import EventTuple

_USER_COLUMNS = ("user_id", "username", "email", "created_at", "external_id")
_EVENT_COLUMNS = ("user_id", "board_id", "submission_id", "score", "achieved_at", "recorded_at", "metadata")
_STANDING_COLUMNS = (
    *("user_id", "board_id", "period_id", "sign", "score", "subranked", "achieved_at", "received_us", "run_id"),
    *("metadata", "scored", "submissions", "revision"),
)


async def copy_chunk(
    pool: Pool,
    ladder: Ladder,
    users: Sequence[Player],
    events: Iterable[EventTuple],
    standings: Iterable[Standing],
    recorded_at: int,
    *,
    timeout_s: float = 60.0,
) -> None:
    """Store new players, their events and their standings in one transaction.

    The function checks only the constraints of the tables. Events must be distinct. Standings must be the fold of the
    events, with revisions in us since 1970. `recorded_at` is in ms.

    Raises `Rejected`, and stores nothing, if a player, username or email exists.
    """
    async with pool.transaction(f"begin; set local statement_timeout = {int(timeout_s * 1000)}", timeout_s) as con:
        await _copy_users(con, users)
        board_id = ladder.board.id
        await con.copy_records_to_table(
            "score_events",
            columns=_EVENT_COLUMNS,
            records=((u, board_id, i, score, at, recorded_at, metadata) for u, i, score, at, metadata in events),
        )
        if ladder.board.moments is not None:
            standings = list(standings)
            past = (past_row((s.user_id, board_id, ladder.period), ladder.board, s) for s in standings)
            await con.copy_records_to_table("past_standings", columns=PAST_COLUMNS, records=past)
        # Pass generators: COPY streams their rows, and no chunk exists twice in memory.
        keyed = (((s.user_id, board_id, ladder.period), s) for s in standings)
        await con.copy_records_to_table(
            "standings",
            columns=_STANDING_COLUMNS,
            records=(standing_row(key, ladder.board, s, s.revision) for key, s in keyed),
        )


async def _copy_users(con: Connection, users: Sequence[Player]) -> None:
    await con.copy_records_to_table(
        "users",
        columns=_USER_COLUMNS,
        records=((u.user_id, u.username, u.email, u.created_at, u.external_id) for u in users),
    )
    await con.copy_records_to_table(
        "username_claims",
        columns=("username_key", "user_id", "is_look_alike"),
        records=(
            (key, u.user_id, is_look_alike or None)
            for u in users
            if u.username is not None
            for key, is_look_alike in claims_of(u.username).items()
        ),
    )
    await con.copy_records_to_table(
        "external_id_claims",
        columns=("external_id", "user_id"),
        records=((u.external_id, u.user_id) for u in users if u.external_id is not None),
    )
    await con.copy_records_to_table(
        "email_claims",
        columns=("email_key", "user_id"),
        records=((email_key(u.email), u.user_id) for u in users if u.email is not None),
    )
