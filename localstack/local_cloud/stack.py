"""The whole deployment on this machine: servers, LocalStack, the stack and the web page."""

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
from local_cloud.emulator import Emulator
from local_cloud.site import upload_site

NAME = "leaderforge"
ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
PACKAGES = Path(__file__).parents[2] / "build"

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that the deployment was given."""

    submit: str
    admin: str


class LocalCloud:
    """LeaderForge as it is deployed to AWS, in LocalStack, on servers of this machine. Stops all of it at the end."""

    def __init__(self, emulator: Emulator, stack: Stack) -> None:
        self._emulator = emulator
        self.stack = stack

    @property
    def endpoint(self) -> str:
        """What stands in for all of AWS."""
        return self._emulator.endpoint

    @property
    def api(self) -> str:
        """The API's URL."""
        return f"{self.endpoint}/_aws/execute-api/{self.stack.outputs['ApiId']}/live"

    @property
    def site(self) -> str:
        """The web page's URL."""
        return self.stack.outputs["SiteUrl"]

    def client(self, service: str) -> Any:
        """Return a client of one of AWS's services."""
        return self._emulator.client(service)

    def publish_site(self, built: Path) -> None:
        """Put the built web page, with the API's address, into its bucket."""
        config = {"apiBaseUrl": self.api, "title": "LeaderForge", "board": "default", "devMode": True}
        upload_site(self._emulator, self.stack.outputs["SiteBucket"], built, config)


def parameters(redis_nodes: list[str], dsn: str, keys: Keys, more: Mapping[str, str]) -> dict[str, str]:
    """Return the template's parameters for servers of this machine; `more` goes before."""
    secret = {
        "LEADERFORGE_POSTGRES_DSN": dsn,
        "LEADERFORGE_SUBMIT_KEYS": keys.submit,
        "LEADERFORGE_ADMIN_KEYS": keys.admin,
    }
    return {
        "Architecture": ARCHITECTURE,
        "RedisNodes": ",".join(redis_nodes),
        "RedisTls": "0",
        "SecretSettings": json.dumps(secret),
        "FunctionUrls": "true",
        "Cdn": "false",
        "CorsOrigins": "*",
        **more,
    }


def start(directory: Path, site: Path, running: ExitStack, say: Say) -> tuple[LocalCloud, Keys]:
    """Start everything in a directory, deploy, and return the deployment; `running` ends it."""
    say("Valkey cluster and PostgreSQL")
    valkey = running.enter_context(ValkeyCluster(directory / "valkey"))
    postgres = running.enter_context(PostgresServer(directory / "postgres"))
    asyncio.run(migrate(postgres.dsn))
    say("LocalStack")
    emulator = Emulator(directory / "localstack")
    running.callback(emulator.stop)
    emulator.start()
    say("Deploying the template, which takes half a minute")
    keys = Keys(secrets.token_urlsafe(24), secrets.token_urlsafe(24))
    given = parameters(valkey.addresses, postgres.dsn, keys, {})
    cloud = LocalCloud(emulator, deploy(emulator, NAME, PACKAGES / f"functions-{ARCHITECTURE}.zip", given))
    say("Web page")
    cloud.publish_site(site)
    return cloud, keys
