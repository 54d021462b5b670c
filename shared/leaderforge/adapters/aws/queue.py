"""Submission queue on Amazon SQS."""

from collections.abc import Sequence
from typing import Any

from leaderforge.adapters.aws.client import AwsAccess, AwsClient, AwsError
from leaderforge.domain.dead_letters import DeadLetter
from leaderforge.domain.errors import LeaderForgeError, QueueUnavailable

_MAX_ENTRIES = 10
"""Maximum number of messages of an SQS call."""
_MAX_BYTES = 250_000
"""Maximum size, in bytes, of the message bodies of a call. SQS accepts 256 KiB, including attributes."""
_REASON = "Reason"
_MAX_REASON = 1000
"""Maximum characters of a stored reason."""
_NO_REASON = "failed repeatedly; see the log of the ingest function"
"""Reason of a dead letter that SQS itself has moved, because the message was received too often."""


class SqsQueue:
    """Queue and its dead-letter queue, by their URLs."""

    def __init__(self, access: AwsAccess, url: str, dead_letters_url: str | None, *, timeout_s: float) -> None:
        self._url = url
        self._dead_letters_url = dead_letters_url
        self._client = AwsClient(access, "sqs", target="AmazonSQS", version="1.0", timeout_s=timeout_s)

    async def put(self, bodies: Sequence[str]) -> None:
        for chunk in _chunks(bodies):
            entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(chunk)]
            answer = await self._call("SendMessageBatch", {"QueueUrl": self._url, "Entries": entries})
            if failed := answer.get("Failed"):
                raise QueueUnavailable(
                    "the queue did not accept every submission; send the batch again", reason=str(failed[0].get("Code"))
                )

    async def bury(self, body: str, reason: str) -> None:
        attribute = {"DataType": "String", "StringValue": _printable(reason)[:_MAX_REASON] or "unknown"}
        message = {"QueueUrl": self._dead(), "MessageBody": body, "MessageAttributes": {_REASON: attribute}}
        await self._call("SendMessage", message)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        request = {
            "QueueUrl": self._dead(),
            "MaxNumberOfMessages": _MAX_ENTRIES,
            "MessageAttributeNames": [_REASON],
            "WaitTimeSeconds": 1,
        }
        return [_letter(message) for message in (await self._call("ReceiveMessage", request)).get("Messages", [])]

    async def forget(self, letter: DeadLetter) -> None:
        await self._call("DeleteMessage", {"QueueUrl": self._dead(), "ReceiptHandle": letter.receipt})

    async def close(self) -> None:
        self._client.close()

    def _dead(self) -> str:
        if self._dead_letters_url is None:
            raise LeaderForgeError("there is no dead-letter queue: set LEADERFORGE_DEAD_LETTERS_URL to its URL")
        return self._dead_letters_url

    async def _call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._client.call(operation, body)
        except AwsError as error:
            raise QueueUnavailable(f"the queue call failed: {error}") from error


def _letter(message: dict[str, Any]) -> DeadLetter:
    """Return the dead letter of a message."""
    reason = message.get("MessageAttributes", {}).get(_REASON, {}).get("StringValue")
    return DeadLetter(message["Body"], reason or _NO_REASON, message["ReceiptHandle"])


def _printable(text: str) -> str:
    """Return the text with unprintable characters replaced, because SQS accepts only the characters of XML."""
    return "".join(c if c.isprintable() else " " for c in text)


def _chunks(bodies: Sequence[str]) -> Sequence[Sequence[str]]:
    """Split the bodies into as few calls as their number and sizes allow."""
    chunks: list[list[str]] = []
    size = _MAX_BYTES  # pretend that a full chunk precedes: the first body then begins a new chunk
    for body in bodies:
        length = len(body.encode())
        if size + length > _MAX_BYTES or len(chunks[-1]) == _MAX_ENTRIES:
            chunks.append([])
            size = 0
        chunks[-1].append(body)
        size += length
    return chunks
