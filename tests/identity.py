"""Real OpenID Connect provider, of the package `oidc-provider-mock`, in a process on this machine."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from leaderforge.embedded.ports import free_port
from tests.api_client import PLAIN_HTTP
from tests.waiting import until

CLIENT = "leaderforge-console"
ROLES = "lf-owners:owner,lf-moderators:moderator,lf-viewers:viewer"


@dataclass(frozen=True)
class Provider:
    """Running provider. `issuer` is its address."""

    issuer: str
    client: httpx.AsyncClient

    @property
    def settings(self) -> Mapping[str, str]:
        """Return the environment settings of a service that trusts this provider."""
        return {
            "LEADERFORGE_OIDC_ISSUER": self.issuer,
            "LEADERFORGE_OIDC_CLIENT_ID": CLIENT,
            "LEADERFORGE_OIDC_CLIENT_SECRET": "a secret / of 1 client",
            "LEADERFORGE_OIDC_ROLES": ROLES,
            "LEADERFORGE_OIDC_NAME": "Acme",
        }

    async def person(self, subject: str, *groups: str, **claims: object) -> None:
        """Create or change a person."""
        body = {"name": f"{subject.title()} of Acme", "groups": groups, **claims}
        answer = await self.client.put(f"{self.issuer}/users/{quote(subject, safe='')}", json=body)
        assert answer.status_code == 204, answer.text

    async def answer(self, url: str, subject: str) -> Mapping[str, str]:
        """Sign a person in. Return the parameters of the address to which the provider sends the browser back."""
        answer = await self.client.post(url, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@asynccontextmanager
async def provider() -> AsyncIterator[Provider]:
    """Yield a running provider."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--require-nonce", "true"]
    null = asyncio.subprocess.DEVNULL
    process = await asyncio.create_subprocess_exec(*command, stdout=null, stderr=null)
    try:
        async with httpx.AsyncClient(trust_env=False, verify=PLAIN_HTTP) as client:
            running = Provider(f"http://127.0.0.1:{port}", client)
            await until(lambda: _answers(running), "the provider to answer")
            yield running
    finally:
        process.terminate()
        await process.wait()


async def _answers(running: Provider) -> bool:
    try:
        return (await running.client.get(f"{running.issuer}/.well-known/openid-configuration")).is_success
    except httpx.TransportError:
        return False
