"""Options of `leaderforge import --from`: boards of other services."""

from typing import Annotated, TypeAlias

import typer

from leaderforge.imports.foreign.boards import ForeignKind

_FROM = "Other services"

FromOption: TypeAlias = Annotated[
    ForeignKind | None,
    typer.Option(
        "--from",
        help="Kind of the other service. FILE is then its address, or a file or folder with its responses.",
        rich_help_panel=_FROM,
    ),
]
KeyOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Key of the sorted set in Redis, or id of the leaderboard in Nakama.", rich_help_panel=_FROM),
]
NamesOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Usernames in Redis: the key of a hash from members to names, or a pattern of keys such as `name:*` or "
        "`user:*->username`.",
        rich_help_panel=_FROM,
    ),
]
DivisorOption: TypeAlias = Annotated[
    int,
    typer.Option(
        help="Divide each score by this number and round down, for scores that contain a time.",
        min=1,
        show_default=False,
        rich_help_panel=_FROM,
    ),
]
RoundOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--round", help="Round scores to the board's decimals, a half to the even neighbour.", rich_help_panel=_FROM
    ),
]
AsOfOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Time of all scores that have none in the other service, ISO 8601. Default: now, in the order of ranks.",
        rich_help_panel=_FROM,
    ),
]
ReportOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="CSV file for all ranks that differ, with their causes.", rich_help_panel=_FROM),
]
CompareOnlyOption: TypeAlias = Annotated[
    bool, typer.Option("--compare-only", help="Compare the ranks, and import nothing.", rich_help_panel=_FROM)
]
