"""Batches of submissions on the wire: one result per item, in order."""

from collections.abc import Sequence
from functools import partial

from functions.edge.context import Edge
from functions.edge.http.errors import render_item_error
from functions.edge.submissions import missing_player, submissions_of
from functions.edge.wire.batches import Malformed
from functions.edge.wire.receipts import render_receipt
from functions.edge.wire.submissions import SubmissionIn, SubmitQuery, render_message, render_queued
from leaderforge.domain.batches import complete
from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.submissions import Submission
from leaderforge.services.receipts import Receipt

Rejection = LeaderForgeError | Malformed
"""The reason why an item of a batch is not submitted."""
Item = tuple[SubmissionIn | Malformed, str]
"""An item of a batch, and the slug of its board."""


async def outcomes_of(edge: Edge, caller: Caller, items: Sequence[Item]) -> Sequence[Submission | Rejection]:
    """Return, for each item, the submission or the reason to reject it."""
    valid = [(item, slug) for item, slug in items if isinstance(item, SubmissionIn)]
    outcomes = iter(await submissions_of(edge, caller, valid))
    return [item if isinstance(item, Malformed) else next(outcomes) for item, _ in items]


async def results_of(
    edge: Edge, options: SubmitQuery, outcomes: Sequence[Submission | Rejection]
) -> Sequence[Receipt | Submission | Rejection]:
    """Count or queue the submissions. Return the receipt of each, or the submission itself if it was queued."""
    if edge.services.settings.queued_submits:
        # Queue valid items only. Clients get rejections in the response, instead of dead letters in the queue.
        queued = [render_message(outcome) for outcome in outcomes if isinstance(outcome, Submission)]
        await edge.services.ingest.enqueue(queued)
        return outcomes
    submit_many = partial(edge.services.submit.submit_many, options=options.receipt)
    results: Sequence[Receipt | Rejection] = await complete(outcomes, Submission, submit_many)
    return results


def render_result(edge: Edge, item: SubmissionIn | Malformed, result: Receipt | Submission | Rejection) -> str:
    """Return the result of an item as a JSON object. A `Submission` stands for an item that was queued."""
    if isinstance(item, Malformed):
        return render_item_error(item.error)
    if isinstance(result, Receipt):
        return render_receipt(result, item.external_id)
    if isinstance(result, Submission):
        return render_queued(result, item.external_id)
    error = result.error if isinstance(result, Malformed) else missing_player(edge, item, result)
    return render_item_error(error)
