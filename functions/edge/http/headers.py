"""Look-up of request headers as bytes, without Starlette's object for all headers of each request."""

from collections.abc import Sequence

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header with this lower-case name, None if it was not sent."""
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    for key, value in headers:
        if key == name:
            return value
    return None
