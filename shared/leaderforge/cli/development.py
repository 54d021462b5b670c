"""Development tokens. Players of `leaderforge dev` can submit with them without a key."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from leaderforge.config import EnvironmentSettings
from leaderforge.domain.board_settings import DEFAULT_BOARD
from leaderforge.domain.callers import COMMAND
from leaderforge.domain.errors import BoardExists, BoardNotFound
from leaderforge.domain.players import external_id
from leaderforge.wiring import Services, build

VALID_S = 86_400
"""Lifetime of the token in the start message, in s."""

_GAME_BOARD = "play"
_GAME_SETTINGS: Mapping[str, object] = {
    "name": "Meteors",
    "policy": "best",
    "open_to_players": True,
    "max_score": 100_000,
}
"""Settings of the sample game's board. Players submit to it themselves, therefore it has a maximum score."""


@dataclass(frozen=True, slots=True)
class DevelopmentPlayer:
    """Player who does not exist yet, with a token. The first request with the token creates the player."""

    external_id: str
    token: str


async def development_player(environment: Mapping[str, str]) -> DevelopmentPlayer:
    """Return a new player with a token, and prepare what the player needs.

    On the first start, create the signing key, open the default board, and create the board of the sample game. Later
    starts do not open the default board again, because its owner may have closed it to players.
    """
    product = build(EnvironmentSettings.from_environment({**environment, "LEADERFORGE_LOG_LEVEL": "warning"}))
    try:
        if not await product.access.signing_keys.all():
            await _open_default_board(product)
            await _create_game_board(product)
            await product.access.signing_keys.create(COMMAND.actor)
        identity = external_id(str(uuid4()))
        token = await product.access.signing_keys.issue(identity, VALID_S)
        return DevelopmentPlayer(identity, token.text)
    finally:
        await product.close()


async def _open_default_board(product: Services) -> None:
    with suppress(BoardNotFound):
        await product.boards.change(DEFAULT_BOARD, {"open_to_players": True}, COMMAND.actor)


async def _create_game_board(product: Services) -> None:
    """Create the board of examples/game, unless there is a board with this slug."""
    with suppress(BoardExists):
        await product.boards.create(_GAME_BOARD, _GAME_SETTINGS, COMMAND.actor)
