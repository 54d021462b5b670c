"""Built site on the server of the API, and the OpenAPI document from which the site's client is generated."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from functions.local import create_app
from functions.web import serve_documentation, serve_site
from tests.unit.edge_fixtures import Api, serving

ROOT = Path(__file__).parents[2]
SCRIPT = "console.log('built');" * 100


@pytest.fixture
def built(tmp_path: Path) -> Path:
    files = {
        "index.html": "<!doctype html><head><title>Ranks</title></head>",
        "config.json": '{"title": "Ranks", "console": false}',
        "manifest.webmanifest": '{"name": "LeaderForge", "short_name": "LeaderForge", "display": "standalone"}',
        "api-docs.html": "<!doctype html><title>API</title>",
        "assets/index-1a2b3c.js": SCRIPT,
        "api/health": "not the API",
        "metrics": "not the metrics",
    }
    for name, content in files.items():
        file = tmp_path / "dist" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
    return tmp_path / "dist"


@pytest.fixture
async def web(built: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with serving(LEADERFORGE_WEB_DIRECTORY=str(built)) as api:
        yield api.client


@pytest.mark.parametrize("path", ["/", "/index.html"])
async def test_the_page_is_asked_for_again_each_time(web: httpx.AsyncClient, path: str) -> None:
    answer = await web.get(path)
    assert answer.status_code == 200
    assert "<title>Ranks" in answer.text
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("address", "folder"),
    [
        ("/", "./"),
        ("/index.html", "./"),
        ("/friends", "./"),
        ("/friends/", "../"),
        ("/player/123", "../"),
        ("/console", "./"),
        ("/console/keys", "../"),
    ],
)
async def test_each_address_of_a_page_is_the_page(web: httpx.AsyncClient, address: str, folder: str) -> None:
    answer = await web.get(f"{address}?board=laps")
    assert answer.status_code == 200
    assert answer.text.startswith(f'<!doctype html><head>\n    <base href="{folder}" /><title>Ranks')
    again = await web.get(f"{address}?board=laps", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_a_wrong_link_is_answered_by_the_page_and_a_wrong_call_by_the_api(web: httpx.AsyncClient) -> None:
    page = await web.get("/no/such/page", headers={"Accept": "text/html,*/*"})
    assert (page.status_code, '<base href="../../" />' in page.text) == (404, True)
    call = await web.get("/no/such/page")
    assert (call.status_code, call.json()["error"]["code"]) == (404, "route_not_found")


async def test_a_setting_shows_the_pages_that_are_not_for_players(built: Path) -> None:
    async with serving(LEADERFORGE_WEB_DIRECTORY=str(built), LEADERFORGE_WEB_PAGES="submit, console") as api:
        answer = await api.client.get("/config.json")
    assert answer.json() == {"title": "Ranks", "devMode": True, "console": True}
    assert answer.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(("title", "name"), [(" Kart Cup ", "Kart Cup"), (" ", "LeaderForge"), (7, "LeaderForge")])
async def test_an_installed_page_has_the_name_in_the_configuration(
    web: httpx.AsyncClient, built: Path, title: object, name: str
) -> None:
    (built / "config.json").write_text(json.dumps({"title": title}))
    answer = await web.get("/manifest.webmanifest")
    assert answer.json() == {"name": name, "short_name": name, "display": "standalone"}
    assert answer.headers["content-type"] == "application/manifest+json"
    assert answer.headers["cache-control"] == "no-cache"


async def test_the_configuration_is_asked_for_again_each_time(web: httpx.AsyncClient) -> None:
    answer = await web.get("/config.json")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.headers["content-type"] == "application/json"


async def test_what_has_not_changed_is_not_sent_again(web: httpx.AsyncClient) -> None:
    first = await web.get("/")
    second = await web.get("/", headers={"If-None-Match": first.headers["etag"]})
    assert second.status_code == 304
    assert second.headers["cache-control"] == "no-cache"


async def test_hashed_assets_are_kept_for_ever_and_sent_compressed(web: httpx.AsyncClient) -> None:
    answer = await web.get("/assets/index-1a2b3c.js", headers={"Accept-Encoding": "gzip"})
    assert answer.text == SCRIPT
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["x-content-type-options"] == "nosniff"


async def test_head_answers_without_a_body(web: httpx.AsyncClient) -> None:
    answer = await web.head("/")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_the_api_wins_on_its_own_paths(web: httpx.AsyncClient) -> None:
    assert (await web.get("/api/health")).json()["status"] == "ok"
    assert "not the metrics" not in (await web.get("/metrics")).text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/no-such-call", 404, "route_not_found"),
        ("GET", "/api", 404, "route_not_found"),
        ("POST", "/api/leaderboard/top", 405, "method_not_allowed"),
        ("GET", "/no-such-file", 404, "route_not_found"),
        ("GET", "/..%2f..%2fpyproject.toml", 404, "route_not_found"),
        ("POST", "/", 404, "route_not_found"),
    ],
)
async def test_errors_are_the_apis(web: httpx.AsyncClient, method: str, path: str, status: int, code: str) -> None:
    answer = await web.request(method, path)
    assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_the_documentation_is_the_sites_page(web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/docs")
    assert (answer.status_code, answer.headers["location"]) == (307, "../api-docs.html")
    page = await web.get("/api/docs", follow_redirects=True)
    assert (page.url.path, page.text) == ("/api-docs.html", "<!doctype html><title>API</title>")
    assert (await web.head("/api/docs")).status_code == 307
    refused = await web.post("/api/docs")
    assert (refused.json()["error"]["code"], refused.headers["allow"]) == ("method_not_allowed", "GET, HEAD")


@pytest.mark.parametrize("site", [None, "a folder without a site"])
async def test_without_a_site_the_documentation_names_the_document(api: Api, tmp_path: Path, site: str | None) -> None:
    app = FastAPI()
    serve_documentation(app, site and tmp_path / site)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        answer = await client.get("/api/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert 'href="openapi.json"' in answer.text
    assert "<script" not in answer.text
    served = await api.get("/api/docs")
    assert served.text == answer.text


async def test_without_a_built_site_nothing_changes(api: Api, tmp_path: Path) -> None:
    app = create_app(api.services)
    before = len(app.routes)
    assert not serve_site(app, tmp_path / "dist")
    assert len(app.routes) == before


def test_the_site_is_made_from_the_api_as_it_is(api: Api) -> None:
    described = json.loads((ROOT / "frontend" / "openapi.json").read_text())
    now = json.loads(json.dumps(create_app(api.services).openapi()))
    assert described == now, "run `npm run api` in frontend/"
