"""Players' names and ids."""

import secrets
import unicodedata

from leaderforge.domain.errors import Refused

MAX_NAME_LENGTH = 64

_EPOCH_MS = 1_735_689_600_000  # 2025-01-01
_RANDOM_BITS = 12
MAX_NEW_IDS = 2**_RANDOM_BITS
"""How many ids can be made at once."""


def username(text: str) -> str:
    """Return the name in its canonical form (Unicode NFC). Raises `Refused` where it cannot be a name."""
    name = unicodedata.normalize("NFC", text)
    if not 1 <= len(name) <= MAX_NAME_LENGTH:
        raise Refused(f"a username has 1 to {MAX_NAME_LENGTH} characters, not {len(name)}")
    if name != name.strip():
        raise Refused("a username neither begins nor ends with white space")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"} for character in name):
        raise Refused("a username holds no control characters, line breaks or unassigned characters")
    return name


def name_key(text: str) -> str:
    """Return what names and emails are unique by: the text without regard to case and compatibility forms."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def new_user_ids(now: int, count: int = 1) -> list[int]:
    """Return distinct ids that grow with the time now (ms since 1970): 41 bits of it, then 12 random ones."""
    base = (now - _EPOCH_MS) << _RANDOM_BITS
    return [base | low for low in secrets.SystemRandom().sample(range(MAX_NEW_IDS), count)]
