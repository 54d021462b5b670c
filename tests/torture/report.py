"""What was checked and what was wrong."""

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from tests.torture.checks import Problem
from tests.torture.rig import Journal
from tests.torture.wire import Answer

SHOWN = 20
"""How many violations are printed; more are counted."""


@dataclass(frozen=True, slots=True)
class Violation:
    """An answer that must not be given."""

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


@dataclass(slots=True)
class Report:
    """Counts of a run."""

    journal: Journal
    began: float = field(default_factory=monotonic)
    times: Counter[str] = field(default_factory=Counter)
    reads: Counter[str] = field(default_factory=Counter)
    kinds: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    statuses: Counter[int] = field(default_factory=Counter)
    writes: Counter[int] = field(default_factory=Counter)
    violations: list[Violation] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)

    def read(self, kind: str, process: int, answer: Answer, problems: Sequence[Problem]) -> None:
        """Note a read and what is wrong with it."""
        self.reads[self.journal.nemesis] += 1
        self.kinds[kind][answer.source or str(answer.status)] += 1
        self.statuses[answer.status] += 1
        self.violation(kind, process, problems, answer)

    def wrote(self, status: int) -> None:
        """Note an attempt to write."""
        self.writes[status] += 1

    def violation(self, read: str, process: int, problems: Sequence[Problem], answer: Answer) -> None:
        """Note what is wrong with an answer."""
        for problem in problems:
            violation = Violation(
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
            )
            self.violations.append(violation)
            if len(self.violations) <= SHOWN:
                say(f"VIOLATION {_line(violation)}")

    def progress(self) -> str:
        """Return a line that says how far the run is."""
        elapsed = monotonic() - self.began
        reads, writes = self.reads.total(), self.writes.total()
        return (
            f"{elapsed:6.0f} s  {self.journal.nemesis:<20} {self.journal.step:<24} reads {reads} ({reads / elapsed:.0f}/s)"
            f"  writes {writes} ({writes / elapsed:.0f}/s)  violations {len(self.violations)}"
        )

    def table(self, seed: int) -> str:
        """Return the outcome as text."""
        wrong = Counter(violation.nemesis for violation in self.violations)
        lines = [f"{'nemesis':<22}{'times':>7}{'reads checked':>15}{'violations':>12}"]
        for name in dict.fromkeys([*self.times, *self.reads, *wrong]):
            lines.append(f"{name:<22}{self.times[name]:>7}{self.reads[name]:>15}{wrong[name]:>12}")
        lines += [f"{name:<22} skipped: {reason}" for name, reason in self.skipped.items()]
        lines += ["", f"{'read':<14}{'index':>9}{'postgres':>10}{'cache':>9}{'other':>9}"]
        for kind, sources in sorted(self.kinds.items()):
            named = [sources[source] for source in ("index", "postgres", "cache")]
            other = sources.total() - sum(named)
            lines.append(f"{kind:<14}{named[0]:>9}{named[1]:>10}{named[2]:>9}{other:>9}")
        kinds = Counter(f"{v.nemesis}: {v.kind} ({v.read}, {v.source or 'no source'})" for v in self.violations)
        lines += ["", *(f"{count:>7} {kind}" for kind, count in kinds.most_common())] if kinds else []
        lines += ["", f"reads by status {dict(self.statuses)}, writes by status {dict(self.writes)}, seed {seed}"]
        return "\n".join(lines)

    def save(self, file: Path, **details: Any) -> None:
        """Write everything as JSON."""
        content = {
            **details,
            "times": self.times,
            "reads": self.reads,
            "kinds": self.kinds,
            "statuses": self.statuses,
            "writes": self.writes,
            "skipped": self.skipped,
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
        f"in {violation.in_flight_ms} ms, nemesis {violation.nemesis} ({violation.step}, {violation.since_step_ms} ms ago)"
    )
