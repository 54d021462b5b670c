"""`leaderforge friends import`, run as a process."""

from pathlib import Path

import pytest

from leaderforge.adapters.postgres.player_store import PostgresPlayerStore
from leaderforge.adapters.postgres.pool import Pool
from leaderforge.domain.players import Player
from tests.acceptance.command import Command, new_command
from tests.acceptance.conftest import new_database

LINKS = "select user_id, other_id from player_links where kind = 'follows' order by user_id, other_id"


@pytest.fixture
async def command(valkey, postgres) -> Command:
    """Command on a database with three players."""
    dsn = await new_database(postgres.dsn)
    pool = Pool(dsn)
    await PostgresPlayerStore(pool).create([Player(i, None, None, 0, f"steam-{i}") for i in (1, 2, 3)])
    await pool.close()
    return new_command(dsn, valkey.addresses)


async def test_a_graph_is_imported_once(command: Command, tmp_path: Path) -> None:
    graph = tmp_path / "graph.csv"
    graph.write_text("\ufefffriend,since,player\n2,2020,1\n3,2021,1\n9,2021,1\n\nx,2021,1\n1\n")
    counts = ["pairs with unknown players: 1, with a block: 0", "players with too many friends: 0, bad lines: 2"]
    bad = ["line 6: 'x' is no player id; use --external for ids of another system", "line 7: a cell is missing"]
    dry = command.run("friends", "import", str(graph), "--dry-run", code=3)
    assert (dry.output, dry.errors) == (["pairs that would be imported: 2, of which new: 0", *counts], bad)
    assert await command.query(LINKS) == []
    first = command.run("friends", "import", str(graph), code=3)
    assert first.output == ["pairs imported: 2, of which new: 2", *counts]
    again = command.run("friends", "import", str(graph), code=3)
    assert again.output == ["pairs imported: 2, of which new: 0", *counts]
    assert await command.query(LINKS) == [(1, 2), (1, 3)]


async def test_external_ids_are_imported_in_both_directions(command: Command, tmp_path: Path) -> None:
    graph = tmp_path / "graph.csv"
    graph.write_text("a,b\nsteam-1,steam-2\n")
    options = ("--player", "a", "--friend", "b", "--external", "--mutual")
    assert command.run("friends", "import", str(graph), *options).output[0] == "pairs imported: 2, of which new: 2"
    assert await command.query(LINKS) == [(1, 2), (2, 1)]
    refused = command.run("friends", "import", str(graph), code=1)
    assert refused.errors == ["error: the header has no column 'player'; it has a, b"]
