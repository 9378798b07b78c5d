"""Votes: what residents read and cast, and the desk's wizard, rulings and reminders."""

from app.routers.votes import ballot, desk, pages, preview, result, rulings, wizard, wizard_cost, wizard_terms

# The wizard's fixed addresses come before the desk's, which would take `new` for a vote's number.
ROUTERS = (
    ballot.router,
    pages.router,
    result.router,
    wizard.router,
    wizard_cost.router,
    wizard_terms.router,
    preview.router,
    desk.router,
    rulings.router,
)
