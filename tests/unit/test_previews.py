"""Link previews: tags of the page, and pictures of boards and players."""

import re
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from PIL import Image

from functions.previews import pictures
from functions.previews import serving as previews
from functions.previews.cards import Card, Line
from functions.previews.fonts import BUILT_IN, Face, installed_faces, visual_runs
from functions.previews.pictures import Painter
from leaderforge.domain.rates import RateLimit
from tests.api_client import ADMIN_KEY
from tests.unit.edge_fixtures import Api, serving

SITE = {
    "index.html": '<!doctype html><head>\n    <meta property="og:title" content="Leaderboard" />\n'
    '    <meta property="og:description" content="Live ranks." />\n'
    '    <meta property="og:image" content="./icon-512.png" />\n    <title>Ranks</title></head>',
    "config.json": '{"title": "Go", "accent": "#112233"}',
    "icon-512.png": "the static picture",
}
NAMES = ("FearlessHydra1", "محمد", "山田太郎", "🏎️ Racer", '<"&>')


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in SITE.items():
        (tmp_path / name).write_text(content)
    return tmp_path


@pytest.fixture
async def site(folder: Path) -> AsyncIterator[Api]:
    """Site over a public board and a private one, with players from id 1 on."""
    async with serving(LEADERFORGE_WEB_DIRECTORY=str(folder), LEADERFORGE_PUBLIC_URL="https://go.example/a/") as api:
        for private in (False, True):
            slug = "secret" if private else "laps"
            board = {"board": slug, "name": "Fast <laps>", "policy": "best", "order": "asc", "unit": "ms"}
            await api.post("/api/boards", {**board, "private": private}, ADMIN_KEY)
        for user_id, name in enumerate(NAMES, 1):
            await api.post("/api/users", {"user_id": user_id, "username": name})
            for slug in ("laps", "secret"):
                await api.post(f"/api/boards/{slug}/scores", {"user_id": user_id, "score": 83_000 + user_id})
        yield api


def tag(page: str, name: str) -> str | None:
    match = re.search(rf'<meta (?:property|name)="{name}" content="([^"]*)"', page)
    return match and match[1]


async def page(site: Api, address: str) -> str:
    return (await site.client.get(address, headers={"Accept": "text/html"})).text


async def test_the_page_of_a_player_has_tags_of_its_own(site: Api) -> None:
    text = await page(site, "/player/5?board=laps")
    assert tag(text, "og:title") == "&lt;&quot;&amp;&gt; - Fast &lt;laps&gt;"
    assert tag(text, "og:description") == "#5 / 5 · 1:23.005"
    assert tag(text, "og:site_name") == "Go"
    assert tag(text, "twitter:card") == "summary_large_image"
    address = "https://go.example/a/preview.png?board=laps&amp;period=current&amp;player=5"
    assert tag(text, "og:image") == address
    assert text.count("og:title") == text.count('og:image"') == text.count("og:description") == 1


async def test_the_page_of_a_board_has_tags_of_its_own(site: Api) -> None:
    text = await page(site, "/?board=laps")
    assert tag(text, "og:title") == "Fast &lt;laps&gt; - Go"
    assert tag(text, "og:description") == "Live ranks."
    assert "player=" not in (tag(text, "og:image") or "")


@pytest.mark.parametrize("address", ["/?board=secret", "/player/1?board=secret", "/player/99?board=laps", "/friends"])
async def test_other_pages_have_the_static_tags(site: Api, address: str) -> None:
    text = await page(site, address)
    assert (tag(text, "og:title"), tag(text, "og:image")) == ("Leaderboard", "./icon-512.png")


async def test_pictures_are_those_of_their_subjects(site: Api) -> None:
    contents = set()
    for query in ("board=laps", *(f"board=laps&player={i}" for i in range(1, len(NAMES) + 1))):
        answer = await site.get(f"/preview.png?{query}")
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        image = Image.open(BytesIO(answer.content))
        image.load()
        assert image.size == (1200, 630)
        contents.add(answer.content)
    assert len(contents) == len(NAMES) + 1


