"""Management of the endpoints that receive notices."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

from leaderforge.domain.addresses import Network
from leaderforge.domain.api_keys import MAX_OVERLAP_S
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.dispatching import DispatchAttempt
from leaderforge.domain.endpoints import (
    MAX_ENDPOINTS,
    Endpoint,
    IssuedSecret,
    new_endpoint_id,
    new_secret_id,
    require_address,
)
from leaderforge.domain.errors import Refused
from leaderforge.domain.event_errors import EndpointNotFound
from leaderforge.domain.notice_log import body_of
from leaderforge.domain.notice_types import NoticeType
from leaderforge.domain.presence import required_first
from leaderforge.ports.clock import Clock
from leaderforge.ports.notices import DeadNotice, EndpointStore, LoggedAttempt, NoticeSender, NoticeSigner

TEST_TYPE = "endpoint.test"
"""Type of the notice that a test delivery sends."""


class EndpointService:
    """Endpoints, their secrets and their delivery log. `actor` is the caller's name in the audit log.

    Without a `signer`, endpoints can be listed, disabled and deleted only. Addresses of endpoints may be in the private
    networks `allowed`. With credentials of AWS (`has_aws`), endpoints may also be queues and buses.
    """

    def __init__(
        self,
        store: EndpointStore,
        sender: NoticeSender,
        signer: NoticeSigner | None,
        clock: Clock,
        *,
        allowed: tuple[Network, ...],
        has_aws: bool = False,
    ) -> None:
        self._store = store
        self._sender = sender
        self._signer = signer
        self._clock = clock
        self._allowed = allowed
        self._has_aws = has_aws

    async def create(self, url: str, types: Sequence[NoticeType], boards: Sequence[str], actor: str) -> IssuedSecret:
        """Create an endpoint, and return it with its secret.

        Raises `Refused` if the address is not acceptable or there is no signing secret, and `TooManyEndpoints`.
        """
        signer, now = self._required_signer(), self._clock()
        endpoint = Endpoint(
            new_endpoint_id(),
            require_address(url, self._allowed, has_aws=self._has_aws),
            tuple(dict.fromkeys(types)),
            tuple(dict.fromkeys(boards)),
            new_secret_id(),
            now,
            actor,
        )
        act = self._act("endpoint.create", endpoint.endpoint_id, actor, url=url)
        created = await self._store.create(endpoint, MAX_ENDPOINTS, act)
        return IssuedSecret(created, signer.secret(created.secret_id))

    async def all(self) -> Sequence[Endpoint]:
        """Return all endpoints in order of creation."""
        return await self._store.endpoints()

    async def get(self, endpoint_id: str) -> Endpoint:
        """Return an endpoint. Raises `EndpointNotFound`."""
        endpoints = [e for e in await self._store.endpoints() if e.endpoint_id == endpoint_id]
        return required_first(endpoints, EndpointNotFound.of(endpoint_id))

    async def set_disabled(self, endpoint_id: str, disabled: bool, actor: str) -> Endpoint:
        """Disable an endpoint, or enable it again.

        An enabled endpoint receives the missed notices that are still in the log. Raises `EndpointNotFound`.
        """
        now = self._clock()

        def change(endpoint: Endpoint) -> Endpoint:
            if not disabled:
                return replace(endpoint, disabled_at=None, disabled_reason=None, failures=0, retry_at=0)
            if endpoint.disabled_at is not None:
                return endpoint
            return replace(endpoint, disabled_at=now, disabled_reason=f"disabled by {actor}")

        action = "endpoint.disable" if disabled else "endpoint.enable"
        return await self._store.change(endpoint_id, change, self._act(action, endpoint_id, actor))

    async def delete(self, endpoint_id: str, actor: str) -> None:
        """Delete an endpoint with its delivery log and its dead letters. Raises `EndpointNotFound`."""
        await self._store.delete(endpoint_id, self._act("endpoint.delete", endpoint_id, actor))

    async def rotate(self, endpoint_id: str, overlap_s: int, actor: str) -> IssuedSecret:
        """Give an endpoint a new secret, and return the secret. For `overlap_s` seconds, the previous secret signs too.

        Raises `EndpointNotFound`, and `Refused` if the overlap is out of range or there is no signing secret.
        """
        signer = self._required_signer()
        if not 0 <= overlap_s <= MAX_OVERLAP_S:
            raise Refused(f"the overlap must be 0 to {MAX_OVERLAP_S} s, not {overlap_s}")
        secret_id, until = new_secret_id(), self._clock() + overlap_s * 1000
        changed = await self._store.change(
            endpoint_id,
            lambda endpoint: replace(
                endpoint, secret_id=secret_id, previous_secret_id=endpoint.secret_id, previous_until=until
            ),
            self._act("endpoint.rotate", endpoint_id, actor, overlap_s=overlap_s),
        )
        return IssuedSecret(changed, signer.secret(secret_id))

    async def test(self, endpoint_id: str) -> DispatchAttempt:
        """Send a test notice, and return the result. Raises `EndpointNotFound`, or `Refused` without signing secret."""
        signer, endpoint, now = self._required_signer(), await self.get(endpoint_id), self._clock()
        body = body_of(TEST_TYPE, now, {"endpoint_id": endpoint_id})
        headers = signer.headers(str(uuid4()), now, body, endpoint.secret_ids(now))
        return await self._sender.send(endpoint.url, headers, body.encode())

    async def attempts(self, endpoint_id: str, limit: int) -> Sequence[LoggedAttempt]:
        """Return the latest requests to an endpoint, the newest first. Raises `EndpointNotFound`."""
        await self.get(endpoint_id)
        return await self._store.attempts(endpoint_id, limit)

    async def dead(self, endpoint_id: str, limit: int) -> Sequence[DeadNotice]:
        """Return the dead letters of an endpoint, the newest first. Raises `EndpointNotFound`."""
        await self.get(endpoint_id)
        return await self._store.dead(endpoint_id, limit)

    async def redrive(self, endpoint_id: str, actor: str) -> int:
        """Queue all dead letters of an endpoint again. Return their number. Raises `EndpointNotFound`."""
        return await self._store.redrive(endpoint_id, self._act("endpoint.redrive", endpoint_id, actor))

    def _act(self, action: str, endpoint_id: str, actor: str, **details: object) -> AuditEntry:
        return AuditEntry(self._clock(), actor, action, details={"endpoint_id": endpoint_id, **details})

    def _required_signer(self) -> NoticeSigner:
        if self._signer is None:
            raise Refused("this service signs no events; set LEADERFORGE_SIGNING_SECRET")
        return self._signer
