"""Template deployed to LocalStack, once for all tests in this folder."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from leaderforge.embedded import PostgresServer
from leaderforge.wiring import migrate
from local_cloud.deployment import deploy
from local_cloud.emulator import Emulator
from local_cloud.stack import ARCHITECTURE, DeploymentKeys, LocalCloud, parameters
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.cloud.calling import Caller
from tests.comparing_calls import SEGMENTS

KEYS = DeploymentKeys(SUBMIT_KEY, ADMIN_KEY)


class Packages:
    """Packages in a folder. Those for an architecture are built when they are first needed, which takes 10 s of CPU."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._architectures: set[str] = set()

    def functions(self, architecture: str) -> Path:
        """Return the functions' package for an architecture."""
        if architecture not in self._architectures:
            options = ["--output", self.folder, "--architecture", architecture]
            subprocess.run([sys.executable, "-m", "deploy.packaging", *options], check=True, capture_output=True)
            self._architectures.add(architecture)
        return self.folder / f"functions-{architecture}.zip"


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Packages:
    return Packages(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def package(packages: Packages) -> Path:
    """The functions' package for this machine."""
    return packages.functions(ARCHITECTURE)


@pytest.fixture(scope="session")
def emulator(no_process_left: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """Running LocalStack, the local emulator of AWS."""
    running = Emulator(tmp_path_factory.mktemp("localstack"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def cloud_postgres(no_process_left: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """Database server of the deployment, which tests may stop and start again."""
    with PostgresServer(tmp_path_factory.mktemp("cloud-postgres")) as server:
        asyncio.run(migrate(server.dsn))
        yield server


@pytest.fixture(scope="session")
def cloud(emulator: Emulator, package: Path, valkey, cloud_postgres: PostgresServer) -> LocalCloud:
    """Deployment without queued submissions."""
    given = parameters(valkey.addresses, cloud_postgres.dsn, KEYS, {"Segments": SEGMENTS})
    return LocalCloud(emulator, deploy(emulator, "tests", package, given))


@pytest.fixture
async def call(cloud: LocalCloud) -> AsyncIterator[Caller]:
    """Client of the deployment."""
    async with Caller(cloud) as caller:
        yield caller
