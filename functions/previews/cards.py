"""Content of a preview: texts that are ready to be shown. A card needs no translation: its only words are names."""

import html
from dataclasses import dataclass

from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.boards import Board
from leaderforge.domain.score_texts import score_text
from leaderforge.services.entries import Entry, Page, PlayerRank

SHOWN = 3
"""Number of leaders on the card of a board."""
_UNNAMED = "Default"
"""Initial name of the first board."""


@dataclass(frozen=True, slots=True)
class Line:
    """Leader on the card of a board."""

    rank: str
    name: str
    score: str


@dataclass(frozen=True, slots=True)
class Card:
    """Card of a board with its leaders, or of a player with rank, number of players and score."""

    heading: str
    subheading: str
    leaders: tuple[Line, ...] = ()
    rank: str = ""
    total: str = ""
    score: str = ""

    @property
    def description(self) -> str:
        """Return the card's numbers as one line, empty for a board."""
        return f"{self.rank} / {self.total} · {self.score}" if self.rank else ""


def board_card(board: Board, page: Page, site: str) -> Card:
    """Return the card of a board. `site` is the title of the deployment, which replaces a missing name of the board."""
    leaders = tuple(Line(str(entry.rank), name_of(entry), _score(board, entry)) for entry in page.entries[:SHOWN])
    name = _name_of(board)
    return Card(name or site, site if name else "", leaders)


def player_card(board: Board, ranked: PlayerRank, site: str) -> Card:
    """Return the card of a player's entry. `site` is the title of the deployment."""
    entry = ranked.entry
    return Card(
        name_of(entry),
        _name_of(board) or site,
        rank=f"#{entry.rank:,}",
        total=f"{ranked.total:,}",
        score=_score(board, entry),
    )


def name_of(entry: Entry) -> str:
    """Return the name of an entry's player, or the player id."""
    return f"#{entry.user_id}" if entry.username is None else entry.username


def tags(card: Card, site: str, picture: str | None) -> str:
    """Return the `meta` elements of a card. `picture` is the absolute address of the card's picture, if any."""
    values = {
        "og:type": "website",
        "og:site_name": site,
        "og:title": " - ".join(filter(None, (card.heading, card.subheading))),
        **({"og:description": card.description} if card.description else {}),
        **({"og:image": picture, "og:image:width": "1200", "og:image:height": "630"} if picture else {}),
    }
    elements = [_meta("property", name, value) for name, value in values.items()]
    return "".join([*elements, _meta("name", "twitter:card", "summary_large_image") if picture else ""])


def _name_of(board: Board) -> str:
    """Return the name of a board, empty for the first board under its initial name."""
    return "" if board.slug == DEFAULT_BOARD and board.name == _UNNAMED else board.name


def _meta(attribute: str, name: str, value: str) -> str:
    return f'\n    <meta {attribute}="{name}" content="{html.escape(value)}" />'


def _score(board: Board, entry: Entry) -> str:
    display = board.display
    text = score_text(display, entry.score)
    whole, point, fraction = text.partition(".")
    if whole.lstrip("-").isdecimal():
        text = f"{int(whole):,}{point}{fraction}" if not whole.startswith("-0") else text
    return text if display.unit in {None, "ms", "s"} else f"{text} {display.unit}"
