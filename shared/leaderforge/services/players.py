"""Players: creation, changes and search."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import (
    EmailTaken,
    ExternalIdTaken,
    LeaderForgeError,
    Overloaded,
    PlayerExists,
    PlayerNotFound,
    Refused,
    Unavailable,
    UsernameTaken,
)
from leaderforge.domain.name_rules import BASIC_RULES, NameRules
from leaderforge.domain.players import (
    ExternalId,
    NameMatches,
    NewPlayer,
    Player,
    ProfileChange,
    is_as_requested,
    new_user_ids,
)
from leaderforge.domain.presence import required
from leaderforge.domain.segments import require_segment_values
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import PlayerStore
from leaderforge.services.delivery import Delivery

_ATTEMPTS = 8
"""Maximum attempts to create a player. New ids are random and may collide."""


class PlayerService:
    """Management of the players in the store. `actor` is the caller's name in the audit log.

    `segments` are the declared attributes. Their values must be short texts, because boards are divided by them.
    """

    def __init__(
        self,
        users: PlayerStore,
        delivery: Delivery,
        clock: Clock,
        *,
        rules: NameRules = BASIC_RULES,
        segments: Sequence[str] = (),
    ) -> None:
        self._users = users
        self._delivery = delivery
        self._clock = clock
        self._rules = rules
        self._segments = segments

    async def create(self, new: NewPlayer) -> Player:
        """Create a player. Without `user_id`, choose a random id.

        Raises `NameMixesScripts`, `NameRefused`, `PlayerExists`, `UsernameTaken`, `EmailTaken`, `ExternalIdTaken`, or
        `Refused` for an attribute. In all these cases, nothing is created.
        """
        [outcome] = await self.create_many([new])
        if isinstance(outcome, LeaderForgeError):
            raise outcome
        return outcome

    async def create_many(self, players: Sequence[NewPlayer]) -> Sequence[Player | LeaderForgeError]:
        """Create players, and return each player or its error. Raises `StoreUnavailable`."""
        outcomes: dict[int, Player | LeaderForgeError] = {
            i: refusal for i, new in enumerate(players) if (refusal := self._refusal(new))
        }
        waiting = [i for i in range(len(players)) if i not in outcomes]
        for _ in range(_ATTEMPTS):
            if not waiting:
                break
            now = self._clock()
            ids = new_user_ids(now, len(waiting))
            users = [_player(players[i], new_id, now) for i, new_id in zip(waiting, ids, strict=True)]
            outcomes |= zip(waiting, await self._users.create(users), strict=True)
            # Another random id may be free. A requested id cannot be replaced.
            waiting = [i for i in waiting if isinstance(outcomes[i], PlayerExists) and players[i].user_id is None]
        created = [outcome for outcome in outcomes.values() if isinstance(outcome, Player)]
        if created:
            await self._delivery.created(created)
        return await self._with_owners([outcomes[i] for i in range(len(players))])

    async def change(self, user_id: int, changes: ProfileChange, actor: str) -> Player:
        """Change a player's profile. This process shows the change at once, other processes within a second.

        Raises `NameMixesScripts`, `NameRefused`, `PlayerNotFound`, `UsernameTaken`, `EmailTaken`, `ExternalIdTaken`, or
        `Refused` for an attribute. In all these cases, nothing is changed.
        """
        await self._require_allowed(user_id, changes.get("username"))
        require_segment_values(changes.get("attributes"), self._segments)
        before = await self.get(user_id) if "external_id" in changes else None
        act = AuditEntry(self._clock(), actor, "player.change", None, user_id, details={"changed": sorted(changes)})
        try:
            user, moved = await self._users.change(user_id, changes, act)
        except (UsernameTaken, ExternalIdTaken) as error:
            [described] = await self._with_owners([error])
            raise described from None  # type: ignore[misc]
        if moved:
            await self._delivery.moderated(moved)
        if "username" in changes or "external_id" in changes:
            released = before.external_id if before is not None else None
            await self._delivery.relabelled(user_id, released if released != user.external_id else None)
        return user

    async def put(self, identity: int | ExternalId, changes: ProfileChange, actor: str) -> tuple[Player, bool]:
        """Create a player with this profile, or change the player's profile. Return the player, and whether it is new.

        If the player already has this profile, nothing is written. Raises like `create` and `change`.
        """
        for _ in range(_ATTEMPTS):
            player = await self._find(identity)
            try:
                if player is None:
                    return await self.create(_new_player(identity, changes)), True
                if is_as_requested(player, changes):
                    if self._segments and "attributes" in changes:
                        # This may be the retry of a change whose process ended before the update of the index. The
                        # player could then be in wrong segments. Therefore apply the standings to the index again.
                        await self._delivery.repeated(player.user_id)
                    return player, False
                return await self.change(player.user_id, changes, actor), False
            except (PlayerNotFound, PlayerExists, UsernameTaken, EmailTaken, ExternalIdTaken) as error:
                # Try again only if another call has created or erased the player since the look-up.
                if (await self._find(identity) is None) == (player is None):
                    raise error
        raise Overloaded("the player was created and erased again and again meanwhile; retry later")

    def _refusal(self, new: NewPlayer) -> LeaderForgeError | None:
        """Return the error if the name or an attribute of a new player breaks a rule, None otherwise."""
        try:
            require_segment_values(new.attributes, self._segments)
        except Refused as refusal:
            return refusal
        return self._rules.refusal(new.username)

    async def _require_allowed(self, user_id: int, name: str | None) -> None:
        """Raise `NameMixesScripts` or `NameRefused` if the name breaks a rule, unless the player has it already."""
        refusal = self._rules.refusal(name)
        if refusal is not None and (await self.get(user_id)).username != name:
            raise refusal

    async def get(self, user_id: int) -> Player:
        """Return a player. Raises `PlayerNotFound`."""
        players = await self._users.get([user_id])
        return required(players.get(user_id), PlayerNotFound.of(user_id))

    async def find_many(self, user_ids: Collection[int]) -> Mapping[int, Player]:
        """Return the players that exist, by id."""
        return await self._users.get(user_ids) if user_ids else {}

    async def external_ids(self, user_ids: Collection[int]) -> Mapping[int, str]:
        """Return the external ids of the players who have one. Return no ids while the store is unavailable.

        Answers show the ids beside other data, and must not fail only because the ids are missing.
        """
        try:
            players = await self._users.get(user_ids) if user_ids else {}
        except Unavailable:
            return {}
        return {i: player.external_id for i, player in players.items() if player.external_id is not None}

    async def with_name(self, username: str) -> Sequence[Player]:
        """Return the players with this username. Ignore case."""
        return await self._users.with_name(username)

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        """Return up to `limit` players whose names start with the prefix, by name. Ignore case."""
        return await self._users.with_prefix(prefix, limit)

    async def search(self, text: str, limit: int) -> NameMatches:
        """Return up to `limit` players whose names contain the text. Ignore case. Names that start with the text lead.

        If the store does not search inside names, return only players whose names start with the text.
        """
        starting, containing = await asyncio.gather(
            self._users.with_prefix(text, limit), self._users.containing(text, limit)
        )
        players = {player.user_id: player for player in (*starting, *(containing or ()))}
        return NameMatches(list(players.values())[:limit], inside=containing is not None)

    async def _find(self, identity: int | ExternalId) -> Player | None:
        user_id: int | None = identity if not isinstance(identity, ExternalId) else None
        if isinstance(identity, ExternalId):
            user_id = (await self._users.by_external_id([identity])).get(identity)
        return None if user_id is None else (await self._users.get([user_id])).get(user_id)

    async def _with_owners(self, outcomes: Sequence[Player | LeaderForgeError]) -> Sequence[Player | LeaderForgeError]:
        """Return the outcomes. Errors about taken usernames and external ids get the id of the owner, if there is one.

        Callers who may create and change players may know the owner's id, and need it to resolve the conflict.
        """
        names = {str(error.details["username"]) for error in outcomes if isinstance(error, UsernameTaken)}
        external_ids = {str(error.details["external_id"]) for error in outcomes if isinstance(error, ExternalIdTaken)}
        owners: dict[str, int] = {}
        if names:
            owners |= await self._users.claimants(names)
        by_external_id = await self._users.by_external_id(external_ids) if external_ids else {}
        return [_with_owner(outcome, owners, by_external_id) for outcome in outcomes]


def _with_owner(
    outcome: Player | LeaderForgeError, by_name: Mapping[str, int], by_external_id: Mapping[str, int]
) -> Player | LeaderForgeError:
    """Return the outcome. To an error about a taken username or external id, add the id of its owner."""
    if isinstance(outcome, UsernameTaken):
        owner = by_name.get(str(outcome.details["username"]))
    elif isinstance(outcome, ExternalIdTaken):
        owner = by_external_id.get(str(outcome.details["external_id"]))
    else:
        return outcome
    if owner is None:
        return outcome
    return type(outcome)(f"{outcome.message} by player {owner}", **outcome.details, user_id=owner)


def _player(new: NewPlayer, new_id: int, now: int) -> Player:
    user_id = new_id if new.user_id is None else new.user_id
    return Player(user_id, new.username, new.email, now, new.external_id, new.attributes)


def _new_player(identity: int | ExternalId, profile: ProfileChange) -> NewPlayer:
    if isinstance(identity, ExternalId):
        return replace(NewPlayer(**profile), external_id=identity)
    return NewPlayer(**profile, user_id=identity)
