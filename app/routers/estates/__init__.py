"""Estates: the front door, joining one, the desk's register, imports and claims, and who holds which role."""

from app.routers.estates import (
    claim_desk,
    claims,
    files,
    home,
    imports,
    owners,
    register,
    representatives,
    residents,
    roles,
    single_homes,
)

# Imports before the register's pages: both live under /register.
ROUTERS = (
    home.router,
    files.router,
    claims.router,
    claim_desk.router,
    imports.router,
    register.router,
    single_homes.router,
    owners.router,
    residents.router,
    representatives.router,
    representatives.desk_router,
    roles.router,
)
