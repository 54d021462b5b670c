"""Rate limits over HTTP: the subject, the response headers, and an unavailable limiter."""

from collections.abc import Sequence
from ipaddress import ip_network

import httpx
import pytest

from functions.edge.access.addresses import address_of, is_reached_locally
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import Api, serving

TOP = "/api/leaderboard/top"


async def statuses(api: Api, key: str | None = None, times: int = 3) -> list[int]:
    return [(await api.get(TOP, key)).status_code for _ in range(times)]


async def test_without_limits_nobody_is_asked(api: Api) -> None:
    assert await statuses(api, None) == [200] * 3
    answer = await api.get(TOP, SUBMIT_KEY)
    assert not [name for name in answer.headers if name.startswith("ratelimit")]
    assert api.limiter.asked == 0


async def test_an_address_is_limited_until_time_passes() -> None:
    async with serving(LEADERFORGE_ADDRESS_LIMIT="1:2") as api:
        assert await statuses(api) == [200, 200, 429]
        api.clock.now += 1000
        assert await statuses(api) == [200, 429, 429]


async def test_clients_are_told_what_is_left() -> None:
    async with serving(LEADERFORGE_ADDRESS_LIMIT="0.5:2") as api:
        answers = [await api.get(TOP) for _ in range(3)]
        told = [[answer.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")] for answer in answers]
        assert told == [["2", "1", "2"], ["2", "0", "4"], ["2", "0", "4"]]
        assert answers[2].headers["ratelimit-policy"] == "2;w=4"
        assert answers[2].headers["retry-after"] == "2"
        assert "retry-after" not in answers[1].headers
        assert answers[2].json()["error"]["code"] == "rate_limited"


async def test_each_key_has_a_limit_of_its_own() -> None:
    async with serving(LEADERFORGE_KEY_LIMIT="1:2", LEADERFORGE_SUBMIT_KEYS=f"{SUBMIT_KEY},another-submit-key") as api:
        assert await statuses(api, SUBMIT_KEY) == [200, 200, 429]
        assert await statuses(api, "another-submit-key") == [200, 200, 429]
        assert await statuses(api, ADMIN_KEY) == [200, 200, 429]
        assert await statuses(api, None) == [200, 200, 200]


async def test_keys_of_the_store_are_limited_too() -> None:
    async with serving(LEADERFORGE_KEY_LIMIT="1:2") as api:
        made = await api.post("/api/admin/keys", {"name": "game", "scopes": ["submit"]}, ADMIN_KEY)
        assert await statuses(api, made.json()["key"]) == [200, 200, 429]


async def test_guessing_keys_counts_against_the_address() -> None:
    async with serving(LEADERFORGE_ADDRESS_LIMIT="1:3") as api:
        guesses = [(await api.get(TOP, f"guess-{i}")).status_code for i in range(5)]
        assert guesses == [401, 401, 401, 429, 429]
        assert await statuses(api, SUBMIT_KEY) == [200] * 3


async def test_what_watches_the_service_is_not_limited() -> None:
    async with serving(LEADERFORGE_ADDRESS_LIMIT="1:1", LEADERFORGE_KEY_LIMIT="1:1") as api:
        assert {(await api.get("/api/health")).status_code for _ in range(5)} == {200}
        assert {(await api.get("/metrics", ADMIN_KEY)).status_code for _ in range(5)} == {200}
        assert api.limiter.asked == 0


async def test_requests_pass_while_the_limiter_is_out_of_reach() -> None:
    async with serving(LEADERFORGE_ADDRESS_LIMIT="1:1") as api:
        api.limiter.available = False
        assert await statuses(api) == [200] * 3
        assert "leaderforge_rate_limits_skipped_total 3.0" in api.services.parts.exposition()[0].decode()


async def test_a_refused_submission_is_not_counted() -> None:
    async with serving(LEADERFORGE_KEY_LIMIT="1:1") as api:
        await api.players(1)
        for expected in (200, 429):
            assert (await api.post("/api/scores", {"user_id": 1, "score": 5})).status_code == expected
        assert (await api.get("/api/leaderboard/rank/1")).json()["score"] == 5


def scope(client: str | None, *forwarded: str) -> dict[str, object]:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return {"client": None if client is None else (client, 1), "headers": headers}


PROXIES = [ip_network("10.0.0.0/8"), ip_network("fd00::/8")]


@pytest.mark.parametrize(
    ("client", "forwarded", "address"),
    [
        ("192.0.2.1", (), "192.0.2.1"),
        ("192.0.2.1", ("198.51.100.1",), "192.0.2.1"),
        ("10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9, 198.51.100.1",), "198.51.100.1"),
        ("10.0.0.1", ("203.0.113.9", "198.51.100.1, 10.0.0.2"), "198.51.100.1"),
        ("10.0.0.1", (), "10.0.0.1"),
        ("10.0.0.1", ("10.0.0.3",), "10.0.0.3"),
        ("10.0.0.1", ("nonsense",), "unknown"),
        ("10.0.0.1", ("198.51.100.1, nonsense",), "unknown"),
        ("::ffff:10.0.0.1", ("198.51.100.1",), "198.51.100.1"),
        ("::ffff:192.0.2.1", (), "192.0.2.1"),
        ("fd00::1", ("2001:db8:1:2:3:4:5:6",), "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", (), "2001:db8:1:2::/64"),
        (None, (), "unknown"),
        ("testclient", (), "unknown"),
    ],
)
def test_the_address_is_the_last_that_is_no_trusted_proxys(
    client: str | None, forwarded: Sequence[str], address: str
) -> None:
    assert address_of(scope(client, *forwarded), PROXIES) == address


@pytest.mark.parametrize(
    ("server", "client", "address"),
    [
        ("127.0.0.1", "198.51.100.1", "127.0.0.1"),
        ("127.8.8.8", "198.51.100.1", "127.8.8.8"),
        ("::1", "198.51.100.1", "::/64"),
        ("::ffff:127.0.0.1", "198.51.100.1", "127.0.0.1"),
        ("192.0.2.9", "198.51.100.1", "198.51.100.1"),
        ("leaderforge.test", "198.51.100.1", "198.51.100.1"),
        ("/run/leaderforge.socket", None, "unknown"),
    ],
)
def test_only_this_machine_connects_to_its_loopback_address(server: str, client: str | None, address: str) -> None:
    """A request to a loopback address comes from this machine, whatever client address its headers name."""
    assert address_of({**scope(client, "198.51.100.1"), "server": (server, 80)}, PROXIES) == address


def test_the_host_header_of_an_event_is_no_address_of_a_server() -> None:
    event = {**scope("198.51.100.1"), "server": ("127.0.0.1", 80), "aws.event": {}}
    assert address_of(event, [ip_network("127.0.0.0/8")]) == "198.51.100.1"
    assert not is_reached_locally(event)


@pytest.mark.parametrize(
    ("server", "status"),
    [("127.0.0.1", 200), ("::1", 200), ("127.8.8.8", 200), ("192.0.2.9", 403), ("10.0.0.1", 403), ("2001:db8::1", 403)],
)
async def test_a_server_for_this_machine_answers_at_loopback_addresses_only(api: Api, server: str, status: int) -> None:
    host = f"[{server}]" if ":" in server else server
    answer = await api.client.get(f"http://{host}{TOP}")
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["error"]["code"] == "forbidden"


async def test_a_server_for_others_answers_at_every_address() -> None:
    async with serving(LEADERFORGE_HOST="192.0.2.9") as api:
        assert (await api.client.get(f"http://192.0.2.9{TOP}")).status_code == 200


async def test_proxies_are_trusted_by_a_setting() -> None:
    async with serving(LEADERFORGE_ADDRESS_LIMIT="1:1", LEADERFORGE_TRUSTED_PROXIES="127.0.0.0/8") as api:

        async def top(address: str) -> httpx.Response:
            return await api.get(TOP, X_Forwarded_For=address)

        answers = [await top(address) for address in ("192.0.2.1", "192.0.2.2", "192.0.2.1")]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
