"""Options of one `leaderforge import`, and their conversion to the parameters of the services."""

from dataclasses import dataclass
from pathlib import Path

import typer

from leaderforge.cli.import_options import condition, constant_or_column, separator
from leaderforge.domain.callers import COMMAND
from leaderforge.imports.foreign.boards import ForeignKind
from leaderforge.imports.options import FileOptions
from leaderforge.services.file_imports import ImportTerms

_OF_FILES = {
    "player": "--player",
    "score": "--score",
    "time": "--time",
    "id_": "--id",
    "player_id": "--player-id",
    "user_id": "--user-id",
    "subscore": "--subscore",
    "time_of_day": "--time-of-day",
    "metadata": "--metadata",
    "member": "--member",
    "numbers": "--numbers",
    "thousands": "--thousands",
    "decimal": "--decimal",
    "time_format": "--time-format",
    "missing": "--missing",
    "format_": "--format",
    "separator": "--separator",
    "header": "--columns",
    "encoding": "--encoding",
    "list_path": "--path",
    "where": "--where",
    "lines": "--lines",
    "source": "--source",
}
"""Options that apply to files only, by the names of their fields."""
_OF_FOREIGN = {
    "key": "--key",
    "names": "--names",
    "divisor": "--divisor",
    "round_": "--round",
    "as_of": "--as-of",
    "report": "--report",
    "compare_only": "--compare-only",
}
"""Options that apply to boards of other services only, by the names of their fields."""
_IN_FLIGHT = 3
"""Batches in flight. While some wait for the store or the index, the command works on another batch."""


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """Values of the options, under the names of the parameters of `import_`."""

    file: str
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
    numbers: str | None
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
    lines: str | None
    source: str | None
    replace: bool
    history: bool
    dry_run: bool
    on_bad_line: str
    batch: int
    board: str
    data_dir: Path
    from_: ForeignKind | None
    key: str | None
    names: str | None
    divisor: int
    round_: bool
    as_of: str | None
    report: str | None
    compare_only: bool

    @property
    def path(self) -> Path:
        """Return the path of the file."""
        return Path(self.file)

    def check(self) -> None:
        """Raise `typer.BadParameter` for an option that has no effect with `--from`, or needs a missing `--from`."""
        names = _OF_FOREIGN if self.from_ is None else _OF_FILES
        default = {"divisor": 1, "decimal": "."}
        for name, option in names.items():
            if getattr(self, name) not in (None, False, "", default.get(name)):
                rule = "needs --from" if self.from_ is None else "applies to files only: leave it out with --from"
                raise typer.BadParameter(rule, param_hint=option)

    @property
    def options(self) -> FileOptions:
        """Return the options of the file. Raises `typer.BadParameter`."""
        if self.score is not None:
            constant_or_column(self.score)
        return FileOptions(
            file=self.path.name,
            player=self.player,
            score=self.score,
            time=self.time,
            id=self.id_,
            player_id=self.player_id,
            user_id=self.user_id,
            subscore=self.subscore,
            time_of_day=self.time_of_day,
            metadata=self.metadata,
            members=self.member or (),
            numbers=self.numbers,
            scores=self.scores,
            thousands=self.thousands,
            decimal=self.decimal,
            time_format=self.time_format,
            time_zone=self.time_zone,
            missing=self.missing or (),
            format=self.format_,
            separator=separator(self.separator),
            header=self.header,
            encoding=self.encoding,
            list_path=self.list_path,
            conditions=[condition(text) for text in self.where or ()],
            lines=self.lines,
            source=self.source,
        )

    @property
    def terms(self) -> ImportTerms:
        """Return the terms of the import. The command acts as an operator, by direct access to the store."""
        # With "stop", a bad line ends the import, and no later batch may count. Therefore, run one batch at a time.
        in_flight = 1 if self.on_bad_line == "stop" else _IN_FLIGHT
        return ImportTerms(COMMAND.actor, self.history, self.replace, self.batch, in_flight)
