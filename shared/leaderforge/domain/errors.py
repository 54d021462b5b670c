"""All errors of LeaderForge.

Adapters translate exceptions of their drivers into these errors. The HTTP edge maps each class to a status in a table.
"""

from collections.abc import Mapping
from json import dumps
from uuid import UUID


class LeaderForgeError(Exception):
    """Base of all errors. `code` is a stable, machine-readable name. Callers may rely on it."""

    code = "internal_error"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details: Mapping[str, object] = details


class Refused(LeaderForgeError):
    """The request is invalid. Repeating it unchanged cannot succeed."""

    code = "invalid_request"


class InvalidCursor(Refused):
    """The cursor of a page cannot be decoded, or belongs to another list."""

    code = "invalid_cursor"


class ScoreOutOfRange(Refused):
    """A score or a sum is beyond ±(2^53 - 1)."""

    code = "score_out_of_range"


class RuleViolated(Refused):
    """The submission breaks the named rule of its board."""

    code = "rule_violated"

    def __init__(self, rule: str, message: str, limit: int | str | None) -> None:
        super().__init__(message, rule=rule, limit=limit)


class NameMixesScripts(Refused):
    """A word of the username mixes scripts, such as Latin and Cyrillic."""

    code = "username_mixes_scripts"

    @classmethod
    def of(cls, username: str, word: str) -> "NameMixesScripts":
        """Return the error for a username with a word of several scripts."""
        return cls(
            f"the word {word!r} mixes scripts; write each word of a name in one script", username=username, word=word
        )


class NameRefused(Refused):
    """The username has a word that this service refuses."""

    code = "username_refused"

    @classmethod
    def of(cls, username: str) -> "NameRefused":
        """Return the error for a username with a refused word."""
        return cls(f"the name {username!r} is not allowed here; choose another one", username=username)


class PeriodClosed(Refused):
    """The submission is too late: every period that contains its time is closed."""

    code = "period_closed"


class NotFound(LeaderForgeError):
    """The requested object does not exist."""

    code = "not_found"


class BoardNotFound(NotFound):
    """No board has the requested slug."""

    code = "board_not_found"

    @classmethod
    def of(cls, slug: str) -> "BoardNotFound":
        """Return the error for a slug without a board."""
        return cls(f"there is no board {slug!r}", board=slug)


class PeriodNotFound(NotFound):
    """The board has no such period."""

    code = "period_not_found"


class PlayerNotFound(NotFound):
    """No player has the requested id."""

    code = "user_not_found"

    @classmethod
    def of(cls, user_id: int) -> "PlayerNotFound":
        """Return the error for an id without a player."""
        return cls(f"there is no player {user_id}", user_id=user_id)

    @classmethod
    def of_external(cls, external_id: str) -> "PlayerNotFound":
        """Return the error for an external id without a player."""
        return cls(f"there is no player with the external id {external_id!r}", external_id=external_id)


class NotRanked(NotFound):
    """The player has no entry on the board, or in the requested part of it, and therefore no rank."""

    code = "not_ranked"

    @classmethod
    def on(cls, board: str, user_id: int, part: str = "") -> "NotRanked":
        """Return the error for a player without a standing on a board, or in the part of it that `part` names."""
        return cls(f"player {user_id} has no score on board {board!r}{part}", user_id=user_id, board=board)

    @classmethod
    def below(cls, board: str, user_id: int, missing: int) -> "NotRanked":
        """Return the error for a player who needs more submissions to be ranked on a board."""
        noun = "submission" if missing == 1 else "submissions"
        message = f"player {user_id} needs {missing} more {noun} to be ranked on board {board!r}"
        return cls(message, user_id=user_id, board=board, missing_submissions=missing)


class SubmissionNotFound(NotFound):
    """The player has no submission with the requested id on the board."""

    code = "submission_not_found"

    @classmethod
    def of(cls, board: str, user_id: int, submission_id: UUID) -> "SubmissionNotFound":
        """Return the error for an id that no submission of the player on the board has."""
        message = f"player {user_id} has no submission {submission_id} on board {board!r}"
        return cls(message, user_id=user_id, board=board, submission_id=submission_id)


class KeyNotFound(NotFound):
    """No API key has the requested name."""

    code = "key_not_found"

    @classmethod
    def of(cls, name: str) -> "KeyNotFound":
        """Return the error for a name without an API key."""
        return cls(f"there is no key {name!r}", name=name)


