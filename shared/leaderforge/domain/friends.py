"""Friends of players: the players whom a player follows, and the players whom a player has blocked."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from leaderforge.domain.friend_errors import MAX_FRIENDS, TooManyFriends


class FriendMode(StrEnum):
    """Condition for a friend: a followed player, or a followed player who follows back."""

    ONE_WAY = "one-way"
    MUTUAL = "mutual"


class LinkKind(StrEnum):
    """Kind of a link from one player to another. The other player has a link of the opposite kind."""

    FOLLOWS = "follows"
    FOLLOWED_BY = "followed_by"
    BLOCKS = "blocks"
    BLOCKED_BY = "blocked_by"

    @property
    def opposite(self) -> "LinkKind":
        """Return the kind of the other player's link."""
        return _OPPOSITES[self]


_OPPOSITES = {
    LinkKind.FOLLOWS: LinkKind.FOLLOWED_BY,
    LinkKind.FOLLOWED_BY: LinkKind.FOLLOWS,
    LinkKind.BLOCKS: LinkKind.BLOCKED_BY,
    LinkKind.BLOCKED_BY: LinkKind.BLOCKS,
}


class Link(NamedTuple):
    """A relation between two players, as seen by `user_id`. It is stored on the node of Citus that has this player.

    The same relation is stored once more for the other player, as the opposite link.
    """

    user_id: int
    kind: LinkKind
    other_id: int

    @property
    def opposite(self) -> "Link":
        """Return the link that stores the same relation for the other player."""
        return Link(self.other_id, self.kind.opposite, self.user_id)


class Followed(NamedTuple):
    """Player whom another player follows. `since` is in ms. `is_mutual` is true if the followed player follows back."""

    user_id: int
    since: int
    is_mutual: bool


class Blocked(NamedTuple):
    """Player whom another player has blocked. `since` is in ms."""

    user_id: int
    since: int


@dataclass(frozen=True, slots=True)
class FriendChange:
    """Result of a change of a list: its new length, and the numbers of added and removed players.

    `missing` are requested ids without a player. `blocked` are requested players who have blocked the player, or whom
    the player has blocked. The list contains none of these players.
    """

    total: int
    added: int = 0
    removed: int = 0
    missing: Sequence[int] = ()
    blocked: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class FriendPlan:
    """Changes that yield the requested list. `missing` and `blocked` are as in `FriendChange`."""

    added: Sequence[int]
    removed: Sequence[int]
    missing: Sequence[int]
    blocked: Sequence[int]


def distinct_others(user_id: int, requested: Iterable[int]) -> Sequence[int]:
    """Return the requested ids once each, without the player's own id."""
    return [other for other in dict.fromkeys(requested) if other != user_id]


def planned(
    user_id: int, requested: Sequence[int], followed: Set[int], existing: Set[int], blocked: Set[int], *, replaces: bool
) -> FriendPlan:
    """Return the changes that add the requested players to a list or, with `replaces`, make them the whole list.

    `followed` are the players of the list. `existing` are the other requested players who exist. `blocked` are the
    requested players who block the player, or whom the player blocks. Raises `TooManyFriends`.
    """
    allowed = [other for other in requested if other in followed or (other in existing and other not in blocked)]
    added = [other for other in allowed if other not in followed]
    removed = sorted(followed - set(requested)) if replaces else []
    if len(followed) + len(added) - len(removed) > MAX_FRIENDS:
        raise TooManyFriends.of(user_id, "follow")
    refused = tuple(other for other in requested if other in blocked)
    missing = tuple(other for other in requested if not (other in followed or other in existing or other in blocked))
    return FriendPlan(added, removed, missing, refused)
