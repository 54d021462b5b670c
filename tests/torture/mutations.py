"""Deliberate faults of the product, called mutations. The checker must find each of them.

In a mutated run, uvicorn serves `create_app`: the product with one broken rule, in the API processes only.
"""

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any
from uuid import uuid4

from fastapi import FastAPI

from functions import local
from leaderforge.adapters.postgres import team_scores
from leaderforge.adapters.redis import index, scripts
from leaderforge.domain.boards import Ladder, Policy
from leaderforge.domain.errors import Unavailable
from leaderforge.domain.submissions import FedRecord, Recorded, Submission
from leaderforge.ports.index import RankIndex
from leaderforge.ports.scores import ScoreStore
from leaderforge.services import maintain, trust
from leaderforge.services.declaring import Declaration
from leaderforge.services.delivery import Delivery
from leaderforge.services.maintain import MaintainService
from leaderforge.services.mending import load_standings
from leaderforge.services.receipts import WITH_RANK, Receipt, ReceiptOptions
from leaderforge.services.submit import SubmitService
from leaderforge.services.trust import IndexTrust

VARIABLE = "LEADERFORGE_TORTURE_MUTATION"
"""Environment variable that names the mutation of an API process."""

APPLICATION = f"{__name__}:create_app"
"""Factory that uvicorn serves in a mutated run."""

_REVISION_GUARD = "if not old or struct.unpack('>I7', old) < struct.unpack('>I7', value) then"
"""Line of apply.lua that compares revisions."""

_SEGMENT_GUARD = "if old_entry ~= entry or old_id ~= id then"
"""Line of apply.lua that selects the entries to move between segments."""

_IN_SPAN = "and e.achieved_at >= s.joined_at and (s.left_at is null or e.achieved_at < s.left_at)"
"""Condition of team_fold_sum.sql that an event was made during a membership."""

_UNCOMMITTED_S = 0.1
"""Time in s from an early acknowledgement to the commit of the submission."""


@dataclass(frozen=True, slots=True)
class Mutation:
    """Fault, the nemeses under which it causes wrong answers, and a test of the broken rule: this test must fail.

    `ledger_writers` is 0 for faults that a `LedgerWriter` would hide: after a failed call of such a client, the process
    checks the index before its next read.
    """

    apply: Callable[[], None]
    nemeses: Sequence[str]
    rule_test: str
    ledger_writers: int = 0


def believe_at_start() -> None:
    """Break this rule: after its start, a process must catch the index up before it treats the index as current.

    Reads then lack acknowledged changes if the index was restored from an older copy while the process was down. They
    also lack the changes that a crashed process committed, but neither delivered nor declared.
    """
    original = IndexTrust.__init__

    def init(self: IndexTrust, *parts: Any, **options: Any) -> None:
        original(self, *parts, **options)
        self._doubted = False

    _replace(IndexTrust, "__init__", init)


def drop_pending_names() -> None:
    """Break this rule: names that the index could not accept become pending and are declared before the
    acknowledgement.
    """

    async def refresh_names(self: Delivery, user_ids: Collection[int]) -> None:
        try:
            await self._names.refresh(user_ids)
        except Unavailable:
            return

    _replace(Delivery, "_refresh_names", refresh_names)


def remove_before_loading() -> None:
    """Break this rule: reconciliation replaces the entries of touched players in one step.

    The mutation removes the entries, then loads them, as version 0.1.0 did. A read between these steps lacks the
    entries.
    """

    async def mend(index: RankIndex, store: ScoreStore, user_ids: Sequence[int]) -> Sequence[Ladder]:
        for ladder, values in (await index.observe(await store.ladders(), user_ids)).items():
            await index.mend(ladder, list(values), [], values)
        stored = await store.standings_of(user_ids)
        for ladder, standings in stored:
            await load_standings(index, store, ladder, standings)
        return [ladder for ladder, _ in stored]

    _replace(maintain, "mend_touched", mend)


