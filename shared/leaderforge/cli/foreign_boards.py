"""Choice of the reader for a board of another service."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from leaderforge.imports.foreign.boards import ForeignBoard, ForeignKind

if TYPE_CHECKING:
    from leaderforge.cli.import_request import ImportRequest


@asynccontextmanager
async def opened_foreign_board(request: "ImportRequest", order: str, now: int) -> AsyncIterator[ForeignBoard]:
    """Yield the board that a request names. `order` is the order of the board here, `now` is in ms.

    Raises `Refused` or `typer.BadParameter`.
    """
    address, kind = request.file, request.from_
    if kind is ForeignKind.PLAYFAB:
        from leaderforge.imports.foreign.playfab import PlayFabBoard

        yield PlayFabBoard(Path(address), now)
    elif kind is ForeignKind.UNITY:
        from leaderforge.imports.foreign.unity import UnityBoard

        yield UnityBoard(Path(address), order)
    elif kind is ForeignKind.SQL:
        from leaderforge.adapters.foreign.sql_board import opened_sql_board

        async with opened_sql_board(address, order) as board:
            yield board
    elif kind is ForeignKind.NAKAMA:
        from leaderforge.adapters.foreign.nakama import opened_nakama_board

        async with opened_nakama_board(address, _key(request), history=request.history) as board:
            yield board
    else:
        from leaderforge.adapters.foreign.redis_board import opened_redis_board

        async with opened_redis_board(address, _key(request), order, request.names, now) as board:
            yield board


def _key(request: "ImportRequest") -> str:
    if request.key is None:
        raise typer.BadParameter(f"--from {request.from_} needs it", param_hint="--key")
    return request.key
