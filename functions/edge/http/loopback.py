"""Restriction of the service to clients on this machine."""

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.edge.access.addresses import is_reached_locally
from functions.edge.http.errors import error_answer
from leaderforge.domain.errors import Forbidden


class LoopbackOnly:
    """Middleware that refuses requests to addresses that other machines can reach.

    Weak keys are allowed if LEADERFORGE_HOST is a loopback address. The server could then still listen on another
    address, for example with `uvicorn --host`, and must refuse its requests.
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
