"""Tables: columns and constraints only. Importing this package registers every table with the metadata."""

from app.models import accounts, estates, files, outbox, outcomes, trail, votes

__all__ = ["accounts", "estates", "files", "outbox", "outcomes", "trail", "votes"]
