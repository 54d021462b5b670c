"""Options of an import, as the command and the API receive them."""

from collections.abc import Sequence
from dataclasses import dataclass

from leaderforge.domain.boards import Board
from leaderforge.domain.errors import Refused
from leaderforge.domain.score_texts import NumberStyle
from leaderforge.imports.columns import Columns, Condition
from leaderforge.imports.files import FilePlan
from leaderforge.imports.formats import FileLayout, ScoreNotation, TableFormat, format_of
from leaderforge.imports.line_ranges import LineRanges
from leaderforge.imports.proposals import ColumnProposal


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOptions:
    """Options of an import of the file with this name. `header` has the names of the file's columns, by commas."""

    file: str
    player: str | None = None
    score: str | None = None
    time: str | None = None
    id: str | None = None
    player_id: str | None = None
    user_id: str | None = None
    subscore: str | None = None
    time_of_day: str | None = None
    metadata: str | None = None
    members: Sequence[str] = ()
    numbers: str | None = None
    scores: str | None = None
    thousands: str | None = None
    decimal: str = "."
    time_format: str | None = None
    time_zone: str | None = None
    missing: Sequence[str] = ()
    format: str | None = None
    separator: str | None = None
    header: str | None = None
    encoding: str | None = None
    list_path: str = ""
    conditions: Sequence[Condition] = ()
    lines: str | None = None
    source: str | None = None

    @property
    def names_columns(self) -> bool:
        """Return whether the options name the column of the player or of the score."""
        return any(name is not None for name in (self.player, self.score, self.player_id, self.user_id))

    @property
    def layout(self) -> FileLayout:
        """Return the layout of the file. Raises `Refused`."""
        return FileLayout(
            format=TableFormat(self.format) if self.format else format_of(self.file),
            separator=_separator(self.separator),
            header=None if self.header is None else tuple(name.strip() for name in self.header.split(",")),
            encoding=self.encoding,
            list_path=self.list_path,
        )

    @property
    def style(self) -> NumberStyle:
        """Return the decimal mark and the separator of thousands."""
        return NumberStyle(self.decimal, self.thousands)

    def columns(self, proposal: ColumnProposal | None = None) -> Columns:
        """Return the columns to read. For columns that no option names, use the proposal. Raises `Refused`."""
        default = ColumnProposal("player", "score", None) if proposal is None else proposal
        has_id = self.player_id is not None or self.user_id is not None
        player = self.player if self.player is not None or has_id else default.player
        score = self.score if self.score is not None else default.score
        return Columns(
            player=player,
            score=_constant_or_column(score or "score"),
            player_id=self.player_id,
            user_id=self.user_id,
            subscore=self.subscore,
            time=self.time if self.time is not None else default.time,
            time_of_day=self.time_of_day,
            id=self.id,
            metadata=self.metadata,
            members=self.members,
            numbers=self.numbers,
            conditions=self.conditions,
            lines=None if self.lines is None else LineRanges.parse(self.lines),
            missing=frozenset({"", *self.missing}),
        )

    def plan(self, board: Board, columns: Columns) -> FilePlan:
        """Return the plan for reading the file. Raises `Refused`."""
        return FilePlan(
            board=board,
            columns=columns,
            layout=self.layout,
            style=self.style,
            notation=None if self.scores is None else ScoreNotation(self.scores),
            time_format=self.time_format,
            time_zone=self.time_zone,
            source=self.source,
        )


def _constant_or_column(text: str) -> str | int:
    """Return the integer of a constant such as `=1`, else the column."""
    if not text.startswith("="):
        return text
    try:
        return int(text[1:])
    except ValueError:
        raise Refused(f"{text[1:]!r} is not an integer: write a column, or a constant such as =1") from None


def _separator(text: str | None) -> str | None:
    """Return the separator in a text: one character, or `tab`."""
    if text is None or text in {"tab", "\\t"}:
        return "\t" if text else None
    if len(text) != 1 or text in '"\r\n':
        raise Refused(f"{text!r} is not one character: write ; or | or tab")
    return text