async def test_pictures_are_cached(site: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await site.get("/preview.png?board=laps")
    assert first.headers["cache-control"] == "public, max-age=60"
    monkeypatch.delattr(Painter, "png")  # no further picture can be drawn
    again = await site.client.get("/preview.png?board=laps", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert (await site.get("/preview.png?board=laps")).content == first.content


async def test_hidden_and_unknown_subjects_have_no_picture(site: Api) -> None:
    await site.post("/api/users/2/hide", {"reason": "cheating"}, ADMIN_KEY)
    for query in (
        "board=secret",
        "board=secret&player=1",
        "board=laps&player=2",
        "board=laps&player=99",
        "board=nowhere",
        f"board={'x' * 65}",
        "board=laps&period=nowhere",
        "board=laps&player=x",
        "board=laps&player=9999999999999999",
    ):
        answer = await site.get(f"/preview.png?{query}")
        assert (answer.status_code, answer.content) == (404, b""), query
    assert tag(await page(site, "/player/2?board=laps"), "og:title") == "Leaderboard"


async def test_the_static_picture_replaces_drawings_beyond_the_limit(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(previews, "_DRAWINGS", RateLimit.parsed("0.001:1"))
    async with serving(LEADERFORGE_WEB_DIRECTORY=str(folder)) as api:
        for board, picture in (("default", "PNG"), ("other", "the static picture")):
            await api.post("/api/boards", {"board": board}, ADMIN_KEY)
            answer = await api.get(f"/preview.png?board={board}")
            assert answer.status_code == 200
            assert picture.encode() in answer.content
        assert answer.headers["cache-control"] == "no-store"
        assert (await api.get("/preview.png?board=default")).headers["cache-control"] != "no-store"


async def test_without_the_packages_the_picture_is_static(folder: Path, monkeypatch) -> None:
    def missing(_: Painter) -> None:
        raise ImportError("PIL")

    monkeypatch.setattr(Painter, "__init__", missing)
    async with serving(LEADERFORGE_WEB_DIRECTORY=str(folder)) as api:
        answer = await api.get("/preview.png")
        assert (answer.status_code, answer.content) == (200, b"the static picture")
        text = await page(api, "/")
        assert (tag(text, "og:title"), tag(text, "og:image")) == ("Go", "./icon-512.png")


async def test_the_first_board_has_the_title_of_the_site_until_it_has_a_name(site: Api) -> None:
    await site.post("/api/scores", {"user_id": 4, "score": 5})
    assert tag(await page(site, "/"), "og:title") == "Go"
    assert tag(await page(site, "/player/4"), "og:title") == "🏎️ Racer - Go"
    assert (await site.get("/preview.png?player=4")).status_code == 200
    assert (await site.get("/preview.png")).status_code == 200


async def test_without_a_setting_the_address_is_that_of_the_request(folder: Path) -> None:
    async with serving(LEADERFORGE_WEB_DIRECTORY=str(folder)) as api:
        origin = str(api.client.base_url).rstrip("/")
        assert (tag(await page(api, "/"), "og:image") or "").startswith(f"{origin}/preview.png?")


async def test_a_page_of_another_server_has_previews_at_its_own_address(folder: Path) -> None:
    settings = {"LEADERFORGE_PUBLIC_URL": "https://go.example/", "LEADERFORGE_WEB_CONFIG": str(folder / "config.json")}
    async with serving(**settings) as api:
        await api.post("/api/users", {"user_id": 1, "username": '<!--# "'})
        await api.post("/api/scores", {"user_id": 1, "score": 5})
        tags = await api.get("/preview-tags/player/1?board=default")
        assert (tags.status_code, tags.headers["cache-control"]) == (200, "no-store")
        assert tag(tags.text, "og:title") == "&lt;!--# &quot; - Go"
        assert (tag(tags.text, "og:image") or "").startswith("https://go.example/preview.png?board=default")
        assert tag((await api.get("/preview-tags/")).text, "og:title") == "Go"
        for address in ("/player/2", "/friends", "/?board=nowhere"):
            assert (await api.get(f"/preview-tags{address}")).content == b""
        picture = await api.get("/preview.png?player=1")
        assert (picture.status_code, picture.headers["content-type"]) == (200, "image/png")
        assert (await api.get("/preview.png?player=2")).status_code == 404


async def test_the_other_server_has_the_static_picture(monkeypatch) -> None:
    monkeypatch.setattr(previews, "_DRAWINGS", RateLimit.parsed("0.001:1"))
    async with serving(LEADERFORGE_PUBLIC_URL="https://go.example") as api:
        await api.post("/api/boards", {"board": "other"}, ADMIN_KEY)
        assert (await api.get("/preview.png")).status_code == 200
        answer = await api.get("/preview.png?board=other")
        assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")


async def test_without_the_address_of_the_page_there_are_no_previews() -> None:
    async with serving() as api:
        for path in ("/preview-tags/", "/preview.png"):
            assert (await api.get(path)).status_code == 404


def face(name: str, characters: str) -> Face:
    """Return a font that has these characters."""
    made = Face(Path(f"{name}.ttf"))
    made.__dict__["characters"] = frozenset(map(ord, characters))
    return made


LATIN, HEBREW = face("NotoSans-Bold", "abc 123"), face("NotoSansHebrew-Bold", "אבג ")
EMOJI = face("NotoColorEmoji", "😀👨 1️‍")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("abc", [("abc", LATIN, False)]),
        ("abc אבג abc", [("abc ", LATIN, False), ("אבג", HEBREW, True), (" ", HEBREW, False), ("abc", LATIN, False)]),
        ("אבג abc", [("abc", LATIN, False), ("אבג ", HEBREW, True)]),
        ("a😀 b", [("a", LATIN, False), ("😀", EMOJI, False), (" b", LATIN, False)]),
        ("👨\u200d👨", [("👨\u200d👨", EMOJI, False)]),
        ("1\ufe0fa", [("1\ufe0f", EMOJI, False), ("a", LATIN, False)]),
        ("", []),
    ],
)
def test_runs_are_in_visual_order(text: str, shown: list[tuple[str, Face, bool]]) -> None:
    runs = visual_runs(text, [LATIN, HEBREW, EMOJI])
    assert [(run.text, run.face, run.is_right_to_left) for run in runs] == shown


def test_the_fonts_of_a_machine(tmp_path: Path) -> None:
    names = ("NotoSansCJK-Bold.ttc", "NotoSans-Regular.ttf", "NotoSans-Bold.ttf", "NotoColorEmoji.ttf")
    for name in (*names, "NotoSansThai-Regular.ttf", "NotoSans-Thin.ttf", "Arial.ttf"):
        (tmp_path / name).touch()
    faces = [found.path.name for found in installed_faces([tmp_path]) if found.path]
    expected = ["NotoSans-Bold.ttf", "NotoSansThai-Regular.ttf", "NotoSansCJK-Bold.ttc", "NotoColorEmoji.ttf"]
    assert faces == expected
    assert installed_faces([tmp_path / "nowhere"]) == [BUILT_IN]


SCRIPTS = {"NotoSans": "ab", "NotoSansCJK": "山田가나", "NotoSansArabic": "محد", "NotoSansThai": "กขค"}
"""Characters of the fonts of `font_folder`."""


def box(left: int) -> Any:
    """Return a glyph: a box that begins at this coordinate."""
    pen = TTGlyphPen(None)
    pen.moveTo((left, 0))
    for point in ((900, 0), (900, 700), (left, 700)):
        pen.lineTo(point)
    pen.closePath()
    return pen.glyph()


@pytest.fixture(scope="module")
def font_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a font for each script. Each character is a box narrower than the box of a missing character."""
    folder = tmp_path_factory.mktemp("fonts")
    for family, characters in SCRIPTS.items():
        names = [".notdef", *(f"u{ord(character):04X}" for character in characters)]
        font = FontBuilder(1000, isTTF=True)
        font.setupGlyphOrder(names)
        font.setupCharacterMap({ord(character): name for character, name in zip(characters, names[1:], strict=True)})
        font.setupGlyf({name: box(100 * number) for number, name in enumerate(names)})
        font.setupHorizontalMetrics(dict.fromkeys(names, (1000, 0)))
        font.setupHorizontalHeader(ascent=800, descent=-200)
        font.setupOS2()
        font.setupPost()
        font.save(folder / f"{family}-Bold.ttf")
    return folder


@pytest.mark.parametrize("name", ["山田", "가나", "محمد", "กขค"])
def test_names_are_drawn_without_the_box_of_missing_characters(
    name: str, font_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "installed_faces", lambda: installed_faces([font_folder]))
    painter = Painter()

    def drawn(text: str) -> bytes:
        return painter.png(Card(text, ""), "#112233")

    missing = drawn("\u0378")  # an unassigned character, which no font has
    assert [character for character in name if drawn(character) == missing] == []


@pytest.mark.parametrize("name", ["W" * 64, "Z\u0337\u034e" * 21, "א" * 64, "a😀" * 32])
def test_every_name_fits(name: str) -> None:
    card = Card(name, name, (Line("1", name, "-9,007,199,254,740,991"),), "#9,007,199,254,740,991", "9", "9" * 40)
    image = Image.open(BytesIO(Painter().png(card, "#112233"))).convert("RGB")
    right_margin = image.crop((1150, 0, 1200, 630))
    assert right_margin.getcolors() is not None
    assert len(right_margin.getcolors()) == 1, "nothing is drawn into the right margin"
