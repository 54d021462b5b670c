"""Sending of notices to queues and event buses of AWS."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from time import monotonic
from typing import Any

from leaderforge.adapters.aws.client import AwsAccess, AwsClient, AwsError
from leaderforge.domain.dispatching import DispatchAttempt
from leaderforge.domain.event_targets import AwsTarget, aws_target

_OK = 200
_MAX_CALLS = 64
"""Maximum concurrent calls. Further calls wait for a thread, within their time limit."""
_MAX_REASON = 200
"""Maximum length of the reason for a failure, in characters."""
_SOURCE = "leaderforge"
"""Source of all events that this service sends to a bus. Rules of the bus select events by their source."""
_PROTOCOLS = {"sqs": ("AmazonSQS", "1.0"), "events": ("AWSEvents", "1.1")}
"""Prefix of the operations, and version of the JSON protocol, by service."""


class AwsNoticeSender:
    """`NoticeSender` to the ARNs of queues and event buses, with the credentials of this process.

    The region of an ARN determines the host. Therefore no ARN can direct a request to a host outside of AWS. Concurrent
    calls have connections of their own. `timeout_s` limits a whole call.
    """

    def __init__(self, access: AwsAccess, *, timeout_s: float = 10.0) -> None:
        self._access = access
        self._timeout_s = timeout_s
        self._idle: defaultdict[tuple[str, str], list[AwsClient]] = defaultdict(list)
        # Use separate threads. The event loop resolves host names in its default threads. Calls to a service that does
        # not answer would occupy the default threads.
        self._threads = ThreadPoolExecutor(_MAX_CALLS, "aws-notices")

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, group: str = "") -> DispatchAttempt:
        began = monotonic()
        target = aws_target(url)
        error = "no queue and no event bus" if target is None else await self._failure(target, headers, body, group)
        return DispatchAttempt(None if error else _OK, error, round((monotonic() - began) * 1000))

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for client in chain.from_iterable(self._idle.values()):
            client.close()
        self._idle.clear()

    async def _failure(self, target: AwsTarget, headers: Mapping[str, str], body: bytes, group: str) -> str | None:
        """Send a notice. Return why it was refused, None if it was accepted."""
        try:
            if target.service == "sqs":
                await self._answer(target, "SendMessage", self._message(target, headers, body.decode(), group))
                return None
            entry = bus_entry(target, headers, json.loads(body))
            return _refused_entry(await self._answer(target, "PutEvents", {"Entries": [entry]}))
        except TimeoutError:
            return f"no response within {self._timeout_s:g} s"
        except AwsError as error:
            return str(error)[:_MAX_REASON]

    async def _answer(self, target: AwsTarget, operation: str, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the answer to a request, over an idle connection if any. Raises `AwsError` or `TimeoutError`."""
        idle = self._idle[target.service, target.region]
        client = idle.pop() if idle else self._new_client(target)
        call = asyncio.get_running_loop().run_in_executor(self._threads, client.call_waiting, operation, request)
        try:
            async with asyncio.timeout(self._timeout_s):
                answer = await call
        except (TimeoutError, asyncio.CancelledError):
            client.abort()
            raise
        except AwsError:
            idle.append(client)
            raise
        idle.append(client)
        return answer

    def _new_client(self, target: AwsTarget) -> AwsClient:
        access = replace(self._access, region=target.region)
        prefix, version = _PROTOCOLS[target.service]
        return AwsClient(access, target.service, target=prefix, version=version, timeout_s=self._timeout_s)

    def _message(self, target: AwsTarget, headers: Mapping[str, str], body: str, group: str) -> dict[str, Any]:
        """Return the SQS message with the signed body, and with the headers of a webhook as message attributes."""
        base = replace(self._access, region=target.region).url("sqs")
        message: dict[str, Any] = {
            "QueueUrl": f"{base}/{target.account}/{target.name}",
            "MessageBody": body,
            "MessageAttributes": {
                name: {"DataType": "String", "StringValue": value} for name, value in headers.items()
            },
        }
        if target.is_fifo:
            message |= {"MessageGroupId": group or _SOURCE, "MessageDeduplicationId": headers["webhook-id"]}
        return message


def bus_entry(target: AwsTarget, headers: Mapping[str, str], event: Mapping[str, Any]) -> dict[str, Any]:
    """Return the entry that sends an event to a bus.

    The entry's detail has the event and the event's id, because a bus passes no headers on.
    """
    redriven = {"redriven": True} if "leaderforge-redriven" in headers else {}
    return {
        "EventBusName": f"arn:aws:events:{target.region}:{target.account}:event-bus/{target.name}",
        "Source": _SOURCE,
        "DetailType": event["type"],
        "Detail": json.dumps({"id": headers["webhook-id"], **redriven, **event}, ensure_ascii=False),
    }


def _refused_entry(answer: Mapping[str, Any]) -> str | None:
    """Return why a bus refused the only entry of a call, None if the bus accepted the entry."""
    if not answer.get("FailedEntryCount"):
        return None
    [entry] = answer.get("Entries") or [{}]
    reason = f"{entry.get('ErrorCode')} {entry.get('ErrorMessage') or ''}".rstrip()
    return f"the bus refused the event: {reason}"[:_MAX_REASON]
