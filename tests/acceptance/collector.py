"""Replacement for New Relic's collector: a local TLS server that answers the agent and stores the agent's reports."""

import gzip
import json
import ssl
import threading
import zlib
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_LOOPBACK = "127.0.0.1"


class Collector(ThreadingHTTPServer):
    """Server that answers like the collector. `metrics` counts the reports by metric name.

    `connected` is set once an agent records transactions.
    """

    daemon_threads = True

    def __init__(self, directory: Path) -> None:
        super().__init__((_LOOPBACK, 0), _Handler)
        self.certificate = directory / "certificate.pem"
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, _make_certificate(self.certificate))
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.licences: set[str] = set()
        self.applications: set[str] = set()
        self.connected = False
        self.metrics: dict[str, float] = {}
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables that make the agent report to this server."""
        return {
            "NEW_RELIC_LICENSE_KEY": "0123456789abcdef0123456789abcdef01234567",
            "NEW_RELIC_APP_NAME": "LeaderForge tests",
            "NEW_RELIC_HOST": _LOOPBACK,
            "NEW_RELIC_PORT": str(self.server_port),
            "NEW_RELIC_CA_BUNDLE_PATH": str(self.certificate),
        }

    def answer(self, method: str, licence: str, body: Any) -> Any:
        """Return the result that the collector would return for this call of an agent."""
        self.licences.add(licence)
        if method == "preconnect":
            return {"redirect_host": _LOOPBACK}
        if method == "connect":
            self.applications |= set(body[0]["app_name"])
            return {"agent_run_id": "1", "data_report_period": 60, "collect_errors": True, "collect_traces": True}
        if method == "metric_data":
            for about, values in body[3]:
                self.metrics[about["name"]] = self.metrics.get(about["name"], 0) + values[0]
        return None

    def close(self) -> None:
        """Stop the server."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Collector
    protocol_version = "HTTP/1.1"
    _method = ""

    def handle(self) -> None:
        super().handle()
        # `agent_settings` is the last call of the handshake. After this call, the agent records transactions.
        self.server.connected |= self._method == "agent_settings"

    def do_POST(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        self._method = query["method"][0]
        result = self.server.answer(self._method, query.get("license_key", [""])[0], self._body())
        answer = json.dumps({"return_value": result}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_PUT = do_POST  # noqa: N815 - name required by `http.server`

    def log_message(self, *_: object) -> None:
        """Do not log requests."""

    def _body(self) -> Any:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        encoding = self.headers.get("Content-Encoding", "identity")
        plain = {"gzip": gzip.decompress, "deflate": zlib.decompress}.get(encoding, bytes)(sent)
        return json.loads(plain)


def _make_certificate(path: Path) -> Path:
    """Write a certificate for the loopback address, and return the path of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _LOOPBACK)])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(_LOOPBACK))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = path.with_name("key.pem")
    secret.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return secret
