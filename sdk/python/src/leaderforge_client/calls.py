"""Calls of the API, with tries, sign-in and the queue. Each call is a generator of steps that both clients perform."""

import json
import secrets
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any, cast

from leaderforge_client.commands import Call, Exclusive, Local, Reply, Send, Wait
from leaderforge_client.errors import (
    TRANSIENT,
    UNKNOWN,
    ApiError,
    Invalid,
    LeaderForgeError,
    NetworkError,
    NotFound,
    NotSignedIn,
    QueueUnwritable,
    Unauthenticated,
    api_error,
    item_error,
)
from leaderforge_client.options import Options, TelemetryEvent
from leaderforge_client.results import Flushed, QueuedScore, RejectedScore, Submitted
from leaderforge_client.store import Store
from leaderforge_client.types import QueuedOut, ReceiptOut, SessionOut

_RETRIED = frozenset({408, 425, 429, 500, 502, 503, 504})
_SAFE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
Token = str | Callable[[], str]
"""Player token, or a function that returns the present token."""


@dataclass(slots=True)
class Tag:
    """ETag of the last response to a poll."""

    value: str = ""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """Request, and the rules for its tries. The default values are the rules for a sign-in request."""

    method: str
    path: str
    body: Any
    query: Mapping[str, str | int] = field(default_factory=dict)
    may_repeat: bool = True
    tag: Tag | None = None
    is_complete: Callable[[Any], bool] | None = None

    def step(self, headers: Mapping[str, str]) -> Send:
        """Return the step that sends the request with these headers."""
        if self.body is None:
            return Send(self.method, self.path, self.query, headers)
        content = json.dumps(self.body).encode()
        return Send(self.method, self.path, self.query, {**headers, "Content-Type": "application/json"}, content)


