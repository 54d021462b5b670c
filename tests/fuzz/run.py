"""Run of the fuzzer: requests over connections of their own, and checks of the answers and of the log."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

from leaderforge.torture.client import Client
from tests.api_client import ADMIN_KEY
from tests.fuzz.requests import Factory

CONCURRENT = 8
PATIENCE_S = 30.0
"""Time limit of an answer, in s. A request that has no answer by then counts as hanging."""
_STREAMED = 4096
"""Number of pieces of an answer, of up to 256 bytes each, after which the client closes the connection."""
_CURSOR = re.compile(rb'"(?:next|previous)":"([A-Za-z0-9_-]+)"')
_PLAYERS = 30


@dataclass(slots=True)
class FuzzReport:
    """Numbers of answers by status, and defects with the requests that caused them."""

    statuses: Counter[int] = field(default_factory=Counter)
    defects: list[dict[str, str]] = field(default_factory=list)

    def note(self, kind: str, request: bytes, answer: bytes) -> None:
        """Add a defect to the report."""
        shown = request[:1500].decode("latin-1")
        self.defects.append({"kind": kind, "request": shown, "answer": answer[:1500].decode("latin-1")})


async def fuzz(url: str, count: int, seed: int) -> FuzzReport:
    """Send requests to a server that only the fuzzer uses, and return the report."""
    random = Random(seed)
    known = await _prepare(url)
    client = Client(url, ADMIN_KEY)
    document = (await client.ask("GET", "/api/openapi.json")).body
    client.close()
    factory, report = Factory(document, random, known), FuzzReport()
    remaining = iter(range(count))

    async def send_some() -> None:
        for _ in remaining:
            await _send(url, factory, report)

    await asyncio.gather(*(send_some() for _ in range(CONCURRENT)))
    return report


async def _prepare(url: str) -> dict[str, list[object]]:
    """Create boards, players and scores. Return their slugs, ids and the like, by the name of a parameter."""
    client = Client(url, ADMIN_KEY)
    boards = [
        {"board": "weeks", "periods": ["all-time", "weekly", "daily"]},
        {"board": "best", "policy": "best", "subscore_order": "asc", "decimals": 2},
        {"board": "closed", "private": True, "policy": "latest", "order": "asc"},
    ]
    for board in boards:
        assert (await client.ask("POST", "/api/boards", board)).status == 201
    ids = range(1, _PLAYERS + 1)
    for user_id in ids:
        body = {"user_id": user_id, "username": f"player {user_id}", "external_id": f"x/{user_id}"}
        assert (await client.ask("POST", "/api/users", body)).status == 201
    submissions = [{"user_id": user_id, "score": user_id % 7} for user_id in ids]
    for board in ("default", "weeks", "closed"):
        await client.ask("POST", f"/api/boards/{board}/scores/batch", {"submissions": submissions})
    client.close()
    return {
        "board": ["default", "weeks", "best", "closed", "missing"],
        "user_id": [*ids, "ext:x/3", "ext:none"],
        "external_id": ["x/3", "x/4", "y"],
        "period": ["current", "all-time", "previous", "2026-W48", "2026-11-28", "1970-W01"],
        "name": ["game", "other"],
        "limit": [1, 10, 1000],
        "rank": [1, 2, 10**9],
        "score": [5, 0, -5],
        "username": ["player 1", "new"],
    }


async def _send(url: str, factory: Factory, report: FuzzReport) -> None:
    request = factory.next()
    try:
        async with asyncio.timeout(PATIENCE_S):
            answer = await _answer(url, request)
    except TimeoutError:
        report.note("hang", request, b"")
        return
    except OSError as error:
        report.note(f"connection broke: {error!r}", request, b"")
        return
    match = re.match(rb"HTTP/1\.1 (\d{3}) ", answer.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n"))
    if match is None:
        report.note("no answer", request, answer)
        return
    status = int(match[1])
    report.statuses[status] += 1
    head = answer.partition(b"\r\n\r\n")[0].lower()
    if status >= 500 and not (status == 503 and b"\r\nretry-after: " in head):
        report.note(f"status {status}", request, answer)
    factory.seen.extend(text.decode() for text in _CURSOR.findall(answer))
    del factory.seen[:-50]


async def _answer(url: str, request: bytes) -> bytes:
    """Return the answer to a request, or the start of a long answer."""
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        writer.write(request)
        answer = b""
        while data := await reader.read(65_536):
            answer += data
            if b"\r\ncontent-type: text/event-stream" in answer or len(answer) > _STREAMED * 256:
                break
        return answer
    finally:
        writer.transport.abort()


def defects_of_log(log: Path) -> Sequence[str]:
    """Return the lines of a server's log that report a defect."""
    lines = log.read_text(errors="replace").splitlines()
    return [line for line in lines if "Traceback" in line or _level(line) in {"error", "critical"}]


def _level(line: str) -> str:
    try:
        return str(json.loads(line).get("level"))
    except (ValueError, AttributeError):
        return ""
