"""LocalStack as a local server, in its own virtual environment."""

import json
import os
import signal
import urllib.request
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from leaderforge.embedded import ServerFailed
from leaderforge.embedded.ports import LOOPBACK, free_port
from leaderforge.embedded.process import ServerProcess
from leaderforge.embedded.waiting import wait_until

PYTHON = Path(__file__).parents[1] / ".venv" / "bin" / "python"
REGION = "eu-west-1"

_SERVICES = "apigateway,cloudformation,cloudwatch,events,iam,lambda,logs,s3,secretsmanager,sqs,sts"
_SETTINGS = {
    "SERVICES": _SERVICES,
    "LAMBDA_RUNTIME_EXECUTOR": "process",
    "LAMBDA_KEEPALIVE_MS": "600000",
    "LAMBDA_RETRY_BASE_DELAY": "2",
    "LAMBDA_SYNCHRONOUS_CREATE": "1",
    "LAMBDA_EVENT_SOURCE_MAPPING_MAX_BACKOFF_ON_EMPTY_POLL_SEC": "1",
    # Fail on unsupported resources. Use the older engine: the newer engine needs a request to another host.
    "CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES": "0",
    "PROVIDER_OVERRIDE_CLOUDFORMATION": "engine-legacy",
    # Prevent requests to other hosts.
    "API_ENDPOINT": "http://127.0.0.1:1",
    "DISABLE_EVENTS": "1",
    "SKIP_SSL_CERT_DOWNLOAD": "1",
    "DNS_ADDRESS": "0",
    "IN_MEMORY_CLIENT": "1",
    "OVERRIDE_IN_DOCKER": "0",
    # Leave CORS requests to the API, which answers them itself.
    "DISABLE_CORS_CHECKS": "1",
}
_START_S = 90.0
"""Time limit of a start, in s."""
# LocalStack's own shutdown can hang: kill it after 5 s.
_STOP_STEPS = ((signal.SIGTERM, 5.0),)


class Emulator:
    """LocalStack, with its files in one directory. It runs functions as processes, and ends them when it stops."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory.resolve()
        self.process = ServerProcess("LocalStack", self.directory)
        self._port = 0

    @property
    def endpoint(self) -> str:
        """Return the URL of LocalStack, which replaces the URLs of all AWS services."""
        return f"http://{LOOPBACK}:{self._port}"

    def start(self) -> None:
        """Start LocalStack and wait until it is ready. Raises `ServerFailed`."""
        if not PYTHON.exists():
            raise ServerFailed("LocalStack is not installed: run `make localstack-setup`")
        for name in ("tmp", "cache", "files"):
            (self.directory / name).mkdir(parents=True, exist_ok=True)
        self._port = free_port()
        self.process.start([PYTHON, "-P", "-m", "localstack.runtime.main"], environment=self._environment())
        wait_until(self._is_ready, _START_S, f"LocalStack (its log is {self.process.log})", every=0.2)

    def stop(self) -> None:
        """Stop LocalStack and all functions."""
        self.process.stop(*_STOP_STEPS)

    def client(self, service: str) -> Any:
        """Return a boto3 client of a service."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - LocalStack accepts any key
            config=Config(retries={"total_max_attempts": 1}, read_timeout=120, s3={"addressing_style": "path"}),
        )

    def _environment(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        folders = {
            "FILESYSTEM_ROOT": str(self.directory / "files"),
            "TMPDIR": str(self.directory / "tmp"),
            "XDG_CACHE_HOME": str(self.directory / "cache"),
        }
        # Write the address as an IPv6 address: with a plain IPv4 address, LocalStack listens on every interface.
        listen = {"GATEWAY_LISTEN": f"[::ffff:{LOOPBACK}]:{self._port}"}
        # Use host names below `localhost`, because they resolve to this machine without a DNS server.
        return {**inherited, **_SETTINGS, **folders, **listen, "LOCALSTACK_HOST": f"localhost:{self._port}"}

    def _is_ready(self) -> bool:
        self.process.check()
        try:
            with urllib.request.urlopen(f"{self.endpoint}/_localstack/init/ready", timeout=2) as answer:  # noqa: S310
                return bool(json.load(answer)["completed"])
        except OSError:
            return False
