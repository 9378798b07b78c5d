"""HTTP in, HTML out; no SQL. `ALL` lists every router of the app."""

from app.routers import (
    accounts,
    credits,
    deliberations,
    demo,
    estates,
    feeds,
    guides,
    health,
    maintenance,
    mediation,
    meetings,
    metrics,
    outcomes,
    proposals,
    surveys,
    trail,
    votes,
    works,
)

# In this order an address is looked for: what everybody opens on the last evening of a vote comes first.
ALL = (
    *votes.ROUTERS,
    health.router,
    metrics.router,
    *accounts.ROUTERS,
    demo.router,
    *estates.ROUTERS,
    *guides.ROUTERS,
    *surveys.ROUTERS,
    *proposals.ROUTERS,
    *deliberations.ROUTERS,
    *meetings.ROUTERS,
    outcomes.router,
    feeds.router,
    *mediation.ROUTERS,
    *works.ROUTERS,
    *maintenance.ROUTERS,
    *credits.ROUTERS,
    trail.router,
)
