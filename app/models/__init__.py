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
from app.models.votes import codes, evidence, extension, mandates, paper, postings, rulesets

__all__ = [
    "accounts",
    "codes",
    "deliberations",
    "estates",
    "evidence",
    "extension",
    "files",
    "maintenance",
    "mandates",
    "outbox",
    "outcomes",
    "paper",
    "postings",
    "proposals",
    "rulesets",
    "search",
    "trail",
    "votes",
    "works",
]
