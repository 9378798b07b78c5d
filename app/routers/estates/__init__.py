"""Estates: the front door, joining one, and the desk's register, imports and claims."""

from app.routers.estates import claim_desk, claims, files, home, imports, owners, register

# Imports before the register's pages: both live under /register.
ROUTERS = (
    home.router,
    files.router,
    claims.router,
    claim_desk.router,
    imports.router,
    register.router,
    owners.router,
)
