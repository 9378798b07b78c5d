"""Proposals: what neighbours ask for, how it gathers support, and by when it is owed an answer."""
