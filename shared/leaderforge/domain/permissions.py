"""Permissions of callers, and the scopes and roles that include them."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache


class KeyScope(StrEnum):
    """Right of a key.

    `read`: read private boards. `submit`: submit for any player, and create players. `set`: set scores. `admin`: all of
    these rights and all others.
    """

    READ = "read"
    SUBMIT = "submit"
    SET = "set"
    ADMIN = "admin"


class Role(StrEnum):
    """Rights of a person. Each role includes the roles before it. Keys of scope `admin` have the role `owner`."""

    VIEWER = "viewer"
    MODERATOR = "moderator"
    OWNER = "owner"


class Permission(StrEnum):
    """Right to a group of calls. Each call that needs a key needs one permission."""

    READ_BOARDS = "read_boards"
    SUBMIT = "submit"
    READ_AWARDS = "read_awards"
    EDIT_PLAYERS = "edit_players"
    SET_SCORES = "set_scores"
    VIEW_CONSOLE = "view_console"
    MODERATE = "moderate"
    ERASE_PLAYERS = "erase_players"
    MANAGE_BOARDS = "manage_boards"
    MANAGE_KEYS = "manage_keys"


_P = Permission

SCOPES_BY_PERMISSION: Mapping[Permission, Sequence[KeyScope | Role]] = {
    _P.READ_BOARDS: (KeyScope.READ, KeyScope.SUBMIT, KeyScope.SET, KeyScope.ADMIN, Role.VIEWER, Role.MODERATOR),
    _P.SUBMIT: (KeyScope.SUBMIT, KeyScope.ADMIN),
    _P.READ_AWARDS: (KeyScope.SUBMIT, KeyScope.ADMIN, Role.VIEWER, Role.MODERATOR),
    _P.EDIT_PLAYERS: (KeyScope.SUBMIT, KeyScope.ADMIN, Role.MODERATOR),
    _P.SET_SCORES: (KeyScope.SET, KeyScope.ADMIN, Role.MODERATOR),
    _P.VIEW_CONSOLE: (KeyScope.ADMIN, Role.VIEWER, Role.MODERATOR),
    _P.MODERATE: (KeyScope.ADMIN, Role.MODERATOR),
    _P.ERASE_PLAYERS: (KeyScope.ADMIN,),
    _P.MANAGE_BOARDS: (KeyScope.ADMIN,),
    _P.MANAGE_KEYS: (KeyScope.ADMIN,),
}
"""Scopes and roles that include each permission. The role `owner` is missing, because it has the scope `admin`."""

ALL_PERMISSIONS = frozenset(Permission)


@cache
def permissions_of(scopes: frozenset[KeyScope], role: Role | None = None) -> frozenset[Permission]:
    """Return the permissions of a caller with these scopes and this role."""
    rights = {*scopes, role}
    return frozenset(permission for permission, holders in SCOPES_BY_PERMISSION.items() if rights & {*holders})


def scopes_of(role: Role) -> frozenset[KeyScope]:
    """Return the scopes that are stored for a key with a role.

    During an upgrade, processes of earlier versions see the scopes only. A key of a viewer or moderator therefore has
    fewer rights there, never more.
    """
    return frozenset({KeyScope.ADMIN if role is Role.OWNER else KeyScope.READ})


def holders_text(permission: Permission) -> str:
    """Return the scopes and roles that include a permission, such as `scope 'admin' or role 'moderator'`."""
    holders = SCOPES_BY_PERMISSION[permission]
    return " or ".join(f"{'role' if isinstance(holder, Role) else 'scope'} '{holder}'" for holder in holders)
