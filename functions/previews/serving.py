"""Previews of the page's addresses, as readers without a key see them.

Anyone may request previews, therefore all work is bounded: reads and drawings a second, concurrent drawings, and bytes
of cached pictures. Beyond these limits, and without the packages of the extra `previews`, the page has its static
preview.
"""

import asyncio
import hashlib
import json
import re
from collections import OrderedDict
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, monotonic_ns
from typing import NamedTuple
from urllib.parse import quote, urlencode

import structlog
from anyio import to_thread

from functions.edge.context import Edge
from functions.previews.cards import SHOWN, Card, board_card, player_card, tags
from functions.previews.pictures import Painter
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.callers import ANONYMOUS
from leaderforge.domain.errors import Forbidden, LeaderForgeError, NotFound, Unauthenticated
from leaderforge.domain.rates import RateLimit, take
from leaderforge.services.ladders import CURRENT

PICTURE_PATH = "/preview.png"
_READS = RateLimit.parsed("100:200")
"""Limit of a process on reads for tags and pictures: 100 a second, in bursts of up to 200."""
_DRAWINGS = RateLimit.parsed("2:20")
"""Limit of a process on drawings: 2 a second, in bursts of up to 20. A drawing takes 35 to 100 ms of CPU."""
_WAIT_S = 1.0
"""Time limit in s for the tags of a preview. Then the page is served without tags of its own."""
_FRESH_S = 60.0
_MAX_CACHED_BYTES = 8 * 2**20
_ACCENT = "#ad400d"
"""Accent colour of the page if the deployment configures none."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_PLAYER = re.compile(r"/player/(-?\d{1,16})/?")
_LONGEST = 64
"""Maximum length of a slug and of the name of a period."""


class Subject(NamedTuple):
    """Subject of a preview: a board in a period or, if `user_id` is not None, a player on it."""

    board: str
    period: str
    user_id: int | None


@dataclass(frozen=True, slots=True)
class Picture:
    """PNG and its ETag."""

    content: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class _Look:
    """Settings in the deployment's config.json that are visible in previews."""

    title: str
    board: str
    accent: str


class NothingToShow(LeaderForgeError):
    """Error for a board or player that readers without a key may not see, or that does not exist."""


class NoPicture(LeaderForgeError):
    """Error for a picture that cannot be drawn now. The static picture replaces it."""


