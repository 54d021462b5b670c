"""Imports of score files on the wire."""

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field, GetJsonSchemaHandler
from pydantic_core import to_json

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.errors import render_error
from functions.edge.wire.fields import BoardName, CountOut, ExternalIdOut, IntegerOut, TimeOut
from functions.edge.wire.models import QueryIn, StrictOut
from functions.edge.wire.rules import FROM_TEXT, Omittable, Rule
from functions.edge.wire.scores import ScoreValueOut
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.score_texts import score_text
from leaderforge.imports.bad_lines import BadLine
from leaderforge.imports.formats import ScoreNotation, TableFormat

if TYPE_CHECKING:
    from leaderforge.imports.files import FilePlan
    from leaderforge.imports.options import FileOptions
    from leaderforge.services.import_preview import ImportPreview
    from leaderforge.services.importing import ImportTally

MAX_LISTED = 1000
"""Maximum number of bad lines in an answer. Further bad lines are only counted."""

FileName = Annotated[
    str,
    Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$", examples=["laps.csv"]),
    Rule("must be the name of a file: 1 to 255 characters, without control characters"),
]
Column = Annotated[
    str,
    Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Rule("must be the name of a column: 1 to 128 characters, without control characters"),
]
Text = Annotated[
    str,
    Field(min_length=1, max_length=255, pattern=r"^[^\x00-\x1f\x7f]+$"),
    Rule("must be a text of 1 to 255 characters, without control characters"),
]
LineNumbers = Annotated[
    str,
    Field(min_length=1, max_length=6000, pattern=r"^[0-9][0-9 ,-]*$", examples=["2,5-9"]),
    Rule("must be line numbers and ranges of them, such as 2,5-9"),
]
Flag = Annotated[int, Field(ge=0, le=1), FROM_TEXT]


class FileEncoding(StrEnum):
    """Encoding of a file."""

    UTF_8 = "utf-8"
    UTF_16 = "utf-16"
    UTF_16_LE = "utf-16-le"
    UTF_16_BE = "utf-16-be"
    LATIN_1 = "latin-1"
    CP1252 = "cp1252"


class DecimalMark(StrEnum):
    """Decimal mark of numbers."""

    POINT = "."
    COMMA = ","


class ThousandsMark(StrEnum):
    """Separator of thousands."""

    COMMA = ","
    POINT = "."
    APOSTROPHE = "'"
    BLANK = " "

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        # Name the values for generators of clients: from the value " ", they could make no name.
        reference = handler(schema)
        handler.resolve_ref_schema(reference)["x-enum-varnames"] = [separator.name.capitalize() for separator in cls]
        return reference


class FileQuery(QueryIn):
    """The board, and how the file is read. The parameters have the names of the options of `leaderforge import`."""

    board: BoardName
    file: FileName = Field(description="Name of the file. Its extension is the default of `format`.")
    player: Omittable[Column] = Field(None, description="Column of the username.")
    score: Omittable[Column] = Field(None, description="Column of the score, or a constant such as `=1`.")
    time: Omittable[Column] = Field(None, description="Column of the time. Without it, lines count as of now.")
    time_of_day: Omittable[Column] = Field(None, description="Column of the time of day, if `time` has only dates.")
    player_id: Omittable[Column] = Field(None, description="Column of the external id, which identifies the player.")
    user_id: Omittable[Column] = Field(None, description="Column of the player id of this service.")
    subscore: Omittable[Column] = Field(None, description="Column of the subscore.")
    id: Omittable[Column] = Field(None, description="Column that identifies a line. Its content does by default.")
    metadata: Omittable[Column] = Field(None, description="Column of the metadata, as JSON.")
    numbers: Omittable[Column] = Field(None, description="Column of the named numbers, as a JSON object.")
    format: Omittable[TableFormat] = Field(None, description="Format of the file.")
    separator: Omittable[Text] = Field(None, description="Separator of the columns: one character, or `tab`.")
    columns: Omittable[Text] = Field(None, description="Names of the columns of a file without a header.")
    encoding: Omittable[FileEncoding] = Field(None, description="Encoding of the file.")
    path: Omittable[Text] = Field(None, description="Path of the list in a JSON document.")
    scores: Omittable[ScoreNotation] = Field(None, description="Meaning of numbers on boards with decimals.")
    decimal: DecimalMark = Field(DecimalMark.POINT, description="Decimal mark.")
    thousands: Omittable[ThousandsMark] = Field(None, description="Separator of thousands.")
    time_format: Omittable[Text] = Field(None, description="Format of the times.")
    time_zone: Omittable[Text] = Field(None, description="Zone of times without an offset.")
    missing: Omittable[Text] = Field(None, description="Text that means no value, such as NA.")
    lines: Omittable[LineNumbers] = Field(
        None, description="Import only the lines with these numbers, such as `2,5-9`."
    )
    source: Omittable[Text] = Field(None, description="Name that makes equal lines of two files different.")
    history: Flag = Field(0, description="1 to count in past periods too, without the board's score limits.")

    def options(self) -> "FileOptions":
        """Return the options of the import."""
        # Import `FileOptions` here: it loads the readers of files, which would slow down every cold start.
        from leaderforge.imports.options import FileOptions

        return FileOptions(
            file=self.file,
            player=self.player,
            score=self.score,
            time=self.time,
            id=self.id,
            player_id=self.player_id,
            user_id=self.user_id,
            subscore=self.subscore,
            time_of_day=self.time_of_day,
            metadata=self.metadata,
            numbers=self.numbers,
            scores=self.scores,
            thousands=self.thousands,
            decimal=self.decimal,
            time_format=self.time_format,
            time_zone=self.time_zone,
            missing=() if self.missing is None else (self.missing,),
            format=self.format,
            separator=self.separator,
            header=self.columns,
            encoding=self.encoding,
            list_path=self.path or "",
            lines=self.lines,
            source=self.source,
        )


