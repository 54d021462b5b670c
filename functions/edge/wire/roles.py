"""People who use the console on the wire, and changes of their roles."""

from collections.abc import Iterable
from typing import Annotated

from pydantic import ConfigDict, Field, StrictStr

from functions.edge.wire.bodies import JsonBody
from functions.edge.wire.fields import TimeOut
from functions.edge.wire.models import StrictIn, StrictOut
from functions.edge.wire.rules import Rule
from leaderforge.domain.people import Person
from leaderforge.domain.permissions import Role

PersonActor = Annotated[
    StrictStr,
    Field(
        pattern=r"^(key|oidc):[!-~]{1,255}$",
        description="The person's name in the audit log: `key:` and the name of the key, or `oidc:` and the subject.",
        examples=["key:ada"],
    ),
    Rule("must be the actor of a person: key: and the name of the key, or oidc: and the subject"),
]


class RoleIn(StrictIn):
    """The change of a person's role."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"actor": "key:ada", "role": "viewer"}]})

    actor: PersonActor
    role: Role


class PersonOut(StrictOut):
    """A person who uses the console, by a key of its own or by the identity provider."""

    actor: str = Field(
        description="The person in the audit log: `key:` and the name of the key, or `oidc:` and the provider's `sub`.",
        examples=["key:ada"],
    )
    person: str = Field(description="The person's name.", examples=["Ada Lovelace"])
    role: Role = Field(description="The role. The identity provider gives it anew at each sign-in.")
    created_at: TimeOut | None = Field(description="When the key was created; null without a key.")
    signed_in_at: TimeOut | None = Field(description="The latest sign-in by the provider; null for a key.")
    session_ends_at: TimeOut | None = Field(description="When the session of that sign-in ends or ended.")
    last_act_at: TimeOut | None = Field(
        description="The person's latest action in the audit log; null without any. Reads are not logged."
    )


class PeopleOut(StrictOut):
    """All people with a key of their own that is not revoked, or who signed in by the provider; ordered by name."""

    people: list[PersonOut]


def render_people(people: Iterable[Person]) -> JsonBody:
    """Return a list of people."""
    return JsonBody.of(PeopleOut(people=[_person_out(person) for person in people]))


def render_person(person: Person) -> JsonBody:
    """Return a person."""
    return JsonBody.of(_person_out(person))


def _person_out(person: Person) -> PersonOut:
    return PersonOut(
        actor=person.actor,
        person=person.person,
        role=person.role,
        created_at=person.created_at,
        signed_in_at=person.signed_in_at,
        session_ends_at=person.session_ends_at,
        last_act_at=person.last_act_at,
    )
