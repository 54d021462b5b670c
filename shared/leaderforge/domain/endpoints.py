"""Endpoints: HTTP addresses, queues and event buses of other systems that receive notices."""

import base64
import hmac
import secrets
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import urlsplit

from leaderforge.domain.addresses import Network, is_admitted
from leaderforge.domain.errors import Refused
from leaderforge.domain.event_targets import ARN_PREFIX, aws_target
from leaderforge.domain.notice_log import Notice
from leaderforge.domain.notice_types import NoticeType

MAX_ENDPOINTS = 20
MAX_URL_LENGTH = 500
MAX_ENDPOINT_BOARDS = 100

_ENDPOINT_PREFIX = "whe_"
_SECRET_PREFIX = "whs_"  # noqa: S105 - the prefix of an id
_PURPOSE = b"leaderforge webhook secrets\0"
"""Prefix of the derivation's input, so that the secrets differ from keys derived from the same signing secret."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Endpoint and its progress in the log of notices. Times are in ms.

    An endpoint receives notices of the `types` and `boards` that it lists. An empty list means all. The store has only
    ids of secrets, and each secret is derived from its id. Until `previous_until`, the previous secret signs notices
    too. All notices up to `position` of the log are sent or queued. `round` counts the rounds whose results are
    committed. `failures` counts the consecutive rounds without a successful attempt. After such a round the endpoint
    pauses until `retry_at`.
    """

    endpoint_id: str
    url: str
    types: tuple[NoticeType, ...]
    boards: tuple[str, ...]
    secret_id: str
    created_at: int
    created_by: str
    previous_secret_id: str | None = None
    previous_until: int | None = None
    disabled_at: int | None = None
    disabled_reason: str | None = None
    position: int = 0
    round: int = 0
    failures: int = 0
    retry_at: int = 0

    def admits(self, notice: Notice) -> bool:
        """Return whether the endpoint receives the notice."""
        is_admitted_type = not self.types or notice.type in self.types
        return is_admitted_type and (not self.boards or notice.board in self.boards)

    def secret_ids(self, now: int) -> tuple[str, ...]:
        """Return the ids of the secrets that sign at `now` (ms), the newest first."""
        if self.previous_secret_id is None or self.previous_until is None or self.previous_until <= now:
            return (self.secret_id,)
        return self.secret_id, self.previous_secret_id


class IssuedSecret(NamedTuple):
    """Endpoint with the text of its newest secret, which is shown only once."""

    endpoint: Endpoint
    secret: str


def new_endpoint_id() -> str:
    """Return the id of a new endpoint: a prefix and 64 random bits in hexadecimal."""
    return _ENDPOINT_PREFIX + secrets.token_hex(8)


def new_secret_id() -> str:
    """Return the id of a new secret: a prefix and 128 random bits in hexadecimal."""
    return _SECRET_PREFIX + secrets.token_hex(16)


def webhook_secret(signing_secret: bytes, secret_id: str) -> str:
    """Return the secret with this id, in the form of Standard Webhooks: `whsec_` and 256 bits in base64."""
    key = hmac.digest(signing_secret, _PURPOSE + secret_id.encode(), "sha256")
    return f"whsec_{base64.b64encode(key).decode()}"


def require_address(text: str, allowed: tuple[Network, ...], *, has_aws: bool) -> str:
    """Return the address of an endpoint: a URL, or, if the service `has_aws` credentials, an ARN of a queue or bus.

    Raises `Refused` if it is not acceptable.
    """
    if not text.startswith(ARN_PREFIX):
        return require_url(text, allowed)
    if aws_target(text) is None:
        raise _refused(text, "is not the ARN of an SQS queue or of an EventBridge bus")
    if not has_aws:
        raise _refused(text, "needs credentials of AWS, which the functions of the cloud deployment have")
    return text


def require_url(text: str, allowed: tuple[Network, ...]) -> str:
    """Return the URL of an endpoint. Raises `Refused` if it is not acceptable.

    A numeric address must be public, or in the `allowed` networks. Addresses of host names are checked at deliveries.
    `http` is accepted only if some private network is allowed, because everybody on the way can read the content.
    """
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise _refused(text, "is not a URL") from None
    if len(text) > MAX_URL_LENGTH or not text.isascii() or any(character <= " " for character in text):
        raise _refused(text, f"must have at most {MAX_URL_LENGTH} characters of ASCII, without blanks")
    if parts.scheme not in ("https", "http") or not host:
        raise _refused(text, "must begin with https:// and name a host")
    if parts.scheme == "http" and not allowed:
        raise _refused(text, "must begin with https://, unless LEADERFORGE_EVENT_NETWORKS is set")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused(text, "must have no user, password or fragment")
    if _is_numeric(host) and not is_admitted(host, allowed):
        raise _refused(text, "is not a public address; LEADERFORGE_EVENT_NETWORKS can allow private networks")
    return text


def _is_numeric(host: str) -> bool:
    with suppress(ValueError):
        ip_address(host)
        return True
    return False


def _refused(text: str, fault: str) -> Refused:
    return Refused(f"url: {text[:80]!r} {fault}")
