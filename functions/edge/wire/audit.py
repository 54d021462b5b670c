"""The audit log on the wire."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from pydantic import Field

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.external_ids import external_id_of
from functions.edge.wire.fields import (
    BoardName,
    ExternalIdIn,
    ExternalIdOut,
    IntegerOut,
    PageLimit,
    TimeOut,
    UserIdText,
)
from functions.edge.wire.models import QueryIn, StrictOut
from functions.edge.wire.rules import Omittable, Rule
from leaderforge.domain.audit import Audited, AuditEntry

AuditCursor = Annotated[
    str, Field(pattern=r"^[0-9]{1,16}\.[0-9]{1,18}$"), Rule("must be the next of a page of the audit log")
]
Action = Annotated[
    str,
    Field(pattern=r"^[a-z_.]{1,64}$", examples=["key.create"]),
    Rule("must be the kind of an action, such as key.create"),
]
Actor = Annotated[
    str,
    Field(pattern=r"^[a-z]{1,16}(:[!-~]{1,255})?$", examples=["key:ops"]),
    Rule("must be an actor of the audit log, such as key:ops, env:admin or cli"),
]


class AuditQuery(QueryIn):
    board: Omittable[BoardName] = Field(None, description="Return only actions on this board.")
    user_id: Omittable[UserIdText] = Field(None, description="Return only actions on this player.")
    external_id: Omittable[ExternalIdIn] = Field(
        None, description="Return only actions on the player with this external id. Not allowed with `user_id`."
    )
    action: Omittable[Action] = Field(None, description="Return only actions of this kind, such as `key.create`.")
    actor: Omittable[Actor] = Field(None, description="Return only actions of this actor, such as `key:ops`.")
    limit: PageLimit = 50
    cursor: Omittable[AuditCursor] = Field(None, description="A page's `next`.")

    @property
    def before(self) -> tuple[int, int] | None:
        """Time (ms since 1970) and id of the last audit entry of the previous page, None for the first page."""
        if self.cursor is None:
            return None
        time, _, audit_id = self.cursor.partition(".")
        return int(time), int(audit_id)


class ActOut(StrictOut):
    """An audit entry: an action of an admin, an operator or a game server."""

    at: TimeOut
    actor: str = Field(
        description="The actor: `key:<name>`, `env:<scope>`, `oidc:<subject>`, `player:<id>`, `loopback` or `cli`.",
        examples=["key:ops"],
    )
    action: str = Field(description="The kind of the action.", examples=["key.create"])
    board: str | None = Field(description="The board that the action concerned.")
    user_id: IntegerOut | None = Field(description="The player that the action concerned.")
    external_id: ExternalIdOut = ""
    reason: str | None = Field(description="The reason that the actor gave.")
    details: dict[str, Any]


class AuditedOut(ActOut):
    """An audit entry with the name of the person who acted."""

    person: str | None = Field(
        description="The name of the person who acted; null for programs.", examples=["Ada Lovelace"]
    )


class AuditOut(StrictOut):
    """Audit entries, newest first."""

    entries: list[AuditedOut]
    next: str | None = Field(description="Cursor of the older audit entries; null at the end.")


def render_audit(
    entries: Sequence[Audited], following: tuple[int, int] | None, external_ids: Mapping[int, str]
) -> JsonBody:
    """Return the body with audit entries. `following` is the time (ms) and id of the last entry, None on the last page.

    `external_ids` maps player ids to external ids.
    """
    cursor = None if following is None else f"{following[0]}.{following[1]}"
    acts = [AuditedOut(**_members(audited.entry, external_ids), person=audited.person) for audited in entries]
    return JsonBody.of(AuditOut(entries=acts, next=cursor))


def act_out(entry: AuditEntry, external_ids: Mapping[int, str]) -> ActOut:
    """Return the output model of an audit entry. `external_ids` maps player ids to external ids."""
    return ActOut(**_members(entry, external_ids))


def _members(entry: AuditEntry, external_ids: Mapping[int, str]) -> dict[str, Any]:
    return {
        "at": entry.at,
        "actor": entry.actor,
        "action": entry.action,
        "board": entry.board,
        "user_id": entry.user_id,
        **external_id_of(entry.user_id, external_ids),
        "reason": entry.reason,
        "details": dict(entry.details),
    }
