"""HTTP in, HTML out; no SQL. `ALL` lists every router of the app."""

from app.routers import accounts, demo, estates, health, later, outcomes, trail, votes

ALL = (
    health.router,
    *accounts.ROUTERS,
    demo.router,
    *estates.ROUTERS,
    *votes.ROUTERS,
    outcomes.router,
    later.router,
    trail.router,
)
