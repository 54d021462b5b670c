"""Restriction of the service to clients on this machine."""

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.edge.access.addresses import is_reached_locally
from functions.edge.http.errors import error_answer
from leaderforge.domain.errors import Forbidden


class LoopbackOnly:
    """Middleware that refuses requests to addresses that other machines can reach.

    With a loopback address in LEADERFORGE_HOST, weak keys are allowed. The server may listen on another address
    nevertheless, for example with `uvicorn --host`.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or is_reached_locally(scope):
            await self._app(scope, receive, send)
            return
        error = Forbidden(
            "the server is for its own machine only; set LEADERFORGE_HOST to the address that it listens on"
        )
        await error_answer(error)(scope, receive, send)
