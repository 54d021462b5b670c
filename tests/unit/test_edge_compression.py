"""Compression of long answers for clients that accept it. The content does not change."""

import gzip
import json
import zlib
from collections.abc import AsyncIterator, Callable, Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.edge.http import compression
from functions.edge.http.compression import ENCODINGS, MIN_BYTES, passes_bytes, preferred
from tests.unit.edge_fixtures import ADMIN_KEY, SUBMIT_KEY, Api, serving

TOP = "/api/boards/default/top"
NAMES = [encoding.name.decode() for encoding in ENCODINGS]
SCORES = {user_id: user_id * 10 for user_id in range(1, 101)}


def _decoders() -> Mapping[str, Callable[[bytes], bytes]]:
    decoders: dict[str, Callable[[bytes], bytes]] = {"gzip": gzip.decompress}
    for package in ("backports", "compression"):
        if find_spec(package) and find_spec(f"{package}.zstd"):
            decoders["zstd"] = import_module(f"{package}.zstd").decompress
    return decoders


DECODERS = _decoders()


@pytest.fixture
async def crowd() -> AsyncIterator[Api]:
    async with serving() as api:
        await api.ranked(SCORES)
        yield api


async def raw(
    api: Api, path: str, method: str = "GET", body: Any = None, **headers: str
) -> tuple[httpx.Response, bytes]:
    """Return an answer and its bytes before decompression. By default, send no `Accept-Encoding`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    request = api.client.build_request(method, path, headers=named, **({} if body is None else {"json": body}))
    if "Accept-Encoding" not in named:
        del request.headers["Accept-Encoding"]
    answer = await api.client.send(request, stream=True)
    content = b"".join([piece async for piece in answer.aiter_raw()])
    await answer.aclose()
    return answer, content


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    "path",
    [
        f"{TOP}?limit=100",
        "/api/leaderboard/top?limit=50",
        "/api/boards/default/page?rank=20&limit=60",
        "/api/boards/default/around/50?radius=20",
        "/api/boards/default/range",
        "/api/boards/default/distribution?buckets=100",
        "/api/users?prefix=player&limit=100",
        "/metrics",
    ],
)
async def test_long_answers_are_compressed_for_those_who_accept_it(crowd: Api, path: str, name: str) -> None:
    key = {"Authorization": f"Bearer {ADMIN_KEY}"}
    plain, content = await raw(crowd, path, **key)
    assert "content-encoding" not in plain.headers
    assert plain.headers["vary"] == "accept-encoding"
    answer, sent = await raw(crowd, path, Accept_Encoding=name, **key)
    assert (answer.status_code, answer.headers["content-encoding"]) == (200, name)
    assert int(answer.headers["content-length"]) == len(sent) < len(content)
    assert answer.headers["vary"] == "accept-encoding"
    for header in ("etag", "cache-control", "content-type"):
        assert answer.headers.get(header) == plain.headers.get(header)
    if path != "/metrics":  # metrics change with each request
        assert json.loads(DECODERS[name](sent)) | {"as_of": 0} == json.loads(content) | {"as_of": 0}


async def test_a_batch_of_receipts_is_compressed_too(crowd: Api) -> None:
    batch = {"submissions": [{"user_id": user_id, "score": 1} for user_id in SCORES]}
    key = f"Bearer {SUBMIT_KEY}"
    answer, sent = await raw(crowd, "/api/scores/batch", "POST", batch, Authorization=key, Accept_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(sent))["results"]) == len(SCORES)


@pytest.mark.parametrize("path", [f"{TOP}?limit=2", "/api/leaderboard/rank/7", "/api/health", "/api/boards/nowhere"])
async def test_short_answers_are_never_compressed(crowd: Api, path: str) -> None:
    answer, content = await raw(crowd, path, Accept_Encoding="gzip, zstd")
    assert len(content) < MIN_BYTES
    assert not {"content-encoding", "vary"} & set(answer.headers)
    assert json.loads(content)


async def test_the_bound_is_exact(crowd: Api) -> None:
    for limit in range(1, 15):
        answer, content = await raw(crowd, f"{TOP}?limit={limit}")
        compressed, _ = await raw(crowd, f"{TOP}?limit={limit}", Accept_Encoding="gzip")
        assert ("content-encoding" in compressed.headers) == ("vary" in answer.headers) == (len(content) >= MIN_BYTES)


@pytest.mark.parametrize("name", NAMES)
async def test_one_etag_holds_for_every_encoding(crowd: Api, name: str) -> None:
    path = f"{TOP}?limit=50"
    compressed, _ = await raw(crowd, path, Accept_Encoding=name)
    for accepted in ({}, {"Accept_Encoding": name}):
        again, content = await raw(crowd, path, If_None_Match=compressed.headers["etag"], **accepted)
        assert (again.status_code, content) == (304, b"")
        assert again.headers["etag"] == compressed.headers["etag"]
        assert again.headers["etag"].startswith('W/"')
        assert again.headers["vary"] == "accept-encoding"
        assert not {"content-encoding", "content-length"} & set(again.headers)


async def test_head_has_the_headers_of_get(crowd: Api) -> None:
    path = f"{TOP}?limit=50"
    await raw(crowd, path)  # the second answer comes from the cache
    expected, _ = await raw(crowd, path, Accept_Encoding="gzip")
    answer, content = await raw(crowd, path, "HEAD", Accept_Encoding="gzip")
    assert content == b""
    mine, theirs = ({**one.headers, "x-request-id": ""} for one in (answer, expected))
    assert mine == theirs


async def test_a_cached_top_is_compressed_once_until_it_changes(crowd: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []

    def counting(content: bytes) -> bytes:
        counted.append(len(content))
        return zlib.compress(content, wbits=31)

    monkeypatch.setattr(compression, "ENCODINGS", (compression.Encoding(b"gzip", counting),))
    accepted = "gzip;q=0.77"  # the server caches its choice by this header, which no other test sends
    await raw(crowd, f"{TOP}?limit=60")
    for _ in range(5):
        await raw(crowd, f"{TOP}?limit=60", Accept_Encoding=accepted)
    assert len(counted) == 1
    await crowd.ranked({500: 5000})
    changed, sent = await raw(crowd, f"{TOP}?limit=60", Accept_Encoding=accepted)
    assert json.loads(gzip.decompress(sent))["entries"][0]["user_id"] == 500
    assert changed.headers["content-encoding"] == "gzip"


async def test_files_and_streams_are_sent_as_they_are_made(crowd: Api) -> None:
    for path in ("/api/boards/default/export?format=csv", "/api/users/7/export"):
        answer, content = await raw(crowd, path, Authorization=f"Bearer {ADMIN_KEY}", Accept_Encoding="gzip, zstd")
        assert answer.status_code == 200
        assert "content-encoding" not in answer.headers
        assert content.decode().isprintable() or b"\r\n" in content


async def test_the_openapi_document_is_compressed(crowd: Api) -> None:
    answer, sent = await raw(crowd, "/api/openapi.json", Accept_Encoding="gzip")
    assert answer.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(sent))["openapi"]


async def test_other_sites_and_encodings_both_vary() -> None:
    origin = "https://game.example.org"
    async with serving(LEADERFORGE_CORS_ORIGINS=origin) as api:
        await api.ranked(SCORES)
        answer, _ = await raw(api, f"{TOP}?limit=50", Accept_Encoding="gzip", Origin=origin)
    assert {part.strip().lower() for part in answer.headers["vary"].split(",")} == {"accept-encoding", "origin"}


BEST = NAMES[0]


def test_every_decoder_that_is_installed_has_its_encoding() -> None:
    assert set(NAMES) == set(DECODERS)


@pytest.mark.parametrize(
    ("accept", "name"),
    [
        ("", None),
        ("identity", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip;q=0.5", "gzip"),
        ("gzip;q=0", None),
        ("gzip; Q=0.000", None),
        ("gzip ; q = 1", "gzip"),
        ("gzip;q=2", None),
        ("gzip;level=9", None),
        ("deflate, br", None),
        ("deflate, gzip;q=1.0, *;q=0", "gzip"),
        ("*", BEST),
        ("*;q=0", None),
        ("gzip, deflate, br, zstd", BEST),
        ("gzip;q=1, zstd;q=0.1", "gzip"),
        ("gzip;q=0.2, identity;q=0.5", None),
        ("gzip;q=0.5, identity;q=0.5", "gzip"),
        ("identity;q=0", None),
        ("identity;q=0, *", BEST),
        ("gzip" + "," * 500, "gzip"),
        ("x" * 500, None),
    ],
)
def test_the_client_chooses_by_weight(accept: str, name: str | None) -> None:
    encoding = preferred(accept.encode())
    assert (encoding and encoding.name.decode()) == name


@given(st.binary(max_size=300))
def test_any_header_is_understood(accept: bytes) -> None:
    assert preferred(accept) in {None, *ENCODINGS}


@given(st.binary(max_size=5000))
def test_what_is_compressed_is_the_same_afterwards(content: bytes) -> None:
    for encoding in ENCODINGS:
        assert DECODERS[encoding.name.decode()](encoding.compress(content)) == content


def test_compressed_bytes_are_never_text() -> None:
    """Mangum encodes only binary bodies as base64. It must not treat a compressed answer as text."""
    for encoding in ENCODINGS:
        with pytest.raises(UnicodeDecodeError):
            encoding.compress(b"x" * MIN_BYTES).decode()


@pytest.mark.parametrize(
    ("event", "passes"), [(None, True), ({"version": "2.0"}, True), ({"version": "1.0"}, False), ({}, False)]
)
def test_rest_apis_compress_by_themselves(event: Any, passes: bool) -> None:
    assert passes_bytes({} if event is None else {"aws.event": event}) is passes
