"""Calls of the deployment: through the REST API and through function URLs."""

from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import httpx

from local_cloud.stack import LocalCloud
from tests.api_client import ADMIN_KEY, PLAIN_HTTP, SUBMIT_KEY, bearer

PATIENCE_S = 60


class Caller:
    """Client of the REST API and of the function URLs."""

    def __init__(self, cloud: LocalCloud) -> None:
        self._cloud = cloud
        self._client = httpx.AsyncClient(timeout=PATIENCE_S, limits=httpx.Limits(max_connections=64), verify=PLAIN_HTTP)

    async def get(self, path: str, key: str | None = None) -> httpx.Response:
        return await self._client.get(self._cloud.api + path, headers=bearer(key))

    async def post(self, path: str, body: Any, key: str | None = SUBMIT_KEY) -> httpx.Response:
        return await self._client.post(self._cloud.api + path, json=body, headers=bearer(key))

    async def send(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """Send a request with an admin key."""
        return await self._client.request(method, self._cloud.api + path, json=body, headers=bearer(ADMIN_KEY))

    async def at_url(self, output: str, method: str, path: str, body: Any = None) -> httpx.Response:
        """Call a function by the URL in this output of the stack. Connect to LocalStack, because DNS lacks the host."""
        url = urlsplit(self._cloud.stack.outputs[output])
        here = urlsplit(self._cloud.api)
        headers = bearer(SUBMIT_KEY) | {"Host": url.netloc}
        return await self._client.request(method, f"http://{here.netloc}{path}", json=body, headers=headers)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._client.aclose()
