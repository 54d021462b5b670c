"""Restriction of the service to clients on this machine."""

from starlette.types import Scope

from functions.edge.access.addresses import is_reached_locally
from leaderforge.domain.errors import Forbidden


def require_loopback(scope: Scope) -> Forbidden | None:
    """Return the refusal of a request to an address that other machines can reach, None for other requests.

    Weak keys are allowed if LEADERFORGE_HOST is a loopback address. The server could then still listen on another
    address, for example with `uvicorn --host`, and must refuse requests to it.
    """
    if is_reached_locally(scope):
        return None
    return Forbidden("the server is for its own machine only; set LEADERFORGE_HOST to the address that it listens on")
