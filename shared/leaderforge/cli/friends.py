"""`leaderforge friends`: import of the graph of friends."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TextIO

import typer

from leaderforge.cli.import_reports import SOME_BAD, BadLines
from leaderforge.cli.stop_signals import run_until_stopped
from leaderforge.cli.target import DEFAULT_DATA_DIR, DataDir
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.errors import Refused
from leaderforge.domain.players import external_id

if TYPE_CHECKING:
    from leaderforge.services.friend_imports import FriendPair, FriendTally, PairMember

_CHUNK = 5_000
"""Maximum pairs that are imported together."""

friends = typer.Typer(no_args_is_help=True, help="Import the graph of friends of a game.")

GraphArgument = Annotated[Path, typer.Argument(help="CSV file with a header and a pair a line.", show_default=False)]
PlayerColumn = Annotated[str, typer.Option(help="Column with the player.", metavar="COLUMN")]
FriendColumn = Annotated[str, typer.Option(help="Column with the player who is followed.", metavar="COLUMN")]
External = Annotated[bool, typer.Option("--external", help="The columns have external ids instead of player ids.")]
Mutual = Annotated[bool, typer.Option("--mutual", help="Add each pair in both directions.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Read the whole file, and change nothing.")]


@friends.callback()
def _group() -> None:
    """Import the graph of friends of a game."""


@friends.command("import", epilog="Example: leaderforge friends import graph.csv --external --dry-run")
def import_(
    file: GraphArgument,
    *,
    player: PlayerColumn = "player",
    friend: FriendColumn = "friend",
    external: External = False,
    mutual: Mutual = False,
    dry_run: DryRun = False,
    data_dir: DataDir = DEFAULT_DATA_DIR,
) -> None:
    """Add the pairs of a file to the lists of friends. Nothing is removed.

    The import is idempotent: run an interrupted one again. Lines with unknown players are counted and skipped. Exit
    with 3 if lines are bad, or lists would have more than 5,000 players.
    """
    bad = BadLines()
    with file.open(encoding="utf-8-sig", newline="") as text:
        pairs = _Pairs(text, (player, friend), external=external, mutual=mutual, bad=bad)
        tally = run_until_stopped(_import(pairs, file, dry_run, data_dir))
    verb = "that would be imported" if dry_run else "imported"
    typer.echo(f"pairs {verb}: {tally.pairs - tally.unknown - tally.blocked:,}, of which new: {tally.added:,}")
    typer.echo(f"pairs with unknown players: {tally.unknown:,}, with a block: {tally.blocked:,}")
    typer.echo(f"players with too many friends: {tally.full:,}, bad lines: {bad.count:,}")
    if bad.count or tally.full:
        raise typer.Exit(SOME_BAD)


async def _import(pairs: "_Pairs", file: Path, dry_run: bool, data_dir: Path) -> "FriendTally":
    from leaderforge.cli.progress import progress_bar
    from leaderforge.cli.target import services
    from leaderforge.services.friend_imports import FriendImports, FriendTally

    tally = FriendTally()
    async with services(data_dir) as product:
        importer = FriendImports(product.players.friends, product.players.users, product.players.ids)
        with progress_bar(f"Importing {file.name}", None) as advance:
            for chunk in pairs.chunks():
                await importer.add(chunk, tally, dry_run=dry_run)
                advance(len(chunk))
    return tally


class _Pairs:
    """Pairs of a CSV file. Raises `Refused` if the header lacks a column."""

    def __init__(self, text: TextIO, columns: Sequence[str], *, external: bool, mutual: bool, bad: BadLines) -> None:
        self._rows = csv.reader(text)
        self._external = external
        self._mutual = mutual
        self._bad = bad
        header = [cell.strip() for cell in next(self._rows, [])]
        missing = [column for column in columns if column not in header]
        if missing:
            raise Refused(f"the header has no column {missing[0]!r}; it has {', '.join(header) or 'none'}")
        self._positions = [header.index(column) for column in columns]

    def _identities(self) -> Iterator[tuple["PairMember", "PairMember"]]:
        """Yield the player and the friend of each line. Bad lines are reported and skipped."""
        for row in filter(None, self._rows):
            if len(row) <= max(self._positions):
                self._bad.refused(self._rows.line_num, "a cell is missing")
                continue
            try:
                player, friend = (self._identity(row[position].strip()) for position in self._positions)
            except (ValueError, Refused) as error:
                self._bad.refused(self._rows.line_num, str(error))
            else:
                yield player, friend

    def chunks(self) -> Iterator[Sequence["FriendPair"]]:
        """Yield the pairs of the file in chunks. Bad lines are reported and skipped."""
        from leaderforge.services.friend_imports import FriendPair

        chunk: list[FriendPair] = []
        for player, friend in self._identities():
            chunk += [FriendPair(player, friend)] + ([FriendPair(friend, player)] if self._mutual else [])
            if len(chunk) >= _CHUNK:
                yield chunk
                chunk = []
        if chunk:
            yield chunk

    def _identity(self, cell: str) -> "PairMember":
        if self._external:
            return external_id(cell)
        if not cell.removeprefix("-").isdecimal() or abs(int(cell)) > MAX_INTEGER:
            raise ValueError(f"{cell!r} is no player id; use --external for ids of another system")
        return int(cell)
