"""Webhook endpoints and the stream of events, by the API over in-memory adapters."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from leaderforge.domain.dispatching import DispatchAttempt
from leaderforge.domain.notice_types import NoticeType
from leaderforge.services import dispatching, notice_feed
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.unit.edge_fixtures import Api, serving
from tests.unit.test_edge_streaming import Connection
from tests.waiting import until
from tests.webhook_receiver import WebhookReceiver, receiving

PATH = "/api/admin/endpoints"
SETTINGS = {"LEADERFORGE_SIGNING_SECRET": "s" * 40, "LEADERFORGE_EVENT_NETWORKS": "127.0.0.0/8"}


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    """Application that may send events to this machine."""
    async with serving(**SETTINGS) as running:
        await running.change_board(events=(NoticeType.SCORE_IMPROVED, NoticeType.MODERATION_HIDDEN))
        yield running


@pytest.fixture
async def receiver() -> AsyncIterator[WebhookReceiver]:
    """Receiver of webhooks."""
    async with receiving() as running:
        yield running


async def created(api: Api, url: str, **settings: Any) -> dict[str, Any]:
    """Create an endpoint, and return it with its secret."""
    answer = await api.post(PATH, {"url": url, **settings}, ADMIN_KEY)
    assert answer.status_code == 201, answer.text
    endpoint: dict[str, Any] = answer.json()
    return endpoint


async def dispatch(api: Api, pause_ms: int = 0) -> None:
    """Dispatch all due events after a pause."""
    api.clock.now += pause_ms
    await api.services.events.dispatch.run(60)


def test_the_signature_is_the_one_of_the_specification() -> None:
    # The values are an example from the reference implementations of the specification.
    moment = datetime.fromtimestamp(1614265330, UTC)
    signature = Webhook("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").sign(
        "msg_p5jXN8AQM9LWM0D4loKWxJek", moment, '{"test": 2432232314}'
    )
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


async def test_events_reach_an_endpoint_with_a_valid_signature(api: Api, receiver: WebhookReceiver) -> None:
    endpoint = await created(api, receiver.url)
    api.clock.now = int(datetime.now(UTC).timestamp() * 1000)
    receiver.secrets.append(endpoint["secret"])
    await api.ranked({1: 5, 2: 7})
    await api.post(
        "/api/boards/default/scores", {"user_id": 1, "score": -9}
    )  # a lower sum is no improvement and causes no event
    await dispatch(api)
    received = {user_id: [data["score"] for data in events] for user_id, events in receiver.by_player().items()}
    assert received == {1: [5], 2: [7]}
    [first, _] = receiver.bodies().values()
    assert first["type"] == "score.improved"
    assert set(first["data"]) == {
        *("board", "user_id", "period", "score", "submissions", "achieved_at", "submission_id", "revision")
    }
    log = (await api.get(f"{PATH}/{endpoint['endpoint_id']}/deliveries", ADMIN_KEY)).json()["deliveries"]
    assert [(item["status"], item["failure"], item["attempt"], item["redriven"]) for item in log] == [
        (204, None, 1, False)
    ] * 2


async def test_secrets_are_shown_once_and_rotate_with_an_overlap(api: Api, receiver: WebhookReceiver) -> None:
    endpoint = await created(api, receiver.url)
    path = f"{PATH}/{endpoint['endpoint_id']}"
    listed = await api.get(PATH, ADMIN_KEY)
    assert "secret" not in listed.json()["endpoints"][0]
    assert endpoint["secret"] not in listed.text
    api.clock.now = int(datetime.now(UTC).timestamp() * 1000)
    rotated = (await api.post(f"{path}/rotate", {"overlap_s": 60}, ADMIN_KEY)).json()
    assert rotated["secret"] != endpoint["secret"]
    receiver.secrets = [rotated["secret"], endpoint["secret"]]
    assert (await api.post(f"{path}/test", None, ADMIN_KEY)).json()["status"] == 204
    assert len(receiver.arrivals[0][2]["webhook-signature"].split(" ")) == 2
    api.clock.now += 60_000
    assert (await api.get(PATH, ADMIN_KEY)).json()["endpoints"][0]["previous_secret_until"] is None
    receiver.secrets = []
    assert (await api.post(f"{path}/test", None, ADMIN_KEY)).json()["status"] == 204
    [body, headers] = receiver.arrivals[1][1:]
    assert body["type"] == "endpoint.test"
    signed = json.dumps(body, ensure_ascii=False)
    Webhook(rotated["secret"]).verify(signed, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(endpoint["secret"]).verify(signed, dict(headers))


async def test_failures_are_retried_given_up_and_redriven(receiver: WebhookReceiver) -> None:
    async with serving(**SETTINGS, LEADERFORGE_EVENT_ATTEMPTS="2") as api:
        await api.change_board(events=(NoticeType.SCORE_IMPROVED,))
        endpoint = await created(api, receiver.url)
        path = f"{PATH}/{endpoint['endpoint_id']}"
        receiver.failures = 1.0
        await api.ranked({1: 5})
        await dispatch(api)
        assert (await api.get(PATH, ADMIN_KEY)).json()["endpoints"][0]["failing"] is True
        requests = receiver.requests
        await dispatch(api)  # nothing is sent during the pause after the failure
        assert receiver.requests == requests
        await dispatch(api, 60_000)
        [letter] = (await api.get(f"{path}/dead-letters", ADMIN_KEY)).json()["dead_letters"]
        assert (letter["attempts"], letter["reason"], letter["type"]) == (2, "status 500", "score.improved")
        receiver.failures, receiver.arrivals = 0.0, []
        assert (await api.post(f"{path}/redrive", None, ADMIN_KEY)).json() == {"redriven": 1}
        await dispatch(api, 60_000)
        [(event_id, _, headers)] = receiver.arrivals
        assert (event_id, headers["leaderforge-redriven"]) == (letter["event_id"], "true")
        assert (await api.get(f"{path}/dead-letters", ADMIN_KEY)).json()["dead_letters"] == []


async def test_an_endpoint_is_disabled_by_hand_or_by_410_and_misses_nothing(
    api: Api, receiver: WebhookReceiver
) -> None:
    endpoint = await created(api, receiver.url)
    path = f"{PATH}/{endpoint['endpoint_id']}"
    disabled = (await api.send("PATCH", path, {"disabled": True}, ADMIN_KEY)).json()
    assert disabled["disabled_reason"] == "disabled by env:admin"
    await api.ranked({1: 5})
    await dispatch(api)
    assert receiver.arrivals == []
    assert (await api.send("PATCH", path, {"disabled": False}, ADMIN_KEY)).json()["disabled_at"] is None
    receiver.failures, receiver.failure_status = 1.0, 410
    await dispatch(api)
    [listed] = (await api.get(PATH, ADMIN_KEY)).json()["endpoints"]
    assert listed["disabled_reason"] == "it answered 410 (gone)"
    receiver.failures = 0.0
    await api.send("PATCH", path, {"disabled": False}, ADMIN_KEY)
    await dispatch(api, 60_000)
    assert list(receiver.by_player()) == [1]
    assert (await api.send("DELETE", path, key=ADMIN_KEY)).status_code == 200
    assert (await api.send("DELETE", path, key=ADMIN_KEY)).json()["error"]["code"] == "endpoint_not_found"


async def test_events_reach_the_log_while_an_endpoint_is_slow(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    requested, answered = asyncio.Event(), asyncio.Event()

    async def send(*_: object) -> DispatchAttempt:
        requested.set()
        await answered.wait()
        return DispatchAttempt(204, None, 1)

    monkeypatch.setattr(api.services.parts.notice_sender, "send", send)
    monkeypatch.setattr(dispatching, "_RELAY_EVERY_S", 0)
    await created(api, "https://example.org/")
    await api.ranked({1: 5})
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(dispatch(api))
        await requested.wait()
        await api.ranked({2: 7})
        await until(lambda: not api.store.outbox.notices, "the event to leave the outbox")
        answered.set()
    assert [event["id"] for event in await pieces(api, 0)] == ["1", "2"]


async def test_refused_endpoints(api: Api) -> None:
    for url in ("http://10.0.0.1/x", "https://169.254.169.254/", "ftp://example.org", "https://a:b@example.org/"):
        answer = await api.post(PATH, {"url": url}, ADMIN_KEY)
        assert answer.status_code == 422, url
        assert answer.json()["error"]["message"].startswith("url: ")
    for number in range(20):
        await created(api, f"https://example.org/{number}")
    answer = await api.post(PATH, {"url": "https://example.org/more"}, ADMIN_KEY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "too_many_endpoints")


async def test_without_a_signing_secret_nothing_is_signed() -> None:
    async with serving() as api:
        answer = await api.post(PATH, {"url": "https://example.org/"}, ADMIN_KEY)
        assert answer.status_code == 422
        assert "LEADERFORGE_SIGNING_SECRET" in answer.json()["error"]["message"]
        await api.services.events.dispatch.run(1)


async def pieces(api: Api, after: int | None = None, **options: Any) -> list[dict[str, str]]:
    """Return the events that the stream sends at once. The first heartbeat shows that there are no more events."""
    events: list[dict[str, str]] = []
    feed = api.services.events.feed.follow(after, lambda _: True)
    try:
        async with asyncio.timeout(0.3):
            async for page in feed:
                events += [{"id": str(n.position), "type": n.type} for n in page.notices]
    except TimeoutError:
        pass
    finally:
        await feed.aclose()
    return events


async def test_the_stream_continues_after_a_position(api: Api) -> None:
    await api.ranked({1: 5, 2: 7, 3: 9})
    await dispatch(api)
    assert await pieces(api) == []
    assert [event["id"] for event in await pieces(api, 0)] == ["1", "2", "3"]
    assert [event["id"] for event in await pieces(api, 2)] == ["3"]


async def test_the_stream_continues_after_erased_events(api: Api) -> None:
    await api.ranked({1: 5, 2: 7, 3: 9})
    await dispatch(api)
    for user_id in (1, 3):
        assert (await api.send("DELETE", f"/api/users/{user_id}", key=ADMIN_KEY)).status_code == 200
    await api.ranked({4: 5})
    assert await pieces(api, 1) == [{"id": "2", "type": "score.improved"}]
    assert await pieces(api, 3) == []
    await dispatch(api)
    assert [event["id"] for event in await pieces(api, 3)] == ["4"]


async def test_an_erasure_is_an_event_although_its_audit_entry_names_no_player(api: Api) -> None:
    await api.change_board(events=(NoticeType.SCORE_IMPROVED, NoticeType.MODERATION_ERASED))
    await api.ranked({1: 5, 2: 7})
    await dispatch(api)
    assert (await api.send("DELETE", "/api/users/2", key=ADMIN_KEY)).status_code == 200
    await dispatch(api)
    log = (await api.services.parts.notices.after(0, 10)).notices
    assert [(notice.user_id, notice.type) for notice in log] == [(1, "score.improved"), (2, "moderation.erased")]
    assert json.loads(log[-1].body)["data"] == {
        "board": "default",
        "user_id": 2,
        "action": "player.erase",
        "periods": ["all-time"],
    }


async def test_the_stream_refuses_what_it_cannot_continue(api: Api) -> None:
    await api.ranked({1: 5})
    await dispatch(api)
    for headers, status, code in (
        ({"last-event-id": "77"}, 409, "events_expired"),
        ({"last-event-id": "x"}, 422, "invalid_request"),
    ):
        answer = await api.client.get("/api/events", headers={"authorization": f"Bearer {SUBMIT_KEY}", **headers})
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code)


async def test_a_heartbeat_moves_a_client_past_events_that_are_not_for_it(api: Api) -> None:
    await api.ranked({1: 5, 2: 7})
    await dispatch(api)
    connection, key = Connection(), [(b"authorization", f"Bearer {SUBMIT_KEY}".encode())]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(connection.serve(api.app, "/api/events?after=0&type=award.granted", key))
        await until(lambda: len(connection.sent) >= 2, "the first heartbeat", every=0)
        connection.left.set()
    assert connection.sent[1]["body"] == b"retry: 2000\n\nid: 2\n\n"


async def test_the_number_of_followers_is_limited(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api.services.events.feed, "_most", 1)
    first = api.services.events.feed.follow(None, lambda _: True)
    assert (await anext(first)).notices == []
    with pytest.raises(notice_feed.TooManyListeners):
        await anext(api.services.events.feed.follow(None, lambda _: True))
    await first.aclose()
