"""The addresses behind "A volunteer passes"."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from lfr_batch.console.access import SEED, ConsoleOf, Seeder
from lfr_batch.console.messages import Message

pass_routes = APIRouter()


class NewPass(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    volunteer: Annotated[str, Field(min_length=1, max_length=300)]
    camera: Annotated[str, Field(min_length=1, max_length=40)]


@pass_routes.get("/api/passes", dependencies=SEED)
def passes(console: ConsoleOf) -> Message:
    return console.passes.choices()


@pass_routes.post("/api/passes", status_code=201)
def enter(body: NewPass, user: Seeder, console: ConsoleOf) -> Message:
    """Now, by this machine's clock."""
    return console.passes.enter(user, body.volunteer, body.camera)


@pass_routes.post("/api/passes/{pass_id}/take-back", status_code=204)
def take_back(pass_id: str, user: Seeder, console: ConsoleOf) -> None:
    console.passes.take_back(user, pass_id)
