"""Queued submissions: enqueuing, commit, dead letters and redrive."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from leaderforge.domain.batches import complete
from leaderforge.domain.chunks import chunks
from leaderforge.domain.dead_letters import DeadLetter
from leaderforge.domain.errors import LeaderForgeError, QueueUnavailable, Unavailable
from leaderforge.domain.submissions import Submission
from leaderforge.ports.queue import SubmissionQueue
from leaderforge.ports.telemetry import Telemetry
from leaderforge.services.receipts import WITHOUT_RANK, Receipt
from leaderforge.services.submit import SubmitService

_CHUNK = 1000
"""Maximum submissions of one `submit_many` call."""


@dataclass(frozen=True, slots=True)
class QueueMessage:
    """Queued submission, or the error of a message that is no valid submission."""

    message_id: str
    body: str
    content: Submission | LeaderForgeError


class IngestService:
    """Commit of queued submissions.

    The queue may deliver a message more than once. The submission id ensures that a submission counts once.
    """

    def __init__(self, queue: SubmissionQueue | None, submit: SubmitService, telemetry: Telemetry) -> None:
        self._queue = queue
        self._submit = submit
        self._telemetry = telemetry

    async def enqueue(self, bodies: Sequence[str]) -> None:
        """Queue submissions. After `QueueUnavailable`, some of the submissions may be queued."""
        await self._required().put(bodies)

    async def count(self, deliveries: Sequence[QueueMessage]) -> Sequence[str]:
        """Commit the submissions.

        Move submissions that can never count to the dead letters. Return the ids of the messages to deliver again.
        """
        redelivered: list[str] = []
        for chunk in chunks(deliveries, _CHUNK):
            outcomes = await complete([delivery.content for delivery in chunk], Submission, self._commit)
            for delivery, outcome in zip(chunk, outcomes, strict=True):
                result = await self._settle(delivery, outcome)
                self._telemetry.count("ingest_messages", result=result)
                if result == "retried":
                    redelivered.append(delivery.message_id)
        return redelivered

    async def _commit(self, submissions: Sequence[Submission]) -> Sequence[Receipt | LeaderForgeError]:
        try:
            return await self._submit.submit_many(submissions, WITHOUT_RANK)
        except Unavailable as error:
            return [error] * len(submissions)

    async def _settle(self, delivery: QueueMessage, outcome: Receipt | LeaderForgeError) -> str:
        """Return the result as a label for metrics. Move a submission that can never count to the dead letters."""
        if isinstance(outcome, Receipt):
            return "duplicate" if outcome.duplicate else "counted"
        if isinstance(outcome, Unavailable):
            return "retried"
        try:
            await self._required().bury(delivery.body, f"{outcome.code}: {outcome.message}")
        except QueueUnavailable:
            return "retried"
        return "buried"

    def _required(self) -> SubmissionQueue:
        if self._queue is None:
            raise LeaderForgeError("there is no submission queue: set LEADERFORGE_QUEUE_URL")
        return self._queue


async def redrive(queue: SubmissionQueue, limit: int, on_redriven: Callable[[DeadLetter], None]) -> int:
    """Queue up to `limit` dead letters again and return their number. Call `on_redriven` for each.

    A letter that fails again during the call stays a dead letter. Raises `QueueUnavailable`.
    """
    digests: set[bytes] = set()
    while len(digests) < limit and (letters := await queue.dead_letters()):
        previous = len(digests)
        for letter in letters[: limit - previous]:
            digest = blake2b(letter.body.encode(), digest_size=16).digest()
            if digest not in digests:
                digests.add(digest)
                # Queue first, then delete. A crash between the two steps leaves two copies of the submission, which
                # counts once.
                await queue.put([letter.body])
                await queue.forget(letter)
                on_redriven(letter)
        # Stop, because this call has queued all of these letters before, and they may fail again and again.
        if len(digests) == previous:
            break
    return len(digests)
