"""Links between players: both directions of a relation, in one transaction.

Each link is stored on the node of its player. A change first locks the player whose relations change. It changes the
links of the other players before the links of this player. It therefore waits for erasures of the other players before
it holds locks that these erasures need.
"""

from collections.abc import Collection, Iterable

from leaderforge.adapters.postgres.pool import Connection
from leaderforge.adapters.postgres.statements import joined, run_rows, statement
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.friends import Link, LinkKind
from leaderforge.domain.grouping import grouped

_SEPARATE = 32
"""Maximum number of links that are deleted one by one. On Citus, one statement for several players costs more."""


async def lock_users(connection: Connection, *user_ids: int) -> None:
    """Lock players against changes of their links, in the order of ids. Raises `PlayerNotFound`."""
    for user_id in sorted(user_ids):
        if not await connection.fetch(statement("lock_user"), user_id):
            raise PlayerNotFound.of(user_id)


async def add_links(connection: Connection, links: Collection[Link], at: int) -> None:
    """Store these links, and the opposite link of each. `at` is the time (ms) of the relations."""
    for side in sorted(link.opposite for link in links), sorted(links):
        await run_rows(connection, "add_links", [(*link, at) for link in side])


async def delete_links(connection: Connection, links: Collection[Link]) -> None:
    """Delete these links of one locked player, and the opposite links of the other players."""
    opposites = sorted(link.opposite for link in links)
    await run_rows(connection, "hold_links", opposites)
    if len(opposites) <= _SEPARATE:
        for link in opposites:
            await connection.execute(statement("delete_link"), *link)
    else:
        for (kind, user_id), other_ids in _grouped(links).items():
            await connection.execute(statement("delete_links_to"), joined(other_ids), kind.opposite, user_id)
    for (kind, user_id), other_ids in _grouped(links).items():
        await connection.execute(statement("delete_links_of"), user_id, kind, joined(other_ids))


async def erase_links(connection: Connection, user_id: int, limit: int) -> int:
    """Delete up to `limit` relations of a player in both directions. Return the number of deleted relations."""
    rows = await connection.fetch(statement("all_links_of"), user_id, limit)
    await delete_links(connection, [Link(user_id, LinkKind(row["kind"]), row["other_id"]) for row in rows])
    return len(rows)


def _grouped(links: Iterable[Link]) -> dict[tuple[LinkKind, int], list[int]]:
    """Return the other players of the links, by kind of link and player."""
    return grouped(((link.kind, link.user_id), link.other_id) for link in links)
