"""Health of the nodes of the database."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from leaderforge.adapters.postgres.pool import Pool
from leaderforge.adapters.postgres.statements import statement
from leaderforge.domain.errors import LeaderForgeError


class DatabaseHealth:
    """Health of the server and, on Citus, of its workers. `timeout_s` limits each query."""

    def __init__(self, pool: Pool, timeout_s: float) -> None:
        self._pool = pool
        self._timeout_s = timeout_s

    async def nodes(self) -> Mapping[str, bool]:
        """Return, by node name, whether the node answers. Never raises."""
        try:
            rows = await self._pool.fetch(statement("has_workers"), timeout_s=self._timeout_s)
        except LeaderForgeError:
            return {"postgres": False}
        return {"postgres": True} | (await self._workers() if rows[0]["distributed"] else {})

    async def is_writable(self) -> bool:
        """Return whether the server accepts writes. Never raises."""
        try:
            rows = await self._pool.fetch(statement("read_only"), timeout_s=self._timeout_s)
        except LeaderForgeError:
            return False
        return not rows[0]["read_only"]

    async def _workers(self) -> dict[str, bool]:
        try:
            rows = await self._pool.fetch(statement("workers"), timeout_s=self._timeout_s)
        except LeaderForgeError:
            return {}
        nodes = [(row["nodename"], row["nodeport"]) for row in rows]
        answers = await asyncio.gather(*(self._worker_answers(*node) for node in nodes))
        return {f"worker {host}:{port}": ok for (host, port), ok in zip(nodes, answers, strict=True)}

    async def _worker_answers(self, host: str, port: int) -> bool:
        with suppress(LeaderForgeError):
            [row] = await self._pool.fetch(statement("ping_worker"), host, port, timeout_s=self._timeout_s)
            return bool(row["answers"])
        return False
