"""Health and metrics over HTTP."""

import asyncio

import httpx
import pytest

from functions.edge.wire.health import HealthOut
from functions.edge.wire.shards import ShardsOut
from functions.local import create_app
from leaderforge import __version__
from leaderforge.domain.errors import StoreUnavailable
from leaderforge.services.write_health import WriteHealth
from tests.api_client import ADMIN_KEY, SUBMIT_KEY, bearer
from tests.unit.edge_fixtures import Api, serving
from tests.waiting import PATIENCE_S


@pytest.mark.parametrize(
    ("index", "store", "status", "code"),
    [
        (True, True, "ok", 200),
        (False, True, "degraded", 200),
        (True, False, "degraded", 200),
        (False, False, "unavailable", 503),
    ],
)
async def test_health_tells_what_can_be_served(api: Api, index: bool, store: bool, status: str, code: int) -> None:
    if not index:
        api.index.wipe()
    api.store.available = store
    answer = await api.get("/api/health")
    HealthOut.model_validate_json(answer.content)
    assert answer.status_code == code
    assert answer.json() == {
        "status": status,
        "index": {"partitions": 3, "healthy": 3 if index else 0},
        "database": {"postgres": store},
        "writable": store,
        "version": __version__,
    }
    assert answer.headers["cache-control"] == "no-store"


async def test_health_is_degraded_while_the_database_refuses_all_writes(api: Api) -> None:
    api.store.writable = False
    answer = (await api.get("/api/health")).json()
    assert (answer["status"], answer["writable"], answer["database"]) == ("degraded", False, {"postgres": True})


async def test_health_is_degraded_from_a_refused_write_to_the_next_accepted_one(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await api.players(1)

    async def fail(*_: object, **options: object) -> None:
        raise StoreUnavailable("no space left on device")

    with monkeypatch.context() as full_disk:
        full_disk.setattr(api.store, "record", fail)
        assert (await api.post("/api/scores", {"user_id": 1, "score": 5})).status_code == 503
        answer = (await api.get("/api/health")).json()
        assert (answer["status"], answer["writable"]) == ("degraded", False)
    assert (await api.post("/api/scores", {"user_id": 1, "score": 5})).status_code == 200
    answer = (await api.get("/api/health")).json()
    assert (answer["status"], answer["writable"]) == ("ok", True)


def test_a_refused_write_counts_for_a_minute() -> None:
    now = 1000.0
    writes = WriteHealth(lambda: now)
    assert writes.is_well
    writes.note(accepted=False)
    now += 60
    assert not writes.is_well
    now += 1
    assert writes.is_well


async def test_health_does_not_wait_for_what_hangs(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(api.index, "health", hang)
    monkeypatch.setattr("functions.admin._HEALTH_S", 0.05)
    async with asyncio.timeout(PATIENCE_S):
        answer = await api.get("/api/health")
    assert answer.json()["status"] == "degraded"
    assert answer.json()["index"] == {"partitions": 3, "healthy": 0}


def client_at(api: Api, address: str, **headers: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(api.services), client=(address, 1))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
async def test_this_machine_may_see_metrics(api: Api, address: str) -> None:
    async with client_at(api, address) as client:
        answer = await client.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/openmetrics-text")
    assert answer.text.endswith("# EOF\n")


@pytest.mark.parametrize(("key", "status"), [(None, 401), ("wrong", 401), (SUBMIT_KEY, 403), (ADMIN_KEY, 200)])
async def test_others_need_an_admin_key(api: Api, key: str | None, status: int) -> None:
    headers = bearer(key)
    async with client_at(api, "192.0.2.7", **headers) as client:
        assert (await client.get("/metrics")).status_code == status


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "X-Real-IP", "Via", "Forwarded"])
async def test_a_proxy_on_this_machine_asks_for_others(api: Api, header: str) -> None:
    async with client_at(api, "127.0.0.1", **{header: "for=192.0.2.7"}) as client:
        assert (await client.get("/metrics")).status_code == 401


@pytest.mark.parametrize(("key", "status"), [(None, 200), ("wrong", 401), (SUBMIT_KEY, 200), (ADMIN_KEY, 200)])
@pytest.mark.parametrize("path", ["/api/health", "/metrics"])
async def test_a_wrong_key_is_refused_even_where_none_is_needed(
    api: Api, path: str, key: str | None, status: int
) -> None:
    headers = {} if key is None else {"Authorization": f"Bearer {key}"}
    async with client_at(api, "127.0.0.1", **headers) as client:
        assert (await client.get(path)).status_code == status


@pytest.mark.parametrize("path", ["/api/health", "/metrics"])
async def test_monitoring_works_while_keys_cannot_be_verified(path: str) -> None:
    async with serving(LEADERFORGE_KEY_LIMIT="1:1") as api:
        api.keys.available = False
        async with client_at(api, "127.0.0.1", Authorization="Bearer lf_0123456789abcdef") as client:
            assert (await client.get("/api/admin/keys")).status_code == 503
            assert (await client.get(path)).status_code == 200


async def test_operators_see_how_the_parts_are(api: Api) -> None:
    await api.ranked({user_id: user_id for user_id in range(1, 21)})
    for _ in range(3):
        await api.get("/api/leaderboard/top")
    answer = await api.get("/api/admin/shards", ADMIN_KEY)
    ShardsOut.model_validate_json(answer.content)
    shown = answer.json()
    assert [one["partition"] for one in shown["partitions"]] == [0, 1, 2]
    assert all(one["complete"] and one["lag_ms"] >= 0 for one in shown["partitions"])
    assert sum(one["entries"] for one in shown["partitions"]) == 20
    assert shown["nodes"] == [{"node": "memory", "up": True, "memory_bytes": None}]
    assert shown["database"] == [{"node": "postgres", "up": True}]
    assert shown["cache"] == {"hits": 2, "misses": 1}


async def test_operators_see_what_is_down(api: Api) -> None:
    api.index.wipe()
    api.store.available = False
    shown = (await api.get("/api/admin/shards", ADMIN_KEY)).json()
    assert {(one["complete"], one["lag_ms"]) for one in shown["partitions"]} == {(False, None)}
    assert shown["database"] == [{"node": "postgres", "up": False}]
