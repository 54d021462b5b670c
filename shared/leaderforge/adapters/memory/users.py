"""The user store's twin."""

from collections.abc import Collection, Mapping, Sequence

from leaderforge.domain.errors import EmailTaken, LeaderForgeError, UserExists, UsernameTaken
from leaderforge.domain.players import name_key
from leaderforge.ports import User


class MemoryUserStore:
    """`UserStore` in a dict."""

    def __init__(self) -> None:
        self.by_id: dict[int, User] = {}

    async def create(self, users: Sequence[User]) -> Sequence[User | LeaderForgeError]:
        return [self._create(user) for user in users]

    async def get(self, user_ids: Collection[int]) -> Mapping[int, User]:
        return {i: self.by_id[i] for i in user_ids if i in self.by_id}

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, User]:
        owners = {name_key(user.username): user for user in self.by_id.values()}
        return {name: owners[name_key(name)] for name in usernames if name_key(name) in owners}

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[User]:
        owners = sorted((name_key(user.username), user) for user in self.by_id.values())
        return [user for key, user in owners if key.startswith(name_key(prefix))][:limit]

    def _create(self, new: User) -> User | LeaderForgeError:
        if new.user_id in self.by_id:
            return UserExists(f"there is a player {new.user_id} already", user_id=new.user_id)
        users = self.by_id.values()
        if any(name_key(new.username) == name_key(user.username) for user in users):
            return UsernameTaken(f"the name {new.username!r} is taken", username=new.username)
        if new.email is not None and name_key(new.email) in {name_key(u.email) for u in users if u.email is not None}:
            return EmailTaken("the email is taken")
        self.by_id[new.user_id] = new
        return new
