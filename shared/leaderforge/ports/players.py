"""Players, and all stored data of one player."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence, Set
from typing import NamedTuple, Protocol

from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import LeaderForgeError
from leaderforge.domain.history import Erased, Kept
from leaderforge.domain.players import ClaimedNames, Player, ProfileChange, StaleClaims
from leaderforge.domain.standings import LadderStanding


class ProfileChanged(NamedTuple):
    """Player after a change, and the standings that the change has moved to other segments."""

    player: Player
    moved: Sequence[LadderStanding]


class PlayerStore(Protocol):
    """Store of the players."""

    async def create(self, users: Sequence[Player], *, on_sight: bool = False) -> Sequence[Player | LeaderForgeError]:
        """Create players. Return each player or its error.

        The errors are `PlayerExists`, `UsernameTaken`, `EmailTaken` and `ExternalIdTaken`. Usernames are unique by
        `claims_of`, emails regardless of case (Unicode NFKC, case-folded), external ids by code points. An external id
        that a player gave up stays taken for `RELEASE_MS`. Both ids of an erased player stay taken for that time too.
        With `on_sight`, the ids of an erased player stay taken for longer: until the `creatable_at` of the erasure.
        """
        ...

    async def change(self, user_id: int, changes: ProfileChange, act: AuditEntry) -> ProfileChanged:
        """Change a player's profile. Other players may claim the previous values.

        Changed attributes move the player's standings in open periods to other segments. A previous external id may be
        claimed only after `RELEASE_MS`. The audit entry is written in the same transaction. Raises `PlayerNotFound`,
        `UsernameTaken`, `EmailTaken` or `ExternalIdTaken`.
        """
        ...

    async def get(self, user_ids: Collection[int]) -> Mapping[int, Player]:
        """Return the players that exist, by id."""
        ...

    async def by_external_id(self, external_ids: Collection[str]) -> Mapping[str, int]:
        """Return player ids by external id, without external ids that no player has."""
        ...

    async def released(self, now: int) -> Set[str]:
        """Return the digests (see `digest_of_id`) of released ids that no other player may claim yet at `now` (ms)."""
        ...

    async def forget_released(self, before: int) -> None:
        """Delete the stored released ids that became free for all players before `before` (ms)."""
        ...

    async def following(self, user_id: int | None, limit: int) -> Sequence[int]:
        """Return up to `limit` player ids above `user_id` in ascending order. None starts at the lowest id."""
        ...

    async def by_name(self, usernames: Collection[str]) -> Mapping[str, Player]:
        """Return the players with these usernames, ignoring case, by the username as requested."""
        ...

    async def ids_by_name(self, usernames: Collection[str]) -> Mapping[str, int]:
        """Return player ids by username, as `by_name` does, in less time."""
        ...

    async def claimants(self, usernames: Collection[str]) -> Mapping[str, int]:
        """Return the players who claim these usernames or look-alikes of them, by the username as requested."""
        ...

    async def with_name(self, username: str) -> Sequence[Player]:
        """Return the players with this username, by id: at most one player if names are unique. Case is ignored."""
        ...

    async def with_prefix(self, prefix: str, limit: int) -> Sequence[Player]:
        """Return up to `limit` players whose usernames start with `prefix`, in order of name. Case is ignored."""
        ...

    async def containing(self, text: str, limit: int) -> Sequence[Player] | None:
        """Return up to `limit` players whose usernames contain the text. Case is ignored. Early occurrences come first.

        If more than 300 names contain the text, only some of them are considered. Return None if the store does not
        search inside names, or for fewer than `MIN_WITHIN` characters.
        """
        ...


class NameClaimer(Protocol):
    """Function that claims stored names without a claim: names from a time without unique names, or of old versions."""

    async def __call__(self, after: int, limit: int) -> ClaimedNames:
        """Claim the names of up to `limit` players whose ids follow `after`, unless other players claim them."""
        ...


class StaleClaimReleaser(Protocol):
    """Function that releases stale claims: keys for look-alikes of names that their players no longer have."""

    async def __call__(self, after: str, limit: int) -> StaleClaims:
        """Check up to `limit` claims whose keys follow `after`. Release claims whose players have other names now."""
        ...


class PlayerRecords(Protocol):
    """All stored data of one player."""

    async def standings(self, user_id: int) -> Sequence[LadderStanding]:
        """Return the player's standings on all boards and in all periods."""
        ...

    def events(self, user_id: int) -> AsyncGenerator[Sequence[Kept], None]:
        """Yield all events of the player in chunks, grouped by board, including void events."""
        ...

    async def erase(self, user_id: int, act: AuditEntry, creatable_at: int | None = None) -> Erased:
        """Erase a player and all data in one transaction, devices and sessions too. Return the numbers of erased rows.

        Anonymise the audit entries of the player, and delete the reasons in them. Add `act` with the numbers to the
        audit log. First sight does not create the player again before `creatable_at` (ms), which is None if first sight
        never creates players. Raises `PlayerNotFound`.
        """
        ...