class ImportQuery(FileQuery):
    replace: Flag = Field(0, description="1 to replace the scores of lines that were imported with other content.")


class PreviewedLineOut(StrictOut):
    line: CountOut
    player: str | None = Field(description="The username; null if the line has only an id.")
    external_id: ExternalIdOut = ""
    user_id: IntegerOut | None = None
    score: ScoreValueOut
    shown: str = Field(description="The score as the board shows it.", examples=["1:12.48"])
    achieved_at: TimeOut


class BadLineOut(StrictOut):
    line: CountOut
    problem: str


class ImportPreviewOut(StrictOut):
    """The lines of a file as they would count, and the problems of the others. Nothing was changed."""

    columns: list[str] = Field(description="The columns of the file.")
    player: str | None = Field(description="The column of the username that was named or proposed.")
    score: str = Field(description="The column of the score, or a constant.")
    time: str | None = Field(description="The column of the time.")
    scores: ScoreNotation | None = Field(description="The meaning of numbers; null on boards without decimals.")
    notes: list[str] = Field(description="Remarks on how the file is read.")
    lines: list[PreviewedLineOut] = Field(description="The first 20 lines.")
    counting: CountOut = Field(description="Number of lines that would count.")
    bad: CountOut = Field(description="Number of bad lines.")
    problems: list[BadLineOut] = Field(description="The first 1000 bad lines.")


class BadLineList:
    """Collector of the first bad lines, and of the number of all bad lines."""

    def __init__(self) -> None:
        self.count = 0
        self.first: list[BadLine] = []

    def __call__(self, bad: BadLine) -> None:
        self.count += bad.count
        if len(self.first) < MAX_LISTED:
            self.first.append(bad)

    @property
    def problems(self) -> list[BadLineOut]:
        """Return the first `MAX_LISTED` bad lines with their problems."""
        return [BadLineOut(line=bad.number, problem=bad.reason) for bad in self.first]


def render_preview(
    plan: "FilePlan", columns: Sequence[str], preview: "ImportPreview", bad: BadLineList, notes: Sequence[str]
) -> JsonBody:
    """Return a preview."""
    score = plan.columns.score
    return JsonBody.of(
        ImportPreviewOut(
            columns=list(columns),
            player=plan.columns.player,
            score=score if isinstance(score, str) else f"={score}",
            time=plan.columns.time,
            scores=plan.notation,
            notes=list(notes),
            lines=[_line_out(plan.board, *pair) for pair in preview.first],
            counting=preview.counting,
            bad=bad.count,
            problems=bad.problems,
        )
    )


def _line_out(board: Board, line: Any, event: Any) -> PreviewedLineOut:
    return PreviewedLineOut(
        line=line.number,
        player=line.player,
        **({} if line.external_id is None else {"external_id": line.external_id}),
        user_id=line.user_id,
        score=event.score,
        shown=score_text(board.display, event.score),
        achieved_at=event.achieved_at,
    )


def render_progress(read_bytes: int, total_bytes: int, tally: "ImportTally", bad: BadLineList) -> bytes:
    """Return a line of the stream that reports the progress of the import."""
    return _event("progress", {"read_bytes": read_bytes, "total_bytes": total_bytes, **_counts(tally, bad)})


def render_result(tally: "ImportTally", bad: BadLineList, notes: Sequence[str]) -> bytes:
    """Return the last line of the stream if the import is complete."""
    problems = [problem.model_dump() for problem in bad.problems]
    warnings = {
        "conflicts": tally.conflicts,
        "clamped": tally.clamped,
        "closed": tally.closed,
        "duplicate_lines": tally.duplicate_lines,
        "duplicate_ranges": _ranges(tally),
        "index_behind": tally.index_behind,
    }
    return _event("result", {**_counts(tally, bad), **warnings, "notes": notes, "problems": problems})


def _ranges(tally: "ImportTally") -> str | None:
    """Return the numbers of all duplicate lines in the format of the parameter `lines`, None for too many ranges."""
    from leaderforge.imports.line_ranges import MAX_RANGES

    return str(tally.duplicate_ranges) if len(tally.duplicate_ranges) <= MAX_RANGES else None


def render_stop(error: LeaderForgeError, tally: "ImportTally", bad: BadLineList) -> bytes:
    """Return the last line of the stream if an error has stopped the import."""
    return to_json(_counts(tally, bad))[:-1] + b"," + render_error(error)[1:].encode() + b"\n"


def _counts(tally: "ImportTally", bad: BadLineList) -> dict[str, int]:
    return {
        "recorded": tally.recorded,
        "duplicates": tally.duplicates,
        "replaced": tally.replaced,
        "players_created": tally.players_created,
        "bad": bad.count,
    }


def _event(kind: str, members: dict[str, Any]) -> bytes:
    return to_json({kind: members}) + b"\n"
