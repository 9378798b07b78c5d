"""Meetings: invitations, who was there, who spoke, and the record those present confirm."""

from app.routers.meetings import (
    desk,
    door,
    form,
    here,
    listing,
    objections_desk,
    record_desk,
    room,
    show,
    speak,
)

# Fixed addresses come before those that take an id.
ROUTERS = (
    listing.router,
    show.calendar,
    show.router,
    speak.router,
    here.router,
    form.router,
    desk.router,
    door.router,
    room.router,
    record_desk.router,
    objections_desk.router,
)
