"""Authorization matrix: every route of the OpenAPI document, called by every kind of caller.

A new route needs a row in `RULES`. Without it, the tests fail.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from fastapi import FastAPI

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.people import PersonSession, digest_of_secret, new_session_secret
from leaderforge.domain.permissions import Role
from leaderforge.domain.teams import Joining
from leaderforge.services.teams import NewTeam
from tests.api_client import ADMIN_KEY, SUBMIT_KEY
from tests.documented import openapi_document
from tests.tokens import SIGNING, TOKENS, token
from tests.unit.edge_fixtures import Api, serving
from tests.waiting import PATIENCE_S

UNREACHABLE = {
    "LEADERFORGE_OIDC_ISSUER": "http://127.0.0.1:1",
    "LEADERFORGE_OIDC_CLIENT_ID": "console",
    "LEADERFORGE_OIDC_ROLES": "staff:viewer",
}
"""Settings of an identity provider that does not answer."""
OF_PROVIDER = {"POST /api/auth/console/begin", "POST /api/auth/console/session"}
"""Calls that need the identity provider."""
PLAYER = 123
"""Id of the player in the documentation's examples."""

KEYS = {"read key": "read", "submit key": "submit", "set key": "set", "admin key": "admin"}
ROLES = {"viewer's key": "viewer", "moderator's key": "moderator", "owner's key": "owner"}
SESSIONS = {"viewer's session": "viewer", "moderator's session": "moderator", "owner's session": "owner"}
KNOWN = {*KEYS, *ROLES, *SESSIONS, "submit key of the settings", "admin key of the settings"}
PLAYERS = {"own token", "own issued token", "own token to read", "another's token", "another's issued token"}
UNKNOWN = {"unknown key", "expired token", "another issuer's token"}
CALLERS = ["anonymous", *sorted(UNKNOWN), *sorted(PLAYERS), *sorted(KNOWN)]

OWNERS = {"admin key", "admin key of the settings", "owner's key", "owner's session"}
MODERATORS = {"moderator's key", "moderator's session", *OWNERS}
VIEWERS = {"viewer's key", "viewer's session", *MODERATORS}
SUBMITTERS = {"submit key", "submit key of the settings", *OWNERS}
REGISTRARS = {"moderator's key", "moderator's session", *SUBMITTERS}
SETTERS = {"set key", *MODERATORS}
THEMSELVES = {"own token", "own issued token", "own token to read"}
EVERYONE = {"anonymous", *KNOWN, *PLAYERS}


@dataclass(frozen=True)
class Rule:
    """Admitted callers, in general and on a private board.

    Other callers are refused: with 403 if authenticated, else with 401.
    """

    lets_in: frozenset[str]
    on_private: frozenset[str]

    def expected(self, caller: str, *, private: bool) -> int | None:
        """Return the status with which the caller is refused, None if the caller is admitted."""
        if caller in (self.on_private if private else self.lets_in):
            return None
        return 403 if caller in KNOWN | PLAYERS else 401


def rule(lets_in: set[str], on_private: set[str] | None = None) -> Rule:
    return Rule(frozenset(lets_in), frozenset(lets_in if on_private is None else on_private))


OPEN = rule(EVERYONE)
"""Rule of calls that admit everybody, even without a key, but refuse an invalid key or token."""
READ = rule(EVERYONE, KNOWN | {"own token to read"})
"""Rule of reads of a board."""
SUBMIT = rule(SUBMITTERS | THEMSELVES)
"""Rule of submissions for player 123 to a board open to players. A private board admits the same callers."""
SUBMIT_FOR_ALL = rule(SUBMITTERS)
"""Rule of submissions by game servers only."""
AWARDS = rule(SUBMITTERS | VIEWERS)
"""Rule of reads of the awards of a period."""
REGISTER = rule(REGISTRARS)
OWN = rule(VIEWERS | THEMSELVES)
"""Rule of reads of the data of player 123."""
FRIENDS = rule(KNOWN | THEMSELVES)
"""Rule of reads of the lists of player 123: friends, blocks and challenges."""
FRIEND_RANKS = rule(KNOWN | THEMSELVES, KNOWN | {"own token to read"})
"""Rule of reads of a board among the friends of player 123."""
EXPORT = rule(set(KNOWN))
"""Rule of expensive calls, which need a key."""
SET = rule(SETTERS)
VIEW = rule(VIEWERS)
MODERATE = rule(MODERATORS)
OWN_ALL = rule(OWNERS)
"""Rule of calls for owners only."""

