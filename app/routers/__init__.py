"""HTTP in, HTML out; no SQL. `ALL` lists every router of the app."""

from app.routers import (
    accounts,
    deliberations,
    demo,
    estates,
    health,
    later,
    outcomes,
    proposals,
    trail,
    votes,
    works,
)

ALL = (
    health.router,
    *accounts.ROUTERS,
    demo.router,
    *estates.ROUTERS,
    *proposals.ROUTERS,
    *deliberations.ROUTERS,
    *votes.ROUTERS,
    outcomes.router,
    *works.ROUTERS,
    later.router,
    trail.router,
)
