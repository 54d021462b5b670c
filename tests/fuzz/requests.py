"""Requests of the fuzzer, as bytes."""

import gzip
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import quote

from tests.fuzz.credentials import credentials, cursor
from tests.fuzz.values import HOSTILE, RAW_VALUES, Values

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "BREW")
OTHER_PATHS = (
    "/", "/metrics", "/api/docs", "/api/openapi.json", "/api", "//api//health", "/api/health/", "/%00",
    "/..%2f..%2fetc/passwd", "/api/boards/%ff/top",
)  # fmt: skip
CONTENT_TYPES = (
    "application/json", "application/json; charset=utf-16", "text/plain", "application/xml",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/x-ndjson",
    "application/octet-stream", "", "application/json" * 50,
)  # fmt: skip
ODD_HEADERS: Mapping[str, Sequence[str]] = {
    "Accept-Encoding": ("gzip", "br;q=1, zstd", "gzip;q=x", "*" * 500, "identity;q=0, *;q=0"),
    "If-None-Match": ("*", '"x"', 'W/"' + "a" * 500, ","),
    "Range": ("bytes=0-1", "bytes=-" + "9" * 50),
    "X-Request-Id": ("a" * 200, "\x01", "ok-1"),
    "X-Forwarded-For": ("1.2.3.4", ",", "a" * 500, "::1, %"),
    "Last-Event-ID": ("1", "\xff", "9" * 400),
    "Origin": ("https://evil.example", "null"),
    "Accept": ("text/event-stream", "*/*;q=nan"),
    "Content-Encoding": ("gzip", "br"),
    "Expect": ("100-continue", "200-ok"),
    "Accept-Language": ("de", "x" * 300),
}


@dataclass(slots=True)
class Operation:
    """One call of the OpenAPI document."""

    method: str
    path: str
    parameters: Sequence[Mapping[str, Any]]
    body: Mapping[str, Any] | None


@dataclass(slots=True)
class Factory:
    """Factory of random requests. `seen` has cursors of earlier responses."""

    document: Mapping[str, Any]
    random: Random
    known: Mapping[str, Sequence[Any]]
    seen: list[str] = field(default_factory=list)
    operations: list[Operation] = field(default_factory=list)
    values: Values = field(init=False)

    def __post_init__(self) -> None:
        self.values = Values(self.document, self.random, self.known)
        for path, calls in self.document["paths"].items():
            for method, call in calls.items():
                content = call.get("requestBody", {}).get("content", {})
                body = content.get("application/json", {}).get("schema")
                self.operations.append(Operation(method.upper(), path, call.get("parameters", ()), body))

    def next(self) -> bytes:
        """Return the bytes of a request."""
        operation = self.random.choice(self.operations)
        if operation.method == "DELETE" and self.random.random() < 0.8:
            operation = self.random.choice(self.operations)  # too many deletions would leave no board
        method, path = operation.method, self._path(operation)
        if self.random.random() < 0.03:
            path = self.random.choice(OTHER_PATHS)
        if self.random.random() < 0.05:
            method = self.random.choice(METHODS)
        body = self._body(operation) if operation.body or self.random.random() < 0.05 else b""
        head = [f"{method} {path}{self._query(operation)} HTTP/1.1", "Host: localhost", "Connection: close"]
        head += [f"{name}: {value}" for name, value in self._headers().items()]
        if body or method in {"POST", "PUT", "PATCH"}:
            head += [f"Content-Length: {len(body)}", f"Content-Type: {self._content_type()}"]
        return "\r\n".join([*head, "", ""]).encode("latin-1", "replace") + body

    def _path(self, operation: Operation) -> str:
        path = operation.path
        for parameter in operation.parameters:
            if parameter["in"] == "path":
                value = self.values.of(parameter["schema"], parameter["name"])
                text = quote(_text(value), safe=":" if self.random.random() < 0.8 else "/:%?")
                path = path.replace(f"{{{parameter['name']}}}", text[:4000])
        return path.replace(" ", "%20").replace("\n", "%0A") or "/"

    def _query(self, operation: Operation) -> str:
        pairs = [
            (parameter["name"], self._parameter(parameter))
            for parameter in operation.parameters
            if parameter["in"] == "query" and self.random.random() < (0.9 if parameter.get("required") else 0.3)
        ]
        if self.random.random() < 0.04:
            pairs.append((self.random.choice(["unknown", "limit", "cursor", "", "%"]), self.random.choice(HOSTILE)))
        return "?" + "&".join(f"{quote(_text(n))}={quote(_text(v))}" for n, v in pairs)[:8000] if pairs else ""

    def _parameter(self, parameter: Mapping[str, Any]) -> Any:
        if parameter["name"] in {"cursor", "after", "before"}:
            return cursor(self.random, self.seen)
        return self.values.of(parameter["schema"], parameter["name"])

    def _headers(self) -> dict[str, str]:
        headers = {}
        authorization = credentials(self.random, self.random.choice(list(self.known["user_id"])))
        if authorization is not None:
            headers["Authorization"] = authorization
        for name, choices in ODD_HEADERS.items():
            if self.random.random() < 0.03:
                headers[name] = self.random.choice(choices)
        return headers

    def _content_type(self) -> str:
        return "application/json" if self.random.random() < 0.93 else self.random.choice(CONTENT_TYPES)

    def _body(self, operation: Operation) -> bytes:
        chance = self.random.random()
        if chance < 0.02:
            return self.random.randbytes(self.random.choice([1, 100, 20_000]))
        value = self.values.of(operation.body or {})
        body = json.dumps(value).encode("utf-8", "replace")
        if chance < 0.04:
            return gzip.compress(body)
        if chance < 0.08 and b":" in body:
            before, _, after = body.rpartition(b":")
            return before + b":" + self.random.choice(RAW_VALUES) + after[-1:]
        if chance < 0.1:
            return body[: self.random.randrange(len(body) + 1)]
        return body


def _text(value: Any) -> str:
    """Return a value as text of a URL. Lone surrogates become question marks."""
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode()
