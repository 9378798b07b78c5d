"""Tables: columns and constraints only. Importing this package registers every table with the metadata."""

from app.models import (
    accounts,
    deliberations,
    estates,
    files,
    maintenance,
    outbox,
    outcomes,
    proposals,
    search,
    trail,
    votes,
    works,
)

__all__ = [
    "accounts",
    "deliberations",
    "estates",
    "files",
    "maintenance",
    "outbox",
    "outcomes",
    "proposals",
    "search",
    "trail",
    "votes",
    "works",
]
