"""Players of imported lines: look-up by username or external id, and creation of unknown players."""

import asyncio
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TypeAlias

from leaderforge.domain.chunks import chunks
from leaderforge.domain.errors import ExternalIdTaken, LeaderForgeError, PlayerExists, Refused, UsernameTaken
from leaderforge.domain.name_rules import NameRules
from leaderforge.domain.names import name_key
from leaderforge.domain.players import Player, new_user_ids
from leaderforge.imports.lines import ScoreLine
from leaderforge.ports.clock import Clock
from leaderforge.ports.players import PlayerStore

_MAX_CACHED = 200_000
"""Maximum number of cached player ids. The limit bounds the memory of an import of any length."""
_PIECE = 1000
"""Players that are looked up and created together.

The limit has two reasons: the transaction must end in time, and a new id contains a millisecond, which has only 4096
different ids.
"""
_ATTEMPTS = 8
"""Maximum attempts to create a player. New ids are random and may collide."""

_PlayerKey: TypeAlias = tuple[str | None, str | None]
"""Identity of a player: external id and None or, for a line without an external id, None and the name key."""
_BY_ID: _PlayerKey = None, None
"""Key of the lines with an id of this service. They need no look-up."""
_Outcomes: TypeAlias = Mapping[_PlayerKey, int | LeaderForgeError]


class ImportedPlayers:
    """Player ids of the lines of one import.

    A player is identified by the id of this service if the line has one, else by the external id, else by the username.
    If names need not be unique, a username that several players have is refused. The names of new players must obey the
    rules in `names`.

    New ids ascend in the order of the file, because the smaller id leads among equal scores and times.
    """

    def __init__(self, users: PlayerStore, clock: Clock, names: NameRules) -> None:
        self._users = users
        self._names = names
        self._clock = clock
        self._cached: dict[_PlayerKey, int] = {}
        self._last_ms = 0
        self.created = 0

    async def ids(self, lines: Sequence[ScoreLine]) -> Sequence[int | LeaderForgeError]:
        """Return the player id of each line, or the error of creating the player."""
        keys = [_key(line) for line in lines]
        names: dict[_PlayerKey, str | None] = {}
        for key, line in zip(keys, lines, strict=True):
            names.setdefault(key, line.player)
        ids: dict[_PlayerKey, int | LeaderForgeError] = {k: self._cached[k] for k in names if k in self._cached}
        missing = {key: name for key, name in names.items() if key not in ids and key != _BY_ID}
        ids |= await self._resolve([dict(piece) for piece in chunks(list(missing.items()), _PIECE)])
        if missing:
            self._remember(ids)
        return [ids[key] if line.user_id is None else line.user_id for key, line in zip(keys, lines, strict=True)]

    async def _resolve(self, pieces: Sequence[Mapping[_PlayerKey, str | None]]) -> _Outcomes:
        """Look pieces up concurrently. Create unknown players in order, because their ids ascend.

        If names need not be unique, look each piece up after the creation of the one before. It may have created a
        player with an external id and a name that the next piece has without an id.
        """
        ids: dict[_PlayerKey, int | LeaderForgeError] = {}
        for group in [pieces] if self._names.unique else [[piece] for piece in pieces]:
            for stored in await asyncio.gather(*map(self._stored, group)):
                ids |= stored
            for piece in group:
                ids |= await self._create({key: name for key, name in piece.items() if key not in ids})
        return ids

    async def _stored(self, names: Mapping[_PlayerKey, str | None]) -> _Outcomes:
        usernames = {name: key for key, name in names.items() if key[0] is None and name is not None}
        external_ids = [external_id for external_id, _ in names if external_id is not None]
        stored: dict[_PlayerKey, int | LeaderForgeError] = {}
        if usernames:
            stored |= {usernames[name]: user_id for name, user_id in (await self._users.ids_by_name(usernames)).items()}
        if external_ids:
            stored |= {(i, None): user_id for i, user_id in (await self._users.by_external_id(external_ids)).items()}
        if not self._names.unique:
            stored |= await self._ambiguous({name: key for name, key in usernames.items() if key in stored})
        return stored

    async def _ambiguous(self, keys: Mapping[str, _PlayerKey]) -> Mapping[_PlayerKey, LeaderForgeError]:
        """Return an error for each name that several players have."""
        counts = {name: len(await self._users.with_name(name)) for name in keys}
        return {
            keys[name]: Refused(f"{count} players have the name {name!r}; identify them by --player-id or --user-id")
            for name, count in counts.items()
            if count > 1
        }

    async def _create(self, names: Mapping[_PlayerKey, str | None]) -> _Outcomes:
        """Create the players and return their ids by key. Include players whom another process creates meanwhile."""
        ids: dict[_PlayerKey, int | LeaderForgeError] = {
            key: refusal for key, name in names.items() if (refusal := self._names.refusal(name))
        }
        names = {key: name for key, name in names.items() if key not in ids}
        for _ in range(_ATTEMPTS):
            if not names:
                break
            results = dict(zip(names, await self._users.create(self._new(names)), strict=True))
            self.created += sum(isinstance(result, Player) for result in results.values())
            ids |= {key: result.user_id if isinstance(result, Player) else result for key, result in results.items()}
            ids |= await self._stored({key: names[key] for key, result in results.items() if _has_rival(key, result)})
            names = {key: name for key, name in names.items() if _may_retry(key, ids[key])}
        return ids

    def _new(self, names: Mapping[_PlayerKey, str | None]) -> Sequence[Player]:
        # Use a later millisecond for each batch of ids. The ids are then larger than all earlier ids.
        now = self._clock()
        self._last_ms = max(now, self._last_ms + 1)
        new_ids = sorted(new_user_ids(self._last_ms, len(names)))
        pairs = zip(new_ids, names.items(), strict=True)
        return [Player(new_id, name, None, now, key[0]) for new_id, (key, name) in pairs]

    def _remember(self, ids: _Outcomes) -> None:
        self._cached |= {key: user_id for key, user_id in ids.items() if isinstance(user_id, int)}
        # Search for the oldest keys only once: each search passes the deleted entries at the start of the dict.
        for key in list(islice(self._cached, max(0, len(self._cached) - _MAX_CACHED))):
            del self._cached[key]


def _key(line: ScoreLine) -> _PlayerKey:
    if line.user_id is not None:
        return _BY_ID
    return (None, name_key(line.player or "")) if line.external_id is None else (line.external_id, None)


def _has_rival(key: _PlayerKey, outcome: object) -> bool:
    """Return whether another process may have created the player of the key."""
    return isinstance(outcome, UsernameTaken if key[0] is None else ExternalIdTaken)


def _may_retry(key: _PlayerKey, outcome: object) -> bool:
    """Return whether another attempt may create the player."""
    return isinstance(outcome, PlayerExists) or _has_rival(key, outcome)
