"""The queue of submissions, on Amazon SQS."""

from collections.abc import Sequence
from typing import Any

from leaderforge.adapters.aws.client import Access, AwsClient, AwsError
from leaderforge.domain.errors import LeaderForgeError, QueueUnavailable
from leaderforge.ports import DeadLetter

_MOST_ENTRIES = 10
_MOST_BYTES = 250_000
"""A call takes 256 KiB, attributes included."""
_REASON = "Reason"
_MOST_REASON = 1000
_NO_REASON = "received again and again without success; the ingest function's log tells why"


class SqsQueue:
    """A queue, and the one its dead letters go to, by their URLs."""

    def __init__(self, access: Access, url: str, dead_letters_url: str | None, *, timeout_s: float) -> None:
        self._url = url
        self._dead_letters_url = dead_letters_url
        self._client = AwsClient(access, "sqs", target="AmazonSQS", version="1.0", timeout_s=timeout_s)

    async def put(self, bodies: Sequence[str]) -> None:
        for chunk in _chunks(bodies):
            entries = [{"Id": str(i), "MessageBody": body} for i, body in enumerate(chunk)]
            answer = await self._call("SendMessageBatch", {"QueueUrl": self._url, "Entries": entries})
            if failed := answer.get("Failed"):
                raise QueueUnavailable("the queue did not take every submission", reason=str(failed[0].get("Code")))

    async def bury(self, body: str, reason: str) -> None:
        told = {"DataType": "String", "StringValue": _printable(reason)[:_MOST_REASON] or "unknown"}
        message = {"QueueUrl": self._dead(), "MessageBody": body, "MessageAttributes": {_REASON: told}}
        await self._call("SendMessage", message)

    async def dead_letters(self) -> Sequence[DeadLetter]:
        asked = {
            "QueueUrl": self._dead(),
            "MaxNumberOfMessages": _MOST_ENTRIES,
            "MessageAttributeNames": [_REASON],
            "WaitTimeSeconds": 1,
        }
        return [_letter(message) for message in (await self._call("ReceiveMessage", asked)).get("Messages", [])]

    async def forget(self, letter: DeadLetter) -> None:
        await self._call("DeleteMessage", {"QueueUrl": self._dead(), "ReceiptHandle": letter.receipt})

    async def close(self) -> None:
        self._client.close()

    def _dead(self) -> str:
        if self._dead_letters_url is None:
            raise LeaderForgeError("set LEADERFORGE_DEAD_LETTERS_URL to the URL of the queue of dead letters")
        return self._dead_letters_url

    async def _call(self, operation: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            return await self._client.call(operation, body)
        except AwsError as error:
            raise QueueUnavailable(f"the queue cannot be used: {error}") from error


def _letter(message: dict[str, Any]) -> DeadLetter:
    told = message.get("MessageAttributes", {}).get(_REASON, {}).get("StringValue")
    return DeadLetter(message["Body"], told or _NO_REASON, message["ReceiptHandle"])


def _printable(text: str) -> str:
    """Return text that an attribute can hold: SQS knows the characters of XML only."""
    return "".join(c if c.isprintable() else " " for c in text)


def _chunks(bodies: Sequence[str]) -> Sequence[Sequence[str]]:
    """Return the bodies in as few calls as their number and sizes allow."""
    chunks: list[list[str]] = []
    size = _MOST_BYTES
    for body in bodies:
        length = len(body.encode())
        if size + length > _MOST_BYTES or len(chunks[-1]) == _MOST_ENTRIES:
            chunks.append([])
            size = 0
        chunks[-1].append(body)
        size += length
    return chunks
