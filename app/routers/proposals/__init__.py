"""Proposals: the residents' pages and the committee's desk."""

from app.routers.proposals import answer, desk, listing, merge, settings, show, write

# Fixed addresses come before those that take an id.
ROUTERS = (
    listing.router,
    write.router,
    show.router,
    answer.router,
    merge.router,
    desk.router,
    settings.router,
)
