"""Accounts: signing in and out, one's own page, and how pages look."""

from app.routers.accounts import confirm, desk_code, devices, me, picture, second_factor, settings, sign_in

ROUTERS = (
    sign_in.router,
    picture.router,
    confirm.router,
    desk_code.router,
    me.router,
    second_factor.router,
    devices.router,
    settings.router,
)
