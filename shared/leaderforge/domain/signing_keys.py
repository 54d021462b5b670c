"""Keys with which this service signs player tokens."""

import hmac
import re
import secrets
from dataclasses import dataclass

PREFIX = "lfk_"
"""Prefix of the id of every signing key. The id is no secret, because the header of each token has it as `kid`."""

_ID_BYTES = 16
_ID = re.compile(PREFIX + "[0-9a-f]{32}")
_PURPOSE = b"leaderforge player tokens\0"
"""Prefix of the derivation's input, so that the keys differ from other keys that are derived from the same secret."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Signing key. The store has only its random id. Times are in ms.

    The key itself is derived from the id and a secret of the settings, because access to the store alone must not
    suffice to forge tokens. A retired key signs nothing. Tokens that it has signed are accepted until `accepted_until`.
    """

    kid: str
    created_at: int
    created_by: str
    retired_at: int | None = None
    accepted_until: int | None = None

    def is_accepted(self, now: int) -> bool:
        """Return whether tokens with this key's signature are accepted at `now` (ms)."""
        return self.accepted_until is None or self.accepted_until > now


def new_kid() -> str:
    """Return the id of a new key: the prefix and 128 random bits in hexadecimal."""
    return PREFIX + secrets.token_hex(_ID_BYTES)


def is_kid(text: object) -> bool:
    """Return whether a value has the form of a signing key's id."""
    return isinstance(text, str) and _ID.fullmatch(text) is not None


def derived_key(secret: bytes, kid: str) -> bytes:
    """Return the signing key with this id: the HMAC-SHA256 of the id by the secret, 256 bits."""
    return hmac.digest(secret, _PURPOSE + kid.encode(), "sha256")
