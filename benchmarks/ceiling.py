"""Server whose routes do no work. Its throughput is the ceiling with which benchmarks compare the product."""

from typing import Annotated

from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field

Integer = Annotated[int, Field(strict=True)]


class Body(BaseModel):
    """Body of the size of a submission."""

    model_config = ConfigDict(extra="forbid")

    user_id: Integer
    score: Integer


app = FastAPI()


@app.post("/noop")
async def noop_post(body: Body) -> Response:
    """Parse and validate the body, and return the body as JSON. This response has the size of a receipt."""
    return Response(body.model_dump_json(), media_type="application/json")


@app.get("/noop")
async def noop_get() -> Response:
    """Return a constant response."""
    return Response(b'{"entries": [], "total": 0}', media_type="application/json")
