"""Surveys: the residents' pages, the committee's desk, and the page for the door."""

from app.routers.surveys import desk, desk_list, desk_questions, desk_results, door, fill, listing, result

# Fixed addresses come before those that take a key.
ROUTERS = (
    listing.router,
    result.router,
    fill.router,
    desk_list.router,
    door.rounds,
    desk.router,
    desk_questions.router,
    desk_results.router,
    door.router,
)
