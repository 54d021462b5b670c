"""Report of a run: numbers of checks and violations."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from leaderforge.torture.availability import Availability
from leaderforge.torture.checks import Problem
from leaderforge.torture.client import Reply
from leaderforge.torture.target import Journal

SHOWN = 20
"""Maximum number of printed violations. Further violations are only counted."""

LISTED = 40
"""Maximum number of kinds of violations in the outcome, the most frequent first."""

KEPT = 5
"""Maximum number of stored violations per kind, kind of read, source and nemesis."""


@dataclass(frozen=True, slots=True)
class Violation:
    """Wrong answer."""

    at_s: float
    read: str
    kind: str
    expected: str
    answered: str
    source: str
    process: int
    nemesis: str
    step: str
    since_step_ms: int
    subject: int | None
    in_flight_ms: int
    lag_ms: int | None
    """Time from the answer's `as_of` to its request, in ms by the checker's clock. None without `as_of`."""


@dataclass(slots=True)
class Report:
    """Counts of a run, and the first violations of each kind."""

    journal: Journal
    began: float = field(default_factory=monotonic)
    times: Counter[str] = field(default_factory=Counter)
    lasted_s: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    reads: Counter[str] = field(default_factory=Counter)
    wrong_answers: Counter[str] = field(default_factory=Counter)
    kinds: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    statuses: Counter[int] = field(default_factory=Counter)
    writes: Counter[int] = field(default_factory=Counter)
    counts: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    latest_ms: dict[str, int] = field(default_factory=dict)
    violations: list[Violation] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    availability: Availability = field(default_factory=Availability)
    notes: list[str] = field(default_factory=list)
    """Further facts about the run."""

    def read(self, kind: str, process: int, answer: Reply, problems: Sequence[Problem]) -> None:
        """Record a read and its problems."""
        self.reads[self.journal.nemesis] += 1
        self.kinds[kind][answer.source or str(answer.status)] += 1
        self.statuses[answer.status] += 1
        self.availability.on_read(self.journal.nemesis, process, answer)
        self.violation(kind, process, problems, answer)

    def wrote(self, answer: Reply, began: float | None = None) -> None:
        """Record an attempt of a write. The first attempt of the write was sent at `began` (s, monotonic)."""
        self.writes[answer.status] += 1
        self.availability.on_write(self.journal.nemesis, answer, began)

    def conclude(self, problems: Sequence[Problem]) -> None:
        """Record problems that concern the whole run, not a single answer."""
        now = monotonic()
        self.violation("outcome", 0, problems, Reply(0, "", None, "", now, now))

    def violation(self, read: str, process: int, problems: Sequence[Problem], answer: Reply) -> None:
        """Record the problems of an answer."""
        self.wrong_answers[self.journal.nemesis] += bool(problems)
        for problem in problems:
            self._count(self._violation(read, process, problem, answer))

    def _violation(self, read: str, process: int, problem: Problem, answer: Reply) -> Violation:
        return Violation(
            at_s=round(answer.came - self.began, 3),
            read=read,
            kind=problem.kind,
            expected=problem.expected,
            answered=problem.answered,
            source=answer.source,
            process=process,
            nemesis=self.journal.nemesis,
            step=self.journal.step,
            since_step_ms=round((answer.came - self.journal.since) * 1000),
            subject=problem.subject,
            in_flight_ms=round((answer.came - answer.sent) * 1000),
            lag_ms=None if answer.as_of is None else round((answer.sent - answer.as_of) * 1000),
        )

    def _count(self, violation: Violation) -> None:
        kind = (violation.nemesis, violation.kind, violation.read, violation.source)
        self.counts[kind] += 1
        self.latest_ms[violation.nemesis] = max(self.latest_ms.get(violation.nemesis, 0), violation.since_step_ms)
        if self.counts[kind] > KEPT:
            return
        self.violations.append(violation)
        if len(self.violations) <= SHOWN:
            say(f"VIOLATION {_line(violation)}")

    @property
    def total(self) -> int:
        """Return the number of violations."""
        return self.counts.total()

    def progress(self) -> str:
        """Return a line about the progress of the run."""
        elapsed = monotonic() - self.began
        reads, writes = self.reads.total(), self.writes.total()
        return (
            f"{elapsed:6.0f} s  {self.journal.nemesis:<17} {self.journal.step:<24} "
            f"reads {reads} ({reads / elapsed:.0f}/s)  writes {writes} ({writes / elapsed:.0f}/s)  "
            f"violations {self.total}"
        )

    def table(self, seed: int) -> str:
        """Return the results of the run as a text for the terminal."""
        lines = [*self._nemesis_rows(), *(f"{name:<18} skipped: {reason}" for name, reason in self.skipped.items())]
        lines += ["", *self._kind_rows()]
        lines += [""] if self.counts else []
        for (nemesis, kind, read, source), count in self.counts.most_common(LISTED):
            lines.append(f"{count:>7} {nemesis}: {kind} ({read}, {source or 'no source'})")
        lines += ["", *self.notes]
        lines.append(f"reads by status {dict(self.statuses)}, writes by status {dict(self.writes)}, seed {seed}")
        return "\n".join(lines)

    def _nemesis_rows(self) -> Iterator[str]:
        """Yield the titles, and a row for each nemesis."""
        violations: Counter[str] = Counter()
        for (nemesis, *_), count in self.counts.items():
            violations[nemesis] += count
        titles = f"{'nemesis':<20}{'times':>6}{'s':>6}{'reads checked':>15}{'writes':>8}{'violations':>12}"
        yield f"{titles}{'reads down, s':>15}{'writes down, s':>15}{'healed after, s':>17}"
        for name in dict.fromkeys([*self.times, *self.reads, *violations]):
            yield (
                f"{name:<20}{self.times[name]:>6}{self.lasted_s[name]:>6.0f}{self.reads[name]:>15}"
                f"{self.availability.acknowledged[name]:>8}{violations[name]:>12}{self.availability.row(name)}"
            )

    def _kind_rows(self) -> Iterator[str]:
        """Yield the titles, and a row for each kind of read with its numbers of reads by source."""
        yield f"{'read':<20}{'index':>9}{'postgres':>10}{'cache':>9}{'other':>9}"
        for kind, sources in sorted(self.kinds.items()):
            index, postgres, cache = (sources[source] for source in ("index", "postgres", "cache"))
            other = sources.total() - index - postgres - cache
            yield f"{kind:<20}{index:>9}{postgres:>10}{cache:>9}{other:>9}"

    def save(self, file: Path, **details: Any) -> None:
        """Write everything as JSON."""
        content = {
            **details,
            "times": self.times,
            "lasted_s": {name: round(seconds, 1) for name, seconds in self.lasted_s.items()},
            "acknowledged": self.availability.acknowledged,
            "reads_down_s": self.availability.reads_down_s,
            "writes_down_s": self.availability.writes_down_s,
            "healed_after_s": self.availability.healed_after_s,
            "reads": self.reads,
            "kinds": self.kinds,
            "statuses": self.statuses,
            "writes": self.writes,
            "skipped": self.skipped,
            "notes": self.notes,
            "wrong_answers": self.wrong_answers,
            "latest_ms": self.latest_ms,
            "counts": [[*kind, count] for kind, count in self.counts.most_common()],
            "violations": [asdict(violation) for violation in self.violations],
        }
        file.write_text(json.dumps(content, indent=1))


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def _line(violation: Violation) -> str:
    return (
        f"{violation.at_s:.3f} s {violation.read}: {violation.kind}; expected {violation.expected}; "
        f"answered {violation.answered}; source {violation.source or 'none'}, process {violation.process}, "
        f"in {violation.in_flight_ms} ms, as of {violation.lag_ms} ms before, nemesis {violation.nemesis} "
        f"({violation.step}, {violation.since_step_ms} ms ago)"
    )