class PersonNotFound(NotFound):
    """No person with this actor has a key or a session."""

    code = "person_not_found"

    @classmethod
    def without_session(cls, subject: str) -> "PersonNotFound":
        """Return the error for a person of the identity provider who has no session."""
        message = f"'oidc:{subject}' is not signed in; the identity provider gives the role at the next sign-in"
        return cls(message, actor=f"oidc:{subject}")


class SigningKeyNotFound(NotFound):
    """No signing key has the requested id."""

    code = "signing_key_not_found"

    @classmethod
    def of(cls, kid: str) -> "SigningKeyNotFound":
        """Return the error for an id without a signing key."""
        return cls(f"there is no signing key {kid!r}", kid=kid)


class SessionNotFound(NotFound):
    """No session has the refresh token: the token is unknown, used, expired or revoked."""

    code = "session_not_found"


class Conflict(LeaderForgeError):
    """The request contradicts the current state."""

    code = "conflict"


class SubmissionConflict(Conflict):
    """The player already has a different submission with the same id on the board."""

    code = "submission_conflict"

    @classmethod
    def of(cls, submission_id: UUID, differences: Mapping[str, tuple[object, object]]) -> "SubmissionConflict":
        """Return the error. `differences` has the stored and the sent value of each JSON member that differs."""
        texts = "; ".join(f"{name} {dumps(stored)}, not {dumps(sent)}" for name, (stored, sent) in differences.items())
        pairs = {name: {"stored": stored, "sent": sent} for name, (stored, sent) in differences.items()}
        return cls(
            f"a submission with this id is stored with {texts}; use a new id for a new score",
            submission_id=submission_id,
            differences=pairs,
        )

    @property
    def summary(self) -> str:
        """Return the message without its last part, which is advice for clients of the API."""
        return self.message.rpartition("; ")[0]

    @property
    def stored_values(self) -> Mapping[str, object]:
        """Return the stored values that differ, without metadata, which may contain personal data."""
        differences = self.details["differences"]
        if not isinstance(differences, Mapping):
            return {}
        return {name: pair["stored"] for name, pair in differences.items() if name != "metadata"}


class BoardExists(Conflict):
    """The slug is in use."""

    code = "board_exists"


class SettingFixed(Conflict):
    """The named setting of a board cannot change to the requested value."""

    code = "setting_fixed"

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message, setting=setting)


class PlayerExists(Conflict):
    """The player id is in use."""

    code = "user_exists"


class UsernameTaken(Conflict):
    """Another player has the requested username."""

    code = "username_taken"


class EmailTaken(Conflict):
    """Another player has the requested email address."""

    code = "email_taken"


class ExternalIdTaken(Conflict):
    """Another player has the requested external id, or has lost it so recently that the id is not free yet."""

    code = "external_id_taken"


class KeyNameTaken(Conflict):
    """The key name is in use. Names of revoked keys stay reserved."""

    code = "key_name_taken"


class KeyRevoked(Conflict):
    """The API key is revoked."""

    code = "key_revoked"

    @classmethod
    def of(cls, name: str) -> "KeyRevoked":
        """Return the error for the key with this name."""
        return cls(f"the key {name!r} is revoked; create another one", name=name)


class Unauthenticated(LeaderForgeError):
    """The call needs valid credentials."""

    code = "unauthenticated"


class Forbidden(LeaderForgeError):
    """The credentials are valid and do not permit the call."""

    code = "forbidden"


class SignInDisabled(Forbidden):
    """The settings of this service do not allow the sign-in."""

    code = "sign_in_disabled"


class Unavailable(LeaderForgeError):
    """A required part cannot be reached. The same request may succeed later."""

    code = "unavailable"


class StoreUnavailable(Unavailable):
    """The store cannot be reached, or did not answer in time."""

    code = "store_unavailable"


class IndexUnavailable(Unavailable):
    """The rank index cannot answer: a node is unreachable, or a partition awaits its rebuild."""

    code = "index_unavailable"


class IndexBusy(IndexUnavailable):
    """Another process maintains the index."""


class QueueUnavailable(Unavailable):
    """The queue cannot be reached, or did not accept every message."""

    code = "queue_unavailable"


class PeriodBuilding(Unavailable):
    """The period was added to the board, and its backfill is not finished."""

    code = "period_building"


class Overloaded(Unavailable):
    """The process has too many requests in flight."""

    code = "overloaded"


class TooManyListeners(Overloaded):
    """This process already serves the maximum number of live listeners."""

    code = "too_many_listeners"


class TooManyStreams(Overloaded):
    """This process already reads the maximum number of streams of submissions."""

    code = "too_many_streams"
