"""HTTP in, HTML out; no SQL. `ALL` lists every router of the app."""

from app.routers import (
    accounts,
    deliberations,
    demo,
    estates,
    health,
    maintenance,
    outcomes,
    proposals,
    trail,
    votes,
    works,
)

# In this order an address is looked for: what everybody opens on the last evening of a vote comes first.
ALL = (
    *votes.ROUTERS,
    health.router,
    *accounts.ROUTERS,
    demo.router,
    *estates.ROUTERS,
    *proposals.ROUTERS,
    *deliberations.ROUTERS,
    outcomes.router,
    *works.ROUTERS,
    *maintenance.ROUTERS,
    trail.router,
)