def future_watermark() -> None:
    """Break this rule: a process ignores a watermark in the future. Such watermarks appear when the clock is set back.

    The mutated process accepts such a watermark. The catch-up begins at this watermark, and misses all changes
    committed earlier.
    """

    def is_credible(watermark: int | None, now: int) -> bool:
        return watermark is not None

    for module in (trust, maintain):
        _replace(module, "is_credible", is_credible)


def undeclared() -> None:
    """Break this rule: a process declares its pending updates before it acknowledges them."""

    async def declare(self: Declaration) -> None:
        pass

    _replace(Declaration, "declare", declare)


def acknowledge_early() -> None:
    """Break this rule: a submission is acknowledged after its commit.

    The mutation sends a receipt with the expected standing, and commits `_UNCOMMITTED_S` later.
    """
    commit = SubmitService.submit
    commits: set[asyncio.Task[Receipt]] = set()

    async def commit_later(self: SubmitService, submission: Submission) -> Receipt:
        await asyncio.sleep(_UNCOMMITTED_S)
        return await commit(self, submission)

    async def submit(self: SubmitService, submission: Submission, options: ReceiptOptions = WITH_RANK) -> Receipt:
        event = submission.event
        standings = await self._store.standings(submission.ladders[0], [event.user_id])
        committed = next((s for s in standings if not s.removed), None)
        if committed is None or submission.board.policy is not Policy.BEST:
            return await commit(self, submission, options)
        task = asyncio.create_task(commit_later(self, submission))
        commits.add(task)
        task.add_done_callback(commits.discard)
        return Receipt(
            user_id=event.user_id,
            score=max(event.score, committed.score),
            rank=None,
            submissions=committed.submissions + 1,
            improved=event.score > committed.score,
            duplicate=False,
            submission_id=event.submission_id,
            achieved_at=event.achieved_at,
        )

    _replace(SubmitService, "submit", submit)


def drop_idempotency() -> None:
    """Break this rule: a submission id counts once. The mutation stores each submission under a new id."""
    record = SubmitService._record

    async def record_anew(self: SubmitService, submissions: Sequence[Submission], *, previous: bool) -> Any:
        renamed = [s._replace(event=s.event._replace(submission_id=uuid4())) for s in submissions]
        return await record(self, renamed, previous=previous)

    _replace(SubmitService, "_record", record_anew)


def skip_revision_guard() -> None:
    """Break this rule: the index ignores an update that has an older revision than the stored standing."""
    _replace_in_apply(_REVISION_GUARD, "if true then")


def keep_segments() -> None:
    """Break this rule: a change of an attribute moves the player's entry to the new segment, with the same update."""
    _replace_in_apply(_SEGMENT_GUARD, "if old_entry ~= entry then")


def credit_present_team() -> None:
    """Break this rule: a score belongs to the team in which the player was when it was made.

    The mutation counts all scores of a player for the player's present team.
    """
    original = team_scores.statement

    def statement(name: str) -> str:
        return original(name).replace(_IN_SPAN, "and s.left_at is null")

    if _IN_SPAN not in original("team_fold_sum"):
        raise AttributeError("team_fold_sum.sql has another condition")
    _replace(team_scores, "statement", statement)


def skip_reconcile() -> None:
    """Break this rule: reconciliation and catch-ups apply the changes that the index missed."""

    async def apply_changes(self: MaintainService, since: int, until: int, *, rests: int) -> int:
        return 0

    _replace(MaintainService, "_apply_changes", apply_changes)


