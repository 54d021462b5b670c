"""The configuration of nginx in the image of the web page, with a real nginx in front of the API."""

import re
import shutil
import socketserver
import struct
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from functions.edge.http.protection import SITE_POLICY
from leaderforge.embedded.ports import free_port
from leaderforge.embedded.waiting import wait_until
from tests.acceptance.composed import ROOT, healthy, native, running, services
from tests.acceptance.conftest import new_database
from tests.acceptance.nginx import main_configuration
from tests.waiting import PATIENCE_S

__all__ = ["services"]

NGINX = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
IMAGES = ROOT / "deploy" / "images"
KUBERNETES = ROOT / "deploy" / "kubernetes"
FRONTEND = ROOT / "frontend"
PUBLIC_URL = "https://go.example"
STATIC_TITLE = "Leaderboard"
LONG = "x" * 9000

pytestmark = pytest.mark.skipif(NGINX is None, reason="needs nginx, such as Debian's nginx-light")
BASES = {
    "./": ["/", "/friends", "/submit", "/console", "/submit?board=default"],
    "../": ["/player/1", "/console/boards", "/player/1?board=default"],
    None: ["/api-docs.html"],
}
"""Addresses of pages, by the base that the page states for its relative links. None: the page states no base."""


class NameServer(socketserver.UDPServer):
    """Server that answers each question of DNS with one IPv4 address, valid for 1 s."""

    def __init__(self, address: str) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.address = address


class _Answer(socketserver.DatagramRequestHandler):
    server: NameServer

    def handle(self) -> None:
        query = self.rfile.read()
        question = query[12 : query.index(b"\0", 12) + 5]
        address = bytes(map(int, self.server.address.split(".")))
        record = struct.pack("!HHHIH", 0xC00C, 1, 1, 1, 4) + address  # the question's name, A, IN, seconds, length
        self.wfile.write(query[:2] + struct.pack("!HHHHH", 0x8180, 1, 1, 0, 0) + question + record)


@pytest.fixture
def name_server() -> Iterator[NameServer]:
    with NameServer("127.0.0.1") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def configuration(directory: Path, api_address: Path, values: Mapping[str, str]) -> Path:
    """Write a configuration of nginx that includes the files of the site, as the image does.

    `api_address` is the file with the address of the API. `values` has the texts to replace, and their replacements.
    """
    for file in (api_address, IMAGES / "nginx.conf"):
        text = file.read_text()
        for present, other in values.items():
            text = text.replace(present, other)
        (directory / f"site-{file.name}").write_text(text)
    page = directory / "page"
    page.mkdir()
    shutil.copy(FRONTEND / "index.html", page)
    shutil.copy(FRONTEND / "public" / "icon-512.png", page)
    for name in ("api-docs.html", "embed.html"):
        (page / name).write_text("<head></head>")
    return main_configuration(directory, directory / "site-*.conf")


def nginx(configuration: Path, *options: str) -> list[str]:
    return [str(NGINX), "-e", "/dev/null", "-c", str(configuration), *options]


@pytest.mark.parametrize("folder", [IMAGES, KUBERNETES])
def test_nginx_accepts_it(tmp_path: Path, folder: Path) -> None:
    # nginx resolves the name of an upstream even for a check. This machine lacks the name, so use an address.
    main = configuration(tmp_path, folder / "api-address.conf", {"server leaderforge-api:80": "server 127.0.0.1:80"})
    command = nginx(main, "-t")
    check = subprocess.run(command, capture_output=True, text=True, check=False)
    assert check.returncode == 0, check.stderr
    assert "[warn]" not in check.stderr.replace('the "user" directive', ""), check.stderr


@contextmanager
def api_at(address: str, port: int, environment: Mapping[str, str], directory: Path) -> Iterator[None]:
    """Run the API at the address until the end of the block."""
    variables = {**environment, "LEADERFORGE_HOST": address, "LEADERFORGE_PORT": str(port)}
    with running(native(["python", "-m", "functions.local"]), variables, directory):
        wait_until(lambda: healthy(f"http://{address}:{port}"), PATIENCE_S, "the API")
        yield


async def test_requests_pass_and_follow_the_api_to_another_address(
    services: Mapping[str, Any], valkey, postgres, name_server: NameServer, tmp_path: Path
) -> None:
    environment = {
        **services["api"]["environment"],
        "LEADERFORGE_REDIS_NODES": ",".join(valkey.addresses),
        "LEADERFORGE_NAMESPACE": "test-nginx",
        "LEADERFORGE_POSTGRES_DSN": await new_database(postgres.dsn),
        "LEADERFORGE_RECONCILE_MS": "200",
        "LEADERFORGE_PUBLIC_URL": PUBLIC_URL,
        "LEADERFORGE_WEB_CONFIG": str(FRONTEND / "public" / "config.json"),
    }
    port, api_port = free_port(), free_port()
    values = {
        "listen 8080": f"listen 127.0.0.1:{port}",
        "127.0.0.11": f"127.0.0.1:{name_server.server_address[1]}",
        "api:8000": f"api:{api_port}",
        "/usr/share/nginx/html": f"{tmp_path}/page",
    }
    main = configuration(tmp_path, IMAGES / "api-address.conf", values)
    url = f"http://127.0.0.1:{port}"
    with ExitStack() as stack:
        stack.enter_context(running(nginx(main), {}, tmp_path))
        with api_at("127.0.0.1", api_port, environment, tmp_path):
            wait_until(lambda: healthy(url), PATIENCE_S, "nginx")
            pass_requests(url, environment["LEADERFORGE_SUBMIT_KEYS"])
            has_previews(url)
        has_no_previews(url)
        name_server.address = "127.0.0.2"
        stack.enter_context(api_at("127.0.0.2", api_port, environment, tmp_path))
        wait_until(lambda: healthy(url), PATIENCE_S, "nginx at the other address")


