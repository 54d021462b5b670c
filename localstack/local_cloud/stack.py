"""Complete local deployment: servers, LocalStack, the stack and the web page."""

import asyncio
import json
import platform
import secrets
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from leaderforge.embedded import PostgresServer, ValkeyCluster
from leaderforge.wiring import migrate
from local_cloud.deployment import Stack, deploy
from local_cloud.emulator import REGION, Emulator
from local_cloud.site import upload_site

NAME = "leaderforge"
EVENT_TARGETS = (
    f"arn:aws:sqs:{REGION}:000000000000:leaderforge-events.fifo",
    f"arn:aws:events:{REGION}:000000000000:event-bus/leaderforge",
)
"""ARNs of a queue and an event bus. The functions may send events to them if somebody creates them."""
ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
PACKAGES = Path(__file__).parents[2] / "build"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DeploymentKeys:
    """API keys of the deployment."""

    submit: str
    admin: str


class LocalCloud:
    """LeaderForge deployed to LocalStack, with local servers."""

    def __init__(self, emulator: Emulator, stack: Stack) -> None:
        self._emulator = emulator
        self.stack = stack

    @property
    def endpoint(self) -> str:
        """Return the URL of LocalStack, which replaces the URLs of all AWS services."""
        return self._emulator.endpoint

    @property
    def api(self) -> str:
        """Return the API's URL."""
        return f"{self.endpoint}/_aws/execute-api/{self.stack.outputs['ApiId']}/live"

    @property
    def site(self) -> str:
        """Return the web page's URL."""
        return self.stack.outputs["SiteUrl"]

    def client(self, service: str) -> Any:
        """Return a client of an AWS service."""
        return self._emulator.client(service)

    def publish_site(self, built: Path) -> None:
        """Upload the built web page, configured with the API's address."""
        config = {"apiBaseUrl": self.api, "title": "LeaderForge", "board": "default", "devMode": True}
        upload_site(self._emulator, self.stack.outputs["SiteBucket"], built, config)


def parameters(redis_nodes: list[str], dsn: str, keys: DeploymentKeys, overrides: Mapping[str, str]) -> dict[str, str]:
    """Return the template's parameters for local servers. `overrides` take precedence."""
    secret = {
        "LEADERFORGE_POSTGRES_DSN": dsn,
        "LEADERFORGE_SUBMIT_KEYS": keys.submit,
        "LEADERFORGE_ADMIN_KEYS": keys.admin,
        "LEADERFORGE_SIGNING_SECRET": secrets.token_urlsafe(32),
    }
    return {
        "Architecture": ARCHITECTURE,
        "RedisNodes": ",".join(redis_nodes),
        "RedisTls": "0",
        "SecretSettings": json.dumps(secret),
        "FunctionUrls": "true",
        "EventTargets": ",".join(EVENT_TARGETS),
        "Cdn": "false",
        "CorsOrigins": "*",
        **overrides,
    }


def start(directory: Path, site: Path, running: ExitStack, say: Say) -> tuple[LocalCloud, DeploymentKeys]:
    """Start everything in a directory, deploy, and return the deployment. Closing `running` stops all servers."""
    say("Valkey cluster and PostgreSQL")
    valkey = running.enter_context(ValkeyCluster(directory / "valkey"))
    postgres = running.enter_context(PostgresServer(directory / "postgres"))
    asyncio.run(migrate(postgres.dsn))
    say("LocalStack")
    emulator = Emulator(directory / "localstack")
    running.callback(emulator.stop)
    emulator.start()
    say("Deploying the template: about 30 s")
    keys = DeploymentKeys(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    values = parameters(valkey.addresses, postgres.dsn, keys, {})
    cloud = LocalCloud(emulator, deploy(emulator, NAME, PACKAGES / f"functions-{ARCHITECTURE}.zip", values))
    say("Web page")
    cloud.publish_site(site)
    return cloud, keys
