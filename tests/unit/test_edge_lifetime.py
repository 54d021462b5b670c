"""The application from its start to its shutdown, while reconciliation runs in the background."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from functions.local import create_app
from leaderforge.adapters.telemetry.logs import configure
from leaderforge.config import EnvironmentSettings
from leaderforge.domain.errors import IndexUnavailable, StoreUnavailable
from leaderforge.wiring import Services, build
from tests.unit.edge_fixtures import ENVIRONMENT, Api, serving
from tests.waiting import PATIENCE_S

Rounds = list[Exception | None]


async def fine() -> None:
    pass


async def down() -> None:
    raise StoreUnavailable("the database cannot be reached")


async def broken() -> None:
    raise RuntimeError("a bug")


def with_parts(api: Api, *opens: Callable[[], Awaitable[object]]) -> Services:
    return replace(api.services, parts=replace(api.services.parts, opens=opens, closes=opens))


@pytest.mark.usefixtures("logging_as_before")
async def test_a_part_that_is_down_does_not_keep_it_from_starting(api: Api, capsys: pytest.CaptureFixture[str]) -> None:
    configure("info")
    await with_parts(api, fine, down, fine).open()
    assert "the database cannot be reached" in capsys.readouterr().out


@pytest.mark.usefixtures("logging_as_before")
async def test_a_part_that_hangs_does_not_keep_it_from_starting(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    configure("error")
    monkeypatch.setattr("leaderforge.wiring._OPENING_S", 0.01)
    await with_parts(api, asyncio.Event().wait).open()


async def test_a_bug_keeps_it_from_starting(api: Api) -> None:
    with pytest.raises(RuntimeError):
        await with_parts(api, broken).open()


async def test_closing_closes_what_it_can(api: Api) -> None:
    closed = []

    async def closes() -> None:
        closed.append(True)

    await with_parts(api, broken, closes, down).close()
    assert closed == [True]


async def test_a_bug_after_opening_closes_the_parts(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    async def closes() -> None:
        closed.append(True)

    services = replace(api.services, parts=replace(api.services.parts, closes=(closes,)))
    app = create_app(services)
    monkeypatch.setattr(app.edge, "warm", broken)
    with pytest.raises(RuntimeError):
        await app.router.lifespan_context(app).__aenter__()
    assert closed == [True]


@pytest.mark.usefixtures("logging_as_before")
def test_building_connects_to_nothing_and_needs_no_loop() -> None:
    services = build(EnvironmentSettings.from_environment(ENVIRONMENT))
    assert services.parts.index.partitions == 3


@pytest.mark.usefixtures("logging_as_before")
async def test_reconciling_survives_every_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure("info")
    async with serving(LEADERFORGE_RECONCILE_MS="1") as api:
        rounds: Rounds = [IndexUnavailable("gone"), IndexUnavailable("gone"), RuntimeError("a bug"), None]
        survived = asyncio.Event()

        async def reconcile(every_ms: int) -> int:
            assert every_ms == 1
            if not rounds:
                survived.set()
            elif (error := rounds.pop(0)) is not None:
                raise error
            return 0

        monkeypatch.setattr(api.services.maintain, "reconcile", reconcile)
        app = create_app(api.services)
        async with app.router.lifespan_context(app), asyncio.timeout(PATIENCE_S):
            await survived.wait()
        metrics = api.services.parts.exposition()[0].decode()
    assert "leaderforge_reconcile_failures_total 3.0" in metrics
    shown = capsys.readouterr().out
    assert shown.count("reconcile_deferred") == shown.count("reconcile_resumed") == 1
    assert "RuntimeError: a bug" in shown


async def test_reconciling_can_be_left_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving(LEADERFORGE_RECONCILE_MS="0") as api:
        monkeypatch.setattr(api.services.maintain, "reconcile", broken)
        app = create_app(api.services)
        async with app.router.lifespan_context(app):
            await asyncio.sleep(0)
        assert "leaderforge_reconcile_failures_total" not in api.services.parts.exposition()[0].decode()


@pytest.mark.parametrize("is_available", [True, False])
async def test_the_first_requests_need_not_wait_for_keys(
    monkeypatch: pytest.MonkeyPatch, *, is_available: bool
) -> None:
    """Load all keys at the start: a first request might not wait long enough for them. Start even without the store."""
    async with serving(LEADERFORGE_SIGNING_SECRET="a secret of at least 32 bytes, which signs") as api:
        stores = api.services.parts.keys, api.services.parts.signing_keys
        reads: list[str] = []

        async def read(name: str) -> list[Any]:
            reads.append(name)
            if not is_available:
                raise StoreUnavailable("gone")
            return []

        monkeypatch.setattr(stores[0], "valid", lambda _: read("API keys"))
        monkeypatch.setattr(stores[1], "keys", lambda: read("signing keys"))
        app = create_app(api.services)
        async with app.router.lifespan_context(app):
            assert sorted(reads) == ["API keys", "signing keys"]
