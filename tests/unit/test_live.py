"""Hub of live listeners: the states that it sends to them, and the times at which it sends."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

import pytest

from leaderforge.adapters.telemetry.prometheus import Prometheus
from leaderforge.domain.errors import BoardNotFound, IndexUnavailable, LeaderForgeError, TooManyListeners, Unavailable
from leaderforge.services import live
from leaderforge.services.live import Hub, ViewState
from tests.waiting import PATIENCE_S

Listening = AsyncGenerator[ViewState | None, None]


class Board:
    """Live view of a board. It shows the text that the test sets, and counts its loads."""

    def __init__(self) -> None:
        self.loads = 0
        self.error: LeaderForgeError | None = None
        self._shown = ViewState("0", b"0")
        self._changed = asyncio.Event()

    def show(self, text: str) -> None:
        self.change_silently(text)
        self._changed.set()

    def change_silently(self, text: str) -> None:
        """Change the text without waking `until_changed`."""
        self._shown = ViewState(text, text.encode())

    def fail(self, error: LeaderForgeError | None) -> None:
        self.error = error
        self._changed.set()

    async def load(self) -> ViewState:
        self.loads += 1
        self._changed.clear()
        if self.error:
            raise self.error
        return self._shown

    async def until_changed(self) -> None:
        await self._changed.wait()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_SPACING_S", 0.0)


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def telemetry() -> Prometheus:
    return Prometheus()


@pytest.fixture
async def hub(telemetry: Prometheus) -> AsyncIterator[Hub]:
    hub = Hub(telemetry, most=100)
    yield hub
    hub.close()


async def following(listening: Listening) -> ViewState | None:
    async with asyncio.timeout(PATIENCE_S):
        return await anext(listening)


async def texts(listening: Listening, until: str) -> list[str]:
    """Receive texts until `until` is among them, and return them."""
    seen: list[str] = []
    while until not in seen:
        state = await following(listening)
        seen += [state.id] if state else []
    return seen


async def test_a_listener_gets_what_is_shown_and_then_each_change(hub: Hub, board: Board) -> None:
    async with aclosing(hub.listen("board", board)) as listening:
        for text in ("1", "2", "3"):
            assert await following(listening)
            board.show(text)
        assert await following(listening) == ViewState("3", b"3")


async def test_what_is_known_is_not_sent_again(hub: Hub, board: Board) -> None:
    async with aclosing(hub.listen("board", board, "0")) as listening:
        assert await following(listening) is None
        board.show("1")
        assert await following(listening) == ViewState("1", b"1")


async def test_all_listeners_share_one_look(hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_LOOK_S", 60.0)
    listeners = [hub.listen("board", board) for _ in range(50)]
    firsts = [await following(one) for one in listeners]
    board.show("1")
    seconds = await asyncio.gather(*map(following, listeners))
    assert {id(one) for one in firsts} == {id(firsts[0])}
    assert {id(one) for one in seconds} == {id(seconds[0])}
    assert board.loads == 2
    for one in listeners:
        await one.aclose()


async def test_a_slow_listener_gets_the_newest_only(hub: Hub, board: Board) -> None:
    async with aclosing(hub.listen("board", board)) as slow, aclosing(hub.listen("board", board)) as quick:
        await following(slow)
        await following(quick)
        for number in range(1, 20):
            board.show(str(number))
            await texts(quick, str(number))
        assert await following(slow) == ViewState("19", b"19")


async def test_what_changes_without_being_told_is_seen_all_the_same(
    hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_LOOK_S", 0.01)
    async with aclosing(hub.listen("board", board)) as listening:
        await following(listening)
        board.change_silently("1")
        assert await following(listening) == ViewState("1", b"1")


async def test_signs_of_life(hub: Hub, board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_LOOK_S", 0.01)
    monkeypatch.setattr(live, "HEARTBEAT_S", 0.02)
    async with aclosing(hub.listen("board", board)) as listening:
        assert await following(listening)
        assert [await following(listening) for _ in range(3)] == [None] * 3


async def test_listeners_outlast_what_cannot_be_read_for_a_while(hub: Hub, board: Board) -> None:
    async with aclosing(hub.listen("board", board)) as listening:
        await following(listening)
        before = board.loads
        board.fail(IndexUnavailable("gone"))
        async with asyncio.timeout(PATIENCE_S):
            while board.loads == before:  # noqa: ASYNC110 - another task counts the loads
                await asyncio.sleep(0)
        board.fail(None)
        board.show("1")
        assert await following(listening) == ViewState("1", b"1")


async def test_listeners_are_let_go_when_the_board_is_gone(hub: Hub, board: Board) -> None:
    async with aclosing(hub.listen("board", board)) as listening:
        await following(listening)
        board.fail(BoardNotFound("gone"))
        with pytest.raises(StopAsyncIteration):
            await following(listening)
    with pytest.raises(BoardNotFound):
        await following(hub.listen("board", board))


async def test_closing_lets_all_go_and_takes_no_more(hub: Hub, board: Board, telemetry: Prometheus) -> None:
    listeners = [hub.listen("board", board) for _ in range(3)]
    await asyncio.gather(*map(following, listeners))
    hub.close()
    for one in listeners:
        with pytest.raises(StopAsyncIteration):
            await following(one)
    with pytest.raises(Unavailable, match="shutting down"):
        await following(hub.listen("board", board))
    assert "leaderforge_stream_listeners 0.0" in telemetry.exposition()[0].decode()
    hub.open()
    async with aclosing(hub.listen("board", board)) as listening:
        assert await following(listening)


async def test_there_is_room_for_so_many(telemetry: Prometheus, board: Board) -> None:
    hub = Hub(telemetry, most=2)
    one, two = hub.listen("board", board), hub.listen("other", Board())
    await asyncio.gather(following(one), following(two))
    with pytest.raises(TooManyListeners):
        await following(hub.listen("board", board))
    await one.aclose()
    async with aclosing(hub.listen("board", board)) as three:
        assert await following(three)
    await two.aclose()


async def test_nobody_looks_when_nobody_listens(hub: Hub, board: Board) -> None:
    async with aclosing(hub.listen("board", board)) as listening:
        await following(listening)
        before = asyncio.all_tasks()
    await asyncio.sleep(0)
    assert len(asyncio.all_tasks() & before) == len(before) - 1


async def test_a_first_look_that_fails_takes_no_room(telemetry: Prometheus, board: Board) -> None:
    hub = Hub(telemetry, most=1)
    board.fail(IndexUnavailable("gone"))
    for _ in range(3):
        with pytest.raises(IndexUnavailable):
            await following(hub.listen("board", board))


async def test_an_address_has_a_limit_of_its_own(telemetry: Prometheus) -> None:
    hub = Hub(telemetry, most=10, most_an_address=2)

    async def listen(address: str) -> Listening:
        listening = hub.listen("board", Board(), address=address)
        await anext(listening)
        return listening

    first, _ = await listen("192.0.2.1"), await listen("192.0.2.1")
    with pytest.raises(TooManyListeners, match="this address has 2 listeners"):
        await listen("192.0.2.1")
    others = [await listen("192.0.2.2"), *[await listen("") for _ in range(4)]]
    await first.aclose()
    await listen("192.0.2.1")
    assert len(others) == 5
    hub.close()
