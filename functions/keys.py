"""API keys: created, listed, rotated and revoked by admins."""

from functions.edge import rendering
from functions.edge.access.security import Admin
from functions.edge.aws.handler import LambdaHandler
from functions.edge.dependencies import TheEdge
from functions.edge.http import documentation
from functions.edge.http.application import router
from functions.edge.http.responses import Answer, read, written
from functions.edge.inputs import KeyIn, KeyName, RotationIn
from functions.edge.outputs import IssuedKeyOut, KeyOut, KeysOut
from leaderforge.domain.errors import KeyNameTaken, KeyNotFound, KeyRevoked, StoreUnavailable
from leaderforge.services.entries import Source

routes = router("operations")
handler = LambdaHandler(routes)

_CREATED = 201


@routes.get("/api/admin/keys", **documentation.read(KeysOut, StoreUnavailable))
async def keys(edge: TheEdge, caller: Admin) -> Answer:
    """Return all keys of the store by name, also the revoked ones; their texts nobody can tell."""
    listed = ",".join(map(rendering.key, await edge.services.keys.all()))
    return read(f'{{"keys":[{listed}]', None, Source.STORE)


@routes.post("/api/admin/keys", **documentation.write(IssuedKeyOut, KeyNameTaken, StoreUnavailable, status=_CREATED))
async def create_key(edge: TheEdge, caller: Admin, wanted: KeyIn) -> Answer:
    """Create a key. Its text is in this reply and nowhere else; it is valid everywhere within 5 s."""
    issued = await edge.services.keys.create(wanted.name, wanted.scopes, caller.actor)
    edge.keys.invalidate()
    return written(rendering.issued_key(issued), Source.STORE, _CREATED)


@routes.post(
    "/api/admin/keys/{name}/rotate",
    **documentation.write(IssuedKeyOut, KeyNotFound, KeyRevoked, StoreUnavailable),
)
async def rotate_key(edge: TheEdge, caller: Admin, name: KeyName, rotation: RotationIn) -> Answer:
    """Replace a key's text. The old one stays valid for `overlap_s` seconds, so that nothing need stop."""
    issued = await edge.services.keys.rotate(name, rotation.overlap_s, caller.actor)
    edge.keys.invalidate()
    return written(rendering.issued_key(issued), Source.STORE)


@routes.delete("/api/admin/keys/{name}", **documentation.change(KeyOut, KeyNotFound, StoreUnavailable))
async def revoke_key(edge: TheEdge, caller: Admin, name: KeyName) -> Answer:
    """Revoke a key, for ever and everywhere within 5 s. Revoking it again changes nothing."""
    revoked = await edge.services.keys.revoke(name, caller.actor)
    edge.keys.invalidate()
    return written(rendering.key(revoked), Source.STORE)
