"""Guides: policy cards with a source and a date, and what residents asked about them."""

from app.routers.guides import attach, desk, desk_questions, desk_write, react, read

ROUTERS = (
    read.router,
    react.router,
    attach.router,
    desk_questions.router,
    desk_write.router,
    desk.router,
)
