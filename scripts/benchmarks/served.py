"""The app as `serve` runs it, and beside it an empty FastAPI page and the ballot's template alone, to compare with."""

from __future__ import annotations

from typing import Any

import uvicorn
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from app.config import Settings
from app.main import create_app
from app.templating import environment

captured: dict[str, Any] = {}
template = environment("zh").get_template("votes/ballot.html")
render = template.render
bare = FastAPI(openapi_url=None)


def capture(values: dict[str, Any]) -> str:
    """Keep what the last ballot page was made of, so that the same page can be rendered from it alone."""
    captured.update(values)
    return render(values)


@bare.get("/bench/empty")
def show_nothing() -> HTMLResponse:
    return HTMLResponse("<!DOCTYPE html><title>x</title>")


@bare.get("/bench/template")
def show_template() -> HTMLResponse:
    return HTMLResponse(render(captured))


def main() -> None:
    settings = Settings()
    product = create_app(settings)
    template.render = capture  # type: ignore[method-assign]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        chosen = bare if scope.get("path", "").startswith("/bench/") else product
        await chosen(scope, receive, send)

    uvicorn.run(
        app,
        host="127.0.0.1",
        port=settings.port,
        http="httptools",
        loop="asyncio",
        access_log=False,
        log_level="warning",
        server_header=False,
    )


if __name__ == "__main__":
    main()