RULES: Mapping[str, Rule] = {
    "GET /api/health": OPEN,
    "GET /metrics": VIEW,
    "POST /api/scores": SUBMIT,
    "POST /api/scores/batch": SUBMIT,
    "POST /api/scores/stream": SUBMIT_FOR_ALL,
    "POST /api/boards/{board}/scores": SUBMIT,
    "POST /api/boards/{board}/scores/batch": SUBMIT,
    "GET /api/leaderboard/top": READ,
    "GET /api/leaderboard/rank/{user_id}": READ,
    "GET /api/boards": OPEN,
    "POST /api/boards": OWN_ALL,
    "PATCH /api/boards/{board}": OWN_ALL,
    "DELETE /api/boards/{board}": OWN_ALL,
    "GET /api/boards/{board}": READ,
    "GET /api/boards/{board}/top": READ,
    "GET /api/boards/{board}/stream": READ,
    "GET /api/boards/{board}/page": READ,
    "GET /api/boards/{board}/range": READ,
    "GET /api/boards/{board}/distribution": READ,
    "GET /api/boards/{board}/percentile/{p}": READ,
    "GET /api/boards/{board}/around/{user_id}": READ,
    "GET /api/boards/{board}/ranks/{user_id}": READ,
    "POST /api/boards/{board}/ranks/lookup": READ,
    "GET /api/boards/{board}/export": EXPORT,
    "GET /api/boards/{board}/history/{user_id}": READ,
    "GET /api/boards/{board}/league/{user_id}": READ,
    "GET /api/boards/{board}/rank-history/{user_id}": READ,
    "GET /api/boards/{board}/friends/{user_id}": FRIEND_RANKS,
    "GET /api/boards/{board}/periods": READ,
    "GET /api/boards/{board}/awards": AWARDS,
    "GET /api/boards/{board}/tournament": READ,
    "GET /api/boards/{board}/tournament/brackets/{bracket}": READ,
    "GET /api/boards/{board}/tournament/entrants/{user_id}": READ,
    "PUT /api/boards/{board}/tournament/entrants/{user_id}": SUBMIT,
    "GET /api/users": OPEN,
    "GET /api/users/{user_id}": OPEN,
    "POST /api/users": REGISTER,
    "POST /api/users/batch": REGISTER,
    "POST /api/users/lookup": OPEN,
    "PUT /api/users/{user_id}": REGISTER,
    "PATCH /api/users/{user_id}": REGISTER,
    "DELETE /api/users/{user_id}": OWN_ALL,
    "GET /api/users/{user_id}/export": OWN,
    "GET /api/users/{user_id}/standings": OPEN,
    "GET /api/users/{user_id}/awards": SUBMIT,
    "POST /api/users/{user_id}/awards/claim": SUBMIT,
    "GET /api/users/{user_id}/challenges": FRIENDS,
    "POST /api/challenges": rule(SUBMITTERS | THEMSELVES, SUBMITTERS | {"own token to read"}),
    "GET /api/challenges/{invitation}": OPEN,
    "PUT /api/challenges/{invitation}/players/{user_id}": SUBMIT,
    "DELETE /api/challenges/{invitation}": MODERATE,
    "POST /api/teams": SUBMIT_FOR_ALL,
    "GET /api/teams/{team_id}": OPEN,
    "PATCH /api/teams/{team_id}": SUBMIT,
    "PUT /api/teams/{team_id}/members/{user_id}": SUBMIT,
    "DELETE /api/teams/{team_id}/members/{user_id}": SUBMIT,
    "GET /api/users/{user_id}/teams": OPEN,
    "GET /api/boards/{board}/teams/{team_id}": READ,
    "GET /api/users/{user_id}/friends": FRIENDS,
    "PUT /api/users/{user_id}/friends": SUBMIT,
    "POST /api/users/{user_id}/friends": SUBMIT,
    "DELETE /api/users/{user_id}/friends/{friend_id}": SUBMIT,
    "GET /api/users/{user_id}/blocks": FRIENDS,
    "PUT /api/users/{user_id}/blocks/{blocked_id}": SUBMIT,
    "DELETE /api/users/{user_id}/blocks/{blocked_id}": SUBMIT,
    "POST /api/users/{user_id}/hide": MODERATE,
    "POST /api/users/{user_id}/unhide": MODERATE,
    "GET /api/boards/{board}/hidden": VIEW,
    "POST /api/boards/{board}/entries/{user_id}/hide": MODERATE,
    "POST /api/boards/{board}/entries/{user_id}/unhide": MODERATE,
    "PUT /api/boards/{board}/entries/{user_id}": SET,
    "POST /api/boards/{board}/entries/set": SET,
    "POST /api/boards/{board}/entries/remove": MODERATE,
    "DELETE /api/boards/{board}/entries/{user_id}": MODERATE,
    "DELETE /api/boards/{board}/entries/{user_id}/submissions/{submission_id}": MODERATE,
    "POST /api/boards/{board}/entries/{user_id}/submissions/{submission_id}/restore": MODERATE,
    "GET /api/admin/audit": VIEW,
    "GET /api/admin/shards": VIEW,
    "GET /api/admin/me": VIEW,
    "GET /api/admin/activity": VIEW,
    "GET /api/admin/keys": VIEW,
    "POST /api/admin/keys": OWN_ALL,
    "POST /api/admin/keys/{name}/rotate": OWN_ALL,
    "DELETE /api/admin/keys/{name}": OWN_ALL,
    "GET /api/admin/people": VIEW,
    "POST /api/admin/people/role": OWN_ALL,
    "GET /api/admin/signing-keys": VIEW,
    "POST /api/admin/signing-keys": OWN_ALL,
    "POST /api/admin/signing-keys/{kid}/retire": OWN_ALL,
    "GET /api/admin/endpoints": VIEW,
    "POST /api/admin/endpoints": OWN_ALL,
    "PATCH /api/admin/endpoints/{endpoint}": OWN_ALL,
    "DELETE /api/admin/endpoints/{endpoint}": OWN_ALL,
    "POST /api/admin/endpoints/{endpoint}/rotate": OWN_ALL,
    "POST /api/admin/endpoints/{endpoint}/test": OWN_ALL,
    "GET /api/admin/endpoints/{endpoint}/deliveries": VIEW,
    "GET /api/admin/endpoints/{endpoint}/dead-letters": VIEW,
    "POST /api/admin/endpoints/{endpoint}/redrive": OWN_ALL,
    "GET /api/events": SUBMIT_FOR_ALL,
    "POST /api/admin/imports": OWN_ALL,
    "POST /api/admin/imports/preview": OWN_ALL,
    "POST /api/auth/device": OPEN,
    "POST /api/auth/refresh": OPEN,
    "POST /api/auth/revoke": OPEN,
    "GET /api/auth/console": OPEN,
    "POST /api/auth/console/begin": OPEN,
    "POST /api/auth/console/session": OPEN,
    "DELETE /api/auth/console/session": VIEW,
    "DELETE /api/users/{user_id}/sessions": MODERATE,
}

