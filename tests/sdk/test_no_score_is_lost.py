"""Each score of a client counts exactly once, even if the network is hostile and the client is killed."""

import random
from pathlib import Path

import pytest

from tests.acceptance.api_fixtures import Served
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.sdk.drivers import COMMANDS, LONG_ONLY, SAMPLED, Driver, driving
from tests.sdk.hostile import HostileProxy, Weather

SHARE_OF_FAULTS = 0.4
FORMS = [pytest.param(100, 3, 4, id="100-scores-3-kills")]
FORMS += [pytest.param(10_000, 20, 25, id="10000-scores-20-kills", marks=pytest.mark.long)]

NAMES = [pytest.param(name, marks=[pytest.mark.long] * (name in LONG_ONLY | SAMPLED)) for name in COMMANDS]


@pytest.mark.parametrize(("scores", "kills", "every"), FORMS)
@pytest.mark.parametrize("name", NAMES)
async def test_the_sum_is_exact(
    service: Served, proxy: HostileProxy, tmp_path: Path, name: str, scores: int, kills: int, every: int
) -> None:
    """The k-th score is k, so that a lost or doubled score changes the sum."""
    board, player = f"sum-{name}-{scores}", 50_000 + scores
    assert (await service.post("/api/boards", {"board": board, "policy": "sum"}, ADMIN_KEY)).status_code == 201
    await service.post("/api/users", {"user_id": player})
    proxy.restart(Weather(seed=scores, share=SHARE_OF_FAULTS))
    queue = tmp_path / "queue"
    async with driving(name) as driver:
        await play(driver, proxy, queue, board, player, scores, kills, every)
        proxy.restart(lambda _: None)
        flushed = await driver.do("call", name="flush")
        assert flushed["pending"] == 0
        assert await driver.do("queue", name="rejected") == []
    standing = (await service.get(f"/api/boards/{board}/ranks/{player}")).json()
    assert (standing["score"], standing["submissions"]) == (scores * (scores + 1) // 2, scores)
    assert sum(proxy.faults[kind] for kind in ("reset_after", "truncate", "double")) > 0


async def play(
    driver: Driver, proxy: HostileProxy, queue: Path, board: str, player: int, scores: int, kills: int, every: int
) -> None:
    """Enqueue the scores 1, 2, 3 and so on, and send the queue with every `every`-th score.

    Kill the client `kills` times, during random commands. Then ask the queue whether it has stored the score.
    """
    randomness = random.Random(scores)
    deaths = {randomness.randrange(1, scores) for _ in range(2 * kills)}
    remaining = kills
    await reopen(driver, proxy, queue)
    done = 0
    while done < scores:
        number = done + 1
        args = {"name": "enqueue", "args": [board, number], "options": {"user_id": player}}
        if number % every == 0:
            args["name"] = "submit"
        _, answer = await driver.start("call", **args)
        if remaining and number in deaths:
            deaths.discard(number)
            remaining -= 1
            if number % 2:  # in about half of the kills, a batch is in flight
                await driver.start("call", name="flush")
            await driver.kill()
            await reopen(driver, proxy, queue)
            # `accepted_count` is the number of scores that the queue has stored so far. Continue with the next score.
            done = await driver.do("queue", name="accepted_count")
            assert done in {number - 1, number}
        else:
            await answer
            done = number
    assert remaining == 0


async def reopen(driver: Driver, proxy: HostileProxy, queue: Path) -> None:
    """Open a client of a new process on the same file of the queue."""
    options = {"timeout_s": 0.5, "backoff_s": 0.01, "tries": 8}
    url = f"http://127.0.0.1:{proxy.port}"
    await driver.do("open", url=url, key=SUBMIT_KEY, queue=str(queue), options=options)
