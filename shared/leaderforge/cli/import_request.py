"""Options of one `leaderforge import`, and their conversion to the parameters of the services."""

from dataclasses import dataclass
from pathlib import Path

from leaderforge.cli.import_options import condition, constant_or_column, separator
from leaderforge.domain.boards import Board
from leaderforge.domain.callers import COMMAND
from leaderforge.domain.score_texts import NumberStyle
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan, ScoreNotation
from leaderforge.imports.formats import FileLayout, TableFormat, format_of
from leaderforge.imports.proposals import ColumnProposal
from leaderforge.services.file_imports import ImportTerms


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Values of the options, under the names of the parameters of `import_`."""

    file: Path
    player: str | None
    score: str | None
    time: str | None
    id_: str | None
    player_id: str | None
    user_id: str | None
    subscore: str | None
    time_of_day: str | None
    metadata: str | None
    member: list[str] | None
    scores: str | None
    thousands: str | None
    decimal: str
    time_format: str | None
    time_zone: str | None
    missing: list[str] | None
    format_: str | None
    separator: str | None
    header: str | None
    encoding: str | None
    list_path: str
    where: list[str] | None
    source: str | None
    replace: bool
    history: bool
    dry_run: bool
    on_bad_line: str
    batch: int
    board: str
    data_dir: Path

    @property
    def names_columns(self) -> bool:
        """Return whether the options name the column of the player or of the score."""
        return any(name is not None for name in (self.player, self.score, self.player_id, self.user_id))

    @property
    def layout(self) -> FileLayout:
        """Return the layout of the file. Raises `Refused` or `typer.BadParameter`."""
        return FileLayout(
            format=TableFormat(self.format_) if self.format_ else format_of(self.file.name),
            separator=separator(self.separator),
            header=None if self.header is None else tuple(name.strip() for name in self.header.split(",")),
            encoding=self.encoding,
            list_path=self.list_path,
        )

    @property
    def style(self) -> NumberStyle:
        """Return the decimal mark and the separator of thousands."""
        return NumberStyle(self.decimal, self.thousands)

    def columns(self, proposal: ColumnProposal | None = None) -> Columns:
        """Return the columns to read. For columns that no option names, use the proposal."""
        default = ColumnProposal("player", "score", None) if proposal is None else proposal
        has_id = self.player_id is not None or self.user_id is not None
        player = self.player if self.player is not None or has_id else default.player
        score = self.score if self.score is not None else default.score
        return Columns(
            player=player,
            score=constant_or_column(score or "score"),
            player_id=self.player_id,
            user_id=self.user_id,
            subscore=self.subscore,
            time=self.time if self.time is not None else default.time,
            time_of_day=self.time_of_day,
            id=self.id_,
            metadata=self.metadata,
            members=self.member or (),
            conditions=[condition(text) for text in self.where or ()],
            missing=frozenset({"", *(self.missing or ())}),
        )

    def plan(self, board: Board, columns: Columns) -> FilePlan:
        """Return the plan for reading the file."""
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

    @property
    def terms(self) -> ImportTerms:
        """Return the terms of the import. The command acts as an operator, by direct access to the store."""
        return ImportTerms(COMMAND.actor, self.history, self.replace, self.batch)
