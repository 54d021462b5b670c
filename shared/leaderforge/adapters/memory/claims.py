"""Claims of players on names, emails and external ids."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from leaderforge.domain.names import claims_of, name_key
from leaderforge.domain.players import Player, email_key


class MemoryClaims:
    """Owners of names, emails and external ids. A name has several owners if names need not be unique."""

    def __init__(self) -> None:
        self._names: defaultdict[str, dict[int, None]] = defaultdict(dict)
        """Ids of players by the keys that their names claim, in the order of the claims. Look-alikes share a key."""
        self._emails: dict[str, int] = {}
        self.external_ids: dict[str, int] = {}

    def add(self, player: Player) -> None:
        """Claim the values of a player.

        Each value must have no other owner, or be a name that several players may have.
        """
        for key in _name_claims(player.username):
            self._names[key][player.user_id] = None
        if player.email is not None:
            self._emails[email_key(player.email)] = player.user_id
        if player.external_id is not None:
            self.external_ids[player.external_id] = player.user_id

    def remove(self, player: Player) -> None:
        """Free the values of a player."""
        for key in _name_claims(player.username):
            del self._names[key][player.user_id]
        if player.email is not None:
            del self._emails[email_key(player.email)]
        if player.external_id is not None:
            del self.external_ids[player.external_id]

    def claimants(self, username: str) -> Sequence[int]:
        """Return the ids of the players who claim this name: owners of look-alikes, then owners of the name itself."""
        owners = {user_id: None for key in _name_claims(username) for user_id in self._names.get(key, ())}
        of_name = self._names.get(name_key(username), {})
        return sorted(owners, key=lambda user_id: user_id in of_name)

    def owner_of_email(self, email: str) -> int | None:
        """Return the id of the player with this email, None if no player has it."""
        return self._emails.get(email_key(email))


def _name_claims(username: str | None) -> Mapping[str, bool]:
    return {} if username is None else claims_of(username)
