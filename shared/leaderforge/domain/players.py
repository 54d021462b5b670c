"""Usernames, player ids, external ids and labels."""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypedDict

from leaderforge.domain.errors import Refused
from leaderforge.domain.json_values import is_same_json
from leaderforge.domain.names import folded, require_displayed

BEFORE_ALL = -(2**63)
"""Number below every player id. A game may choose negative ids, and the ids of teams are negative."""
MAX_NAME_LENGTH = 64
MAX_EXTERNAL_ID_LENGTH = 128
"""Maximum length of an external id, in code points."""

_EPOCH_MS = 1_735_689_600_000
"""Start of the ids' clock: 2025-01-01 UTC, in ms since 1970."""
_RANDOM_BITS = 12
_NOT_IN_IDS = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters and lone surrogates."""
_SEPARATOR = "\x1f"
"""Separator of a label's two parts. It occurs in neither part, because the parts have no control characters."""
MAX_NEW_IDS = 2**_RANDOM_BITS
"""Maximum number of ids of one `new_user_ids` call."""


def username(text: str) -> str:
    """Return the name in its displayed form. Raises `Refused` if it is not a valid username."""
    return require_displayed(text, MAX_NAME_LENGTH, "a username")


def email_key(text: str) -> str:
    """Return the unique key of an email: its text without case and compatibility forms."""
    return folded(text)


class ExternalId(str):
    """External id, for parameters that accept a player id or an external id."""

    __slots__ = ()


def external_id(text: str) -> ExternalId:
    """Return the external id. Raises `Refused` if it is not valid.

    External ids are compared code point by code point: there is no canonical form.
    """
    if not 1 <= len(text) <= MAX_EXTERNAL_ID_LENGTH:
        raise Refused(f"an external id must have 1 to {MAX_EXTERNAL_ID_LENGTH} characters, not {len(text)}")
    if _NOT_IN_IDS.search(text):
        raise Refused("an external id must not contain control characters or lone surrogates")
    return ExternalId(text)


def new_user_ids(now: int, count: int = 1) -> list[int]:
    """Return `count` distinct, unordered ids: 41 bits of the time `now` (ms) since 2025, then 12 random bits.

    Ids of later milliseconds are larger.
    """
    base = (now - _EPOCH_MS) << _RANDOM_BITS
    return [base | low for low in secrets.SystemRandom().sample(range(MAX_NEW_IDS), count)]


@dataclass(frozen=True, slots=True)
class Player:
    """A player. `email` is for operators only. `external_id` is the id in another system. `attributes` is JSON text."""

    user_id: int
    username: str | None
    email: str | None
    created_at: int
    external_id: str | None = None
    attributes: str | None = None

    @property
    def label(self) -> str:
        """Return username and external id as one text, as the index stores them."""
        return label_of(self.username, self.external_id)


def label_of(username: str | None, external_id: str | None) -> str:
    """Return username and external id as one text. Without an external id, the text is the username."""
    if username is not None and external_id is None:
        return username
    return f"{username or ''}{_SEPARATOR}{external_id or ''}"


def label_parts(label: str) -> tuple[str | None, str | None]:
    """Return the username and the external id in a label, each None if it is missing."""
    username, _, external_id = label.partition(_SEPARATOR)
    return username or None, external_id or None


def is_compound(label: str) -> bool:
    """Return whether the label has an external id."""
    return _SEPARATOR in label


def digest_of_id(identity: int | str) -> str:
    """Return a hash of a player id or an external id. By these hashes, the store recognises ids of erased players."""
    kind = "player" if isinstance(identity, int) else "external"
    return sha256(f"{kind}:{identity}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class NewPlayer:
    """Player to create. Without a `user_id`, the player gets a random id."""

    username: str | None = None
    email: str | None = None
    user_id: int | None = None
    external_id: str | None = None
    attributes: str | None = None


@dataclass(frozen=True, slots=True)
class NameCollision:
    """Collision of names: a player cannot claim a name, because the player `owner_id` claims this or a similar name.

    `key` is the key that both names have.
    """

    key: str
    user_id: int
    owner_id: int


@dataclass(frozen=True, slots=True)
class ClaimedNames:
    """Result of claiming stored names: checked players, the number of claimed names, and the collisions."""

    players: Sequence[Player]
    claimed: int
    collisions: Sequence[NameCollision]


@dataclass(frozen=True, slots=True)
class NameMatches:
    """Result of a search of names. `inside` tells whether names that contain the text anywhere were searched."""

    players: Sequence[Player]
    inside: bool


@dataclass(frozen=True, slots=True)
class StaleClaims:
    """Result of releasing stale claims: key of the last checked claim, if any, and number of released claims."""

    last_key: str | None
    released: int


class ProfileChange(TypedDict, total=False):
    """Changes of a player. Values that have no key here stay unchanged, and None removes a value."""

    username: str | None
    email: str | None
    external_id: str | None
    attributes: str | None


def is_as_requested(player: Player, changes: ProfileChange) -> bool:
    """Return whether the player has all these values already. Attributes are compared as JSON, not as text."""
    values: Mapping[str, object] = {**changes}
    if "attributes" in changes and not is_same_json(player.attributes, changes["attributes"]):
        return False
    return all(getattr(player, name) == value for name, value in values.items() if name != "attributes")
