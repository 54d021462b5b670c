"""Options of `leaderforge import`."""

import re
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

if TYPE_CHECKING:
    from leaderforge.imports.columns import Condition

_FILE, _COLUMNS, _VALUES, _RULES = "File", "Columns", "Values", "Rules"

FileArgument: TypeAlias = Annotated[
    str,
    typer.Argument(
        help="File: .csv, .tsv, .json, .ndjson or .jsonl, also with .gz or .zst. With --from, the other service.",
        show_default=False,
    ),
]
FormatOption: TypeAlias = Annotated[
    Literal["csv", "ndjson", "json"] | None,
    typer.Option("--format", help="Format. Default: by the file's name.", rich_help_panel=_FILE),
]
SeparatorOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Separator of the columns, such as ; or tab. Default: found in the header.", rich_help_panel=_FILE
    ),
]
HeaderOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--columns",
        help="Names of the columns of a file without a header, such as player,score.",
        rich_help_panel=_FILE,
    ),
]
EncodingOption: TypeAlias = Annotated[
    Literal["utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"] | None,
    typer.Option(help="Encoding. Default: by the byte order mark, else UTF-8.", rich_help_panel=_FILE),
]
ListPathOption: TypeAlias = Annotated[
    str,
    typer.Option(
        "--path",
        help="Path of the list in a JSON document, such as data.scores. Default: the document.",
        rich_help_panel=_FILE,
    ),
]
PlayerOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Column of the username. Unknown players are created. Default: player.",
        show_default=False,
        rich_help_panel=_COLUMNS,
    ),
]
PlayerIdOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Column of the external id, which then identifies the player.", rich_help_panel=_COLUMNS),
]
UserIdOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Column of the player id of this service. The player must exist.", rich_help_panel=_COLUMNS),
]
ScoreOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Column of the score, or a constant such as =1. Default: score.",
        show_default=False,
        rich_help_panel=_COLUMNS,
    ),
]
SubscoreOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Column of the subscore.", rich_help_panel=_COLUMNS)
]
TimeOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Column of the time: ISO 8601, or 13 digits of ms since 1970. Without it, the lines count as of now, in "
        "their order.",
        rich_help_panel=_COLUMNS,
    ),
]
TimeOfDayOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Column of the time of day, if --time has only dates.", rich_help_panel=_COLUMNS),
]
IdOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--id",
        help="Column that identifies a line. Default: the content of the line, and how often it came before in the "
        "file.",
        rich_help_panel=_COLUMNS,
    ),
]
NumbersOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Column with named numbers: a JSON object of integers.", rich_help_panel=_COLUMNS)
]
MetadataOption: TypeAlias = Annotated[
    str | None, typer.Option(help="Column with metadata: a JSON object.", rich_help_panel=_COLUMNS)
]
MemberOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="Column to store as a member of the metadata. Repeatable.", rich_help_panel=_COLUMNS),
]
ScoresOption: TypeAlias = Annotated[
    Literal["stored", "shown"] | None,
    typer.Option(
        help="Meaning of numbers on boards with decimals: stored integers as in the API, or numbers as the board shows "
        "them. Default: shown if any score in the file has decimals or is a clock time, else stored.",
        rich_help_panel=_VALUES,
    ),
]
ThousandsOption: TypeAlias = Annotated[
    Literal[",", ".", "'", " "] | None, typer.Option(help="Separator of thousands.", rich_help_panel=_VALUES)
]
DecimalOption: TypeAlias = Annotated[Literal[".", ","], typer.Option(help="Decimal mark.", rich_help_panel=_VALUES)]
TimeFormatOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Format of the times: seconds, milliseconds, microseconds, nanoseconds (since 1970), serial (days of "
        "spreadsheets), or a pattern such as '%d.%m.%Y %H:%M'.",
        rich_help_panel=_VALUES,
    ),
]
TimeZoneOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Zone of times without an offset. Default: the board's.", rich_help_panel=_VALUES),
]
MissingOption: TypeAlias = Annotated[
    list[str] | None, typer.Option(help="Text that means no value, such as NA. Repeatable.", rich_help_panel=_VALUES)
]
WhereOption: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="Import only lines with COLUMN=VALUE or COLUMN!=VALUE. Repeatable.", rich_help_panel=_RULES),
]
LinesOption: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Import only the lines with these numbers, such as 2,5-9.", rich_help_panel=_RULES),
]
SourceOption: TypeAlias = Annotated[
    str | None,
    typer.Option(
        help="Name that tells this file apart from others with equal lines, such as a date.", rich_help_panel=_RULES
    ),
]
ReplaceOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--replace",
        help="Replace the scores of lines that were imported with other content. Audited.",
        rich_help_panel=_RULES,
    ),
]
HistoryOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--history",
        help="Count in past periods too, and without the board's score limits. Audited.",
        rich_help_panel=_RULES,
    ),
]
DryRunOption: TypeAlias = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Show the first lines as they would count, and all problems. Change nothing.",
        rich_help_panel=_RULES,
    ),
]
OnBadLineOption: TypeAlias = Annotated[
    Literal["skip", "stop"],
    typer.Option(help="Skip bad lines, or stop at the first with exit code 1.", rich_help_panel=_RULES),
]
BatchOption: TypeAlias = Annotated[int, typer.Option(help="Lines per batch.", min=1, max=4000, rich_help_panel=_RULES)]


def constant_or_column(text: str) -> str | int:
    """Return the integer of a constant such as `=1`, otherwise the text as a column. Raises `typer.BadParameter`."""
    if not text.startswith("="):
        return text
    try:
        return int(text[1:])
    except ValueError:
        raise typer.BadParameter(
            f"{text[1:]!r} is not an integer: write a column, or a constant such as =1", param_hint="--score"
        ) from None


def condition(text: str) -> "Condition":
    """Return the condition in a text. Raises `typer.BadParameter`."""
    from leaderforge.imports.columns import Condition

    match = re.fullmatch(r"([^!=]+)(!?=)(.*)", text)
    if match is None:
        raise typer.BadParameter(
            f"{text!r} is not a condition: write COLUMN=VALUE or COLUMN!=VALUE", param_hint="--where"
        )
    return Condition(match[1], match[3], negated=match[2] == "!=")


def separator(text: str | None) -> str | None:
    """Return the separator in a text: one character, or `tab`. Raises `typer.BadParameter`."""
    if text is None or text in {"tab", "\\t"}:
        return "\t" if text else None
    if len(text) != 1 or text in '"\r\n':
        raise typer.BadParameter(f"{text!r} is not one character: write ; or | or tab", param_hint="--separator")
    return text
