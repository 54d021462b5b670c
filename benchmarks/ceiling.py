"""What the same server does when it has nothing to do: the ceilings that benchmarks compare with."""

from typing import Annotated

from fastapi import FastAPI, Response
from pydantic import BaseModel, ConfigDict, Field

Integer = Annotated[int, Field(strict=True)]


class Body(BaseModel):
    """As large as a submission."""

    model_config = ConfigDict(extra="forbid")

    user_id: Integer
    score: Integer


app = FastAPI()


@app.post("/noop")
async def noop_post(body: Body) -> Response:
    """Parse, validate and answer as much as a receipt."""
    return Response(body.model_dump_json(), media_type="application/json")


@app.get("/noop")
async def noop_get() -> Response:
    """Answer a constant."""
    return Response(b'{"entries": [], "total": 0}', media_type="application/json")
