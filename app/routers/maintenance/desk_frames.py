"""What the desk's pages of orders have in common: their addresses, their frame, and files sent to those who work on one."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote
from uuid import UUID

from fastapi.responses import Response

from app.routers.forms import visit_page
from app.services.files import StoredFileView

# A party's people have no menu of the committee's: their pages stand in the plain frame.
desk_page = partial(visit_page, tab="repairs")


def list_address(slug: str) -> str:
    return f"/desk/{slug}/orders"


def order_address(slug: str, order_id: UUID) -> str:
    return f"{list_address(slug)}/{order_id}"


def send_private(file: StoredFileView) -> Response:
    """The file to keep or to show; no shared cache may hold it."""
    return Response(
        file.content,
        media_type=file.media_type,
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(file.name)}",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, max-age=3600",
        },
    )
