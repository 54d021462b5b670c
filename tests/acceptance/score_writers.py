"""Clients that submit during a backup, and a check of the standings in a restored store."""

import asyncio
import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID, uuid4

from tests.acceptance.api_fixtures import Served
from tests.waiting import until

WRITERS = 4
WRONG_STANDINGS = """
select count(*) from standings join (
    select user_id, sum(score) as score, count(*) as submissions from score_events group by user_id
) as played using (user_id)
where (standings.score, standings.submissions) <> (played.score, played.submissions)
"""
"""Query for the number of standings that differ from the sum of their events."""


@dataclass
class Writers:
    """Clients that submit until `stopping`, and the submissions that the service acknowledged."""

    api: Served
    players: int
    acknowledged: dict[UUID, int] = field(default_factory=dict)
    stopping: bool = False

    async def write(self) -> None:
        while not self.stopping:
            submission, player = uuid4(), random.randint(1, self.players)
            assert (await self.submit(submission, player)) == {"duplicate": False}
            self.acknowledged[submission] = player

    async def submit(self, submission: UUID, player: int, api: Served | None = None) -> Mapping[str, object]:
        """Submit a score, and return the JSON member `duplicate` of the receipt."""
        body = {"user_id": player, "score": 7, "submission_id": str(submission)}
        receipt = await (api or self.api).post("/api/scores", body)
        assert receipt.status_code == 200, receipt.text
        return {"duplicate": receipt.json()["duplicate"]}

    async def more(self, number: int = 20) -> None:
        """Return after `number` more acknowledged submissions."""
        enough = len(self.acknowledged) + number
        await until(lambda: len(self.acknowledged) >= enough, "more submissions")


@asynccontextmanager
async def writing(api: Served, players: int) -> AsyncIterator[Writers]:
    """Run writers during the block. Fails if one of their submissions failed."""
    writers = Writers(api, players)
    tasks = [asyncio.create_task(writers.write()) for _ in range(WRITERS)]
    yield writers
    writers.stopping = True
    await asyncio.gather(*tasks)
