"""Export of metrics and traces to a collector. A trace leads from a request over its batch to the partitions."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until
from tests.acceptance.api_fixtures import environment
from tests.acceptance.composed import healthy
from tests.acceptance.conftest import new_database
from tests.acceptance.otlp_collector import OtlpCollector
from tests.api_client import SUBMIT_KEY, bearer
from tests.waiting import PATIENCE_S

ROOT = Path(__file__).parents[2]
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
def collector() -> Iterator[OtlpCollector]:
    running = OtlpCollector()
    yield running
    running.close()


@pytest.fixture
async def settings(valkey, postgres, collector: OtlpCollector) -> Mapping[str, str]:
    return {
        **{name: os.environ[name] for name in ("PATH", "HOME", "PYTHONPATH") if name in os.environ},
        **environment(valkey.addresses, await new_database(postgres.dsn)),
        "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
        "OTEL_SERVICE_NAME": "scores of a game",
    }


def test_a_request_is_traced_to_the_nodes(
    settings: Mapping[str, str], collector: OtlpCollector, valkey, tmp_path: Path
) -> None:
    port = free_port()
    command, env = [sys.executable, "-m", "functions.local"], {**settings, "LEADERFORGE_PORT": str(port)}
    with (tmp_path / "log").open("wb") as log:
        serving = subprocess.Popen(command, env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            submit(f"http://127.0.0.1:{port}")
        finally:
            # The process exports the remaining data before it ends.
            serving.send_signal(signal.SIGTERM)
            serving.wait(PATIENCE_S)
    assert collector.services == {"scores of a game"}
    assert {"leaderforge_http_requests", "leaderforge_transaction_seconds"} <= collector.metrics
    [request] = [span for span in collector.spans if span.parent_span_id.hex() == CALLER]
    assert request.trace_id.hex() == TRACE
    [batch] = [span for span in collector.children(request) if span.name == "submit batch"]
    assert [link.span_id for link in request.links] == [batch.span_id]
    exchanges = [(span.name, port_of(span)) for span in collector.children(batch)]
    nodes = {int(address.rpartition(":")[2]) for address in valkey.addresses}
    assert {port for name, port in exchanges if name == "valkey"} == nodes
    assert {name for name, _ in exchanges} == {"postgresql", "valkey"}
    assert b"a-secret" not in b"".join(span.SerializeToString() for span in collector.spans)


def port_of(span: Span) -> int:
    """Return the port of the server in a span."""
    return next(each.value.int_value for each in span.attributes if each.key == "server.port")


def submit(url: str) -> None:
    """Submit a score in the trace `TRACE`."""
    with httpx.Client(base_url=url, headers=bearer(SUBMIT_KEY), timeout=PATIENCE_S) as client:
        wait_until(lambda: healthy(url), PATIENCE_S, "the server and the index")
        user_id = client.post("/api/users", json={"username": "ada"}).json()["user_id"]
        traced = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
        answer = client.post("/api/scores", json={"user_id": user_id, "score": 5}, headers=traced)
        assert answer.status_code == 200
        assert answer.json()["rank"] == 1
        assert client.get("/api/boards?code=a-secret").status_code == 422