def pass_requests(url: str, key: str) -> None:
    """Send requests that nginx would refuse by its defaults. Fails if the API does not answer these requests."""
    headers = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_S) as client:
        assert client.post("/api/users", json={"user_id": 1, "username": "ada"}).status_code == 201
        batch = [{"user_id": 1, "score": 1, "metadata": {"text": "x" * 1500}} for _ in range(1000)]
        submitted = client.post("/api/boards/default/scores/batch", json={"submissions": batch})
        assert submitted.status_code == 200, submitted.text
        long_head = client.get("/api/health", headers={"X-Long": "x" * 20_000})
        assert long_head.status_code == 200
        assert long_head.headers.get_list("Cache-Control") == ["no-store"]
        page = client.get("/", headers={"Accept-Encoding": "gzip"})
        assert page.headers.get_list("Cache-Control") == ["no-cache"]
        for base, paths in BASES.items():
            for path in paths:
                shown = client.get(path)
                assert shown.status_code == 200, path
                assert "frame-ancestors 'none'" in shown.headers["Content-Security-Policy"], path
                assert re.findall('<base href="([^"]*)"', shown.text) == ([base] if base else []), path
        # This request comes last: nginx may close the connection after the response, although the response promises to
        # keep the connection.
        refused = client.post("/api/boards/default/scores/batch", json={"text": "x" * 6_000_000})
        assert (refused.status_code, refused.json()["error"]["code"]) == (413, "body_too_large")


def has_previews(url: str) -> None:
    """Fail if a link to the board or to the player 1 has no preview."""
    player, board = tags(url, "/player/1?board=default"), tags(url, "/?board=default")
    assert player["og:title"] == "ada - LeaderForge"
    assert player["og:description"].startswith("#1 / 1 · ")
    assert board["og:title"] == "LeaderForge"
    assert board["og:image"] == f"{PUBLIC_URL}/preview.png?board=default&amp;period=current"
    for path in ("/player/2", "/player/x", "/player/%22", "/friends", "/?board=none", "/?board=%00", "/?board=" + LONG):
        assert tags(url, path)["og:title"] == STATIC_TITLE, path
    # The tags depend neither on the host name in a request, nor on a cached copy of the client.
    strange = {"Host": "other.example", "If-None-Match": '"1"', "Accept-Encoding": "gzip"}
    assert tags(url, "/player/1", strange)["og:image"].startswith(f"{PUBLIC_URL}/preview.png?")
    picture = httpx.get(f"{url}/preview.png?board=default&player=1")
    assert (picture.status_code, picture.headers["Content-Type"]) == (200, "image/png")
    assert picture.content != static_picture()
    assert httpx.get(picture.url, headers={"If-None-Match": picture.headers["ETag"]}).status_code == 304
    assert httpx.get(f"{url}/preview.png?player=2").status_code == 404
    assert httpx.get(f"{url}/preview-tags").content == b"", "the tags are no page"


def has_no_previews(url: str) -> None:
    """Fail unless nginx serves the page with the page's own tags and headers while the API is away."""
    assert tags(url, "/player/1")["og:title"] == STATIC_TITLE
    picture = httpx.get(f"{url}/preview.png?player=1", timeout=PATIENCE_S)
    assert (picture.status_code, picture.content) == (200, static_picture())
    assert picture.headers.get_list("Cache-Control") == ["no-store"]
    assert picture.headers.get_list("X-Content-Type-Options") == ["nosniff"]


def tags(url: str, path: str, headers: Mapping[str, str] | None = None) -> Mapping[str, str]:
    """Return the tags of a page's preview. Fails if a tag occurs twice, or if the page lacks a part or a header."""
    page = httpx.get(f"{url}{path}", headers=headers, timeout=PATIENCE_S)
    assert page.status_code == 200, path
    assert page.headers.get_list("Content-Security-Policy") == [SITE_POLICY], path
    assert page.headers.get_list("Referrer-Policy") == ["no-referrer"], path
    assert page.headers.get_list("Cache-Control") == ["no-cache"], path
    assert "<!--#" not in page.text
    assert '<div id="root">' in page.text
    pairs = re.findall('<meta property="(og:[^"]*)" content="([^"]*)"', page.text)
    assert len(dict(pairs)) == len(pairs), path
    return dict(pairs)


def static_picture() -> bytes:
    return (FRONTEND / "public" / "icon-512.png").read_bytes()
