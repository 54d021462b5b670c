"""Examples in the documentation: calls and their responses. CONTRIBUTING.md describes the format."""

import csv
import json
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any, Self

FOLDER = Path(__file__).parents[1] / "docs"
_PIECE = re.compile(
    r"^<!-- now: (?P<now>\S+) -->$"
    r"|^```sh\n(?P<calls>curl.*?)^```\n(?:```(?P<form>json|csv|ndjson|text)\n(?P<answer>.*?)^```)?",
    re.DOTALL | re.MULTILINE,
)
_KEY = re.compile(r"Authorization: Bearer \$(\w+)")
_TYPE = re.compile(r"Content-Type: (\S+)")
_PLAYER = re.compile(r"^TOKEN=.*\bplayer (\d+)", re.MULTILINE)
_VARIABLES = {
    "USER_ID": "user_id",
    "TOKEN": "token",
    "REFRESH": "refresh_token",
    "KID": "kid",
    "ENDPOINT": "endpoint_id",
    "INVITATION": "invitation",
}
"""JSON members of responses that later examples use, by the name of the shell variable for the value."""
_CHANGING = frozenset(
    {
        "at", "key", "rotated_at", "replaced_until", "revoked_at", "achieved_at", "created_at", "as_of",
        "received_us", "recorded_at", "submission_id", "erasure_id", "next", "previous", "partitions", "nodes", "cache",
        "healthy", "version", "joined_at", "now", "window_ends_at",
        "endpoint_id", "secret", "duration_ms", "id", "timestamp", "revision",
        "previous_secret_until", "disabled_at", "since", "invitation",
    }
)  # fmt: skip
"""JSON members of responses that differ from run to run, unless they are null."""
_CHANGING_AT_TIMES = frozenset({"verification"})
"""JSON members of responses that differ from run to run, and are null in some runs."""


@cache
def openapi_document() -> Mapping[str, Any]:
    """Return the OpenAPI document stored in frontend/. Reading it saves the seconds of CPU that generating it takes.

    If the document of the API differs, `test_web.py` fails. Then run `npm run api` in frontend/.
    """
    document: Mapping[str, Any] = json.loads((FOLDER.parent / "frontend" / "openapi.json").read_text())
    return document


@dataclass(frozen=True)
class Example:
    """Call in an example, and the response that the page shows.

    `key` is the shell variable with the API key or token, `player` the id of the token's player. `now` is the time of
    the call in ms, None if irrelevant. `answer` is the response in the format `form`, None if the page shows none.
    `streamed` is true for a response without an end.
    """

    method: str
    path: str
    content: str | None
    content_type: str
    key: str | None
    player: int | None
    form: str
    answer: str | None
    now: int | None
    streamed: bool

    def values_in(self, answer: str) -> dict[str, str]:
        """Return the shell variables that later calls of the page may use, with their values in this answer."""
        is_object = self.form == "json" and answer.startswith("{") and "\n" not in answer.strip()
        members = json.loads(answer) if is_object else {}
        return {name: str(members[member]) for name, member in _VARIABLES.items() if member in members}

    def filled(self, values: Mapping[str, str]) -> Self:
        """Return the call with these values in the place of its variables, such as `$USER_ID`."""
        path, content = self.path, self.content
        for name, value in values.items():
            path, content = path.replace(f"${name}", value), content and content.replace(f"${name}", value)
        return replace(self, path=path, content=content)

    @property
    def is_refused(self) -> bool:
        """Return whether the page shows an error."""
        return self.form == "json" and self.answer is not None and "error" in json.loads(self.answer)

    @property
    def length(self) -> int:
        """Return the number of events in the response that the page shows."""
        return len(_FORMS["text"](self.answer or ""))

    def shows(self, answer: str) -> bool:
        """Return whether the page shows this response. Ignore JSON members that differ from run to run."""
        parse = _FORMS[self.form]
        return self.answer is None or _plain(parse(answer)) == _plain(parse(self.answer))


def pages() -> list[Path]:
    """Return the pages with examples."""
    return [page for page in sorted(FOLDER.glob("*.md")) if _PIECE.search(page.read_text())]


def examples(page: Path) -> Iterator[Example]:
    """Yield the examples of a page, in its order."""
    now, text = None, page.read_text()
    player = int(found[1]) if (found := _PLAYER.search(text)) else None
    for piece in _PIECE.finditer(text):
        if piece["now"]:
            now = int(datetime.fromisoformat(piece["now"]).timestamp() * 1000)
        for line in (piece["calls"] or "").splitlines():
            yield _example(shlex.split(line), piece["form"] or "json", piece["answer"], now, player)
            now = None


def _example(words: list[str], form: str, answer: str | None, now: int | None, player: int | None) -> Example:
    [url] = [word for word in words if word.startswith("$API")]
    return Example(
        method=words[words.index("-X") + 1] if "-X" in words else "GET",
        path=url.removeprefix("$API"),
        content=_content(words),
        content_type=next((found[1] for word in words if (found := _TYPE.fullmatch(word))), "application/json"),
        key=next((found[1] for word in words if (found := _KEY.fullmatch(word))), None),
        player=player,
        form=form,
        answer=answer,
        now=now,
        streamed="-N" in words,
    )


def _content(words: list[str]) -> str | None:
    """Return the body of a call: its text, or the content of its file. Return None for a call without a body."""
    if "--data-binary" in words:
        return (FOLDER.parent / words[words.index("--data-binary") + 1].removeprefix("@")).read_text()
    return words[words.index("-d") + 1] if "-d" in words else None


def _events(text: str) -> list[Mapping[str, Any]]:
    """Return names and data of server-sent events, without ids, comments and delays."""
    found = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if re.match(r"\w+: ", line))
        if "data" in fields:
            found.append({"event": fields.get("event", "message"), "data": json.loads(fields["data"])})
    return found


_FORMS: dict[str, Callable[[str], Any]] = {
    "json": json.loads,
    "ndjson": lambda text: [json.loads(line) for line in text.splitlines()],
    "csv": lambda text: list(csv.DictReader(text.splitlines())),
    "text": _events,
}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: name if _changes(name, one) else _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list) else value


def _changes(name: str, value: Any) -> bool:
    return name in _CHANGING_AT_TIMES or (name in _CHANGING and value is not None)
