"""The player of a token: looked up by its external id, and created on first sight."""

from dataclasses import replace

from leaderforge.domain.callers import Caller
from leaderforge.domain.errors import PlayerNotFound, StoreUnavailable
from leaderforge.services.player_ids import PlayerIds, Sighting


class SignIn:
    """Look-up of the players of tokens. With `creates`, the first request with a token creates its player."""

    def __init__(self, player_ids: PlayerIds, *, creates: bool) -> None:
        self._ids = player_ids
        self._creates = creates

    async def resolve(self, caller: Caller) -> Caller:
        """Return the caller of a token with its player id.

        If the player does not exist, return the caller unchanged. If the store is unavailable, mark the caller as
        unresolved. Such a caller may read, but not act as a player.
        """
        identity = caller.user_id if caller.external_id is None else caller.external_id
        if identity is None or (caller.external_id is None and not self._creates):
            return caller
        user_id = self._ids.cached(identity)
        if user_id is None:
            try:
                user_id = await self._find(Sighting(identity, caller.username))
            except StoreUnavailable:
                return replace(caller, is_unresolved=True)
        if user_id is None or user_id == caller.user_id:
            return caller
        return replace(caller, name=str(user_id), user_id=user_id)

    async def _find(self, sighting: Sighting) -> int | None:
        if not self._creates:
            return await self._ids.find(sighting.identity)
        try:
            return await self._ids.ensure(sighting)
        except PlayerNotFound:  # the player was erased recently, and an old token must not create it again
            return None
