"""`leaderforge init production`: its units and configurations are valid, and start a production behind TLS."""

import asyncio
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from functions.edge.http.protection import SITE_POLICY
from leaderforge.embedded.ports import free_node_ports, free_port
from leaderforge.embedded.waiting import wait_until
from leaderforge.embedded.wheels import valkey_server
from tests.acceptance.composed import ROOT, running
from tests.acceptance.conftest import new_database
from tests.acceptance.nginx import main_configuration
from tests.acceptance.test_nginx import NGINX, nginx
from tests.acceptance.units import Systemctl, replaced
from tests.waiting import PATIENCE_S

FRONTEND = ROOT / "frontend"
HOST = "localhost"
USER = "daemon"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
PGBOUNCER = shutil.which("pgbouncer", path=SYSTEM_PATH)
CLIENT = shutil.which("valkey-cli") or shutil.which("redis-cli")
SYSTEMD_ANALYZE = shutil.which("systemd-analyze")

Init = subprocess.CompletedProcess[str]


@pytest.fixture
def directory() -> Iterator[Path]:
    """Directory that other users can read, because most programs of a production have an account of their own."""
    with tempfile.TemporaryDirectory() as path:
        Path(path).chmod(0o755)
        yield Path(path)


def init(directory: Path, *options: str) -> Init:
    """Run `leaderforge init production`. It finds the Valkey of the tests, and other programs of this machine."""
    programs = directory / "bin"
    programs.mkdir(exist_ok=True)
    (programs / "valkey-server").symlink_to(valkey_server())
    (programs / "valkey-cli").symlink_to(CLIENT or sys.executable)
    if PGBOUNCER is None:
        (programs / "pgbouncer").symlink_to(sys.executable)
    command = [str(Path(sys.executable).with_name("leaderforge")), "init", "production", str(directory / "etc")]
    files = ("--certificate", str(directory / "tls.crt"), "--certificate-key", str(directory / "tls.key"))
    return subprocess.run(
        [*command, "--host", HOST, "--user", USER, *files, *options],
        env={"PATH": f"{programs}:{SYSTEM_PATH}"},
        capture_output=True,
        text=True,
        check=False,
    )


