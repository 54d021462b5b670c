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

KEYS = DeploymentKeys(SUBMIT_KEY, ADMIN_KEY)


def built(output: Path) -> Path:
    """Build the packages for all architectures into a folder, and return the folder."""
    subprocess.run([sys.executable, "-m", "deploy.packaging", "--output", output], check=True, capture_output=True)
    return output


@pytest.fixture(scope="session")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of the packages for all architectures."""
    return built(tmp_path_factory.mktemp("packages"))


@pytest.fixture(scope="session")
def package(packages: Path) -> Path:
    """The functions' package for this machine."""
    return packages / f"functions-{ARCHITECTURE}.zip"


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
    given = parameters(valkey.addresses, cloud_postgres.dsn, KEYS, {})
    return LocalCloud(emulator, deploy(emulator, "tests", package, given))


@pytest.fixture
async def call(cloud: LocalCloud) -> AsyncIterator[Caller]:
    """Client of the deployment."""
    async with Caller(cloud) as caller:
        yield caller
