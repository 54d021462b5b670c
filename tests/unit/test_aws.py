"""Calls of AWS: signed as by the SDK of AWS, over one connection that recovers."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as SdkCredentials
from hypothesis import given
from hypothesis import strategies as st

from leaderforge.adapters.aws.client import AwsAccess, AwsClient, AwsError
from leaderforge.adapters.aws.queue import SqsQueue
from leaderforge.adapters.aws.secrets import read_secret
from leaderforge.adapters.aws.signature import AwsCredentials, signed_headers
from leaderforge.config import SettingsError
from leaderforge.domain.errors import QueueUnavailable
from leaderforge.parts.cloud import read_settings

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)
HEADERS = {"host": "sqs.example.org", "content-type": "application/x-amz-json-1.0", "x-amz-target": "AmazonSQS.Send"}
TEXTS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=40)


class _Sdk(SigV4Auth):  # type: ignore[misc]  # botocore has no types
    """SDK's signature at a fixed time."""

    def sign(self, request: Any) -> str:
        request.context["timestamp"] = NOW.strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        if self.credentials.token:
            request.headers["X-Amz-Security-Token"] = self.credentials.token
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)
        return str(request.headers["Authorization"])


@given(st.binary(max_size=200), TEXTS, st.none() | TEXTS, st.sampled_from(["eu-west-1", "us-east-1"]))
def test_requests_are_signed_as_the_sdk_signs_them(body: bytes, secret: str, token: str | None, region: str) -> None:
    ours = AwsCredentials("AKID", secret, token)
    headers = signed_headers(HEADERS, body, credentials=ours, region=region, service="sqs", now=NOW)
    request = AWSRequest("POST", "https://sqs.example.org/", data=body, headers=HEADERS)
    assert headers["authorization"] == _Sdk(SdkCredentials("AKID", secret, token), "sqs", region).sign(request)


class Service(ThreadingHTTPServer):
    """Replacement for a service: it returns prepared responses, and records the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[int, Any]] = []
        self.asked: list[tuple[str, Any]] = []
        self.clients: list[tuple[str, int]] = []
        self.hang_up = False

    @property
    def access(self) -> AwsAccess:
        return AwsAccess("eu-west-1", AwsCredentials("AKID", "secret", "token"), f"http://127.0.0.1:{self.server_port}")


class _Handler(BaseHTTPRequestHandler):
    server: Service
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.asked.append((self.headers["X-Amz-Target"], body))
        self.server.clients.append(self.client_address)
        status, answer = self.server.answers.pop(0)
        text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = self.server.hang_up

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service() -> Iterator[Service]:
    with Service() as running:
        threading.Thread(target=running.serve_forever, args=(0.02,), daemon=True).start()
        yield running
        running.shutdown()


def client(service: Service) -> AwsClient:
    return AwsClient(service.access, "sqs", target="AmazonSQS", version="1.0", timeout_s=5)


async def test_calls_share_a_connection(service: Service) -> None:
    service.answers = [(200, {"n": i}) for i in range(3)]
    calling = client(service)
    assert [await calling.call("Count", {}) for _ in range(3)] == [{"n": i} for i in range(3)]
    assert len(set(service.clients)) == 1
    calling.close()


async def test_a_connection_that_went_stale_is_replaced(service: Service) -> None:
    service.answers, service.hang_up = [(200, {}), (200, {"again": True})], True
    calling = client(service)
    await calling.call("Count", {})
    assert await calling.call("Count", {}) == {"again": True}
    assert len(set(service.clients)) == 2
    calling.close()


async def test_errors_tell_their_code(service: Service) -> None:
    service.answers = [
        (400, {"__type": "com.amazonaws.sqs#QueueDoesNotExist", "message": "no such queue"}),
        (500, b"<html>"),
    ]
    calling = client(service)
    with pytest.raises(AwsError, match="no such queue") as refused:
        await calling.call("Count", {})
    assert refused.value.code == "QueueDoesNotExist"
    with pytest.raises(AwsError, match="500"):
        await calling.call("Count", {})
    calling.close()


async def test_a_service_that_is_not_there_is_told_of() -> None:
    access = AwsAccess("r", AwsCredentials("id", "key"), "http://127.0.0.1:1")
    with pytest.raises(AwsError, match="cannot be reached"):
        await AwsClient(access, "sqs", target="t", version="1.0", timeout_s=1).call("Count", {})


async def test_a_refusal_of_the_queue_shows_no_signed_headers(service: Service) -> None:
    message = "no match\n\nThe Canonical String is\nx-amz-security-token:token"
    service.answers = [(403, {"__type": "InvalidSignatureException", "message": message})]
    queue = SqsQueue(service.access, "http://q/submissions", None, timeout_s=5)
    with pytest.raises(QueueUnavailable) as refused:
        await queue.put(["a"])
    assert str(refused.value).endswith("sqs refused SendMessageBatch: InvalidSignatureException no match")
    await queue.close()


async def test_the_queue_sends_as_many_as_a_call_takes(service: Service) -> None:
    queue = SqsQueue(service.access, "http://q/submissions", None, timeout_s=5)
    service.answers = [(200, {})] * 4
    await queue.put(["x"] * 11 + ["y" * 200_000, "z" * 100_000])
    assert [len(body["Entries"]) for _, body in service.asked] == [10, 2, 1]
    service.answers = [(200, {"Failed": [{"Id": "0", "Code": "InternalError"}]})]
    with pytest.raises(QueueUnavailable):
        await queue.put(["x"])
    await queue.close()


ENVIRONMENT = {
    "LEADERFORGE_SECRET_ID": "leaderforge",
    "LEADERFORGE_REDIS_NODES": "a:1",
    "AWS_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "id",
    "AWS_SECRET_ACCESS_KEY": "key",
}


def test_settings_come_from_a_secret_too(service: Service) -> None:
    secret = {"LEADERFORGE_POSTGRES_DSN": "postgresql://db/x", "LEADERFORGE_REDIS_NODES": "b:2"}
    service.answers = [(200, {"SecretString": json.dumps(secret)})]
    endpoint = service.access.endpoint or ""
    settings = read_settings({**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint})
    assert service.asked == [("secretsmanager.GetSecretValue", {"SecretId": "leaderforge"})]
    assert settings.postgres_dsn.get_secret_value() == "postgresql://db/x"
    assert settings.redis_nodes == ("a:1",)


@pytest.mark.parametrize(
    "answer", [(400, {"__type": "ResourceNotFoundException"}), (200, {"SecretString": "[1]"}), (200, {})]
)
def test_a_secret_that_cannot_be_used_is_named(service: Service, answer: tuple[int, Any]) -> None:
    service.answers = [answer]
    with pytest.raises(SettingsError, match="LEADERFORGE_SECRET_ID"):
        read_settings({**ENVIRONMENT, "AWS_ENDPOINT_URL": service.access.endpoint or ""})
    service.answers = [answer]
    with pytest.raises((AwsError, ValueError)):
        read_secret(service.access, "leaderforge")