def certify(directory: Path) -> None:
    """Write a self-signed certificate for HOST."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    certificate = (
        builder.serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (directory / "tls.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (directory / "tls.key").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    )


def test_secrets_are_generated_and_private_and_never_replaced(directory: Path) -> None:
    written = init(directory)
    assert written.returncode == 0, written.stderr
    etc = directory / "etc"
    private = {path.name for path in etc.rglob("*") if path.is_file() and path.stat().st_mode & 0o7 == 0}
    assert private == {"leaderforge.env", "index.env", "index.conf", "database.sql", "pgbouncer.users"}
    settings = dict(line.split("=", 1) for line in (etc / "leaderforge.env").read_text().splitlines()[1:])
    assert len({settings[f"LEADERFORGE_{name}"] for name in ("SUBMIT_KEYS", "ADMIN_KEYS", "SIGNING_SECRET")}) == 3
    assert not [path for path in etc.rglob("*") if path.is_file() and "@{" in path.read_text()]
    for path in etc.rglob("*"):
        if path.is_file() and path.name not in private:
            assert not [secret for name, secret in settings.items() if "KEYS" in name and secret in path.read_text()]
    (directory / "bin").rename(directory / "other")
    again = init(directory)
    assert (again.returncode, again.stdout) == (1, "")
    assert "is not empty: existing keys are never replaced" in again.stderr


def test_an_unknown_account_is_refused_before_anything_is_written(directory: Path) -> None:
    refused = init(directory, "--user", "no-such-account")
    assert refused.stderr.startswith("error: there is no account no-such-account: create it with `useradd")
    assert not (directory / "etc").exists()


@pytest.mark.skipif(SYSTEMD_ANALYZE is None, reason="needs systemd-analyze")
def test_systemd_accepts_the_units(directory: Path) -> None:
    init(directory)
    units = sorted((directory / "etc" / "systemd").iterdir())
    verify = subprocess.run([str(SYSTEMD_ANALYZE), "verify", *units], capture_output=True, text=True, check=False)
    assert (verify.returncode, verify.stdout + verify.stderr) == (0, "")


@pytest.mark.long
@pytest.mark.skipif(not (NGINX and PGBOUNCER and CLIENT), reason="needs nginx, pgbouncer, and valkey-cli or redis-cli")
async def test_the_units_start_a_production_behind_tls(postgres, directory: Path) -> None:
    etc, ports = directory / "etc", Ports()
    assert init(directory).returncode == 0
    certify(directory)
    build_page(directory)
    dsn = urlsplit(await new_database(postgres.dsn))
    settings = dict(line.split("=", 1) for line in (etc / "leaderforge.env").read_text().splitlines()[1:])
    replaced(
        etc,
        {
            settings["PGPASSWORD"]: str(dsn.password),
            "@127.0.0.1:5432/leaderforge": f"@127.0.0.1:{dsn.port}{dsn.path}",
            "port=5432 dbname=leaderforge": f"port={dsn.port} dbname={dsn.path[1:]}",
            "6432": str(ports.pooler),
            **{str(7001 + number): str(port) for number, port in enumerate(ports.index)},
            "127.0.0.1:8000 ": f"127.0.0.1:{ports.api[0]} ",
            "127.0.0.1:8001 ": f"127.0.0.1:{ports.api[1]} ",
            "listen 443": f"listen 127.0.0.1:{ports.https}",
            "listen 80": f"listen 127.0.0.1:{ports.http}",
            "    listen [::]:443 ssl http2;\n": "",
            "    listen [::]:80;\n": "",
        },
    )
    systemctl = Systemctl(etc / "systemd", directory)
    with ExitStack() as stack:
        for port in ports.index:
            stack.enter_context(systemctl.started(f"leaderforge-index@{port}"))
        stack.enter_context(systemctl.started("leaderforge-pgbouncer"))
        wait_until(lambda: all(map(listens, ports.index)), PATIENCE_S, "the index's nodes")
        systemctl.run("leaderforge-index-join")
        systemctl.run("leaderforge-migrate")
        stack.enter_context(systemctl.started("leaderforge-worker"))
        first = stack.enter_context(systemctl.started(f"leaderforge-api@{ports.api[0]}"))
        stack.enter_context(systemctl.started(f"leaderforge-api@{ports.api[1]}"))
        stack.enter_context(
            running(nginx(main_configuration(directory, directory / "etc" / "nginx.conf")), {}, directory)
        )
        wait_until(lambda: all(map(listens, (*ports.api, ports.https))), PATIENCE_S, "the API and nginx")
        await asyncio.to_thread(use, directory, ports, settings["LEADERFORGE_ADMIN_KEYS"], first)
        assert await limit_in_pooler(ports.pooler, str(dsn.password)) == "5s"
        systemctl.run("leaderforge-backup")
    [backup] = (directory / "state" / "leaderforge" / "backups").iterdir()
    assert backup.stat().st_size


def build_page(directory: Path) -> None:
    """Give the API a page to serve. An installed wheel contains a page, but a clone does not."""
    site = directory / "site"
    shutil.copytree(FRONTEND / "public", site)
    shutil.copy(FRONTEND / "index.html", site)
    with (directory / "etc" / "api.env").open("a") as file:
        file.write(f"LEADERFORGE_WEB_DIRECTORY={site}\n")


class Ports:
    """Free ports for the servers of a production."""

    def __init__(self) -> None:
        self.index = free_node_ports(3)
        self.pooler, self.http, self.https = free_port(), free_port(), free_port()
        self.api = (free_port(), free_port())


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def use(directory: Path, ports: Ports, admin_key: str, api: "subprocess.Popen[bytes]") -> None:
    """Use the production through nginx, before and after the end of one of its API processes."""
    trusted = ssl.create_default_context(cafile=str(directory / "tls.crt"))
    headers = {"Authorization": f"Bearer {admin_key}"}
    url = f"https://{HOST}:{ports.https}"
    with httpx.Client(base_url=url, verify=trusted, headers=headers, timeout=PATIENCE_S) as client:
        wait_until(lambda: client.get("/api/health").json()["status"] == "ok", PATIENCE_S, "a complete index")
        play(client)
        check_link_preview(client)
        as_json = {**headers, "Content-Type": "application/json"}
        long_body = httpx.post(f"{url}/api/scores/batch", content=bytes(70_000_000), headers=as_json, verify=trusted)
        assert (long_body.status_code, long_body.json()["error"]["code"]) == (413, "body_too_large")
        redirected = httpx.get(f"http://127.0.0.1:{ports.http}/player/1", headers={"Host": HOST})
        assert (redirected.status_code, redirected.headers["Location"]) == (308, f"https://{HOST}/player/1")
        api.terminate()
        api.wait(PATIENCE_S)
        for _ in range(20):
            assert client.post("/api/scores", json={"user_id": 1, "score": 1}).status_code == 200


def play(client: httpx.Client) -> None:
    """Use the API and the page, and send requests that nginx would refuse by its defaults."""
    assert client.post("/api/users", json={"user_id": 1, "username": "ada"}).status_code == 201
    assert client.post("/api/scores", json={"user_id": 1, "score": 5}).json()["rank"] == 1
    batch = [{"user_id": 1, "score": 1, "metadata": {"text": "x" * 1500}} for _ in range(1000)]
    assert client.post("/api/boards/default/scores/batch", json={"submissions": batch}).status_code == 200
    long_head = client.get("/api/health", headers={"X-Long": "x" * 20_000})
    assert long_head.status_code == 200
    assert long_head.headers["Strict-Transport-Security"] == "max-age=31536000"
    assert client.get("/api/health", headers={"Host": "other.example.org"}).status_code in {200, 421}
    assert client.get("/api/leaderboard/top", headers={"Host": "other.example.org"}).status_code == 421


def check_link_preview(client: httpx.Client) -> None:
    """Fail if the page of a player has no link preview, or if the picture is not below the public address."""
    page = client.get("/player/1?board=default")
    picture = f"https://{HOST}/preview.png?board=default&amp;period=current&amp;player=1"
    assert f'<meta property="og:image" content="{picture}" />' in page.text
    assert '<meta property="og:title" content="ada - LeaderForge" />' in page.text
    assert page.headers.get_list("Content-Security-Policy") == [SITE_POLICY]
    answer = client.get(unescape(picture).removeprefix(f"https://{HOST}"))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
    assert answer.headers["Cache-Control"] == "public, max-age=60", "the picture is drawn"


async def limit_in_pooler(port: int, password: str) -> str:
    """Return the time limit of statements that a client of PgBouncer gets."""
    connection = await asyncpg.connect(
        host="127.0.0.1",
        port=port,
        user="leaderforge",
        password=password,
        database="leaderforge",
        statement_cache_size=0,
    )
    try:
        return str(await connection.fetchval("show statement_timeout"))
    finally:
        await connection.close()
