"""Service for this machine only."""

from starlette.types import ASGIApp, Receive, Scope, Send

from functions.edge.access.addresses import is_reached_locally
from functions.edge.http.errors import error_answer
from leaderforge.domain.errors import Forbidden


class LoopbackOnly:
    """Refuses requests that arrive at an address that other machines reach.

    Weak keys are allowed where LEADERFORGE_HOST names a loopback address. Another program may nevertheless have chosen
    another address, such as `uvicorn --host`.
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
