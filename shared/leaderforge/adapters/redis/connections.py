"""Connections to the nodes of the index. Each failed write raises an error of redis-py."""

from collections.abc import Iterable

from redis.asyncio.connection import Connection, SSLConnection
from redis.exceptions import ConnectionError as Disconnected

_REFUSAL = "the handler is closed"
"""End of the error message of uvloop's `writelines` on a closed transport. asyncio drops such a write silently."""


class NodeConnection(Connection):
    """Connection that raises `Disconnected` if the node has just closed it, under uvloop too."""

    async def send_packed_command(self, command: bytes | str | Iterable[bytes], check_health: bool = True) -> None:
        try:
            await super().send_packed_command(command, check_health)
        except RuntimeError as error:
            if not str(error).endswith(_REFUSAL):
                raise
            raise Disconnected("the node has closed the connection") from error


class SecureNodeConnection(NodeConnection, SSLConnection):
    """`NodeConnection` over TLS."""
