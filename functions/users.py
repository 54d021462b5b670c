"""Players: create and find them."""

from typing import Annotated

from fastapi import Query, Security

from functions.edge import documentation, rendering
from functions.edge.application import router
from functions.edge.context import TheEdge
from functions.edge.inputs import PrefixQuery, UserId, UserIn
from functions.edge.outputs import UserOut, UsersOut
from functions.edge.responses import Answer, read, written
from functions.edge.security import anyone, submitter
from functions.edge.serverless import LambdaHandler
from leaderforge.domain.errors import (
    EmailTaken,
    StoreUnavailable,
    Unauthenticated,
    UserExists,
    UsernameTaken,
    UserNotFound,
)
from leaderforge.services.entries import Source

routes = router("players")
handler = LambdaHandler(routes)

Caller = Annotated[str, Security(anyone)]
"""The scope of the caller's key: `admin` may see emails."""
_LOCATION = {"Location": {"description": "Where the player is.", "schema": {"type": "string"}, "required": True}}
_CREATED = 201


@routes.post(
    "/api/users",
    **documentation.write(
        UserOut, UserExists, UsernameTaken, EmailTaken, StoreUnavailable, status=_CREATED, headers=_LOCATION
    ),
)
async def create_user(edge: TheEdge, caller: Annotated[str, Security(submitter)], player: UserIn) -> Answer:
    """Create a player. Names and emails are unique without regard to case."""
    user = await edge.services.users.create(player.username, player.email, player.user_id)
    location = (b"location", b"/api/users/%d" % user.user_id)
    return written(rendering.user(user, email=caller == "admin"), Source.STORE, _CREATED, [location])


@routes.get("/api/users", **documentation.read(UsersOut, Unauthenticated, StoreUnavailable, key_optional=True))
async def find_users(edge: TheEdge, caller: Caller, query: Annotated[PrefixQuery, Query()]) -> Answer:
    """Return players whose names begin so, in order of name."""
    found = await edge.services.users.search(query.prefix, query.limit)
    listed = ",".join(rendering.user(user, email=caller == "admin") for user in found)
    return read(f'{{"users":[{listed}]', None, Source.STORE)


@routes.get(
    "/api/users/{user_id}",
    **documentation.read(UserOut, UserNotFound, Unauthenticated, StoreUnavailable, key_optional=True),
)
async def user(edge: TheEdge, caller: Caller, user_id: UserId) -> Answer:
    """Return a player."""
    found = await edge.services.users.get(user_id)
    return read(rendering.user(found, email=caller == "admin")[:-1], None, Source.STORE)
