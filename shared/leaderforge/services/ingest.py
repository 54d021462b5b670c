"""Submissions by way of a queue: waiting in it, counted from it, buried where they cannot be, brought back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import LeaderForgeError, QueueUnavailable, Unavailable
from leaderforge.ports import DeadLetter, Submission, SubmissionQueue, Telemetry
from leaderforge.services.submit import Receipt, SubmitService

_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message from the queue: the submission in it, or what is wrong with it."""

    message_id: str
    body: str
    content: Submission | LeaderForgeError


class IngestService:
    """Takes submissions through the queue. The queue may deliver one again: its submission id makes it count once."""

    def __init__(self, queue: SubmissionQueue | None, submit: SubmitService, telemetry: Telemetry) -> None:
        self._queue = queue
        self._submit = submit
        self._telemetry = telemetry

    async def enqueue(self, bodies: Sequence[str]) -> None:
        """Queue submissions. Raises `QueueUnavailable`; then some may have been queued."""
        await self._required().put(bodies)

    async def count(self, deliveries: Sequence[Delivery]) -> Sequence[str]:
        """Commit the submissions and return the ids of the messages that are to be delivered again.

        Those that can never be counted are buried among the dead letters, with the reason.
        """
        again: list[str] = []
        for chunk in chunks(deliveries, _CHUNK):
            for delivery, outcome in zip(chunk, await self._outcomes(chunk), strict=True):
                result = await self._settled(delivery, outcome)
                self._telemetry.count("ingest_messages", result=result)
                if result == "retried":
                    again.append(delivery.message_id)
        return again

    async def _outcomes(self, deliveries: Sequence[Delivery]) -> Sequence[Receipt | LeaderForgeError]:
        submissions = [one.content for one in deliveries if isinstance(one.content, Submission)]
        try:
            counted = iter(await self._submit.submit_many(submissions, rank=False) if submissions else [])
        except Unavailable as error:
            counted = iter([error] * len(submissions))
        return [next(counted) if isinstance(one.content, Submission) else one.content for one in deliveries]

    async def _settled(self, delivery: Delivery, outcome: Receipt | LeaderForgeError) -> str:
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
            raise LeaderForgeError("there is no queue: set LEADERFORGE_QUEUE_URL")
        return self._queue


async def redrive(queue: SubmissionQueue, limit: int, told: Callable[[DeadLetter], None]) -> int:
    """Queue up to `limit` dead letters again and return how many; each is `told`.

    One that comes back while this runs stays where it is. Raises `QueueUnavailable`.
    """
    seen: set[bytes] = set()
    while len(seen) < limit and (letters := await queue.dead_letters()):
        known = len(seen)
        for letter in letters[: limit - known]:
            digest = blake2b(letter.body.encode(), digest_size=16).digest()
            if digest not in seen:
                seen.add(digest)
                await queue.put([letter.body])
                await queue.forget(letter)
                told(letter)
        if len(seen) == known:
            break
    return len(seen)
