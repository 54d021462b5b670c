"""Player tokens that this service issues: their claims, and their subject as text."""

import re
from dataclasses import dataclass

from leaderforge.domain.boards import MAX_INTEGER
from leaderforge.domain.players import ExternalId, external_id

ISSUER = "leaderforge"
"""`iss` and `aud` of the issued tokens. A configured issuer may have this name too, because its keys differ."""

EXTERNAL_SUBJECT = "ext:"
"""Prefix of a subject that is an external id, as in paths. A subject of digits alone is a player id."""

_DIGITS = re.compile(r"-?[0-9]{1,16}")


@dataclass(frozen=True, slots=True)
class TokenClaims:
    """Claims of a token to issue, valid for `valid_s` seconds.

    `username` is the name for a player who does not exist yet.
    """

    subject: str
    valid_s: int
    username: str | None = None


@dataclass(frozen=True, slots=True)
class IssuedToken:
    """Player token with its text. The token is valid until `expires_at` (ms)."""

    text: str
    expires_at: int


def subject_of(identity: int | ExternalId) -> str:
    """Return the subject of a player's token: the player id, or `ext:` and the external id."""
    return f"{EXTERNAL_SUBJECT}{identity}" if isinstance(identity, ExternalId) else str(identity)


def identity_of(text: str) -> int | ExternalId:
    """Return the id in a text that a person typed: a player id, or an external id with or without `ext:`.

    A number up to the largest player id is a player id. A larger number, such as a SteamID64, is an external id. Raises
    `Refused` if the external id is not valid.
    """
    if _DIGITS.fullmatch(text) and abs(int(text)) <= MAX_INTEGER:
        return int(text)
    return external_id(text.removeprefix(EXTERNAL_SUBJECT))
