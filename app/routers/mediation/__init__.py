"""Mediation: cases of neighbours, known to their parties and their mediator alone."""

from fastapi import APIRouter

from app.routers.mediation import agreement, listing, offers, opening, performing, prepare, room

ROUTERS: tuple[APIRouter, ...] = (
    listing.router,
    opening.router,
    room.router,
    prepare.router,
    offers.router,
    agreement.router,
    performing.router,
)
