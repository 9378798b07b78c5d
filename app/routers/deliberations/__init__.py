"""Deliberations: what residents read and write, moderation, statements and minutes, and the desk."""

from app.routers.deliberations import (
    appeals_desk,
    desk,
    duties,
    listing,
    minutes,
    minutes_desk,
    minutes_preview,
    moderation,
    moderation_desk,
    reacting,
    report,
    show,
    statements,
    write,
)

# Fixed addresses come before those with a thread's id.
ROUTERS = (
    listing.router,
    write.router,
    reacting.router,
    show.router,
    statements.router,
    statements.desk,
    minutes.router,
    minutes_desk.router,
    minutes_preview.router,
    desk.router,
    report.router,
    moderation.router,
    appeals_desk.router,
    moderation_desk.router,
    duties.router,
)
