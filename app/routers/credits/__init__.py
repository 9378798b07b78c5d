"""Routers of this room: what a resident earned and may exchange, the honour roll, and the desk's pages of both."""

from app.routers.credits import (
    desk,
    desk_honours,
    desk_people,
    desk_rates,
    desk_redemptions,
    desk_rewards,
    honours,
    mine,
    rewards,
)

ROUTERS = (
    mine.router,
    rewards.router,
    honours.router,
    desk.router,
    desk_rates.router,
    desk_rewards.router,
    desk_redemptions.router,
    desk_people.router,
    desk_honours.router,
)
