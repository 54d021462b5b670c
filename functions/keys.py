"""API keys, people with their roles, and signing keys: viewers list them, owners change them."""

from functions.edge.access.security import KeyManager, Viewer
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, answer_stored, answer_written
from functions.edge.wire.api_keys import (
    IssuedKeyOut,
    KeyIn,
    KeyName,
    KeyOut,
    KeysOut,
    RotationIn,
    render_issued_key,
    render_key,
    render_keys,
)
from functions.edge.wire.roles import PeopleOut, PersonOut, RoleIn, render_people, render_person
from functions.edge.wire.signing_keys import (
    RetirementIn,
    SigningKeyId,
    SigningKeyOut,
    SigningKeysOut,
    render_signing_key,
    render_signing_keys,
)
from leaderforge.domain.errors import (
    KeyNameTaken,
    KeyNotFound,
    KeyRevoked,
    PersonNotFound,
    SigningKeyNotFound,
    StoreUnavailable,
)

routes = router("operations")
handler = LambdaHandler(routes)

_CREATED = 201


@routes.get("/api/admin/keys", operation_id="listKeys", **documentation.read(KeysOut, StoreUnavailable))
async def keys(edge: TheEdge, caller: Viewer) -> Answer:
    """Return all API keys of the database, ordered by name, with revoked ones but without secret texts. Viewers only.

    `environment` names the settings that have API keys, and their numbers of keys.
    """
    return answer_stored(render_keys(await edge.services.access.keys.all(), edge.callers.configured()))


@routes.post("/api/admin/keys", **documentation.write(IssuedKeyOut, KeyNameTaken, StoreUnavailable, status=_CREATED))
async def create_key(edge: TheEdge, caller: KeyManager, settings: KeyIn) -> Answer:
    """Create an API key. Only this response shows its secret text. Valid everywhere within 5 s. Owners only."""
    if settings.role is None:
        issued_key = await edge.services.access.keys.create(settings.name, settings.scopes or (), caller.actor)
    else:
        issued_key = await edge.services.access.keys.create_personal(
            settings.name, settings.role, settings.person or "", caller.actor
        )
    edge.keys.invalidate()
    return answer_written(render_issued_key(issued_key), status=_CREATED)


@routes.post(
    "/api/admin/keys/{name}/rotate",
    **documentation.write(IssuedKeyOut, KeyNotFound, KeyRevoked, StoreUnavailable),
)
async def rotate_key(edge: TheEdge, caller: KeyManager, name: KeyName, rotation: RotationIn) -> Answer:
    """Replace the secret text of an API key. The current one stays valid for `overlap_s` seconds. Owners only."""
    issued_key = await edge.services.access.keys.rotate(name, rotation.overlap_s, caller.actor)
    edge.keys.invalidate()
    return answer_written(render_issued_key(issued_key))


@routes.delete("/api/admin/keys/{name}", **documentation.change(KeyOut, KeyNotFound, StoreUnavailable))
async def revoke_key(edge: TheEdge, caller: KeyManager, name: KeyName) -> Answer:
    """Revoke an API key permanently. Effective everywhere within 5 s. Idempotent. Owners only."""
    revoked_key = await edge.services.access.keys.revoke(name, caller.actor)
    edge.keys.invalidate()
    return answer_written(render_key(revoked_key))


@routes.get("/api/admin/people", operation_id="listPeople", **documentation.read(PeopleOut, StoreUnavailable))
async def people(edge: TheEdge, caller: Viewer) -> Answer:
    """Return the people with a key of their own or a sign-in by the identity provider, ordered by name. Viewers only.

    People with a revoked key are not listed.
    """
    return answer_stored(render_people(await edge.services.access.roles.people()))


@routes.post(
    "/api/admin/people/role",
    **documentation.write(PersonOut, KeyNotFound, KeyRevoked, PersonNotFound, StoreUnavailable),
)
async def change_role(edge: TheEdge, caller: KeyManager, change: RoleIn) -> Answer:
    """Change the role of a person. Effective everywhere within 5 s. Owners only, for others than themselves.

    The key stays valid, with its name. The role of a person of the identity provider lasts until the next sign-in,
    which takes the role from the provider again.
    """
    person = await edge.services.access.roles.change(change.actor, change.role, caller.actor)
    edge.keys.invalidate()
    return answer_written(render_person(person))


@routes.get(
    "/api/admin/signing-keys",
    operation_id="listSigningKeys",
    **documentation.read(SigningKeysOut, StoreUnavailable),
)
async def signing_keys(edge: TheEdge, caller: Viewer) -> Answer:
    """Return all keys that sign player tokens, oldest first, with retired ones. Viewers only."""
    return answer_stored(render_signing_keys(await edge.services.access.signing_keys.all()))


@routes.post("/api/admin/signing-keys", **documentation.change(SigningKeyOut, StoreUnavailable, status=_CREATED))
async def create_signing_key(edge: TheEdge, caller: KeyManager) -> Answer:
    """Create a key. After 5 s, it signs all new player tokens. Older keys stay valid until retired. Owners only."""
    key = await edge.services.access.signing_keys.create(caller.actor)
    return answer_written(render_signing_key(key), status=_CREATED)


@routes.post(
    "/api/admin/signing-keys/{kid}/retire",
    **documentation.write(SigningKeyOut, SigningKeyNotFound, StoreUnavailable),
)
async def retire_signing_key(edge: TheEdge, caller: KeyManager, kid: SigningKeyId, retirement: RetirementIn) -> Answer:
    """Retire a signing key permanently. Its tokens stay valid for `overlap_s` seconds. Owners only.

    Without an overlap, every process refuses its tokens within 65 s. A second retirement can only shorten the overlap.
    """
    key = await edge.services.access.signing_keys.retire(kid, retirement.overlap_s, caller.actor)
    return answer_written(render_signing_key(key))
