"""Sending of notices by HTTP or to AWS, as the kind of the endpoint requires."""

from collections.abc import Mapping

from leaderforge.domain.dispatching import DispatchAttempt
from leaderforge.domain.event_targets import ARN_PREFIX
from leaderforge.ports.notices import NoticeSender


class RoutedNoticeSender:
    """`NoticeSender` that sends to HTTP addresses and, with an `aws` sender, to the ARNs of AWS."""

    def __init__(self, http: NoticeSender, aws: NoticeSender | None) -> None:
        self._http = http
        self._aws = aws

    async def send(self, url: str, headers: Mapping[str, str], body: bytes, group: str = "") -> DispatchAttempt:
        if not url.startswith(ARN_PREFIX):
            return await self._http.send(url, headers, body, group)
        if self._aws is None:
            return DispatchAttempt(None, "this process has no credentials of AWS", 0)
        return await self._aws.send(url, headers, body, group)

    async def close(self) -> None:
        await self._http.close()
        if self._aws is not None:
            await self._aws.close()
