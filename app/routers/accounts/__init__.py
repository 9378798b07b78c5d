"""Accounts: signing in and out, one's own page, and how pages look."""

from app.routers.accounts import desk_code, devices, me, settings, sign_in

ROUTERS = (sign_in.router, desk_code.router, me.router, devices.router, settings.router)