class Calls:
    """Calls of one client. Times are in s."""

    def __init__(self, store: Store, options: Options, key: str | None, token: Token | None) -> None:
        self.store, self.options = store, options
        self._key, self._token = key, token
        self._session = store.session()
        self._awaited: dict[str, ReceiptOut | QueuedOut | RejectedScore | None] = {}
        """Outcomes, by submission id, of scores whose `submit` still runs: None until the service has answered."""

    @property
    def user_id(self) -> int | None:
        """Signed-in player, None if no player is signed in."""
        return int(self._session["user_id"]) if "user_id" in self._session else None

    def emit(self, kind: str, **facts: Any) -> None:
        """Report an event to the hook."""
        if self.options.on_event is not None:
            self.options.on_event(TelemetryEvent(kind, facts))

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, str | int] | None = None,
        retried: bool | None = None,
        tag: Tag | None = None,
        is_complete: Callable[[Any], bool] | None = None,
    ) -> Call[Any]:
        """Return the JSON of the response, None for 304 and 204.

        Failed tries are repeated if `retried` is true. If `retried` is None, they are repeated for methods in `_SAFE`.
        An expired token is refreshed once. Raises `ApiError` or `NetworkError`. An answer that `is_complete` rejects
        counts as a `NetworkError`.
        """
        may_repeat = method in _SAFE if retried is None else retried
        attempt = _Attempt(method, path, body, query or {}, may_repeat, tag, is_complete)
        token = self.session_token
        try:
            return (yield from self._authorized(attempt))
        except Unauthenticated as error:
            yield from self.replace_token(token, error)
        return (yield from self._authorized(attempt))

    @property
    def session_token(self) -> str | None:
        """Token of the session, None without a session."""
        return self._session.get("token")

    def replace_token(self, token: str | None, error: Unauthenticated) -> Call[None]:
        """Replace a refused token of the session. Raises `error` if this client cannot get another token."""
        if "refresh_token" not in self._session and not callable(self._token):
            raise error
        yield Exclusive("session", self._refresh(token))

    def sign_in_device(self, secret: str | None, username: str | None) -> Call[SessionOut]:
        """Sign in with the given secret, else the stored one, else a new one. Store the secret before the first try."""
        return cast(SessionOut, (yield Exclusive("session", self._sign_in(secret, username))))

    def sign_out(self) -> Call[None]:
        """End the session. The secret of the device stays, so that the same player can sign in again."""
        # A refresh that ended after the sign-out would store a new session.
        yield Exclusive("session", self._sign_out())
        self.emit("session", state="ended")

    def _sign_out(self) -> Call[None]:
        token = self._session.get("refresh_token")
        if token is not None:
            with suppress(NotFound):
                yield from self._tried(_Attempt("POST", "/api/auth/revoke", {"refresh_token": token}))
        yield from self._keep({"refresh_token": None, "token": None, "user_id": None})

    def enqueue(self, board: str, body: dict[str, Any], submission_id: str | None = None) -> Call[QueuedScore]:
        """Make a score durable. No request is sent. Raises `QueueFull` or `NotSignedIn`."""
        identifier = submission_id or str(uuid.uuid4())
        full = {**self._with_player(body), "board": board, "submission_id": identifier}
        # Send the time of the score, because the score may be delivered later. A player token may not set this time.
        # With a submission id of the caller, send no time: a later call with this id must have the same content.
        if self._key is not None and submission_id is None and "change" not in full:
            full.setdefault("achieved_at", _timestamp())
        queued = cast(QueuedScore, (yield Local(lambda: self.store.add(identifier, full))))
        self.emit("queued", submission_id=identifier, position=queued.position)
        return queued

    def submit(self, board: str, body: dict[str, Any], submission_id: str | None = None) -> Call[Submitted]:
        """Make a score durable, and flush the queue up to this score.

        The receipt is None if the service cannot be reached: the score then waits in the queue. Raises `ApiError` if
        the service refuses this score, or has refused it before.
        """
        queued = yield from self.enqueue(board, body, submission_id)
        self._awaited[queued.submission_id] = queued if isinstance(queued, RejectedScore) else None
        try:
            yield from self.flush(queued.position)
        except (NetworkError, QueueUnwritable):
            pass  # the score is durable, and waits in the queue
        except ApiError as error:
            if error.code not in TRANSIENT:
                raise
        finally:
            outcome = self._awaited.pop(queued.submission_id, None)
        if isinstance(outcome, RejectedScore):
            raise ApiError(0, outcome.code, outcome.message)
        return Submitted(queued.submission_id, outcome)

    def flush(self, until: int | None = None) -> Call[Flushed]:
        """Send the queue in order, by default all of it.

        Raises `NetworkError` or `ApiError` if a batch fails after all tries. Undelivered scores stay queued.
        """
        return cast(Flushed, (yield Exclusive("flush", self._flush(until))))

    def _flush(self, until: int | None) -> Call[Flushed]:
        flushed, size = Flushed(), self.options.batch_size
        batch: list[QueuedScore]
        while batch := (yield Local(lambda: self._batch(until, size))):  # noqa: B023 - called at once
            try:
                settled = yield from self._deliver(batch, flushed)
            except Invalid as error:
                if error.code == UNKNOWN:
                    raise  # the refusal of a proxy says nothing about single scores
                if len(batch) > 1:
                    size = len(batch) // 2
                    continue
                settled = yield from self._settle([], [_rejected(batch[0], error)], flushed)
            size = self.options.batch_size
            if settled < len(batch):
                break  # some scores of the batch stay queued: the service cannot count them at present
        pending = yield Local(self.store.pending_count)
        return Flushed(flushed.receipts, flushed.rejected, pending)

    def _batch(self, until: int | None, size: int) -> list[QueuedScore]:
        first = self.store.pending(size)
        return [score for score in first if until is None or score.position <= until]

    def _deliver(self, batch: list[QueuedScore], flushed: Flushed) -> Call[int]:
        """Send a batch. Take delivered scores out of the queue, and mark rejected scores, which are not sent again.

        Return the number of delivered and rejected scores. Raises `Invalid` if the service refuses the whole batch,
        because it cannot read a score.
        """
        body = {"submissions": [score.body for score in batch]}
        answer = yield from self.request(
            "POST",
            "/api/scores/batch",
            body=body,
            retried=True,
            is_complete=lambda reply: isinstance(reply, dict) and len(reply.get("results", ())) == len(batch),
        )
        results = answer["results"]
        delivered, rejected = [], []
        for score, result in zip(batch, results, strict=True):
            if "error" not in result:
                delivered.append(score.submission_id)
                flushed.receipts[score.submission_id] = cast(ReceiptOut | QueuedOut, result)
            elif (error := item_error(result)).code not in TRANSIENT:
                rejected.append(_rejected(score, error))
        return (yield from self._settle(delivered, rejected, flushed))

    def _settle(self, delivered: list[str], rejected: list[RejectedScore], flushed: Flushed) -> Call[int]:
        self._note_outcomes(flushed.receipts, rejected)
        yield Local(lambda: self.store.settle(delivered, rejected))
        flushed.rejected.extend(rejected)
        self._report(delivered, rejected)
        return len(delivered) + len(rejected)

    def _note_outcomes(self, receipts: Mapping[str, ReceiptOut | QueuedOut], rejected: Sequence[RejectedScore]) -> None:
        outcomes = {**receipts, **{score.submission_id: score for score in rejected}}
        self._awaited.update((name, outcomes[name]) for name in self._awaited.keys() & outcomes.keys())

    def _report(self, delivered: list[str], rejected: list[RejectedScore]) -> None:
        for submission_id in delivered:
            self.emit("delivered", submission_id=submission_id)
        for score in rejected:
            self.emit("rejected", submission_id=score.submission_id, code=score.code)

    def _with_player(self, body: dict[str, Any]) -> dict[str, Any]:
        if body.get("user_id") is None and body.get("external_id") is None:
            if self.user_id is None:
                raise NotSignedIn("no player is signed in: sign in, or pass user_id")
            body = {**body, "user_id": self.user_id}
        return {name: value for name, value in body.items() if value is not None}

    def _sign_in(self, secret: str | None, username: str | None) -> Call[SessionOut]:
        secret = secret or self._session.get("secret") or secrets.token_hex(32)
        yield from self._keep({"secret": secret})
        body = {"secret": secret} if username is None else {"secret": secret, "username": username}
        return (yield from self._started(self._tried(_Attempt("POST", "/api/auth/device", body)), "started"))

    def _refresh(self, rejected: str | None) -> Call[None]:
        """Replace a rejected token, unless another call has replaced it already."""
        if callable(self._token) or self._session.get("token") != rejected:
            return
        body = {"refresh_token": self._session["refresh_token"]}
        try:
            yield from self._started(self._tried(_Attempt("POST", "/api/auth/refresh", body)), "refreshed")
        except NotFound:
            if "secret" not in self._session:
                raise
            yield from self._sign_in(None, None)

    def _started(self, call: Call[Any], state: str) -> Call[SessionOut]:
        session = cast(SessionOut, (yield from call))
        # Make the refresh token durable before the player token is used. The loss of the refresh token would end the
        # session.
        values = {name: str(session[name]) for name in ("user_id", "token", "refresh_token")}
        yield from self._keep(dict(values))
        self.emit("session", state=state, user_id=session["user_id"])
        return session

    def _keep(self, values: dict[str, str | None]) -> Call[None]:
        yield Local(lambda: self.store.set_session(values))
        self._session = {**self._session, **{name: value for name, value in values.items() if value is not None}}
        for name in (name for name, value in values.items() if value is None):
            self._session.pop(name, None)

    def authorization(self) -> dict[str, str]:
        """Return the header with the key or token, no header without both."""
        token = self._token() if callable(self._token) else self._token
        credential = self._key or token or self._session.get("token")
        return {"Authorization": f"Bearer {credential}"} if credential else {}

    def _authorized(self, attempt: "_Attempt") -> Call[Any]:
        headers = self.authorization()
        if attempt.tag is not None and attempt.tag.value:
            headers["If-None-Match"] = attempt.tag.value
        return (yield from self._tried(attempt, headers))

    def _tried(self, attempt: "_Attempt", headers: Mapping[str, str] | None = None) -> Call[Any]:
        """Send a request until it is answered, at most `tries` times."""
        step = attempt.step(headers or {})
        for number in range(1, self.options.tries + 1):
            try:
                return (yield from self._once(attempt, step, number))
            except (NetworkError, ApiError) as error:
                if not attempt.may_repeat or number == self.options.tries or not self._may_retry(error):
                    raise
                wait = self._wait(error, number)
                self.emit("retry", method=step.method, path=step.path, wait_s=wait, reason=_reason(error))
                yield Wait(wait)
        raise AssertionError("unreachable: the last try raises")

    def _once(self, attempt: "_Attempt", step: Send, number: int) -> Call[Any]:
        begin = time.monotonic()
        reply: Reply | None = None
        try:
            reply = cast(Reply, (yield step))
            answer = _parsed(reply, attempt.tag)
        finally:
            status, elapsed = reply.status if reply else 0, time.monotonic() - begin
            self.emit("request", method=step.method, path=step.path, attempt=number, status=status, elapsed_s=elapsed)
        if attempt.is_complete is not None and not attempt.is_complete(answer):
            raise NetworkError("the answer is not the service's")
        return answer

    def _may_retry(self, error: LeaderForgeError) -> bool:
        if isinstance(error, ApiError):
            after = error.retry_after_s or 0
            return error.status in _RETRIED and after <= self.options.longest_wait_s
        return True

    def _wait(self, error: LeaderForgeError, number: int) -> float:
        """Return the wait in s after try `number`: the server's `Retry-After`, plus a random time (full jitter)."""
        after = error.retry_after_s if isinstance(error, ApiError) else None
        return (after or 0.0) + self.options.pause_s(number - 1)