class Previews:
    """Previews of boards and players. `config` is the path of the page's config.json. None means its defaults."""

    def __init__(self, edge: Edge, config: Path | None) -> None:
        self._edge = edge
        self._config = config
        self._painter = _painter()
        self._pictures = _Pictures()
        self._reads, self._drawings = _Budget(_READS), _Budget(_DRAWINGS)
        # Draw in one thread, because the fonts of the painter are not safe for several threads.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="leaderforge-previews")

    async def tags(self, address: str, query: Mapping[str, str], origin: str) -> str:
        """Return the preview's elements for the head of the page at an address. Return "" for a page without a preview.

        `origin` is the absolute address of the site's folder, without a slash at the end.
        """
        look = await to_thread.run_sync(self._look)
        subject = _subject(address, query, look.board)
        if subject is None:
            return ""
        try:
            card = await asyncio.wait_for(self._card(subject, look), _WAIT_S)
        except (LeaderForgeError, TimeoutError):
            return ""
        values = {"board": subject.board, "period": subject.period, "player": subject.user_id}
        parameters = urlencode({name: value for name, value in values.items() if value is not None}, quote_via=quote)
        return tags(card, look.title, f"{origin}{PICTURE_PATH}?{parameters}" if self._painter else None)

    async def picture(self, query: Mapping[str, str]) -> Picture:
        """Return the picture of the subject in a query, at most a minute old.

        Raises `NothingToShow`, and `NoPicture` if a limit is exceeded or if no picture can be drawn.
        """
        look = await to_thread.run_sync(self._look)
        player = query.get("player")
        subject = _subject("/" if player is None else f"/player/{player}", query, look.board)
        if subject is None:
            raise NothingToShow("there is no such preview")
        if cached := self._pictures.get(subject):
            return cached
        try:
            card = await self._card(subject, look)
        except (NotFound, Unauthenticated, Forbidden) as error:
            raise NothingToShow("there is no such preview") from error
        except LeaderForgeError as error:
            raise NoPicture(error.message) from error
        return await self._drawn(subject, card, look.accent)

    async def _card(self, subject: Subject, look: _Look) -> Card:
        if not self._reads.take():
            raise NoPicture("too many previews are requested")
        ladder = await self._edge.readable_ladder(subject.board, ANONYMOUS, subject.period)
        reads = self._edge.services.query
        if subject.user_id is None:
            return board_card(ladder.board, await reads.top(ladder, SHOWN), look.title)
        return player_card(ladder.board, await reads.rank(ladder, subject.user_id), look.title)

    async def _drawn(self, subject: Subject, card: Card, accent: str) -> Picture:
        if self._painter is None or not self._drawings.take():
            raise NoPicture("no picture can be drawn now")
        loop = asyncio.get_running_loop()
        content = await loop.run_in_executor(self._thread, self._painter.png, card, accent)
        return self._pictures.add(subject, content)

    def _look(self) -> _Look:
        try:
            config = json.loads(self._config.read_text() if self._config else "{}")
        except (OSError, ValueError):
            config = {}
        texts = {name: value for name, value in config.items() if isinstance(value, str)}
        accent = texts.get("accent", _ACCENT)
        return _Look(
            title=texts.get("title") or "LeaderForge",
            board=texts.get("board") or DEFAULT_BOARD,
            accent=accent if _COLOUR.fullmatch(accent) else _ACCENT,
        )


class _Pictures:
    """Pictures by subject, with a limit on their bytes. The oldest pictures are dropped first."""

    def __init__(self) -> None:
        self._pictures: OrderedDict[Subject, tuple[float, Picture]] = OrderedDict()
        self._bytes = 0

    def get(self, subject: Subject) -> Picture | None:
        """Return a picture that is not stale."""
        drawn_at, picture = self._pictures.get(subject, (0.0, None))
        return picture if monotonic() - drawn_at < _FRESH_S else None

    def add(self, subject: Subject, content: bytes) -> Picture:
        """Cache and return a picture."""
        self._drop(subject)
        picture = Picture(content, f'"{hashlib.sha256(content).hexdigest()[:32]}"')
        self._pictures[subject] = (monotonic(), picture)
        self._bytes += len(content)
        while self._bytes > _MAX_CACHED_BYTES:
            self._drop(next(iter(self._pictures)))
        return picture

    def _drop(self, subject: Subject) -> None:
        if subject in self._pictures:
            self._bytes -= len(self._pictures.pop(subject)[1].content)


class _Budget:
    """Rate limit of this process."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit
        self._due = 0

    def take(self) -> bool:
        """Return whether the rate limit allows one more read or drawing now. If so, count it."""
        self._due, allowance = take(self._due, monotonic_ns() // 1000, self._limit)
        return allowance.allowed


def _painter() -> Painter | None:
    try:
        return Painter()
    except ImportError:
        structlog.get_logger("leaderforge.previews").info(
            "previews_without_pictures", remedy="install leaderforge[previews]"
        )
        return None


def _subject(address: str, query: Mapping[str, str], default_board: str) -> Subject | None:
    """Return the subject of an address of the page, None if the address has none."""
    board, period = query.get("board") or default_board, query.get("period") or CURRENT
    if len(board) > _LONGEST or len(period) > _LONGEST:
        return None
    if address in {"/", "/index.html"}:
        return Subject(board, period, None)
    match = _PLAYER.fullmatch(address)
    if match is None or abs(int(match[1])) > MAX_INTEGER:
        return None
    return Subject(board, period, int(match[1]))
