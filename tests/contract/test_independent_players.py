"""Acts on two players do not wait for each other, also on Citus, where a statement may lock all players of a table."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import pytest

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.moments import Moments
from leaderforge.domain.players import Player
from leaderforge.domain.submissions import Submission
from leaderforge.domain.teams import Team
from tests.contract.interrupting import interrupted
from tests.contract.store_fixtures import Database, submit
from tests.contract.test_changes_of_scores import NOON

ACT = AuditEntry(NOON, "cli", "player.change")
PLAYERS = range(1, 9)


def team_of(player: int) -> int:
    """Return the id of the team that a player may join."""
    return -10 - player


Act: TypeAlias = Callable[[Database, Board, int], Awaitable[object]]

ACTS: dict[str, Act] = {
    "hide": lambda stores, _, player: stores.moderation.set_player_hidden(player, True, ACT),
    "remove": lambda stores, board, player: stores.moderation.remove(board, player, ACT),
    "set": lambda stores, board, player: stores.moderation.set_score(scored(board, player, 3), ACT),
    "move": lambda stores, _, player: stores.users.change(player, {"attributes": '{"country": "SE"}'}, ACT),
    "rename": lambda stores, _, player: stores.users.change(player, {"username": f"Renamed {player}"}, ACT),
    "join": lambda stores, _, player: stores.teams.join(team_of(player), player, NOON, ACT, transfers=False),
    "erase": lambda stores, _, player: stores.records.erase(player, ACT),
}
LAST = {"erase": "update audit_log"}
"""Last statement of an act before the commit that concerns only its player. It is `insert into audit_log` by default.

An erasure changes entries of the audit log, which each node of Citus has. All audit entries wait for this change.
"""


def scored(board: Board, player: int, score: int) -> Submission:
    return submit(board.ladders_at(NOON)[0], player, score, at=NOON)


async def board_of_eight(database: Database) -> Board:
    """Create a board with segments and moments, eight players with a score, and a team for each to join."""
    board = await database.board(segments=("country",), moments=Moments(30, 0, 0, 0))
    await database.players(*PLAYERS)
    for player in PLAYERS:
        team = team_of(player)
        await database.teams.create(Player(team, f"Team {-team}", None, 0), Team(team), ACT)
    await database.scores.record([scored(board, player, 1) for player in PLAYERS])
    return board


@pytest.mark.parametrize("first", ACTS)
async def test_acts_do_not_wait_for_an_act_on_another_player(database: Database, first: str) -> None:
    board = await board_of_eight(database)
    done: list[str] = []

    async def act_on_others() -> None:
        for player, (second, act) in enumerate(ACTS.items(), start=2):
            if not first == second == "erase":  # erasures wait for each other, because all change the log of notices
                await act(database, board, player)
            done.append(second)

    # If a second act waited for the first act, both would fail after the time limit of acts.
    async with interrupted(database) as (stores, pool):
        pool.before(LAST.get(first, "insert into audit_log"), act_on_others)
        await ACTS[first](stores, board, 1)
    assert done == list(ACTS)
