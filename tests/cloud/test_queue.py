"""Contract tests of queues, on the adapter for Amazon SQS with LocalStack's SQS."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import uuid4

import pytest

from leaderforge.adapters.aws.client import AwsAccess
from leaderforge.adapters.aws.queue import SqsQueue
from leaderforge.adapters.aws.signature import AwsCredentials
from local_cloud.emulator import REGION, Emulator
from tests.contract.queue_contract import QueueContract, Queued

LONG_S = "300"


class OnSqs(Queued):
    """Two new queues: one for submissions, one for dead letters."""

    def __init__(self, emulator: Emulator) -> None:
        self._sqs = emulator.client("sqs")
        self._urls = [self._created() for _ in range(2)]
        access = AwsAccess(REGION, AwsCredentials("test", "test"), emulator.endpoint)
        self.queue = SqsQueue(access, *self._urls, timeout_s=30)

    async def received(self) -> Sequence[str]:
        return await asyncio.to_thread(self._receive)

    async def lose(self) -> None:
        await asyncio.to_thread(self._delete)

    async def close(self) -> None:
        await self.queue.close()
        await asyncio.to_thread(self._delete)

    def _created(self) -> str:
        made = self._sqs.create_queue(QueueName=uuid4().hex, Attributes={"VisibilityTimeout": LONG_S})
        url: str = made["QueueUrl"]
        return url

    def _receive(self) -> Sequence[str]:
        answer: Any = self._sqs.receive_message(QueueUrl=self._urls[0], MaxNumberOfMessages=10, WaitTimeSeconds=1)
        messages = answer.get("Messages", [])
        for one in messages:
            self._sqs.delete_message(QueueUrl=self._urls[0], ReceiptHandle=one["ReceiptHandle"])
        return [one["Body"] for one in messages]

    def _delete(self) -> None:
        while self._urls:
            self._sqs.delete_queue(QueueUrl=self._urls.pop())


class TestSqsQueue(QueueContract):
    @pytest.fixture
    async def queued(self, emulator: Emulator) -> AsyncIterator[OnSqs]:
        made = await asyncio.to_thread(OnSqs, emulator)
        yield made
        await made.close()