def split_feeds() -> None:
    """Break this rule: one transaction counts a submission on its board and on all boards that it feeds.

    The mutation records the fed submissions `_UNCOMMITTED_S` later.
    """
    record = SubmitService._record

    async def record_apart(self: SubmitService, submissions: Sequence[Submission], *, previous: bool) -> Any:
        outcomes = list(await record(self, [s._replace(fed=()) for s in submissions], previous=previous))
        for i, submission in enumerate(submissions):
            outcome = outcomes[i]
            if submission.fed and isinstance(outcome, Recorded):
                await asyncio.sleep(_UNCOMMITTED_S)
                parts = zip(submission.fed, await record(self, submission.fed, previous=False), strict=True)
                fed = [FedRecord(part, recorded) for part, recorded in parts if isinstance(recorded, Recorded)]
                outcomes[i] = outcome._replace(fed=fed)
        return outcomes

    _replace(SubmitService, "_record", record_apart)


MUTATIONS: Mapping[str, Mutation] = {
    mutation.apply.__name__.replace("_", "-"): mutation
    for mutation in (
        Mutation(
            believe_at_start,
            ["restore-index"],
            "tests/unit/test_trust.py::test_a_process_that_starts_catches_the_index_up_first",
        ),
        Mutation(
            drop_pending_names,
            ["crash-beside-frozen"],
            "tests/unit/test_trust.py::test_nobody_believes_an_index_that_missed_a_name",
        ),
        Mutation(
            remove_before_loading,
            ["newcomers"],
            "tests/unit/test_repair_steps.py::test_a_new_player_who_is_touched_stays_on_the_board[renamed]",
        ),
        Mutation(
            future_watermark,
            ["clock-day"],
            "tests/unit/test_trust.py::test_a_watermark_that_is_too_late_has_reconciliation_rebuild",
        ),
        Mutation(
            undeclared,
            ["crash-beside-frozen"],
            "tests/unit/test_trust.py::test_nobody_believes_an_index_that_one_process_could_not_update",
        ),
        Mutation(
            acknowledge_early, ["kill-api"], "tests/unit/test_edge_submit.py::test_an_acknowledged_submission_is_stored"
        ),
        Mutation(
            drop_idempotency,
            ["overlaps"],
            "tests/unit/test_edge_submit.py::test_the_same_submission_id_counts_once",
            ledger_writers=2,
        ),
        Mutation(
            split_feeds,
            ["kill-api"],
            "tests/unit/test_edge_feeds.py::test_a_target_refuses_the_whole_submission",
            ledger_writers=1,
        ),
        Mutation(
            skip_revision_guard,
            ["cut-index"],
            "tests/contract/test_rank_index.py::test_a_late_update_is_not_ranked_below_its_own_successor[redis]",
        ),
        Mutation(
            keep_segments,
            ["kill-api"],
            "tests/contract/test_segments.py::test_random_histories[8-number-postgres]",
            ledger_writers=1,
        ),
        Mutation(
            credit_present_team,
            ["overlaps"],
            "tests/contract/test_teams.py::test_scores_belong_to_the_team_of_their_time[postgres]",
            ledger_writers=1,
        ),
        Mutation(
            skip_reconcile,
            ["crash-in-cut"],
            "tests/unit/test_maintain.py::test_what_a_crash_left_out_is_applied_once_it_is_settled",
        ),
    )
}


def create_app() -> FastAPI:
    """Return the application with the mutation in the environment variable."""
    mutation = os.environ.pop(VARIABLE)  # remove it, because the product refuses unknown settings
    MUTATIONS[mutation].apply()
    return local.create_app()


def _replace_in_apply(old: str, new: str) -> None:
    """Replace a part of apply.lua in the API process. Raises AttributeError if the script lacks the part."""
    source = scripts.script("apply").source
    changed = source.replace(old, new)
    if changed == source:
        raise AttributeError(f"apply.lua has no {old!r}")
    script = scripts.script
    mutated = scripts.Script("apply", changed, sha1(changed.encode(), usedforsecurity=False).hexdigest())
    _replace(index, "script", lambda name: mutated if name == "apply" else script(name))


def _replace(owner: Any, name: str, value: Any) -> None:
    """Replace an attribute of the product.

    Raises AttributeError if the owner lacks it. Otherwise, a mutation would lose its effect after a rename.
    """
    getattr(owner, name)
    setattr(owner, name, value)