FILES = {"application/octet-stream"}
"""Content types of bodies that are files."""

ALTERNATIVES = {"GET /api/users": "prefix"}
"""Calls that need at least one of several query parameters, each with the parameter to send."""

METHODS = ("get", "post", "put", "patch", "delete")


DOCUMENT = openapi_document()
OPERATIONS: Mapping[str, Mapping[str, Any]] = {
    f"{method.upper()} {path}": item[method]
    for path, item in DOCUMENT["paths"].items()
    for method in METHODS
    if method in item
}


def resolved(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the schema, or the schema to which its references lead."""
    while "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def example(parameter: Mapping[str, Any]) -> str:
    """Return a valid value of a parameter as text: its documented example, else its default or its minimum."""
    schema = resolved(parameter["schema"])
    [value, *_] = schema.get("examples") or schema.get("enum") or [schema.get("default", schema.get("minimum"))]
    assert value is not None, parameter
    return str(value)


def _shown(parameter: Mapping[str, Any]) -> str:
    """Return the first documented example of a parameter, an empty text without examples."""
    [value, *_] = resolved(parameter["schema"]).get("examples") or [""]
    return str(value)


@dataclass(frozen=True)
class Ask:
    """Request built from the documentation's examples."""

    method: str
    target: str
    body: bytes
    content_type: bytes

    @classmethod
    def of(cls, route: str, parameter: str | None = None, addition: str = "") -> "Ask":
        """Return a request with the necessary parameters, and with `parameter`, to whose value `addition` is added."""
        method, _, path = route.partition(" ")
        operation = OPERATIONS[route]
        chosen = parameter or ALTERNATIVES.get(route)
        needed = [one for one in operation.get("parameters", []) if one["required"] or one["name"] == chosen]
        values = {one["name"]: _shown(one) + addition if one["name"] == parameter else example(one) for one in needed}
        in_path = {one["name"]: values[one["name"]] for one in needed if one["in"] == "path"}
        query = {one["name"]: values[one["name"]] for one in needed if one["in"] == "query"}
        target = re.sub(r"\{(\w+)\}", lambda match: quote(in_path[match[1]], safe=""), path)
        return cls(method, f"{target}?{urlencode(query)}" if query else target, *_body(operation))


def _body(operation: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return an example of the operation's body, and its content type."""
    if "requestBody" not in operation:
        return b"", b"application/json"
    [(content_type, content)] = operation["requestBody"]["content"].items()
    [shown, *_] = resolved(content["schema"])["examples"]
    return (shown if content_type in FILES else json.dumps(shown)).encode(), content_type.encode()


async def status_of(app: FastAPI, ask: Ask, credential: str | None) -> int:
    """Return the status of the response, or 403 if the first item of a batch is forbidden.

    Read only the beginning of the response, because a stream has no end.
    """
    path, _, query = ask.target.partition("?")
    # Without `x-forwarded-for`, the edge would treat the test as a program on the server's own machine.
    headers = [(b"content-type", ask.content_type), (b"x-forwarded-for", b"192.0.2.7")]
    if credential is not None:
        headers.append((b"authorization", f"Bearer {credential}".encode()))
    scope = {"type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": ask.method, "scheme": "http"}
    scope |= {"path": path, "raw_path": path.encode(), "query_string": query.encode(), "root_path": ""}
    scope |= {"headers": headers, "client": ("192.0.2.7", 1), "server": ("leaderforge.test", 80)}
    sent: asyncio.Queue[Any] = asyncio.Queue()
    received = iter([{"type": "http.request", "body": ask.body, "more_body": False}])

    async def receive() -> Any:
        message = next(received, None)
        return message if message is not None else await asyncio.Event().wait()

    serving_it = asyncio.create_task(app(scope, receive, sent.put))  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(PATIENCE_S):
            start, first = await sent.get(), await sent.get()
    finally:
        serving_it.cancel()
        await asyncio.wait([serving_it])
    return _refusal_in(first.get("body", b"")) or int(start["status"])


def _refusal_in(body: bytes) -> int | None:
    """Return 403 if the body is the answer to a batch, and the first item was forbidden, else None."""
    if not body.startswith(b'{"results":'):
        return None
    [first, *_] = json.loads(body)["results"]
    return 403 if first.get("error", {}).get("code") == "forbidden" else None


@asynccontextmanager
async def stage(*, private: bool) -> AsyncIterator[tuple[Api, Mapping[str, str | None]]]:
    """Yield an application with a board that is open to players, and the credentials of each caller."""
    async with serving(**TOKENS, **SIGNING, **UNREACHABLE, LEADERFORGE_CHALLENGES="50") as api:
        await api.players(PLAYER)
        captained = NewTeam("blues", PLAYER, joining=Joining.OPEN, team_id=-456)
        await api.services.teams.rosters.create(captained, "tests")
        await api.change_board(open_to_players=True, private=private)
        credentials: dict[str, str | None] = {
            "anonymous": None,
            "unknown key": "lf_0123456789abcdef",
            "expired token": token(PLAYER, lasts_s=-60),
            "another issuer's token": token(PLAYER, iss="https://evil.example.org"),
            "own token": token(PLAYER),
            "own token to read": token(PLAYER, scope="read"),
            "another's token": token(PLAYER + 1, scope="admin submit"),
            "own issued token": (await api.services.access.signing_keys.issue(PLAYER, 60)).text,
            "another's issued token": (await api.services.access.signing_keys.issue(PLAYER + 1, 60)).text,
            "submit key of the settings": SUBMIT_KEY,
            "admin key of the settings": ADMIN_KEY,
        }
        for name, scope in KEYS.items():
            made = await api.post("/api/admin/keys", {"name": f"the-{scope}-key", "scopes": [scope]}, ADMIN_KEY)
            credentials[name] = made.json()["key"]
        for name, role in ROLES.items():
            person = {"name": f"the-{role}s-key", "role": role, "person": f"the {role}"}
            credentials[name] = (await api.post("/api/admin/keys", person, ADMIN_KEY)).json()["key"]
        for name, role in SESSIONS.items():
            secret, now = new_session_secret(), api.clock()
            session = PersonSession(name, name, Role(role), digest_of_secret(secret), now, now + 60_000)
            await api.services.parts.people.sign_in(session, AuditEntry(now, "tests", "person.sign_in"))
            credentials[name] = secret
        yield api, credentials


async def test_the_stored_document_has_every_route() -> None:
    async with serving() as api:
        assert api.app.openapi()["paths"].keys() == DOCUMENT["paths"].keys()


def test_every_route_has_its_rule() -> None:
    assert set(OPERATIONS) == set(RULES)


@pytest.mark.parametrize("private", [False, True], ids=["public", "private"])
@pytest.mark.parametrize("route", OPERATIONS)
async def test_every_caller_is_let_in_or_refused(route: str, private: bool) -> None:
    ask, wanted = Ask.of(route), RULES[route]
    async with stage(private=private) as (api, credentials):
        for caller in CALLERS:
            status = await status_of(api.app, ask, credentials[caller])
            refused_with = wanted.expected(caller, private=private)
            if refused_with is not None:
                assert status == refused_with, (route, caller)
            else:
                # The admitted request is valid. Therefore only stored data may cause an error, such as a 404 or 409.
                assert status in ({503} if route in OF_PROVIDER else {200, 201, 404, 409}), (route, caller)


@pytest.mark.parametrize("route", OPERATIONS)
def test_the_documentation_says_who_is_let_in(route: str) -> None:
    wanted = RULES[route]
    callers_by_scheme = {
        **{f"{scope}Key": caller for caller, scope in KEYS.items()},
        **{f"{role}Key": caller for caller, role in ROLES.items() if role != "owner"},
        "playerToken": "own token",
    }
    expected = [{scheme: []} for scheme, caller in callers_by_scheme.items() if caller in wanted.lets_in]
    if "anonymous" in wanted.lets_in:
        expected = [{}, *expected]
    said = OPERATIONS[route].get("security")
    assert said == expected
    # The health check has no 403, because it admits every authenticated caller.
    refusals = {"401"} if route == "GET /api/health" else {"401", "403"}
    assert refusals <= set(OPERATIONS[route]["responses"])


def test_every_scheme_is_described() -> None:
    assert set(DOCUMENT["components"]["securitySchemes"]) == {
        *("readKey", "submitKey", "setKey", "adminKey", "viewerKey", "moderatorKey", "playerToken")
    }
