"""Every example in the documentation works as shown if a reader runs a page from its top on a new server.

A reader can also run all pages, one after another, on the demo of the README.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import asyncpg
import pytest

from leaderforge.cli.demo import PLAYERS, fill
from leaderforge.domain.errors import IndexUnavailable
from tests.acceptance.api_fixtures import Served, environment, record_by, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, bearer
from tests.documented import Example, examples, pages
from tests.tokens import SIGNING, TOKENS, token
from tests.waiting import PATIENCE_S, until

KEYS = {None: None, "KEY": SUBMIT_KEY, "ADMIN": ADMIN_KEY}
START = 1_795_435_200_000  # 2026-11-23T12:00:00Z
BETWEEN_MS = 2000  # longer than the TTL of responses
LAG_MS = 60_000  # more than the usual lag of watermarks
FEATURES = {"LEADERFORGE_SEGMENTS": "country,platform", "LEADERFORGE_CHALLENGES": "5"}
README = Path(__file__).parents[2] / "README.md"


class Ticks:
    """Clock that the pages set."""

    now = START

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Ticks:
    return Ticks()


@pytest.fixture
async def api(valkey, postgres, clock: Ticks) -> AsyncIterator[Served]:
    settings = environment(valkey.addresses, await new_database(postgres.dsn), **TOKENS, **SIGNING, **FEATURES)
    async with served(settings, clock=clock) as api:
        await api.until_healthy()
        record_by(api.services.parts.store, clock)
        yield api


@pytest.mark.usefixtures("lasting_belief")
@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
async def test_the_examples_are_true(api: Served, clock: Ticks, page: Path) -> None:
    values: dict[str, str] = {}
    for example in (template.filled(values) for template in examples(page)):
        clock.now = example.now or clock.now + BETWEEN_MS
        if example.now:
            await caught_up(api, clock)
            await settled(api)
        # A reader of the page pauses between calls, and the service updates the scores of teams meanwhile. The test
        # does not pause: await this update.
        await api.services.teams.scores.settle()
        answer = await (_beginning if example.streamed else _whole)(api, example, values)
        values |= example.values_in(answer)
        assert example.shows(answer), (example.path, answer)


async def caught_up(api: Served, clock: Ticks) -> None:
    """Return once the index is complete. After a jump of the clock by days, the server rebuilds the index."""

    async def is_current() -> bool:
        try:
            await api.services.maintain.reconcile()
        except IndexUnavailable:  # the server has started a repair of its own, which aborts the repair of this call
            return False
        watermarks = await api.services.parts.index.watermarks()
        return all(watermark is not None and watermark >= clock.now - LAG_MS for watermark in watermarks)

    await until(is_current, "the index to catch up with the clock")


async def settled(api: Served) -> None:
    """Return once all periods that are over are settled."""

    async def is_settled() -> bool:
        await api.services.seasons.settlement.run()
        return not await api.services.seasons.settlement.due()

    await until(is_settled, "the periods to be settled")


@pytest.mark.long
async def test_all_pages_work_on_the_demo_in_one_run(valkey, postgres, clock: Ticks) -> None:
    """Check only error codes, because the demo has other ranks and totals. The demo's players must not change."""
    dsn = await new_database(postgres.dsn)
    settings = environment(valkey.addresses, dsn, **TOKENS, **SIGNING, **FEATURES)
    await fill(settings)
    before = await demo_standings(dsn)
    assert before
    async with served(settings, clock=clock) as api:
        await api.until_healthy()
        record_by(api.services.parts.store, clock)
        players = [await api.send("POST", "/api/users", player, SUBMIT_KEY) for player in readme_players()]
        for page in pages():
            values: dict[str, str] = {}
            for example in (template.filled(values) for template in examples(page)):
                assert (example.now or clock.now) >= clock.now, f"{page.name} goes back to {example.now}"
                clock.now = example.now or clock.now + BETWEEN_MS
                if example.now:
                    await settled(api)
                await api.services.teams.scores.settle()
                answer = await (_beginning if example.streamed else _whole)(api, example, values)
                values |= example.values_in(answer)
                assert not example.is_refused or _code(answer) == _code(example.answer or ""), (example.path, answer)
        for player in players:
            assert (await api.send("GET", player.headers["location"], None, SUBMIT_KEY)).json() == player.json()
    assert await demo_standings(dsn) == before


def readme_players() -> list[dict[str, object]]:
    """Return the players that a reader of the README has created."""
    text = README.read_text()
    tokens = re.findall(r"tokens create --player (\S+) --name (\w+)", text)
    numbers = re.findall(r'{"user_id": (\d+), "username": "(\w+)"}', text)
    assert tokens
    assert numbers
    return [{"external_id": external_id, "username": name} for external_id, name in tokens] + [
        {"user_id": int(user_id), "username": name} for user_id, name in numbers
    ]


async def demo_standings(dsn: str) -> list[tuple[object, ...]]:
    """Return the standings and names of the demo's players."""
    connection = await asyncpg.connect(dsn)
    try:
        rows = await connection.fetch(
            "select user_id, username, score, submissions, achieved_at, standings.hidden"
            " from users left join standings using (user_id) where user_id between 1 and $1 order by 1, 3",
            PLAYERS,
        )
    finally:
        await connection.close()
    return [tuple(row) for row in rows]


def _code(answer: str) -> str:
    code: str = json.loads(answer)["error"]["code"]
    return code


def _key(example: Example, values: Mapping[str, str]) -> str | None:
    """Return the example's API key or player token. Create a valid token, unless the page has made one."""
    if example.key != "TOKEN":
        return KEYS[example.key]
    if "TOKEN" in values:
        return values["TOKEN"]
    assert example.player is not None, "the page does not say whose token it uses"
    return token(example.player)


async def _whole(api: Served, example: Example, values: Mapping[str, str]) -> str:
    headers = bearer(_key(example, values)) | {"Content-Type": example.content_type}
    answer = await api.client.request(example.method, example.path, content=example.content, headers=headers)
    assert answer.is_success != example.is_refused, (example.path, answer.text)
    return answer.text


async def _beginning(api: Served, example: Example, values: Mapping[str, str]) -> str:
    """Return as many events of a stream as the page shows."""
    events: list[str] = []
    async with asyncio.timeout(PATIENCE_S), api.stream(example.path, _key(example, values)) as answer:
        assert answer.is_success, example.path
        async for line in answer.aiter_lines():
            events.append(line)
            if not line and sum(one.startswith("data:") for one in events) == example.length:
                break
    return "\n".join(events)
