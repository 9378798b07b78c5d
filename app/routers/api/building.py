"""The interface put together as an app of its own: its refusals have another shape, and its answers know no cookie."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from starlette.types import ASGIApp

from app.routers.api import estates, guides, maintenance, outcomes, problems, upkeep, votes
from app.routers.api.answers import Answers

ROOT = "/api/v1"
ROUTERS = (
    estates.router,
    votes.router,
    outcomes.router,
    guides.router,
    maintenance.router,
    upkeep.router,
)

_ABOUT = """What an estate publishes, for programs to read: estates, votes, notices and outcomes, policy cards, and the figures
of repairs, fees and upkeep. It is what a passer-by sees on the pages, by the same rules: no names, no telephones, no homes, and
of a vote no count before it is posted. Reports are at `/open311/v2`, an estate's news at `/feeds/{slug}.atom`.

Areas are whole hundredths of a square metre, money whole fen, instants RFC 3339 in UTC. Shares are counts over counts.
Within v1 fields and addresses are added and never taken away; ignore what you do not know."""


class Api(FastAPI):
    """FastAPI with the common headers around everything, and problems described as what they are."""

    def build_middleware_stack(self) -> ASGIApp:
        return Answers(super().build_middleware_stack())

    def openapi(self) -> dict[str, Any]:
        if not self.openapi_schema:
            schema = super().openapi()
            for path in schema["paths"].values():
                for operation in path.values():
                    _name_problems(operation["responses"])
            self.openapi_schema = schema
        return self.openapi_schema


def _name_problems(responses: dict[str, Any]) -> None:
    for status, response in responses.items():
        content = response.get("content", {})
        if status >= "400" and "application/json" in content:
            content[problems.MEDIA_TYPE] = content.pop("application/json")
    responses["304"] = {"description": "Not changed since the answer with the ETag in If-None-Match."}


def build() -> FastAPI:
    """The app to be mounted; it shares the state of the one it is mounted in."""
    app = Api(
        title="好商量 / Haoshangliang",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        responses=problems.REFUSED,
        servers=[{"url": ROOT}],
        root_path_in_servers=False,
    )
    for router in ROUTERS:
        app.include_router(router)
    problems.install(app)
    return app