def _rejected(score: QueuedScore, error: ApiError) -> RejectedScore:
    return RejectedScore(score.position, score.submission_id, score.body, error.code, error.message)


def refusal(reply: Reply) -> LeaderForgeError:
    """Return the error of a reply whose status is not 200."""
    try:
        _parsed(reply, None)
    except LeaderForgeError as error:
        return error
    return NetworkError(f"unexpected status {reply.status}")


def _parsed(reply: Reply, tag: Tag | None) -> Any:
    """Return the JSON of a reply. Raises `ApiError`, or `NetworkError` if the answer is not the service's."""
    if reply.status in {204, 304}:
        return None
    try:
        body = json.loads(reply.content)
        if reply.status >= 400:
            raise api_error(
                reply.status,
                body,
                request_id=reply.headers.get("x-request-id"),
                retry_after_s=_retry_after_s(reply.headers.get("retry-after")),
            )
    except (ValueError, KeyError, TypeError) as error:
        # The answer comes from a proxy or a captive portal, and says nothing about the score. Another try may succeed.
        if reply.status in _RETRIED or reply.status < 400:
            raise NetworkError(f"the answer with status {reply.status} is not JSON of the service") from error
        raise ApiError(reply.status, UNKNOWN, f"status {reply.status} without an error object") from error
    if not isinstance(body, dict | list):
        raise NetworkError("the answer is no JSON object")
    if tag is not None:
        tag.value = reply.headers.get("etag", "")
    return body


def _retry_after_s(value: str | None) -> float | None:
    """Return the seconds of a `Retry-After` header, which has a number or a date."""
    if value is None:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        try:
            return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
        except ValueError:
            return None


def _reason(error: LeaderForgeError) -> str:
    return error.code if isinstance(error, ApiError) else "network"


def _timestamp() -> str:
    milliseconds = time.time_ns() // 1_000_000
    text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(milliseconds // 1000))
    return f"{text}.{milliseconds % 1000:03}Z"
