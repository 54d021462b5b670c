"""Usernames and player ids."""

import secrets
import unicodedata
from dataclasses import dataclass
from typing import TypedDict

from leaderforge.domain.errors import Refused

MAX_NAME_LENGTH = 64

_EPOCH_MS = 1_735_689_600_000
"""Start of the ids' clock: 2025-01-01 UTC, in ms since 1970."""
_RANDOM_BITS = 12
MAX_NEW_IDS = 2**_RANDOM_BITS
"""Maximum number of ids of one `new_user_ids` call."""


def username(text: str) -> str:
    """Return the name in canonical form (Unicode NFC). Raises `Refused` if it is not a valid username."""
    name = unicodedata.normalize("NFC", text)
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise Refused(f"a username must have 1 to {MAX_NAME_LENGTH} characters, not {len(name)}")
    if name != name.strip():
        raise Refused("a username must not start or end with white space")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in name):
        raise Refused("a username must not contain control characters, line breaks or unassigned characters")
    return name


def name_key(text: str) -> str:
    """Return the key by which usernames and emails are unique: without case and compatibility forms."""
    # Case folding can denormalise text: normalise again.
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def new_user_ids(now: int, count: int = 1) -> list[int]:
    """Return `count` distinct, unordered ids: 41 bits of the time `now` (ms) since 2025, then 12 random bits.

    Ids of later milliseconds are larger.
    """
    base = (now - _EPOCH_MS) << _RANDOM_BITS
    return [base | low for low in secrets.SystemRandom().sample(range(MAX_NEW_IDS), count)]


@dataclass(frozen=True, slots=True)
class Player:
    """Player. `email` is visible to operators only."""

    user_id: int
    username: str
    email: str | None
    created_at: int


class ProfileChange(TypedDict, total=False):
    """Changes of a player's profile. An absent field stays unchanged. `email` None removes the email address."""

    username: str
    email: str | None
