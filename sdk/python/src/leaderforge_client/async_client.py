"""Client for asyncio."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Self, cast

import httpx

from leaderforge_client import reads
from leaderforge_client.calls import Calls, Tag, Token, refusal
from leaderforge_client.client import score_body
from leaderforge_client.commands import Call, Exclusive, Local, Reply, ResultT, Send, Step, Wait
from leaderforge_client.errors import TRANSIENT, NetworkError, NotSignedIn, Unauthenticated, Unavailable
from leaderforge_client.events import EventReader
from leaderforge_client.options import Options
from leaderforge_client.results import Flushed, QueuedScore, Submitted
from leaderforge_client.store import Store
from leaderforge_client.types import (
    AroundOut,
    BoardOut,
    EntryOut,
    FriendRanksOut,
    PageOut,
    PlayerOut,
    SessionOut,
    TopOut,
)

_LISTENING = httpx.Timeout(10.0, read=45.0)
"""Time limits of a live stream, in s. The service sends a line every 15 s. A stream without a line for 45 s is lost."""


class AsyncClient:
    """Client of one service and one player or key. Cancel a call by cancelling its task. Queued scores stay.

    `key` is an API key. `token` is a player token from your own server, or a function that returns the present token.
    The function is called for each request, and once more after a refusal. `queue` is the path of the file that stores
    scores and the session. Without `queue`, both are lost when the process ends.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str | None = None,
        token: Token | None = None,
        queue: Path | str | None = None,
        options: Options | None = None,
    ) -> None:
        self.options = options or Options()
        self.queue = Store(queue, self.options.queue_capacity)
        self._calls = Calls(self.queue, self.options, key, token)
        self._http = httpx.AsyncClient(base_url=url, timeout=self.options.timeout_s)
        self._locks = {"flush": asyncio.Lock(), "session": asyncio.Lock()}

    @property
    def user_id(self) -> int | None:
        """Signed-in player, None if no player is signed in."""
        return self._calls.user_id

    async def sign_in_device(self, *, secret: str | None = None, username: str | None = None) -> SessionOut:
        """Sign in with a secret of this device, which the queue's file stores. The first call creates the player."""
        return await self._run(self._calls.sign_in_device(secret, username))

    async def sign_out(self) -> None:
        """End the session on the server and here. A later sign-in of this device signs the same player in."""
        await self._run(self._calls.sign_out())

    async def submit(
        self,
        board: str,
        score: int | str | None = None,
        *,
        change: int | None = None,
        user_id: int | None = None,
        external_id: str | None = None,
        subscore: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        numbers: Mapping[str, int] | None = None,
        achieved_at: str | None = None,
        submission_id: str | None = None,
    ) -> Submitted:
        """Make a score durable, and send it after all earlier scores.

        If the service cannot be reached, `receipt` of the result is None, and the score waits in the queue for `flush`.
        Raises `QueueFull`, `NotSignedIn`, or `ApiError` if the service refuses the score.
        """
        body = score_body(score, change, user_id, external_id, subscore, metadata, numbers, achieved_at)
        return await self._run(self._calls.submit(board, body, submission_id))

    async def enqueue(
        self,
        board: str,
        score: int | str | None = None,
        *,
        change: int | None = None,
        user_id: int | None = None,
        external_id: str | None = None,
        subscore: int | None = None,
        metadata: Mapping[str, Any] | None = None,
        numbers: Mapping[str, int] | None = None,
        achieved_at: str | None = None,
        submission_id: str | None = None,
    ) -> QueuedScore:
        """Make a score durable without sending it. Raises `QueueFull` or `NotSignedIn`."""
        body = score_body(score, change, user_id, external_id, subscore, metadata, numbers, achieved_at)
        return await self._run(self._calls.enqueue(board, body, submission_id))

    async def flush(self) -> Flushed:
        """Send all scores in the queue. Raises `NetworkError` or `ApiError` if a request fails after all tries."""
        return await self._run(self._calls.flush())

    async def top(self, board: str, *, period: str = "current", segment: str | None = None, limit: int = 10) -> TopOut:
        """Return the first entries of the board or, with `segment`, of a segment such as `country:FI`."""
        return cast(TopOut, await self._get(reads.top(board, period, limit, segment)))

    async def rank(
        self, board: str, player: int | str | None = None, *, period: str = "current", segment: str | None = None
    ) -> PlayerOut:
        """Return the entry of a player. `player` is an id, an external id as text, or None for the signed-in player."""
        return cast(PlayerOut, await self._get(reads.rank(board, self._player(player), period, segment)))

    async def around(
        self,
        board: str,
        player: int | str | None = None,
        *,
        period: str = "current",
        segment: str | None = None,
        radius: int = 5,
    ) -> AroundOut:
        """Return a player's entry and its neighbours."""
        return cast(AroundOut, await self._get(reads.around(board, self._player(player), period, radius, segment)))

    async def friends(
        self,
        board: str,
        player: int | str | None = None,
        *,
        period: str = "current",
        segment: str | None = None,
        limit: int = 10,
        radius: int = 5,
    ) -> FriendRanksOut:
        """Return the ranks of a player and of the player's friends, among each other and on the board."""
        read = reads.friends(board, self._player(player), period, limit, radius, segment)
        return cast(FriendRanksOut, await self._get(read))

    async def board(self, board: str) -> BoardOut:
        """Return the settings of a board."""
        return cast(BoardOut, await self._get(reads.board(board)))

    async def entries(
        self, board: str, *, period: str = "current", segment: str | None = None, page_size: int = 100
    ) -> AsyncIterator[EntryOut]:
        """Yield all entries from rank 1 on, page by page."""
        cursor: str | None = None
        while True:
            page = cast(PageOut, await self._get(reads.page(board, period, page_size, cursor, segment)))
            for entry in page["entries"]:
                yield entry
            cursor = page["next"]
            if cursor is None:
                return

    async def watch(
        self, board: str, *, period: str = "current", segment: str | None = None, limit: int = 10, every_s: float = 5.0
    ) -> AsyncIterator[TopOut]:
        """Yield the first entries at once, and again after each change. Poll every `every_s` seconds, with the ETag."""
        tag, read = Tag(), reads.top(board, period, limit, segment)
        while True:
            changed = await self._run(self._calls.request("GET", read.path, query=read.query, tag=tag))
            if changed is not None:
                yield cast(TopOut, changed)
            await self._wait(every_s)

    async def stream(
        self, board: str, *, period: str = "current", segment: str | None = None, limit: int = 10
    ) -> AsyncIterator[TopOut]:
        """Yield the first entries at once, and again within a second of each change.

        After a lost connection, the stream continues after the last received event. If the service cannot stream, the
        client polls once a second.
        """
        reader, read, failures, is_refused = EventReader(), reads.stream(board, period, limit, segment), 0, False
        while True:
            token = self._calls.session_token
            try:
                async for top in self._listen(read, reader):
                    failures, is_refused = 0, False
                    yield top
            except NetworkError:
                reader.interrupt()
            except Unauthenticated as error:
                if is_refused:
                    raise
                await self._run(self._calls.replace_token(token, error))
                is_refused = True
                continue
            except Unavailable as error:
                if error.code == "streaming_unavailable":
                    async for top in self.watch(board, period=period, segment=segment, limit=limit, every_s=1.0):
                        yield top
                if error.code not in TRANSIENT and error.code != "too_many_listeners":
                    raise
            failures += 1
            wait = self.options.pause_s(failures)
            self._calls.emit("stream", state="interrupted", wait_s=wait)
            await self._wait(wait)

    async def request(
        self, method: str, path: str, *, body: Any = None, query: Mapping[str, str | int] | None = None
    ) -> Any:
        """Make any other call of the API, and return its JSON. GET, PUT and DELETE are retried; POST is not."""
        return await self._run(self._calls.request(method, path, body=body, query=query))

    async def close(self) -> None:
        """Close the connections and the queue's file."""
        await self._http.aclose()
        self.queue.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _player(self, player: int | str | None) -> int | str:
        chosen = self.user_id if player is None else player
        if chosen is None:
            raise NotSignedIn("no player is signed in: sign in, or pass the player")
        return chosen

    async def _get(self, read: reads.Read) -> Any:
        return await self._run(self._calls.request("GET", read.path, query=read.query))

    async def _listen(self, read: reads.Read, reader: EventReader) -> AsyncIterator[TopOut]:
        """Yield the events of one connection."""
        headers = {**self._calls.authorization(), "Accept": "text/event-stream"}
        if reader.last_id:
            headers["Last-Event-ID"] = reader.last_id
        try:
            async with self._http.stream(
                "GET", read.path, params=dict(read.query), headers=headers, timeout=_LISTENING
            ) as response:
                if response.status_code != 200:
                    raise refusal(Reply(response.status_code, response.headers, await response.aread()))
                self._calls.emit("stream", state="connected", resumed=bool(reader.last_id))
                async for line in response.aiter_lines():
                    for top in reader.feed(line):
                        yield top
        except (httpx.RequestError, httpx.StreamError) as error:
            raise NetworkError(str(error) or type(error).__name__) from error

    async def _run(self, call: Call[ResultT]) -> ResultT:
        """Perform the steps of a call and return its result."""
        advance: Callable[[], Step] = lambda: next(call)  # noqa: E731
        try:
            while True:
                try:
                    step = advance()
                except StopIteration as end:
                    return cast(ResultT, end.value)
                try:
                    result = await self._perform(step)
                except Exception as error:
                    advance = partial(call.throw, error)
                else:
                    advance = partial(call.send, result)
        finally:
            call.close()

    async def _perform(self, step: Step) -> Any:
        match step:
            case Send():
                return await self._send(step)
            case Wait(seconds=seconds):
                return await self._wait(seconds)
            case Local(call=function):
                return await asyncio.to_thread(function)
            case Exclusive(lock=name, call=call):
                async with self._locks[name]:
                    return await self._run(call)

    async def _send(self, step: Send) -> Reply:
        try:
            response = await self._http.request(
                step.method, step.path, params=dict(step.query), headers=dict(step.headers), content=step.content
            )
        except httpx.RequestError as error:
            raise NetworkError(str(error) or type(error).__name__) from error
        return Reply(response.status_code, response.headers, response.content)

    async def _wait(self, seconds: float) -> None:
        if self.options.sleep is not None:
            self.options.sleep(seconds)
            seconds = 0.0
        await asyncio.sleep(seconds)
