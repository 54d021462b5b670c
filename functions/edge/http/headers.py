"""Request headers, as bytes, without an object for all of them."""

from collections.abc import Sequence

from starlette.types import Scope


def header(scope: Scope, name: bytes) -> bytes | None:
    """Return the first header of this lower-case name, None where there is none."""
    headers: Sequence[tuple[bytes, bytes]] = scope["headers"]
    for key, value in headers:
        if key == name:
            return value
    return None
