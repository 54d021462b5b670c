"""Imports of score files: check, preview, import."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import BinaryIO

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.boards import Board
from leaderforge.domain.errors import SubmissionConflict
from leaderforge.domain.name_rules import BASIC_RULES, NameRules
from leaderforge.domain.submissions import Submission
from leaderforge.imports.bad_lines import BadLine, OnBadLine
from leaderforge.imports.columns import Columns
from leaderforge.imports.files import FilePlan, OnProgress, opened_scores
from leaderforge.imports.options import FileOptions
from leaderforge.imports.planning import OnNote, completed_plan
from leaderforge.imports.proposals import propose_columns, sampled_rows
from leaderforge.imports.streams import count_lines
from leaderforge.ports.access import AuditLog
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import PlayerStore
from leaderforge.ports.scores import ScoreStore
from leaderforge.ports.teams import TeamStore
from leaderforge.services.changes import Changes
from leaderforge.services.delivery import Delivery
from leaderforge.services.import_preview import ImportPreview, preview_lines
from leaderforge.services.imported_lines import ImportRules, LineAcceptance, require_columns, targets_of
from leaderforge.services.importing import Importer, ImportTally
from leaderforge.services.moderation import AuditContext, ModerationService

_REASON = "corrected by an import"


@dataclass(frozen=True, slots=True)
class ImportTerms:
    """Terms of an import: its actor for the audit log, and its rights.

    With `history`, lines count in past periods too, and the board's score limits do not apply. With `replace`, a line
    replaces the stored submission with the same id if its content differs. `history` and `replace` need the rights of
    an operator.

    A batch has `batch` lines, and up to `in_flight` batches are recorded at the same time.

    The audit log has each import with `history` or `replace`. With `audited`, it has all imports. `file` is the name of
    the import in the audit log.
    """

    actor: str
    history: bool = False
    replace: bool = False
    batch: int = 1000
    in_flight: int = 1
    audited: bool = False
    file: str | None = None


class FileImports:
    """Imports of score files. A file is a binary stream that can be rewound."""

    def __init__(
        self,
        store: ScoreStore,
        users: PlayerStore,
        delivery: Delivery,
        moderation: ModerationService,
        audit: AuditLog,
        changes: Changes,
        clock: Clock,
        reception_clock: Clock,
        *,
        grace_ms: int,
        names: NameRules = BASIC_RULES,
        teams: TeamStore | None = None,
    ) -> None:
        self._store = store
        self._users = users
        self._delivery = delivery
        self._moderation = moderation
        self._audit = audit
        self._changes = changes
        self._clock = clock
        self._reception_clock = reception_clock
        self._grace_ms = grace_ms
        self._names = names
        self._teams = teams

    def columns(self, raw: BinaryIO, options: FileOptions, board: Board, on_note: OnNote) -> Columns:
        """Return the columns that the options name. If the options name none, propose columns and report the proposal.

        Raises `Refused` if the file cannot be read as planned.
        """
        if options.names_columns:
            return options.columns()
        rows = sampled_rows(raw, options.layout)
        proposal = propose_columns(rows, board, options.style, options.time_format)
        on_note(f"no columns are named. Proposed: {proposal.options}")
        return options.columns(proposal)

    def check(self, raw: BinaryIO, plan: FilePlan, on_note: OnNote, *, history: bool = False) -> FilePlan:
        """Return the completed plan for a file, before any line is read.

        Raises `Refused` or `BadLine` if the columns do not fit the board, or the file cannot be read as planned.
        """
        require_columns(plan.board, plan.columns, history=history)
        return completed_plan(raw, plan, on_note)

    async def preview(
        self,
        raw: BinaryIO,
        plan: FilePlan,
        on_bad: OnBadLine,
        on_note: OnNote,
        *,
        history: bool,
        limit: int,
        processes: int = 0,
    ) -> ImportPreview:
        """Return the first lines of a file as they would count. Report all bad lines. Record nothing.

        A long file is parsed by this number of further `processes`. Raises `StoreUnavailable`.
        """
        rules = ImportRules(grace_ms=self._grace_ms, history=history)
        acceptance = LineAcceptance(rules, plan.board, self._clock, self._reception_clock)
        targets = await targets_of(self._store, plan.board)

        def refused(number: int, reason: str) -> None:
            on_bad(BadLine(number, reason))

        def read() -> ImportPreview:
            with opened_scores(raw, plan, processes) as scores:
                _remark(scores.notes, on_note)
                return preview_lines(scores.lines(on_bad), plan.board, targets, acceptance, refused, limit=limit)

        return await asyncio.to_thread(read)

    async def run(
        self,
        raw: BinaryIO,
        plan: FilePlan,
        terms: ImportTerms,
        tally: ImportTally,
        on_bad: OnBadLine,
        on_note: OnNote,
        on_progress: OnProgress = lambda _: None,
        processes: int = 0,
    ) -> ImportTally:
        """Import a file by a completed plan. Update `tally` during the import, and return it at the end.

        A long file is parsed by this number of further `processes`.

        Raises `StoreUnavailable`. Another run can then continue the import. An import of history or with replacements
        is written to the audit log.
        """
        expected = 0 if plan.columns.time is not None else await asyncio.to_thread(count_lines, raw)
        importer = self._importer(plan, terms, tally, on_bad, expected)
        await self._log(plan, terms)
        try:
            with opened_scores(raw, plan, processes) as scores:
                _remark(scores.notes, on_note)
                return await importer.run(scores.lines(on_bad, on_progress))
        finally:
            self._changes.discard_board(plan.board.id)
            if plan.board.feeds:
                self._changes.discard_all()

    def _importer(
        self, plan: FilePlan, terms: ImportTerms, tally: ImportTally, on_bad: OnBadLine, expected: int
    ) -> Importer:
        async def replace(submission: Submission, conflict: SubmissionConflict) -> None:
            grounds = AuditContext(terms.actor, _REASON)
            stored = conflict.stored_values
            await self._moderation.replace_submission(submission, stored, grounds, in_past=terms.history)

        return Importer(
            self._store,
            self._users,
            self._delivery,
            self._clock,
            self._reception_clock,
            plan.board,
            ImportRules(terms.batch, self._grace_ms, terms.history, expected, terms.in_flight),
            names=self._names,
            teams=self._teams,
            refused=lambda number, reason: on_bad(BadLine(number, reason)),
            replace=replace if terms.replace else None,
            tally=tally,
        )

    async def _log(self, plan: FilePlan, terms: ImportTerms) -> None:
        if terms.history or terms.replace or terms.audited:
            details: dict[str, object] = {"history": terms.history, "replace": terms.replace}
            details |= {} if terms.file is None else {"file": terms.file}
            entry = AuditEntry(self._clock(), terms.actor, "scores.import", plan.board.slug, details=details)
            await self._audit.record(entry)


def _remark(notes: Sequence[str], on_note: OnNote) -> None:
    for note in notes:
        on_note(note)
