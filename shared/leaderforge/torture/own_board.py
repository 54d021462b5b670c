"""Board and players of a run on a deployment in use. They exist only during the run."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.torture.client import Client, Reply
from leaderforge.torture.model import LadderModel
from leaderforge.torture.target import Target
from leaderforge.torture.wire import FAILED

_A_BATCH = 500
_PARALLEL = 8
_PATIENCE_S = 60.0
"""Time limit in s for a call that the deployment refuses temporarily."""
_RETRY_S = 0.5


class TargetRefused(LeaderForgeError):
    """Error of a deployment that refuses the board or the players of a run."""

    code = "target_refused"


@asynccontextmanager
async def own_board(target: Target, ladder: LadderModel, players: Sequence[int]) -> AsyncIterator[None]:
    """Create the board and the players. After the block, delete the board and every player of the run.

    Raises `TargetRefused`.
    """
    client = target.client(0, target.admin_key)
    settings = {"board": target.board, "name": "Board of `leaderforge torture`", "policy": "best", "order": "desc"}
    await _require(client, "POST", "/api/boards", settings, {201})
    created: list[int] = []
    try:
        for user_ids in chunks(players, _A_BATCH):
            await _create_players(client, user_ids)
            created += user_ids
        yield
    finally:
        await _erase(target, {*created, *ladder.histories})
        await _require(client, "DELETE", f"/api/boards/{target.board}", None, {200, 404})
        client.close()


async def _create_players(client: Client, user_ids: Sequence[int]) -> None:
    users = [{"user_id": user_id, "username": f"player {user_id}"} for user_id in user_ids]
    reply = await _require(client, "POST", "/api/users/batch", {"users": users}, {200})
    refused = [result for result in reply.body["results"] if "error" in result]
    if refused:
        raise TargetRefused(f"the deployment refused players of the run: {refused[0]['error']['message']}; run again")


async def _erase(target: Target, user_ids: Iterable[int]) -> None:
    """Erase the players. Ids without a player are ignored."""
    remaining = iter(user_ids)

    async def erase_some() -> None:
        client = target.client(0, target.admin_key)
        for user_id in remaining:
            await _require(client, "DELETE", f"/api/users/{user_id}", None, {200, 404})
        client.close()

    await asyncio.gather(*(erase_some() for _ in range(_PARALLEL)))


async def _require(client: Client, method: str, path: str, body: object, statuses: set[int]) -> Reply:
    """Return the response with one of these statuses. Retry while the deployment is unavailable."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE_S
    while True:
        reply = await client.ask(method, path, body)
        if reply.status in statuses:
            return reply
        is_temporary = reply.status == FAILED or reply.refused_well
        if not is_temporary or asyncio.get_running_loop().time() > deadline:
            reason = f"{reply.status} {reply.code}".strip() if reply.status > 0 else "no answer"
            raise TargetRefused(f"{method} {path} got {reason} from the deployment")
        await asyncio.sleep(_RETRY_S)
