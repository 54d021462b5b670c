"""Every example in the documentation is correct: each page is followed from its top on a new server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.acceptance.api_fixtures import Served, environment, served
from tests.acceptance.conftest import new_database
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.documented import Example, examples, pages
from tests.tokens import TOKENS, token
from tests.waiting import PATIENCE_S

KEYS = {None: None, "KEY": SUBMIT_KEY, "ADMIN": ADMIN_KEY}
START = 1_795_435_200_000  # 2026-11-23T12:00:00Z
BETWEEN_MS = 2000  # longer than the TTL of responses


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
    settings = environment(valkey.addresses, await new_database(postgres.dsn), **TOKENS)
    async with served(settings, clock=clock) as api:
        await api.until_healthy()
        yield api


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.stem)
async def test_the_examples_are_true(api: Served, clock: Ticks, page: Path) -> None:
    for example in examples(page):
        clock.now = example.now or clock.now + BETWEEN_MS
        answer = await (_beginning if example.streamed else _whole)(api, example)
        assert example.shows(answer), (example.path, answer)


def _key(example: Example) -> str | None:
    """Return the example's key or, newly signed because it expires, the player's token."""
    return token(123) if example.key == "TOKEN" else KEYS[example.key]


async def _whole(api: Served, example: Example) -> str:
    answer = await api.send(example.method, example.path, example.body, _key(example))
    assert answer.is_success != example.is_refused, (example.path, answer.text)
    return answer.text


async def _beginning(api: Served, example: Example) -> str:
    """Return as many events of a stream as the page shows."""
    events: list[str] = []
    async with asyncio.timeout(PATIENCE_S), api.stream(example.path, _key(example)) as answer:
        assert answer.is_success, example.path
        async for line in answer.aiter_lines():
            events.append(line)
            if not line and sum(one.startswith("data:") for one in events) == example.length:
                break
    return "\n".join(events)
