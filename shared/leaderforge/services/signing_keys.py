"""Signing keys, and the player tokens that they sign."""

from collections.abc import Callable, Mapping, Sequence
from time import monotonic

from leaderforge.domain.api_keys import MAX_OVERLAP_S
from leaderforge.domain.audit import AuditEntry
from leaderforge.domain.errors import Refused, StoreUnavailable
from leaderforge.domain.players import ExternalId
from leaderforge.domain.signing_keys import SigningKey, new_kid
from leaderforge.domain.timing import CACHE_LIMIT_MS
from leaderforge.domain.tokens import IssuedToken, TokenClaims, subject_of
from leaderforge.ports.access import SigningKeyStore, TokenSigner
from leaderforge.ports.clock import Clock
from leaderforge.services.refreshing import keys_cache

_ALL = "all signing keys"
"""Cache key of the only entry: one query loads all signing keys."""
_RELOAD_S = 1.0
"""Minimum time in s between two queries for unknown keys.

A valid key may be unknown to a process, because the first key signs at once, before all processes have loaded it.
"""
_FIRST_KEY_ACTOR = "service"


class SigningKeyService:
    """Management and use of the signing keys. `actor` is the caller's name in the audit log.

    While the keys are in use, they are all loaded together, at most every 2 s. While the store is unavailable, the
    cached keys stay in use. Without a `signer`, nothing is signed or accepted.
    """

    def __init__(
        self,
        store: SigningKeyStore,
        signer: TokenSigner | None,
        clock: Clock,
        *,
        max_valid_s: int,
        now: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._signer = signer
        self._clock = clock
        self._max_valid_s = max_valid_s
        self._now = now
        self._reload_at = float("-inf")
        self._cache = keys_cache(self._load, now)

    async def load(self) -> None:
        """Load all signing keys unless they are cached. The time limit is the store's. Raises `StoreUnavailable`."""
        await self._cache.get(_ALL)

    async def create(self, actor: str) -> SigningKey:
        """Create a key. It signs once all processes have loaded it: after 5 s, or at once if it is the only key.

        Raises `Refused` without a signing secret.
        """
        self._required_signer()
        key = SigningKey(new_kid(), self._clock(), actor)
        await self._store.create(key, AuditEntry(key.created_at, actor, "signing_key.create", details={"kid": key.kid}))
        self._cache.expire(_ALL)
        return key

    async def all(self) -> Sequence[SigningKey]:
        """Return all keys in order of creation, including retired keys."""
        return await self._store.keys()

    async def retire(self, kid: str, overlap_s: int, actor: str) -> SigningKey:
        """Retire a key permanently, and return it. Tokens that it signed are accepted for `overlap_s` seconds.

        A second retirement can only shorten that time. Raises `SigningKeyNotFound`, and `Refused` if the overlap is out
        of range.
        """
        if not 0 <= overlap_s <= MAX_OVERLAP_S:
            raise Refused(f"the overlap must be 0 to {MAX_OVERLAP_S} s, not {overlap_s}")
        details = {"kid": kid, "overlap_s": overlap_s}
        entry = AuditEntry(self._clock(), actor, "signing_key.retire", details=details)
        key = await self._store.retire(kid, entry.at + overlap_s * 1000, entry)
        self._cache.expire(_ALL)
        return key

    async def accepts(self, kid: str) -> bool:
        """Return whether tokens with the signature of this key are accepted. Raises `StoreUnavailable`."""
        keys = await self._keys()
        if kid not in keys:
            # The key may be newer than the cached keys. Invented ids cause at most one query a second.
            keys = await (self._reloaded() if self._may_reload() else self._cache.get_refreshed(_ALL)) or keys
        return kid in keys and keys[kid].is_accepted(self._clock())

    async def issue(self, identity: int | ExternalId, valid_s: int, username: str | None = None) -> IssuedToken:
        """Return a token of a player, valid for `valid_s` seconds. The first token creates the first key.

        Raises `Refused` without a signing secret or if the time is out of range, and `StoreUnavailable`.
        """
        signer = self._required_signer()
        if not 1 <= valid_s <= self._max_valid_s:
            raise Refused(f"a token may be valid for 1 to {self._max_valid_s} s, not {valid_s}")
        key = self._signing(await self._keys()) or self._signing(await self._reloaded())
        key = key or await self.create(_FIRST_KEY_ACTOR)
        return signer.sign(key.kid, TokenClaims(subject_of(identity), valid_s, username))

    def _signing(self, keys: Mapping[str, SigningKey]) -> SigningKey | None:
        """Return the newest usable key that all processes have loaded, else the oldest usable key, if any."""
        usable = [key for key in keys.values() if key.retired_at is None]
        propagated = [key for key in usable if key.created_at + CACHE_LIMIT_MS <= self._clock()]
        return propagated[-1] if propagated else usable[0] if usable else None

    async def _keys(self) -> Mapping[str, SigningKey]:
        keys = self._cache.fresh(_ALL)
        if keys is None:
            keys = await self._cache.get_limited(_ALL)
        if keys is None:
            raise StoreUnavailable("the signing keys cannot be read from the database; retry shortly")
        return keys

    def _may_reload(self) -> bool:
        """Return whether an unknown key may cause a query now. If so, refuse further queries for `_RELOAD_S`."""
        now = self._now()
        if now < self._reload_at:
            return False
        self._reload_at = now + _RELOAD_S
        return True

    async def _reloaded(self) -> Mapping[str, SigningKey]:
        self._cache.expire(_ALL)
        return await self._keys()

    async def _load(self, _: str) -> Mapping[str, SigningKey]:
        return {key.kid: key for key in await self._store.keys()}

    def _required_signer(self) -> TokenSigner:
        if self._signer is None:
            raise Refused("this service issues no tokens; set LEADERFORGE_SIGNING_SECRET")
        return self._signer
