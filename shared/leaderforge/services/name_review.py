"""Review of stored names: missing claims, collisions, and names that the rules refuse to new players."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from leaderforge.domain.errors import Refused
from leaderforge.domain.name_rules import NameRules
from leaderforge.domain.players import BEFORE_ALL, NameCollision, Player, username
from leaderforge.ports.players import NameClaimer, StaleClaimReleaser

_A_CHUNK = 1000


@dataclass(frozen=True, slots=True)
class RefusedName:
    """Stored name that a new player could not have, with the reason."""

    user_id: int
    username: str
    reason: str


@dataclass(frozen=True, slots=True)
class ReviewedNames:
    """Result for a chunk of players: the last id, the numbers of players and of claimed names, and the problems."""

    last_id: int
    players: int
    claimed: int
    collisions: Sequence[NameCollision]
    refused: Sequence[RefusedName]


async def release_stale(release: StaleClaimReleaser, *, chunk: int = _A_CHUNK) -> int:
    """Release all stale claims, and return their number. The player of a stale claim no longer has the claimed name."""
    released, last_key = 0, ""
    while (claims := await release(last_key, chunk)).last_key is not None:
        released, last_key = released + claims.released, claims.last_key
    return released


async def review_names(
    claim: NameClaimer, rules: NameRules, after: int | None = None, *, chunk: int = _A_CHUNK
) -> AsyncGenerator[ReviewedNames, None]:
    """Claim the names of all players, and yield the results by chunks in ascending order of ids.

    `after` skips the players up to this id. Stored names never change.
    """
    last_id = BEFORE_ALL if after is None else after
    while (names := await claim(last_id, chunk)).players:
        last_id = names.players[-1].user_id
        refused = [refused for user in names.players if (refused := _refused(user, rules))]
        yield ReviewedNames(last_id, len(names.players), names.claimed, names.collisions, refused)


def _refused(user: Player, rules: NameRules) -> RefusedName | None:
    if user.username is None:
        return None
    try:
        displayed = username(user.username)
        rules.require(displayed)
    except Refused as refusal:
        return RefusedName(user.user_id, user.username, refusal.message)
    if displayed == user.username:
        return None
    return RefusedName(user.user_id, user.username, f"invisible characters are removed today: {displayed!r}")
