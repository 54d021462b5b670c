"""Columns that an import reads, and conditions on lines."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from leaderforge.imports.line_ranges import LineRanges


@dataclass(frozen=True, slots=True)
class Condition:
    """Filter on a column: `column=value`, or `column!=value`."""

    column: str
    value: str
    negated: bool = False

    def holds(self, value: str) -> bool:
        """Return whether a line with this value in the column meets the condition."""
        return (value == self.value) is not self.negated


@dataclass(frozen=True, slots=True)
class Columns:
    """Columns of the score lines. An integer `score` is the score of every line.

    The columns `player` (username), `player_id` (external id) and `user_id` (id of this service) identify the player. A
    line needs one of them. The column `time_of_day` adds a clock time to the dates of `time`. Without `id`, the content
    identifies a line. The column `metadata` has JSON text, to which each column in `members` adds a JSON member. The
    column `numbers` has the named numbers as a JSON object. A text in `missing` stands for a missing value. With
    `lines`, only lines with these line numbers are score lines.
    """

    player: str | None = "player"
    score: str | int = "score"
    player_id: str | None = None
    user_id: str | None = None
    subscore: str | None = None
    time: str | None = None
    time_of_day: str | None = None
    id: str | None = None
    metadata: str | None = None
    members: Sequence[str] = ()
    numbers: str | None = None
    conditions: Sequence[Condition] = ()
    lines: LineRanges | None = None
    missing: frozenset[str] = field(default=frozenset({""}))

    @property
    def required(self) -> Sequence[str]:
        """Return the columns that a file must have, each once."""
        score = self.score if isinstance(self.score, str) else None
        single = (self.player, score, self.player_id, self.user_id, self.subscore, self.time, self.time_of_day, self.id)
        several = (self.metadata, self.numbers, *self.members, *(condition.column for condition in self.conditions))
        return list(dict.fromkeys(column for column in (*single, *several) if column is not None))
