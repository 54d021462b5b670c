"""In-memory friends and blocks."""

from collections.abc import Collection, Sequence, Set

from leaderforge.adapters.memory.player_store import MemoryPlayerStore
from leaderforge.adapters.memory.score_store import MemoryScoreStore
from leaderforge.domain.errors import PlayerNotFound
from leaderforge.domain.friend_errors import MAX_FRIENDS, TooManyFriends
from leaderforge.domain.friends import Blocked, Followed, FriendChange, Link, LinkKind, planned


class MemoryFriendStore:
    """`FriendStore` in a dict."""

    def __init__(self, scores: MemoryScoreStore, users: MemoryPlayerStore) -> None:
        self._users = users
        self._links: dict[Link, int] = {}
        scores.on_erasure.append(self._erase)

    async def replace(self, user_id: int, friend_ids: Sequence[int], at: int) -> FriendChange:
        return self._change(user_id, friend_ids, at, replaces=True)

    async def add(self, user_id: int, friend_ids: Sequence[int], at: int) -> FriendChange:
        return self._change(user_id, friend_ids, at, replaces=False)

    async def remove(self, user_id: int, friend_id: int) -> FriendChange:
        self._require(user_id)
        before = await self.count(user_id)
        self._remove(Link(user_id, LinkKind.FOLLOWS, friend_id))
        after = await self.count(user_id)
        return FriendChange(after, removed=before - after)

    async def followed(self, user_id: int, limit: int, after: int | None = None) -> Sequence[Followed]:
        friends = sorted(self._linked_players(user_id, LinkKind.FOLLOWS).items())
        back = self._linked_players(user_id, LinkKind.FOLLOWED_BY)
        return [Followed(i, since, i in back) for i, since in friends if after is None or i > after][:limit]

    async def followers(self, user_id: int, limit: int) -> Sequence[int]:
        return sorted(self._linked_players(user_id, LinkKind.FOLLOWED_BY))[:limit]

    async def with_followers(self, user_ids: Collection[int]) -> Collection[int]:
        return [user_id for user_id in user_ids if self._linked_players(user_id, LinkKind.FOLLOWED_BY)]

    async def count(self, user_id: int) -> int:
        return len(self._linked_players(user_id, LinkKind.FOLLOWS))

    async def block(self, user_id: int, other_id: int, at: int) -> None:
        self._require(user_id)
        self._require(other_id)
        blocked = self._linked_players(user_id, LinkKind.BLOCKS)
        if other_id not in blocked and len(blocked) >= MAX_FRIENDS:
            raise TooManyFriends.of(user_id, "block")
        self._remove(Link(user_id, LinkKind.FOLLOWS, other_id))
        self._remove(Link(other_id, LinkKind.FOLLOWS, user_id))
        self._add(Link(user_id, LinkKind.BLOCKS, other_id), at)

    async def unblock(self, user_id: int, other_id: int) -> None:
        self._require(user_id)
        self._remove(Link(user_id, LinkKind.BLOCKS, other_id))

    async def blocked(self, user_id: int) -> Sequence[Blocked]:
        return [Blocked(i, since) for i, since in sorted(self._linked_players(user_id, LinkKind.BLOCKS).items())]

    def are_blocked(self, user_id: int, other_ids: Set[int]) -> bool:
        """Return whether a block exists between a player and one of the others, in either direction."""
        kinds = LinkKind.BLOCKS, LinkKind.BLOCKED_BY
        return any(other_ids & self._linked_players(user_id, kind).keys() for kind in kinds)

    def _change(self, user_id: int, friend_ids: Sequence[int], at: int, *, replaces: bool) -> FriendChange:
        self._require(user_id)
        followed = self._linked_players(user_id, LinkKind.FOLLOWS).keys()
        existing = {i for i in friend_ids if i in self._users.by_id}
        blocked = {i for kind in (LinkKind.BLOCKS, LinkKind.BLOCKED_BY) for i in self._linked_players(user_id, kind)}
        plan = planned(user_id, friend_ids, followed, existing, blocked, replaces=replaces)
        for other in plan.removed:
            self._remove(Link(user_id, LinkKind.FOLLOWS, other))
        for other in plan.added:
            self._add(Link(user_id, LinkKind.FOLLOWS, other), at)
        total = len(self._linked_players(user_id, LinkKind.FOLLOWS))
        return FriendChange(total, len(plan.added), len(plan.removed), plan.missing, plan.blocked)

    def _linked_players(self, user_id: int, kind: LinkKind) -> dict[int, int]:
        """Return the targets of a player's links of this kind, with the times of the links."""
        return {
            link.other_id: since for link, since in self._links.items() if link.user_id == user_id and link.kind is kind
        }

    def _add(self, link: Link, at: int) -> None:
        self._links.setdefault(link, at)
        self._links.setdefault(link.opposite, at)

    def _remove(self, link: Link) -> None:
        self._links.pop(link, None)
        self._links.pop(link.opposite, None)

    def _require(self, user_id: int) -> None:
        if user_id not in self._users.by_id:
            raise PlayerNotFound.of(user_id)

    def _erase(self, user_id: int) -> None:
        self._links = {link: at for link, at in self._links.items() if user_id not in (link.user_id, link.other_id)}
