"""Previews over HTTP: pictures, and tags for a page that another server serves.

The other server has the page as a file, and replaces the tags in the file's head by the tags of the API, as
deploy/images/nginx.conf does. If the API does not answer, the other server leaves the static tags in the file.
"""

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from functions.previews.serving import PICTURE_PATH, NoPicture, NothingToShow, Picture, Previews

_TAGS_PATH = "/preview-tags"
"""Path before the page's address, such as `/preview-tags/player/5?board=laps`."""
_PICTURE_AGE = "public, max-age=60"
_NOT_CACHED = {"Cache-Control": "no-store"}


def serve_previews(app: FastAPI, previews: Previews, public_url: str) -> None:
    """Serve the tags and pictures of a page that another server serves at `public_url`."""
    origin = public_url.rstrip("/")

    async def answer_tags(request: Request) -> Response:
        tags = await previews.tags(request.path_params["address"], request.query_params, origin)
        return HTMLResponse(tags, headers=_NOT_CACHED)

    async def answer_picture(request: Request) -> Response:
        try:
            return await picture_answer(previews, request)
        except NoPicture:
            return Response(status_code=503, headers=_NOT_CACHED)

    app.router.add_route(_TAGS_PATH + "{address:path}", answer_tags, methods=["GET"])
    app.router.add_route(PICTURE_PATH, answer_picture, methods=["GET"])


async def picture_answer(previews: Previews, request: Request) -> Response:
    """Return the response with the picture of the subject in the query: 404 if there is nothing to show.

    Raises `NoPicture`.
    """
    try:
        picture = await previews.picture(request.query_params)
    except NothingToShow:
        return Response(status_code=404, headers=_NOT_CACHED)
    return _response(picture, request)


def _response(picture: Picture, request: Request) -> Response:
    """Return the response with a picture, 304 if the client has cached it."""
    headers = {"Cache-Control": _PICTURE_AGE, "ETag": picture.etag}
    if picture.etag in _cached_etags(request):
        return Response(status_code=304, headers=headers)
    response = Response(picture.content, media_type="image/png", headers=headers)
    if request.method == "HEAD":
        response.body = b""
    return response


def _cached_etags(request: Request) -> list[str]:
    return [etag.strip().removeprefix("W/") for etag in request.headers.get("if-none-match", "").split(",")]
